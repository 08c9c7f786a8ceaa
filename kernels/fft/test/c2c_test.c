#include "kernels/workers/test/unit.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "kernels/fft/c2c.h"

enum { CALLERS = 4, SHIFTS = 3 };

/* A transform, its input, and room for two outputs; real and imaginary part of
 * each point as double, whatever the type. */
typedef struct fixture {
    rtk_fft_spec spec;
    size_t points, elements, bytes; /* of one transform, of all, of all */
    rtk_fft_plan *plan;
    char *in, *out, *other;
} fixture;

static double part_of(const fixture *f, const void *data, size_t i) {
    return f->spec.type == RTK_FFT_DOUBLE ? ((const double *)data)[i]
                                          : (double)((const float *)data)[i];
}

static void put(const fixture *f, void *data, size_t i, double value) {
    if (f->spec.type == RTK_FFT_DOUBLE)
        ((double *)data)[i] = value;
    else
        ((float *)data)[i] = (float)value;
}

static void *room(size_t bytes) {
    void *memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
    assert_non_null(memory);
    return memory;
}

static void set_up(fixture *f, rtk_fft_spec spec) {
    uint64_t bits = 42;
    *f = (fixture){.spec = spec, .points = 1};
    for (size_t d = 0; d < spec.rank; d++) f->points *= spec.n[d];
    f->elements = f->points * spec.batch;
    f->bytes = f->elements * (spec.type == RTK_FFT_DOUBLE ? 16 : 8);
    f->in = room(f->bytes);
    f->out = room(f->bytes);
    f->other = room(f->bytes);
    for (size_t i = 0; i < 2 * f->elements; i++) {
        bits = bits * UINT64_C(6364136223846793005) + 1442695040888963407U;
        put(f, f->in, i, (double)(bits >> 33) / 0x1p31 - 0.25);
    }
    assert_int_equal(RTK_OK, rtk_fft_plan_new(&f->plan, &spec));
}

static void tear_down(fixture *f) {
    rtk_fft_plan_free(f->plan);
    free(f->in);
    free(f->out);
    free(f->other);
}

static double tolerance(const fixture *f) {
    return f->spec.type == RTK_FFT_DOUBLE ? 1e-14 : 5e-6;
}

static double norm(const fixture *f, const void *data, size_t transform) {
    long double sum = 0;
    for (size_t i = 0; i < 2 * f->points; i++)
        sum += powl(part_of(f, data, 2 * f->points * transform + i), 2);
    return (double)sqrtl(sum);
}

/* ---- The formula ----------------------------------------------------------
 */

/* Phase of input j in output k, in turns; both as flat indices. */
static long double phase(const fixture *f, size_t j, size_t k) {
    long double turns = 0;
    for (size_t d = f->spec.rank; d-- > 0;) {
        size_t n = f->spec.n[d];
        turns += (long double)(j % n * (k % n) % n) / (long double)n;
        j /= n;
        k /= n;
    }
    return turns;
}

static double bin_error(const fixture *f, size_t transform, size_t k) {
    long double re = 0, im = 0, tau = 2 * acosl(-1);
    size_t first = transform * f->points;
    for (size_t j = 0; j < f->points; j++) {
        long double a = tau * (int)f->spec.sign * phase(f, j, k);
        long double x = part_of(f, f->in, 2 * (first + j));
        long double y = part_of(f, f->in, 2 * (first + j) + 1);
        re += x * cosl(a) - y * sinl(a);
        im += x * sinl(a) + y * cosl(a);
    }
    re -= part_of(f, f->out, 2 * (first + k));
    im -= part_of(f, f->out, 2 * (first + k) + 1);
    return (double)hypotl(re, im) / norm(f, f->in, transform);
}

static const rtk_fft_spec small[] = {
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 1, {1}, 1},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 1, {2}, 3},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 1, {31}, 5},
    {RTK_FFT_DOUBLE, RTK_FFT_BACKWARD, 1, {60}, 4},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 1, {257}, 1},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 2, {5, 7}, 2},
    {RTK_FFT_DOUBLE, RTK_FFT_BACKWARD, 2, {16, 16}, 3},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 2, {9, 1}, 2},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 2, {1, 9}, 2},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 2, {8, 37}, 1},
    {RTK_FFT_DOUBLE, RTK_FFT_BACKWARD, 3, {3, 4, 5}, 2},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 3, {6, 6, 6}, 1},
    {RTK_FFT_FLOAT, RTK_FFT_FORWARD, 1, {64}, 3},
    {RTK_FFT_FLOAT, RTK_FFT_BACKWARD, 1, {45}, 2},
    {RTK_FFT_FLOAT, RTK_FFT_FORWARD, 2, {12, 20}, 2},
    {RTK_FFT_FLOAT, RTK_FFT_BACKWARD, 3, {4, 3, 6}, 2},
};

