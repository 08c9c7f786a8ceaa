/* What a plan that is already there costs, and what it is measured by: locks
 * that nobody else wants. */

#include <pthread.h>
#include <stdlib.h>

#include "bench/peers/kernel_peers/contest.h"
#include "bench/peers/kernel_peers/peer_arm.h"
#include "kernels/fft/line_cache.h"

/* Hits, or groups of pairs, of one call; the threads share them. */
enum { HITS = 100000, PAIRS = 3 };

typedef struct cache_arm {
    rtk_peer_arm arm;
    rtk_contest_share *share;
    unsigned threads;
    rtk_status failed[RTK_CONTEST_THREADS]; /* by thread */
} cache_arm;

static void hits(void *arg, unsigned self, unsigned threads) {
    cache_arm *a = arg;
    rtk_line_spec spec = {
        .kind = RTK_LINE_FORWARD, .real = RTK_DOUBLE, .n = 1024};
    rtk_status s = RTK_OK;
    for (unsigned i = self; i < HITS && !s; i += threads) {
        const rtk_line *line = NULL;
        s = rtk_line_get(&line, &spec);
        rtk_line_put(line);
    }
    a->failed[self] = s;
}

static void pairs(void *arg, unsigned self, unsigned threads) {
    cache_arm *a = arg;
    pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;
    for (unsigned i = self; i < HITS; i += threads)
        for (int pair = 0; pair < PAIRS; pair++) {
            pthread_mutex_lock(&mine);
            pthread_mutex_unlock(&mine);
        }
    a->failed[self] = RTK_OK;
}

static int call(rtk_peer_arm *arm) {
    cache_arm *a = (cache_arm *)arm;
    if (rtk_contest_run(a->threads, a->share, a) < 0) return RTK_ETHREAD;
    rtk_status s = RTK_OK;
    for (unsigned i = 0; i < a->threads && !s; i++) s = a->failed[i];
    return (int)s;
}

static void drop(rtk_peer_arm *arm) {
    free(arm);
}

/* 100000 hits of the cache of lines, or three times as many locked and unlocked
 * mutexes, by so many threads. NULL: no memory. MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_cache_arm(int is_lock, unsigned threads);

rtk_peer_arm *rtk_cache_arm(int is_lock, unsigned threads) {
    cache_arm *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->arm = (rtk_peer_arm){.call = call, .drop = drop};
    a->share = is_lock ? pairs : hits;
    a->threads = threads;
    return &a->arm;
}
