/* How long an empty parallel loop takes, and one with a little work. */

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/peers/dispatcher.h"
#include "bench/peers/sides.h"
#include "kernels/workers/workers.h"

enum { WORKERS_MAX = 64, STEPS = 12000 };

/* ---- Our own runtime -------------------------------------------------------
 */

typedef struct shared_loop {
    rtk_dispatch_part part;
    void *arg;
    unsigned workers;
} shared_loop;

static rtk_status run_part(void *arg, size_t part) {
    const shared_loop *l = arg;
    l->part(l->arg, part);
    return RTK_OK;
}

static void our_loops(unsigned workers, rtk_dispatch_part part, void *arg,
                      uint64_t calls) {
    shared_loop l = {part, arg, workers};
    rtk_status s = RTK_OK;
    for (uint64_t i = 0; i < calls && !s; i++)
        s = rtk_parallel_for(NULL, workers, workers, run_part, &l, NULL);
    if (s) abort();
}

/* ---- A thread for each part, every time ------------------------------------
 */

typedef struct thread_part {
    shared_loop *loop;
    size_t part;
    pthread_t id;
} thread_part;

static void *run_thread(void *arg) {
    thread_part *t = arg;
    t->loop->part(t->loop->arg, t->part);
    return NULL;
}

static void thread_loop(shared_loop *l) {
    thread_part t[WORKERS_MAX];
    for (unsigned i = 1; i < l->workers; i++) {
        t[i] = (thread_part){.loop = l, .part = i};
        if (pthread_create(&t[i].id, NULL, run_thread, &t[i]) != 0) abort();
    }
    l->part(l->arg, 0);
    for (unsigned i = 1; i < l->workers; i++) pthread_join(t[i].id, NULL);
}

static void thread_loops(unsigned workers, rtk_dispatch_part part, void *arg,
                         uint64_t calls) {
    shared_loop l = {part, arg, workers};
    for (uint64_t i = 0; i < calls; i++) thread_loop(&l);
}

/* ---- The floor: one word to another thread and back ------------------------
 */

/* Odd: the helper's turn; even: the caller's. */
typedef struct ball {
    _Alignas(128) atomic_ullong turn;
    uint64_t calls;
} ball;

static void *return_balls(void *arg) {
    ball *b = arg;
    for (uint64_t i = 0; i < b->calls; i++) {
        /* Acquire and release pair with the caller's, as in a loop that hands
         * over its arguments and takes back its results. */
        while (atomic_load_explicit(&b->turn, memory_order_acquire) !=
               2 * i + 1)
            continue;
        atomic_store_explicit(&b->turn, 2 * i + 2, memory_order_release);
    }
    return NULL;
}

static void play(uint64_t calls) {
    ball b = {.calls = calls};
    pthread_t helper;
    if (pthread_create(&helper, NULL, return_balls, &b) != 0) abort();
    for (uint64_t i = 0; i < calls; i++) {
        /* Pairs with the helper's acquire, and its release with ours. */
        atomic_store_explicit(&b.turn, 2 * i + 1, memory_order_release);
        while (atomic_load_explicit(&b.turn, memory_order_acquire) != 2 * i + 2)
            continue;
    }
    pthread_join(helper, NULL);
}

static void floor_loops(unsigned workers, rtk_dispatch_part part, void *arg,
                        uint64_t calls) {
    (void)workers;
    (void)part;
    (void)arg;
    play(calls);
}

/* ---- Who can run loops -----------------------------------------------------
 */

static const rtk_dispatcher built_in[] = {
    {.size = sizeof *built_in, .name = RTK_OURS, .loops = our_loops},
    {.size = sizeof *built_in, .name = "pthread_create", .loops = thread_loops},
    {.size = sizeof *built_in, .name = "ping-pong", .loops = floor_loops}};