static void every_bin_is_that_of_the_formula(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof small / sizeof *small; s++) {
        fixture f;
        set_up(&f, small[s]);
        assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, 2, NULL));
        for (size_t t = 0; t < f.spec.batch; t++)
            for (size_t k = 0; k < f.points; k++)
                assert_true(bin_error(&f, t, k) <= tolerance(&f));
        tear_down(&f);
    }
}

/* ---- Larger ones ----------------------------------------------------------
 */

static const rtk_fft_spec large[] = {
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 1, {1000}, 40},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 1, {1 << 15}, 2},
    {RTK_FFT_DOUBLE, RTK_FFT_BACKWARD, 2, {64, 48}, 9},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 2, {300, 257}, 1},
    {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 3, {32, 40, 64}, 1},
    {RTK_FFT_FLOAT, RTK_FFT_FORWARD, 1, {729}, 30},
    {RTK_FFT_FLOAT, RTK_FFT_FORWARD, 2, {270, 300}, 2},
};

static void energy_is_kept(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof large / sizeof *large; s++) {
        fixture f;
        set_up(&f, large[s]);
        assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, -1, NULL));
        for (size_t t = 0; t < f.spec.batch; t++) {
            double want = norm(&f, f.in, t) * sqrt((double)f.points);
            double got = norm(&f, f.out, t);
            assert_true(fabs(got - want) <= tolerance(&f) * want);
        }
        tear_down(&f);
    }
}

static void there_and_back_is_the_input_times_the_points(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof large / sizeof *large; s++) {
        fixture f;
        rtk_fft_plan *back = NULL;
        set_up(&f, large[s]);
        f.spec.sign = -f.spec.sign;
        assert_int_equal(RTK_OK, rtk_fft_plan_new(&back, &f.spec));
        assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, 3, NULL));
        assert_int_equal(RTK_OK, rtk_fft_run(back, f.out, f.other, 3, NULL));
        for (size_t i = 0; i < 2 * f.elements; i++) {
            double got = part_of(&f, f.other, i) / (double)f.points;
            assert_true(fabs(got - part_of(&f, f.in, i)) <=
                        100 * tolerance(&f));
        }
        rtk_fft_plan_free(back);
        tear_down(&f);
    }
}

static void bits_are_equal_for_any_workers(void **state) {
    static const int64_t workers[] = {1, 2, 3, -1, 8, INT64_MIN};
    (void)state;
    for (size_t s = 0; s < sizeof large / sizeof *large; s++) {
        fixture f;
        set_up(&f, large[s]);
        assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, 1, NULL));
        for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
            memset(f.other, -1, f.bytes);
            assert_int_equal(
                RTK_OK, rtk_fft_run(f.plan, f.in, f.other, workers[w], NULL));
            assert_memory_equal(f.out, f.other, f.bytes);
        }
        tear_down(&f);
    }
}

static void bits_are_equal_in_place(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof large / sizeof *large; s++) {
        fixture f;
        set_up(&f, large[s]);
        assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, 2, NULL));
        assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.in, 2, NULL));
        assert_memory_equal(f.out, f.in, f.bytes);
        tear_down(&f);
    }
}

static void bits_are_equal_for_any_alignment(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof large / sizeof *large; s++) {
        fixture f;
        set_up(&f, large[s]);
        assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, 1, NULL));
        for (size_t shift = 8; shift <= 8 * (size_t)SHIFTS; shift += 8) {
            memmove(f.in + shift, f.in + shift - 8, f.bytes);
            assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in + shift,
                                                 f.other + shift, 2, NULL));
            assert_memory_equal(f.out, f.other + shift, f.bytes);
        }
        tear_down(&f);
    }
}

