#include "kernels/workers/calibrate.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum {
    PAIRS = 11,    /* loops with and without helpers in a step */
    STEPS = 9,     /* halvings: 4000 becomes 1.016 */
    SEARCHES = 64, /* at most */
    LEAST_SEARCHES = 3,
    TRIAL_ROUNDS = 20000,
    TRIALS = 9
};

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- The work: a chain that no compiler and no CPU can shorten ------------
 */

static uint64_t chain(uint64_t x, uint64_t rounds) {
    for (uint64_t i = 0; i < rounds; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407U;
        /* The value must be known before the next round. */
        __asm__ volatile("" : "+r"(x));
    }
    return x;
}

static double rounds_per_ns;

/* The fastest trial is the one that nothing disturbed. */
static void learn(void) {
    double best = 0;
    for (int i = 0; i < TRIALS; i++) {
        double start = now_ns();
        chain((uint64_t)start, TRIAL_ROUNDS);
        double speed = (double)TRIAL_ROUNDS / (now_ns() - start + 1);
        if (speed > best) best = speed;
    }
    rounds_per_ns = best;
}

void rtk_crossover_work(double ns) {
    static pthread_once_t learned = PTHREAD_ONCE_INIT;
    pthread_once(&learned, learn);
    if (ns > 0) chain(1, (uint64_t)(ns * rounds_per_ns));
}

/* ---- One loop -------------------------------------------------------------
 */

typedef struct search {
    const rtk_crossover_plan *plan;
    const rtk_executor *pool;
} search;

static rtk_status part(void *arg, size_t i) {
    (void)i;
    rtk_crossover_work(*(const double *)arg);
    return RTK_OK;
}

/* Elapsed time of a loop with `ns` of work in all, which is the same however
 * many workers there are. */
static rtk_status loop(const search *s, unsigned workers, double ns,
                       double *elapsed) {
    double share = ns / s->plan->workers;
    rtk_work work = {.size = sizeof work,
                     .executor = s->pool,
                     .workers = workers,
                     .parts = s->plan->workers,
                     .run = part,
                     .arg = &share,
                     .schedule = RTK_STATIC,
                     .cancel = s->plan->cancel};
    double start = now_ns();
    rtk_status status = rtk_work_run(&work, NULL);
    *elapsed = now_ns() - start;
    return status;
}

/* What is before the loop decides whether its helpers are awake: as much of the
 * same as wakes them, or a pause in which they fall asleep. */
static rtk_status prepare(const search *s, double ns) {
    double unused, pause = s->plan->pause_s;
    if (pause > 0) {
        struct timespec rest = {(time_t)pause,
                                (long)((pause - floor(pause)) * 1e9)};
        nanosleep(&rest, NULL);
        return rtk_cancel_requested(s->plan->cancel) ? RTK_ECANCELLED : RTK_OK;
    }
    rtk_status status = loop(s, s->plan->workers, ns, &unused);
    return status ? status : loop(s, s->plan->workers, ns, &unused);
}

static rtk_status measured(const search *s, unsigned workers, double ns,
                           double *elapsed) {
    rtk_status status = prepare(s, ns);
    return status ? status : loop(s, workers, ns, elapsed);
}

/* ---- Searches -------------------------------------------------------------
 */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t n, double share) {
    double at = share * (double)(n - 1);
    size_t i = (size_t)at;
    double next = i + 1 < n ? sorted[i + 1] : sorted[i];
    return sorted[i] + (at - (double)i) * (next - sorted[i]);
}

/* Whether helpers make `ns` of work faster. */
static rtk_status faster(const search *s, double ns, bool *answer) {
    double alone[PAIRS], shared[PAIRS];
    rtk_status status = RTK_OK;
    for (int i = 0; !status && i < PAIRS; i++) {
        status = measured(s, 1, ns, &alone[i]);
        if (!status) status = measured(s, s->plan->workers, ns, &shared[i]);
    }
    if (status) return status;
    qsort(alone, PAIRS, sizeof *alone, ascending);
    qsort(shared, PAIRS, sizeof *shared, ascending);
    *answer = shared[PAIRS / 2] < alone[PAIRS / 2];
    return RTK_OK;
}

static rtk_status halve(const search *s, double *low, double *high) {
    rtk_status status = RTK_OK;
    for (int i = 0; !status && i < STEPS; i++) {
        double middle = sqrt(*low * *high);
        bool answer;
        status = faster(s, middle, &answer);
        if (!status) *(answer ? high : low) = middle;
    }
    return status;
}

/* One search, which adds to `at` and to what is counted in `found`. */
static rtk_status find(const search *s, double least, double most, double *at,
                       rtk_crossover_found *found) {
    double low = least, high = most;
    rtk_status status = halve(s, &low, &high);
    if (status) return status;
    if (high >= most) found->never++;
    if (low <= least) found->always++;
    *at = high >= most ? most : low <= least ? least : sqrt(low * high);
    found->searches++;
    return RTK_OK;
}

/* How much is done, by searches or by time, whichever is less. */
static double share(const rtk_crossover_found *found,
                    const rtk_crossover_plan *plan, double used) {
    double by_time = plan->budget_s > 0 ? used / plan->budget_s : 1;
    return fmin(fmin(by_time, 1),
                (double)found->searches / (double)LEAST_SEARCHES);
}

static rtk_status repeat(const search *s, rtk_crossover_found *found) {
    const rtk_crossover_plan *plan = s->plan;
    double at[SEARCHES], start = now_ns(), used = 0;
    double least = plan->least_ns > 0 ? plan->least_ns : RTK_CROSSOVER_LEAST_NS;
    double most = plan->most_ns > 0 ? plan->most_ns : RTK_CROSSOVER_MOST_NS;
    rtk_status status = RTK_OK;
    if (!(least < most)) return RTK_EINVAL;
    for (unsigned n = 0; n < SEARCHES && !status; n++) {
        /* One more must fit in. */
        if (n >= LEAST_SEARCHES && used * (n + 1) / n > plan->budget_s) break;
        status = find(s, least, most, &at[n], found);
        used = (now_ns() - start) / 1e9;
        if (plan->progress) plan->progress(plan->to, share(found, plan, used));
    }
    if (status) return status;
    size_t n = found->searches;
    qsort(at, n, sizeof *at, ascending);
    found->low_ns = quantile(at, n, 0.25);
    found->median_ns = quantile(at, n, 0.5);
    found->high_ns = quantile(at, n, 0.75);
    return RTK_OK;
}

rtk_status rtk_crossover_measure(const rtk_crossover_plan *plan,
                                 rtk_crossover_found *found) {
    static const rtk_cancel never = {0};
    if (plan->workers < 2 || plan->workers > RTK_WORKERS_MAX ||
        !(plan->pause_s >= 0) || !(plan->budget_s >= 0))
        return RTK_EINVAL;
    rtk_crossover_plan own = *plan;
    if (!own.cancel) own.cancel = &never;
    rtk_pool_options options = {
        .size = sizeof options, .threads = plan->workers, .always_share = 1};
    rtk_pool *pool = NULL;
    rtk_crossover_found result = {.size = sizeof result};
    rtk_status status = rtk_pool_new_with(&pool, &options);
    if (status) return status;
    search s = {&own, rtk_pool_executor(pool)};
    double unused;
    status = loop(&s, plan->workers, 1e5, &unused);
    if (!status && rtk_pool_helpers(pool) == 0) status = RTK_ETHREAD;
    if (!status) status = repeat(&s, &result);
    rtk_pool_free(pool);
    if (!status) *found = result;
    return status;
}
