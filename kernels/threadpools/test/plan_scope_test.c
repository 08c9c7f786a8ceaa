/* Threads of FFTW's plans, on the real FFTW. */

#include "kernels/threadpools/test/known_libraries.h"

#include <fftw3.h>
#include <pthread.h>

enum { THREADS = 4, ROUNDS = 500, POINTS = 1 << 10 };

static rtk_pools *pools;
static uint64_t fftw, fftwf;

static uint64_t id_of(const char *prefix) {
    rtk_pool_info info;
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        if (strcmp(info.prefix, prefix) == 0) return info.id;
    return 0;
}

static rtk_pool_info info_of(uint64_t id) {
    rtk_pool_info info;
    assert_int_equal(RTK_OK, rtk_pools_find(pools, id, &info));
    return info;
}

/* First: later tests begin scopes. */
static void nothing_is_read_before_a_scope(void **state) {
    rtk_pool_info info = info_of(fftw);
    (void)state;
    assert_string_equal("fftw", info.internal_api);
    assert_int_equal(RTK_POOL_FFT, info.user_api);
    assert_int_equal(RTK_POOL_PLAN, info.scope);
    assert_non_null(info.version);
    assert_string_equal("pthreads", info.threading_layer);
    assert_int_equal(0, info.threads);
    assert_non_null(info.why);
}

static void plans_in_a_scope_have_its_threads(void **state) {
    rtk_plan_scope scope;
    (void)state;
    fftw_complex *x = fftw_alloc_complex(POINTS);
    assert_non_null(x);
    assert_int_equal(RTK_OK, rtk_plan_scope_begin(pools, fftw, 3, &scope));
    assert_int_equal(3, fftw_planner_nthreads());
    assert_int_equal(3, info_of(fftw).threads);
    assert_null(info_of(fftw).why);
    fftw_plan plan =
        fftw_plan_dft_1d(POINTS, x, x, FFTW_FORWARD, FFTW_ESTIMATE);
    assert_non_null(plan);
    fftw_destroy_plan(plan);
    assert_int_equal(RTK_OK, rtk_plan_scope_end(&scope));
    assert_int_equal(1, fftw_planner_nthreads());
    fftw_free(x);
}

static void scopes_nest_innermost_first(void **state) {
    rtk_plan_scope outer, inner, single;
    (void)state;
    assert_int_equal(RTK_OK, rtk_plan_scope_begin(pools, fftw, 2, &outer));
    assert_int_equal(RTK_OK, rtk_plan_scope_begin(pools, fftw, 4, &inner));
    assert_int_equal(RTK_OK, rtk_plan_scope_begin(pools, fftwf, 3, &single));
    assert_int_equal(4, fftw_planner_nthreads());
    assert_int_equal(3, fftwf_planner_nthreads());
    assert_int_equal(RTK_EINVAL, rtk_plan_scope_end(&outer));
    assert_int_equal(4, fftw_planner_nthreads());
    assert_int_equal(RTK_OK, rtk_plan_scope_end(&single));
    assert_int_equal(RTK_OK, rtk_plan_scope_end(&inner));
    assert_int_equal(2, fftw_planner_nthreads());
    assert_int_equal(RTK_OK, rtk_plan_scope_end(&outer));
    assert_int_equal(1, fftw_planner_nthreads());
    assert_int_equal(RTK_EINVAL, rtk_plan_scope_end(&outer));
}

static void what_is_no_plan_is_refused(void **state) {
    static memory_pool memory = {.count = 2};
    rtk_plan_scope scope;
    rtk_limits *limits = NULL;
    rtk_pool_info info;
    (void)state;
    memory_register(&memory, "memory");
    assert_int_equal(RTK_OK, rtk_pools_refresh(pools, NULL));
    size_t last = rtk_pools_count(pools) - 1;
    assert_int_equal(RTK_OK, rtk_pools_info(pools, last, &info));
    assert_string_equal("memory", info.internal_api);
    assert_int_equal(RTK_EINVAL, rtk_plan_scope_begin(pools, fftw, 0, &scope));
    assert_int_equal(RTK_EINVAL, rtk_plan_scope_begin(pools, fftw, -1, &scope));
    assert_int_equal(RTK_EINVAL,
                     rtk_plan_scope_begin(pools, UINT64_MAX, 1, &scope));
    assert_int_equal(RTK_EUNSUPPORTED,
                     rtk_plan_scope_begin(pools, info.id, 1, &scope));
    assert_int_equal(RTK_EUNSUPPORTED,
                     rtk_limits_begin_api(pools, RTK_POOL_FFT, 1, &limits));
    assert_int_equal(2, memory.count);
    /* Whoever limits all that can be limited does not mean plans. */
    assert_int_equal(RTK_OK,
                     rtk_limits_begin_api(pools, RTK_POOL_ANY, 1, &limits));
    assert_int_equal(1, memory.count);
    assert_int_equal(1, rtk_limits_count(limits));
    known_end(limits);
}

