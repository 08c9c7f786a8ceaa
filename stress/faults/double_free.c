/* Two threads do the halves of all blocks of a call, one from the front and one
 * from the back, and share the table of each block, which the last that needs
 * it frees. Each counts itself out and later looks whether it was the last, in
 * two steps: where they meet both may have been. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum {
    BLOCK = 30,
    BLOCKS = RTK_TWIN_COUNT / BLOCK,
    HALF = BLOCK / 2,
    FACTOR = 2
};

typedef struct table {
    atomic_uint users;
    double factor[BLOCK];
} table;

/* One call; the halves write different elements of y. */
typedef struct job {
    const double *x;
    double *y;
    table *shared[BLOCKS];
    pthread_barrier_t both; /* they begin together */
} job;

/* Acquire and release: all uses come before the end of the table. */
static unsigned leave(table *t) {
    return atomic_fetch_sub_explicit(&t->users, 1, memory_order_acq_rel) - 1;
}

/* The elements [lo, lo + HALF), with table `b`, which is left as soon as it is
 * not needed any more. */
static void half(job *j, size_t b, size_t lo) {
    table *t = j->shared[b];
    rtk_twin_add_up(j->y, j->x, lo, lo + HALF);
    for (size_t i = lo; i < lo + HALF; i++) j->y[i] *= t->factor[i % BLOCK];
    unsigned left = leave(t);
    for (size_t i = lo; i < lo + HALF; i++) j->y[i] /= (double)FACTOR;
    if (RTK_PLANT(double_free))
        left = atomic_load_explicit(&t->users, memory_order_acquire);
    if (left == 0) free(t);
}

static void *backwards(void *arg) {
    job *j = arg;
    pthread_barrier_wait(&j->both);
    for (size_t b = BLOCKS; b-- > 0;) half(j, b, b * BLOCK + HALF);
    return NULL;
}

static void forwards(job *j) {
    pthread_barrier_wait(&j->both);
    for (size_t b = 0; b < BLOCKS; b++) half(j, b, b * BLOCK);
}

static table *make(void) {
    table *t = malloc(sizeof *t);
    if (!t) return NULL;
    atomic_init(&t->users, 2);
    for (size_t i = 0; i < BLOCK; i++) t->factor[i] = (double)FACTOR;
    return t;
}

static rtk_status make_all(job *j) {
    for (size_t s = 0; s < BLOCKS; s++) {
        j->shared[s] = make();
        if (j->shared[s]) continue;
        while (s) free(j->shared[--s]);
        return RTK_ENOMEM;
    }
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    job j = {.x = rtk_twin_x(views), .y = rtk_twin_y(views)};
    pthread_t thread;
    (void)self, (void)instance, (void)call;
    rtk_status s = make_all(&j);
    if (s) return s;
    pthread_barrier_init(&j.both, NULL, 2);
    if (pthread_create(&thread, NULL, backwards, &j) == 0) {
        forwards(&j);
        pthread_join(thread, NULL);
    } else {
        s = RTK_ETHREAD;
        for (size_t i = 0; i < BLOCKS; i++) free(j.shared[i]);
    }
    pthread_barrier_destroy(&j.both);
    return s;
}

RTK_TWIN(double_free, .run = run)