static void large_work_is_shared_and_says_so(void **state) {
    fixture f;
    unsigned effective = 0;
    (void)state;
    set_up(&f, large[3]);
    assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, 2, &effective));
    assert_int_equal(2, effective);
    assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, 1, &effective));
    assert_int_equal(1, effective);
    effective = 77;
    assert_int_equal(RTK_EINVAL,
                     rtk_fft_run(f.plan, f.in, f.out, 0, &effective));
    assert_int_equal(77, effective);
    tear_down(&f);
}

static void a_spec_out_of_range_is_refused(void **state) {
    static const rtk_fft_spec bad[] = {
        {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 0, {8}, 1},
        {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 4, {8, 8, 8}, 1},
        {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 2, {8, 0}, 1},
        {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 1, {8}, 0},
        {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 1, {(size_t)1 << 32}, 1},
        {RTK_FFT_DOUBLE, RTK_FFT_FORWARD, 1, {1 << 30}, (size_t)1 << 40},
        {RTK_FFT_DOUBLE, (rtk_fft_sign)0, 1, {8}, 1},
        {(rtk_fft_type)2, RTK_FFT_FORWARD, 1, {8}, 1},
    };
    rtk_fft_plan *plan = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(RTK_EINVAL, rtk_fft_plan_new(&plan, &bad[i]));
    assert_null(plan);
    rtk_fft_plan_free(NULL);
}

/* ---- Many callers ---------------------------------------------------------
 */

typedef struct caller {
    const fixture *f;
    char *out;
    rtk_status status;
    pthread_t id;
} caller;

/* Shares the fixture's plan, and makes and frees plans of its own. */
static void *transform(void *arg) {
    caller *c = arg;
    for (int i = 0; !c->status && i < 5; i++) {
        rtk_fft_plan *own = NULL;
        c->status = rtk_fft_plan_new(&own, &c->f->spec);
        if (!c->status)
            c->status = rtk_fft_run(i % 2 ? own : c->f->plan, c->f->in, c->out,
                                    1 + i % 3, NULL);
        rtk_fft_plan_free(own);
    }
    return NULL;
}

static void callers_may_share_a_plan_and_make_plans(void **state) {
    fixture f;
    caller callers[CALLERS] = {0};
    (void)state;
    set_up(&f, large[2]);
    assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, 1, NULL));
    for (size_t i = 0; i < CALLERS; i++) {
        callers[i] = (caller){.f = &f, .out = room(f.bytes)};
        assert_int_equal(
            0, pthread_create(&callers[i].id, NULL, transform, &callers[i]));
    }
    for (size_t i = 0; i < CALLERS; i++) pthread_join(callers[i].id, NULL);
    for (size_t i = 0; i < CALLERS; i++) {
        assert_int_equal(RTK_OK, callers[i].status);
        assert_memory_equal(f.out, callers[i].out, f.bytes);
        free(callers[i].out);
    }
    tear_down(&f);
}

static int in_child(void *arg) {
    fixture *f = arg;
    rtk_fft_plan *own = NULL;
    if (rtk_fft_plan_new(&own, &f->spec) ||
        rtk_fft_run(own, f->in, f->other, 2, NULL))
        return 1;
    rtk_fft_plan_free(own);
    return memcmp(f->out, f->other, f->bytes) != 0;
}

static void a_child_plans_and_runs_like_its_parent(void **state) {
    fixture f;
    (void)state;
    unit_skip_forks_under_tsan();
    set_up(&f, large[3]);
    assert_int_equal(RTK_OK, rtk_fft_run(f.plan, f.in, f.out, 2, NULL));
    assert_int_equal(0, unit_fork(in_child, &f));
    tear_down(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bin_is_that_of_the_formula),
        cmocka_unit_test(energy_is_kept),
        cmocka_unit_test(there_and_back_is_the_input_times_the_points),
        cmocka_unit_test(bits_are_equal_for_any_workers),
        cmocka_unit_test(bits_are_equal_in_place),
        cmocka_unit_test(bits_are_equal_for_any_alignment),
        cmocka_unit_test(large_work_is_shared_and_says_so),
        cmocka_unit_test(a_spec_out_of_range_is_refused),
        cmocka_unit_test(callers_may_share_a_plan_and_make_plans),
        cmocka_unit_test(a_child_plans_and_runs_like_its_parent),
    };
    return RTK_RUN(tests);
}