/* ---- Other threads --------------------------------------------------------
 */

typedef struct planner {
    pthread_t id;
    int threads;
    unsigned wrong, done;
    rtk_plan_scope *others;
    pthread_barrier_t *start;
} planner;

static void *plan(void *arg) {
    planner *p = arg;
    fftw_complex x[64];
    pthread_barrier_wait(p->start);
    for (int i = 0; i < ROUNDS; i++) {
        rtk_plan_scope scope;
        if (rtk_plan_scope_begin(pools, fftw, p->threads, &scope)) return NULL;
        fftw_plan one = fftw_plan_dft_1d(64, x, x, FFTW_FORWARD, FFTW_ESTIMATE);
        p->wrong += !one || fftw_planner_nthreads() != p->threads;
        fftw_destroy_plan(one);
        p->wrong += rtk_plan_scope_end(&scope) != RTK_OK;
        p->done++;
    }
    return NULL;
}

static void only_one_thread_plans_at_a_time(void **state) {
    planner planners[THREADS] = {0};
    pthread_barrier_t start;
    (void)state;
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        planners[i] = (planner){.threads = 1 + i, .start = &start};
        assert_int_equal(
            0, pthread_create(&planners[i].id, NULL, plan, &planners[i]));
    }
    for (int i = 0; i < THREADS; i++) pthread_join(planners[i].id, NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(ROUNDS, planners[i].done);
        assert_int_equal(0, planners[i].wrong);
    }
    assert_int_equal(1, fftw_planner_nthreads());
}

static void *end_others(void *arg) {
    planner *p = arg;
    p->wrong = rtk_plan_scope_end(p->others) != RTK_EINVAL;
    p->done = 1;
    return NULL;
}

static void it_ends_in_its_own_thread(void **state) {
    rtk_plan_scope scope;
    planner p = {.others = &scope};
    (void)state;
    assert_int_equal(RTK_OK, rtk_plan_scope_begin(pools, fftw, 2, &scope));
    assert_int_equal(0, pthread_create(&p.id, NULL, end_others, &p));
    pthread_join(p.id, NULL);
    assert_int_equal(1, p.done);
    assert_int_equal(0, p.wrong);
    assert_int_equal(2, fftw_planner_nthreads());
    assert_int_equal(RTK_OK, rtk_plan_scope_end(&scope));
}

/* ---- Fork -----------------------------------------------------------------
 */

typedef struct holder {
    pthread_t id;
    pthread_barrier_t begun, end;
    rtk_status status;
} holder;

static void *hold(void *arg) {
    holder *h = arg;
    rtk_plan_scope scope;
    h->status = rtk_plan_scope_begin(pools, fftw, 2, &scope);
    pthread_barrier_wait(&h->begun);
    pthread_barrier_wait(&h->end);
    if (!h->status) h->status = rtk_plan_scope_end(&scope);
    return NULL;
}

static int plan_in_child(void *arg) {
    rtk_plan_scope scope;
    (void)arg;
    if (rtk_plan_scope_begin(pools, fftw, 3, &scope)) return 1;
    return rtk_plan_scope_end(&scope) ? 2 : 0;
}

static void a_child_does_not_wait_for_other_threads(void **state) {
    holder h = {0};
    (void)state;
    unit_skip_forks_under_tsan();
    pthread_barrier_init(&h.begun, NULL, 2);
    pthread_barrier_init(&h.end, NULL, 2);
    assert_int_equal(0, pthread_create(&h.id, NULL, hold, &h));
    pthread_barrier_wait(&h.begun);
    int bad = unit_fork(plan_in_child, NULL);
    pthread_barrier_wait(&h.end);
    pthread_join(h.id, NULL);
    assert_int_equal(0, bad);
    assert_int_equal(RTK_OK, h.status);
}

static int find(void **state) {
    (void)state;
    pools = known_pools();
    fftw = id_of("fftw_");
    fftwf = id_of("fftwf_");
    return !fftw || !fftwf;
}

static int leave(void **state) {
    (void)state;
    rtk_pools_free(pools);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_read_before_a_scope),
        cmocka_unit_test(plans_in_a_scope_have_its_threads),
        cmocka_unit_test(scopes_nest_innermost_first),
        cmocka_unit_test(what_is_no_plan_is_refused),
        cmocka_unit_test(only_one_thread_plans_at_a_time),
        cmocka_unit_test(it_ends_in_its_own_thread),
        cmocka_unit_test(a_child_does_not_wait_for_other_threads),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, find, leave);
}
