#include "kernels/workers/test/inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* Relaxed throughout: counts, which order nothing; an edge here would hide
 * from ThreadSanitizer races of those who call. */
static _Atomic unsigned armed;
static _Atomic int calls, from, until, refused;

#define GET(word) atomic_load_explicit(&(word), memory_order_relaxed)
#define PUT(word, value)                                                       \
    atomic_store_explicit(&(word), (value), memory_order_relaxed)

void inject_arm(unsigned kinds, int first, int count) {
    PUT(calls, 0);
    PUT(refused, 0);
    PUT(from, first);
    PUT(until, first && count < INT_MAX - first ? first + count : INT_MAX);
    PUT(armed, kinds);
}

int inject_disarm(void) {
    PUT(armed, 0U);
    return GET(refused);
}

static bool refuse(inject_kind kind) {
    if (!(GET(armed) & kind)) return false;
    int call = 1 + atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    if (!GET(from) || call < GET(from) || call >= GET(until)) return false;
    atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed);
    return true;
}

/* The linker's names, which are reserved and have no prototypes elsewhere.
 *
 *   INJECT(type, name, kind, result, parameters, arguments)
 *
 * defines what is called instead of name(). */
#define INJECT(type, name, kind, result, parameters, arguments)                \
    type __real_##name parameters;                                             \
    type __wrap_##name parameters;                                             \
    type __wrap_##name parameters {                                            \
        return refuse(kind) ? (result) : __real_##name arguments;              \
    }

static void *no_memory(void) {
    errno = ENOMEM;
    return NULL;
}

INJECT(void *, malloc, INJECT_MEMORY, no_memory(), (size_t n), (n))
INJECT(void *, calloc, INJECT_MEMORY, no_memory(), (size_t n, size_t size),
       (n, size))
INJECT(void *, realloc, INJECT_MEMORY, no_memory(), (void *old, size_t n),
       (old, n))
INJECT(void *, aligned_alloc, INJECT_MEMORY, no_memory(),
       (size_t alignment, size_t n), (alignment, n))
INJECT(int, posix_memalign, INJECT_MEMORY, ENOMEM,
       (void **out, size_t alignment, size_t n), (out, alignment, n))

INJECT(int, pthread_create, INJECT_THREADS, EAGAIN,
       (pthread_t * id, const pthread_attr_t *how, void *(*run)(void *),
        void *arg),
       (id, how, run, arg))

INJECT(int, pthread_mutex_init, INJECT_LOCKS, ENOMEM,
       (pthread_mutex_t * lock, const pthread_mutexattr_t *how), (lock, how))
INJECT(int, pthread_cond_init, INJECT_LOCKS, ENOMEM,
       (pthread_cond_t * cond, const pthread_condattr_t *how), (cond, how))
INJECT(int, pthread_key_create, INJECT_LOCKS, ENOMEM,
       (pthread_key_t * key, void (*end)(void *)), (key, end))

INJECT(int, pthread_atfork, INJECT_LOADER, ENOMEM,
       (void (*before)(void), void (*parent)(void), void (*child)(void)),
       (before, parent, child))
INJECT(void *, dlopen, INJECT_LOADER, NULL, (const char *name, int how),
       (name, how))
