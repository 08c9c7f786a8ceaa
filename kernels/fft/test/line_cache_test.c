/* The cache of lines: what it keeps and lets go, by many threads, over a fork
 * and beside a thread that plans again; wisdom in memory and in files. */

#include "kernels/fft/line_cache.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernels/fft/fft.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

enum { MANY = 4, ROUNDS = 300, HOT = 8, DEFAULT_LINES = 256, N = 48 };

static rtk_fft_cache_counts counts(void) {
    rtk_fft_cache_counts c = {.size = sizeof c};
    assert_int_equal(rtk_fft_cache_count(&c), RTK_OK);
    return c;
}

static const rtk_line *get(rtk_line_kind kind, size_t n,
                           rtk_fft_effort effort) {
    const rtk_line *l = NULL;
    rtk_line_spec spec = {
        .kind = kind, .real = RTK_DOUBLE, .n = n, .effort = effort};
    assert_int_equal(rtk_line_get(&l, &spec), RTK_OK);
    return l;
}

/* The transform of one 1 at place 1: its first numbers are 1 and a root. */
static bool is_right(const rtk_line *l) {
    _Alignas(64) double in[2 * N] = {0}, out[2 * N];
    _Alignas(64) char scratch[1 << 14];
    if (l->scratch_bytes > sizeof scratch || l->spec.n > N) return false;
    in[2] = 1;
    l->run(l, in, out, scratch);
    double turn = 2 * acos(-1) / (double)l->spec.n;
    return fabs(out[0] - 1) < 1e-14 && fabs(out[2] - cos(turn)) < 1e-14 &&
           fabs(out[3] + sin(turn)) < 1e-14;
}

static void limits(void) {
    rtk_fft_cache_limit(DEFAULT_LINES, SIZE_MAX);
}

static void a_second_lookup_plans_nothing(void **state) {
    (void)state;
    rtk_fft_cache_clear();
    const rtk_line *a = get(RTK_LINE_FORWARD, 40, RTK_FFT_ESTIMATE);
    rtk_fft_cache_counts before = counts();
    const rtk_line *b = get(RTK_LINE_FORWARD, 40, RTK_FFT_ESTIMATE);
    rtk_fft_cache_counts after = counts();
    assert_ptr_equal(a, b);
    assert_int_equal(after.planned, before.planned);
    assert_int_equal(after.hits, before.hits + 1);
    assert_int_equal(after.lines, 1);
    assert_true(after.bytes > 0);
    rtk_line_put(a);
    rtk_line_put(b);
}

static void a_line_in_use_outlives_its_eviction(void **state) {
    (void)state;
    const rtk_line *a = get(RTK_LINE_FORWARD, 44, RTK_FFT_ESTIMATE);
    rtk_fft_cache_clear();
    assert_int_equal(counts().lines, 0);
    assert_int_equal(counts().bytes, 0);
    assert_true(is_right(a));
    const rtk_line *b = get(RTK_LINE_FORWARD, 44, RTK_FFT_ESTIMATE);
    assert_ptr_not_equal(a, b);
    assert_true(is_right(a) && is_right(b));
    rtk_line_put(b);
    rtk_line_put(a);
}

static void the_limits_are_kept(void **state) {
    (void)state;
    rtk_fft_cache_limit(3, SIZE_MAX);
    for (size_t n = 8; n < 32; n++) {
        rtk_line_put(get(RTK_LINE_FORWARD, n, RTK_FFT_ESTIMATE));
        assert_true(counts().lines <= 3);
    }
    assert_int_equal(counts().lines, 3);
    rtk_fft_cache_limit(SIZE_MAX, 1000);
    assert_true(counts().bytes <= 1000);
    rtk_line_put(get(RTK_LINE_FORWARD, 4096, RTK_FFT_ESTIMATE));
    assert_true(counts().bytes <= 1000);
    rtk_fft_cache_limit(0, 0);
    size_t planned = counts().planned;
    for (int i = 0; i < 3; i++)
        rtk_line_put(get(RTK_LINE_FORWARD, 16, RTK_FFT_ESTIMATE));
    assert_int_equal(counts().planned, planned + 3);
    assert_int_equal(counts().lines, 0);
    limits();
}

static void what_is_used_often_is_evicted_last(void **state) {
    (void)state;
    rtk_fft_cache_clear();
    rtk_fft_cache_limit(4, SIZE_MAX);
    rtk_line_put(get(RTK_LINE_FORWARD, 20, RTK_FFT_ESTIMATE));
    for (size_t n = 21; n < 40; n++) {
        rtk_line_put(get(RTK_LINE_FORWARD, 20, RTK_FFT_ESTIMATE));
        rtk_line_put(get(RTK_LINE_FORWARD, n, RTK_FFT_ESTIMATE));
    }
    size_t planned = counts().planned;
    rtk_line_put(get(RTK_LINE_FORWARD, 20, RTK_FFT_ESTIMATE));
    assert_int_equal(counts().planned, planned);
    limits();
}

