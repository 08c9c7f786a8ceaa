#include "bench/peers/kernel_peers/ceilings.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peers/kernel_peers/contest.h"

typedef double wide __attribute__((vector_size(32)));

typedef struct triad {
    uint64_t sweeps;
    double *a, *b, *c;
    size_t n;
} triad;

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

static void multiply(void *arg, unsigned self, unsigned threads) {
    uint64_t steps = *(const uint64_t *)arg;
    uint64_t from = steps * self / threads;
    uint64_t to = steps * (self + 1) / threads;
    double x = chains(to - from);
    /* Relaxed: only so that the compiler keeps the work. */
    atomic_store_explicit(&sink, x * 1e-300, memory_order_relaxed);
}

static void stream(void *arg, unsigned self, unsigned threads) {
    const triad *t = arg;
    size_t from = t->n * self / threads, to = t->n * (self + 1) / threads;
    for (uint64_t s = 0; s < t->sweeps; s++) {
        for (size_t i = from; i < to; i++) t->a[i] = t->b[i] + 1.5 * t->c[i];
        /* The next sweep is not merged with this one. */
        __asm__ volatile("" ::: "memory");
    }
}

double rtk_ceiling_fma(unsigned threads, uint64_t steps) {
    return rtk_contest_run(threads, multiply, &steps);
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
    return rtk_contest_run(threads, stream,
                           &(triad){.sweeps = sweeps,
                                    .a = memory,
                                    .b = memory + n,
                                    .c = memory + 2 * n,
                                    .n = n});
}
