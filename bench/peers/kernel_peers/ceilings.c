#include "bench/peers/kernel_peers/ceilings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef double wide __attribute__((vector_size(32)));

/* One measurement. The threads spin at its start and its end: what waking
 * them costs is no part of a ceiling. */
typedef struct contest {
    void (*share)(const struct contest *c, unsigned self);
    unsigned threads;
    uint64_t steps;
    double *a, *b, *c;
    size_t n;
    atomic_uint ready, done;
    atomic_int go; /* 1: run; -1: not all came, leave */
} contest;

typedef struct seat {
    contest *c;
    unsigned self;
    pthread_t thread;
} seat;

static _Atomic double sink;

/* Twelve sums that do not wait for each other fill two units of latency 4. */
static double chains(uint64_t steps) {
    enum { CHAINS = 12 };
    wide sum[CHAINS], m, total = {0};
    double seed = atomic_load_explicit(&sink, memory_order_relaxed);
    m = (wide){seed, seed, seed, seed} * 1e-300 + 0.999;
    for (int i = 0; i < CHAINS; i++) sum[i] = m + i;
    for (uint64_t s = 0; s < steps; s++)
        for (int i = 0; i < CHAINS; i++) sum[i] = sum[i] * m + m;
    for (int i = 0; i < CHAINS; i++) total += sum[i];
    return total[0] + total[1] + total[2] + total[3];
}

static void multiply(const contest *c, unsigned self) {
    uint64_t from = c->steps * self / c->threads;
    uint64_t to = c->steps * (self + 1) / c->threads;
    double x = chains(to - from);
    /* Relaxed: only so that the compiler keeps the work. */
    atomic_store_explicit(&sink, x * 1e-300, memory_order_relaxed);
}

static void stream(const contest *c, unsigned self) {
    size_t from = c->n * self / c->threads, to = c->n * (self + 1) / c->threads;
    for (uint64_t s = 0; s < c->steps; s++) {
        for (size_t i = from; i < to; i++) c->a[i] = c->b[i] + 1.5 * c->c[i];
        /* The next sweep is not merged with this one. */
        __asm__ volatile("" ::: "memory");
    }
}

static void *compete(void *arg) {
    seat *s = arg;
    int go;
    /* Pairs with the acquire in run(). */
    atomic_fetch_add_explicit(&s->c->ready, 1, memory_order_release);
    /* Pairs with the release in run(). */
    while (!(go = atomic_load_explicit(&s->c->go, memory_order_acquire))) {
    }
    if (go > 0) s->c->share(s->c, s->self);
    /* Pairs with the acquire in run(). */
    atomic_fetch_add_explicit(&s->c->done, 1, memory_order_release);
    return NULL;
}

static double run(contest *c) {
    seat seats[RTK_CEILING_THREADS];
    unsigned started = 1;
    if (c->threads < 1 || c->threads > RTK_CEILING_THREADS) return -1;
    for (; started < c->threads; started++) {
        seats[started] = (seat){.c = c, .self = started};
        if (pthread_create(&seats[started].thread, NULL, compete,
                           &seats[started]))
            break;
    }
    /* Pairs with the release in compete(). */
    while (atomic_load_explicit(&c->ready, memory_order_acquire) <
           started - 1) {
    }
    double start = rtk_peer_now_ns();
    /* Pairs with the acquire in compete(). */
    atomic_store_explicit(&c->go, started == c->threads ? 1 : -1,
                          memory_order_release);
    if (started == c->threads) c->share(c, 0);
    /* Pairs with the release in compete(). */
    while (atomic_load_explicit(&c->done, memory_order_acquire) < started - 1) {
    }
    double took = rtk_peer_now_ns() - start;
    for (unsigned i = 1; i < started; i++) pthread_join(seats[i].thread, NULL);
    return started == c->threads ? took : -1;
}

double rtk_ceiling_fma(unsigned threads, uint64_t steps) {
    return run(
        &(contest){.share = multiply, .threads = threads, .steps = steps});
}

double rtk_ceiling_triad(unsigned threads, uint64_t bytes, uint64_t sweeps) {
    static double *memory;
    static uint64_t size;
    size_t n = bytes / 3 / sizeof(double) / 8 * 8;
    if (bytes > size) {
        free(memory);
        memory = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
        size = memory ? bytes : 0;
        if (memory) memset(memory, 0, bytes);
    }
    if (!memory) return -1;
    return run(&(contest){.share = stream,
                          .threads = threads,
                          .steps = sweeps,
                          .a = memory,
                          .b = memory + n,
                          .c = memory + 2 * n,
                          .n = n});
}