/* Modules lie in the folder peers/ beside that of this program. */
static const rtk_dispatcher *load(const char *name, char *sentence) {
    char file[4200], self[4000];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    char *slash = strrchr(self, '/');
    if (slash) *slash = 0;
    snprintf(file, sizeof file, "%s/../peers/%s.so", self, name);
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    const rtk_dispatcher *(*table)(void) = NULL;
    if (handle) *(void **)&table = dlsym(handle, "rtk_dispatcher_table");
    if (table) return table();
    snprintf(sentence, RTK_SIDE_SENTENCE, "%.199s", dlerror());
    return NULL;
}

static const rtk_dispatcher *find(const char *name, char *sentence) {
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (strcmp(built_in[i].name, name) == 0) return &built_in[i];
    return load(name, sentence);
}

/* ---- What the parts do -----------------------------------------------------
 */

static void nothing(void *arg, size_t part) {
    (void)arg;
    (void)part;
}

/* About 20 us of steps that need each other. */
static void work(void *arg, size_t part) {
    uint64_t x = part;
    for (int i = 0; i < STEPS; i++) {
        x = x * UINT64_C(6364136223846793005) + 1;
        /* The compiler must not see through the loop. */
        __asm__("" : "+r"(x));
    }
    (void)arg;
}

static void count(void *arg, size_t part) {
    /* Relaxed: read after the loop, which orders it. */
    atomic_fetch_add_explicit((atomic_uint *)arg + part, 1,
                              memory_order_relaxed);
}

typedef struct opened {
    const rtk_dispatcher *dispatcher;
    unsigned workers;
    rtk_dispatch_part part;
} opened;

/* Whether every loop runs every part once. */
static bool complete(const opened *o) {
    atomic_uint times[WORKERS_MAX];
    bool all = true;
    for (unsigned i = 0; i < o->workers; i++) atomic_init(&times[i], 0);
    o->dispatcher->loops(o->workers, count, times, 100);
    for (unsigned i = 0; i < o->workers; i++)
        all &= atomic_load_explicit(&times[i], memory_order_relaxed) == 100;
    return all;
}

static rtk_status open_loop(const rtk_side *side, void **state,
                            char sentence[RTK_SIDE_SENTENCE]) {
    opened *o = malloc(sizeof *o);
    if (!o) return RTK_ENOMEM;
    *o = (opened){.dispatcher = find(side->peer, sentence),
                  .workers = side->workers,
                  .part = *(const rtk_dispatch_part *)side->self};
    rtk_status s = o->dispatcher ? RTK_OK : RTK_EUNSUPPORTED;
    if (!s && o->dispatcher->start) o->dispatcher->start(o->workers);
    if (!s && o->dispatcher->loops != floor_loops && !complete(o)) {
        snprintf(sentence, RTK_SIDE_SENTENCE,
                 "a loop did not run every part exactly once");
        s = RTK_EFAILED;
    }
    if (s)
        free(o);
    else
        *state = o;
    return s;
}

static void run_loop(void *state, uint64_t calls) {
    const opened *o = state;
    o->dispatcher->loops(o->workers, o->part, NULL, calls);
}

/* A macro, as each line is a constant. */
#define SIDE(what, body, library, count)                                       \
    {                                                                          \
        .group = "dispatch", .title = what, .peer = library, .workers = count, \
        .process = library " " #count, .self = &(body), .open = open_loop,     \
        .run = run_loop                                                        \
    }
#define SIDES(what, body, count)                                               \
    SIDE(what, body, RTK_OURS, count), SIDE(what, body, "libgomp", count),     \
        SIDE(what, body, "libomp", count), SIDE(what, body, "onetbb", count),  \
        SIDE(what, body, "pthread_create", count)

rtk_sides rtk_dispatch_sides(void) {
    static const rtk_dispatch_part empty = nothing, some = work;
    static const rtk_side sides[] = {SIDES("empty loop", empty, 2),
                                     SIDE("empty loop", empty, "ping-pong", 2),
                                     SIDES("empty loop", empty, 4),
                                     SIDES("20 us a part", some, 2)};
    return (rtk_sides){sides, sizeof sides / sizeof *sides};
}