/* What a thread saw; asserted after the join. */
static void *churn(void *wrong) {
    static const size_t n[] = {8, 12, 16, 20, 24, 29, 47, 48};
    for (unsigned i = 0; i < ROUNDS; i++) {
        rtk_line_spec spec = {
            .kind = RTK_LINE_FORWARD, .real = RTK_DOUBLE, .n = n[i * 5 % 8]};
        const rtk_line *l = NULL;
        if (rtk_line_get(&l, &spec) || !is_right(l)) ++*(unsigned *)wrong;
        rtk_line_put(l);
        if (i % 64 == 63) rtk_fft_cache_clear();
    }
    return NULL;
}

static void threads_may_churn_it(void **state) {
    (void)state;
    pthread_t thread[MANY];
    unsigned wrong[MANY] = {0};
    rtk_fft_cache_limit(2, SIZE_MAX);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, churn, &wrong[i]), 0);
    for (int i = 0; i < MANY; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
    assert_true(counts().lines <= 2);
    limits();
}

/* Relaxed: nothing is passed on with it. */
static atomic_bool enough;

/* None ends before the forks: ThreadSanitizer would take it for leaked in the
 * child. */
static void *churn_on(void *wrong) {
    do churn(wrong);
    while (!atomic_load_explicit(&enough, memory_order_relaxed));
    return NULL;
}

/* A child's only thread plans, evicts and ends. */
static int in_child(void) {
    unsigned wrong = 0;
    rtk_fft_upgrade_stop();
    churn(&wrong);
    return wrong != 0;
}

static void a_child_may_use_it_whatever_others_did(void **state) {
    (void)state;
    pthread_t thread[MANY];
    unsigned wrong[MANY] = {0};
    rtk_fft_cache_limit(2, SIZE_MAX);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, churn_on, &wrong[i]),
                         0);
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) _exit(in_child());
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    atomic_store_explicit(&enough, true, memory_order_relaxed);
    for (int i = 0; i < MANY; i++) pthread_join(thread[i], NULL);
    limits();
}

/* ---- Efforts and wisdom ----------------------------------------------------
 */

enum { LENGTH = 240 };

static void transform(double *out) {
    _Alignas(64) double in[2 * LENGTH];
    size_t n = LENGTH;
    for (size_t i = 0; i < 2 * n; i++) in[i] = sin((double)(i * i));
    rtk_array x = rtk_array_dense(RTK_DOUBLE_COMPLEX, 1, &n, in), y = x;
    y.data = out;
    assert_int_equal(rtk_fft(&x, &y, NULL), RTK_OK);
}

static void measuring_never_changes_an_estimated_line(void **state) {
    (void)state;
    _Alignas(64) double before[2 * LENGTH], after[2 * LENGTH];
    transform(before);
    rtk_line_put(get(RTK_LINE_FORWARD, LENGTH, RTK_FFT_MEASURE));
    rtk_fft_cache_clear();
    transform(after);
    assert_memory_equal(before, after, sizeof before);
}

static void wisdom_goes_out_and_comes_back(void **state) {
    (void)state;
    char *learned, *empty, *again;
    rtk_fft_wisdom_forget();
    assert_int_equal(rtk_fft_wisdom_export(&empty), RTK_OK);
    rtk_fft_cache_clear();
    rtk_line_put(get(RTK_LINE_FORWARD, LENGTH, RTK_FFT_MEASURE));
    assert_int_equal(rtk_fft_wisdom_export(&learned), RTK_OK);
    assert_true(strlen(learned) > strlen(empty));
    char path[] = "/tmp/rtk_wisdom_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(rtk_fft_wisdom_save(path), RTK_OK);
    rtk_fft_wisdom_forget();
    assert_int_equal(rtk_fft_wisdom_load(path), RTK_OK);
    assert_int_equal(rtk_fft_wisdom_export(&again), RTK_OK);
    assert_int_equal(strlen(again), strlen(learned));
    unlink(path);
    free(again);
    free(learned);
    free(empty);
}

