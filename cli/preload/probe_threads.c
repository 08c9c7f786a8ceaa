#include "cli/preload/probe_threads.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/preload/probe.h"

/* Threads by the function they start in. Slots are taken once and stay. All
 * accesses are relaxed: each number is read for itself, none orders another. */
static struct slot {
    _Atomic uintptr_t function;
    _Atomic unsigned live, most;
} slots[RTK_PROBE_STARTS];
static _Atomic unsigned most_threads = 1;

static void raise_to(_Atomic unsigned *most, unsigned now) {
    unsigned seen = atomic_load_explicit(most, memory_order_relaxed);
    while (seen < now &&
           !atomic_compare_exchange_weak_explicit(
               most, &seen, now, memory_order_relaxed, memory_order_relaxed)) {
    }
}

static struct slot *slot_of(uintptr_t function) {
    for (size_t i = 0; i + 1 < RTK_PROBE_STARTS; i++) {
        uintptr_t free_one = 0;
        if (atomic_compare_exchange_strong_explicit(
                &slots[i].function, &free_one, function, memory_order_relaxed,
                memory_order_relaxed) ||
            free_one == function)
            return &slots[i];
    }
    return &slots[RTK_PROBE_STARTS - 1];
}

/* A folder has as many links as folders in it, and two. */
static unsigned threads_now(void) {
    struct stat tasks;
    if (stat("/proc/self/task", &tasks) || tasks.st_nlink < 3) return 1;
    return (unsigned)tasks.st_nlink - 2;
}

unsigned rtk_probe_threads(rtk_probe_start starts[RTK_PROBE_STARTS]) {
    for (size_t i = 0; i < RTK_PROBE_STARTS; i++)
        starts[i] = (rtk_probe_start){
            atomic_load_explicit(&slots[i].function, memory_order_relaxed),
            atomic_load_explicit(&slots[i].most, memory_order_relaxed)};
    raise_to(&most_threads, threads_now());
    return atomic_load_explicit(&most_threads, memory_order_relaxed);
}

void rtk_probe_threads_forget(void) {
    for (size_t i = 0; i < RTK_PROBE_STARTS; i++) {
        atomic_store_explicit(&slots[i].live, 0, memory_order_relaxed);
        atomic_store_explicit(&slots[i].most, 0, memory_order_relaxed);
    }
    atomic_store_explicit(&most_threads, 1, memory_order_relaxed);
}

/* ---- The program's pthread_create -----------------------------------------
 */

/* What a thread that we count was to do; the thread frees it. */
struct body {
    void *(*start)(void *);
    void *arg;
    struct slot *slot;
};

static void ended(void *slot) {
    struct slot *s = slot;
    atomic_fetch_sub_explicit(&s->live, 1, memory_order_relaxed);
}

static void *counted(void *arg) {
    struct body body = *(struct body *)arg;
    void *result;
    free(arg);
    raise_to(&most_threads, threads_now());
    pthread_cleanup_push(ended, body.slot);
    result = body.start(body.arg);
    pthread_cleanup_pop(1);
    return result;
}

typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                   void *);

static create *next_create(void) {
    /* Relaxed: whoever looks it up finds the same. */
    static _Atomic(create *) next;
    create *found = atomic_load_explicit(&next, memory_order_relaxed);
    if (!found) {
        *(void **)&found = dlsym(RTLD_NEXT, "pthread_create");
        atomic_store_explicit(&next, found, memory_order_relaxed);
    }
    return found;
}

RTK_PROBE_EXPORT int pthread_create(pthread_t *restrict newthread,
                                    const pthread_attr_t *restrict attr,
                                    void *(*start_routine)(void *),
                                    void *restrict arg) {
    struct body *body = malloc(sizeof *body);
    /* Not counted is better than not started. */
    if (!body) return next_create()(newthread, attr, start_routine, arg);
    *body =
        (struct body){start_routine, arg, slot_of((uintptr_t)start_routine)};
    unsigned live = 1 + atomic_fetch_add_explicit(&body->slot->live, 1,
                                                  memory_order_relaxed);
    struct slot *slot = body->slot;
    int failed = next_create()(newthread, attr, counted, body);
    if (failed) {
        ended(slot);
        free(body);
        return failed;
    }
    raise_to(&slot->most, live);
    return 0;
}
