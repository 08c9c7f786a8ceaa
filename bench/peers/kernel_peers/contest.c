#include "bench/peers/kernel_peers/contest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "bench/peers/kernel_peers/peer_arm.h"

typedef struct contest {
    rtk_contest_share *share;
    void *arg;
    unsigned threads;
    atomic_uint ready, done;
    atomic_int go; /* 1: run; -1: not all came, leave */
} contest;

typedef struct seat {
    contest *c;
    unsigned self;
    pthread_t thread;
} seat;

static void *compete(void *arg) {
    seat *s = arg;
    contest *c = s->c;
    int go;
    /* Pairs with the acquire in wait(). */
    atomic_fetch_add_explicit(&c->ready, 1, memory_order_release);
    /* Pairs with the release in rtk_contest_run(), which ends the wait. */
    while (!(go = atomic_load_explicit(&c->go, memory_order_acquire))) {
    }
    if (go > 0) c->share(c->arg, s->self, c->threads);
    /* Pairs with the acquire in wait(). */
    atomic_fetch_add_explicit(&c->done, 1, memory_order_release);
    return NULL;
}

/* Until compete() has counted so many threads. */
static void wait(atomic_uint *count, unsigned threads) {
    while (atomic_load_explicit(count, memory_order_acquire) < threads) {
    }
}

double rtk_contest_run(unsigned threads, rtk_contest_share *share, void *arg) {
    contest c = {.share = share, .arg = arg, .threads = threads};
    seat seats[RTK_CONTEST_THREADS];
    unsigned started = 1;
    if (threads < 1 || threads > RTK_CONTEST_THREADS) return -1;
    for (; started < threads; started++) {
        seat *s = &seats[started];
        *s = (seat){.c = &c, .self = started};
        if (pthread_create(&s->thread, NULL, compete, s)) break;
    }
    int all = started == threads;
    wait(&c.ready, started - 1);
    double start = rtk_peer_now_ns();
    /* Pairs with the acquire in compete(). */
    atomic_store_explicit(&c.go, all ? 1 : -1, memory_order_release);
    if (all) share(arg, 0, threads);
    wait(&c.done, started - 1);
    double took = rtk_peer_now_ns() - start;
    for (unsigned i = 1; i < started; i++) pthread_join(seats[i].thread, NULL);
    return all ? took : -1;
}