static void what_is_no_wisdom_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"x", "(", "(fftw-0.0 wisdom)", ")"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(rtk_fft_wisdom_import(wrong[i]), RTK_EINVAL);
    assert_int_equal(rtk_fft_wisdom_import(NULL), RTK_EINVAL);
    assert_int_equal(rtk_fft_wisdom_import(" \n"), RTK_OK);
    assert_int_equal(rtk_fft_wisdom_load("/nowhere/at/all"), RTK_EIO);
    assert_int_equal(rtk_fft_wisdom_save("/nowhere/at/all"), RTK_EIO);
}

/* ---- Upgrades --------------------------------------------------------------
 */

/* Use a line until it was planned again; it is, as its uses do not end. */
static void heat(size_t n) {
    size_t before = rtk_fft_upgrade_count();
    for (size_t i = 0; rtk_fft_upgrade_count() == before; i++) {
        rtk_line_put(get(RTK_LINE_FORWARD, n, RTK_FFT_ESTIMATE));
        /* An offer is forgotten while another is taken: offer from the start
         * once in a while. */
        if (i % 1000 == 999) rtk_fft_cache_clear();
        nanosleep(&(struct timespec){.tv_nsec = 10000}, NULL);
    }
}

static void an_upgrade_changes_no_bit_unless_allowed(void **state) {
    (void)state;
    _Alignas(64) double before[2 * LENGTH], after[2 * LENGTH];
    rtk_fft_upgrade u = {
        .size = sizeof u, .hot = HOT, .effort = RTK_FFT_MEASURE};
    transform(before);
    assert_int_equal(rtk_fft_upgrade_start(&u), RTK_OK);
    assert_int_equal(rtk_fft_upgrade_start(&u), RTK_EINVAL);
    heat(LENGTH);
    rtk_fft_upgrade_stop();
    rtk_fft_upgrade_stop();
    transform(after);
    assert_memory_equal(before, after, sizeof before);
    /* It is there for those who ask. */
    size_t planned = counts().planned;
    rtk_line_put(get(RTK_LINE_FORWARD, LENGTH, RTK_FFT_MEASURE));
    assert_int_equal(counts().planned, planned);
}

static void an_upgrade_replaces_the_line_where_bits_may_change(void **state) {
    (void)state;
    rtk_fft_upgrade u = {.size = sizeof u,
                         .hot = HOT,
                         .effort = RTK_FFT_MEASURE,
                         .bits_may_change = 1};
    const rtk_line *old = get(RTK_LINE_FORWARD, N, RTK_FFT_ESTIMATE);
    assert_int_equal(rtk_fft_upgrade_start(&u), RTK_OK);
    heat(N);
    rtk_fft_upgrade_stop();
    const rtk_line *new = get(RTK_LINE_FORWARD, N, RTK_FFT_ESTIMATE);
    assert_ptr_not_equal(old->plan, new->plan);
    assert_true(is_right(old) && is_right(new));
    rtk_line_put(new);
    rtk_line_put(old);
    u.hot = 0;
    assert_int_equal(rtk_fft_upgrade_start(&u), RTK_EINVAL);
    u.hot = 1;
    u.effort = RTK_FFT_ESTIMATE;
    assert_int_equal(rtk_fft_upgrade_start(&u), RTK_EINVAL);
}

static void a_child_is_free_of_the_thread(void **state) {
    (void)state;
    rtk_fft_upgrade u = {
        .size = sizeof u, .hot = HOT, .effort = RTK_FFT_MEASURE};
    assert_int_equal(rtk_fft_upgrade_start(&u), RTK_OK);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int wrong = in_child();
        if (!UNDER_TSAN) wrong |= rtk_fft_upgrade_start(&u) != RTK_OK;
        rtk_fft_upgrade_stop();
        _exit(wrong);
    }
    if (UNDER_TSAN)
        print_message("skipped: an upgrade started in a child; "
                      "ThreadSanitizer lets no child start threads\n");
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    rtk_fft_upgrade_stop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_lookup_plans_nothing),
        cmocka_unit_test(a_line_in_use_outlives_its_eviction),
        cmocka_unit_test(the_limits_are_kept),
        cmocka_unit_test(what_is_used_often_is_evicted_last),
        cmocka_unit_test(threads_may_churn_it),
        cmocka_unit_test(a_child_may_use_it_whatever_others_did),
        cmocka_unit_test(measuring_never_changes_an_estimated_line),
        cmocka_unit_test(wisdom_goes_out_and_comes_back),
        cmocka_unit_test(what_is_no_wisdom_is_refused),
        cmocka_unit_test(an_upgrade_changes_no_bit_unless_allowed),
        cmocka_unit_test(an_upgrade_replaces_the_line_where_bits_may_change),
        cmocka_unit_test(a_child_is_free_of_the_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
