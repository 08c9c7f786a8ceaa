#include "kernels/workers/test/unit.h"

#include <pthread.h>

#include "kernels/workers/apply.h"

enum { ITEMS = 200 };

/* One item and its result per slot. */
typedef struct fixture {
    int items[ITEMS];
    long results[ITEMS];
    int fails[2];
    rtk_apply_job job;
} fixture;

static rtk_status square(void *context, const void *item, void *result) {
    const fixture *f = context;
    int x = *(const int *)item;
    *(long *)result = (long)x * x;
    if (x == f->fails[0]) return RTK_EFAILED;
    return x == f->fails[1] ? RTK_EIO : RTK_OK;
}

static void set_up(fixture *f) {
    *f = (fixture){.fails = {-1, -1}};
    for (int i = 0; i < ITEMS; i++) f->items[i] = i;
    f->job = (rtk_apply_job){.fn = square,
                             .context = f,
                             .items = f->items,
                             .results = f->results,
                             .n = ITEMS,
                             .item_size = sizeof *f->items,
                             .result_size = sizeof *f->results};
}

static void assert_squares(const fixture *f) {
    for (long i = 0; i < ITEMS; i++) assert_int_equal(i * i, f->results[i]);
}

static void results_come_back_in_input_order(void **state) {
    (void)state;
    for (int64_t workers = 1; workers <= 4; workers++) {
        fixture f;
        rtk_loop loop = {0};
        set_up(&f);
        assert_int_equal(RTK_OK, rtk_apply(NULL, workers, &f.job, &loop));
        assert_squares(&f);
        assert_int_equal(ITEMS, loop.parts_run);
        assert_int_equal(workers, loop.effective);
    }
}

static void the_first_failing_item_is_reported(void **state) {
    fixture f;
    rtk_loop loop = {0};
    (void)state;
    set_up(&f);
    f.fails[0] = 20;
    f.fails[1] = 150;
    assert_int_equal(RTK_EFAILED, rtk_apply(NULL, 3, &f.job, &loop));
    assert_int_equal(20, loop.failed_part);
    assert_squares(&f);
}

static void a_job_without_function_or_size_is_refused(void **state) {
    fixture f;
    (void)state;
    set_up(&f);
    f.job.item_size = 0;
    assert_int_equal(RTK_EINVAL, rtk_apply(NULL, 1, &f.job, NULL));
    set_up(&f);
    f.job.fn = NULL;
    assert_int_equal(RTK_EINVAL, rtk_apply(NULL, 1, &f.job, NULL));
}

/* ---- Collectors, sound and not --------------------------------------------
 */

typedef rtk_receipt call_fn(void *arg, size_t i);

static rtk_status in_order(void *self, call_fn *call, void *arg, size_t n,
                           rtk_receipt *receipts) {
    (void)self;
    for (size_t i = 0; i < n; i++) receipts[i] = call(arg, i);
    return RTK_OK;
}

/* Runs backwards, but lays each receipt in its item's place. */
static rtk_status runs_backwards(void *self, call_fn *call, void *arg, size_t n,
                                 rtk_receipt *receipts) {
    (void)self;
    for (size_t i = n; i-- > 0;) receipts[i] = call(arg, i);
    return RTK_OK;
}

static rtk_status reverses(void *self, call_fn *call, void *arg, size_t n,
                           rtk_receipt *receipts) {
    (void)self;
    for (size_t i = 0; i < n; i++) receipts[n - 1 - i] = call(arg, i);
    return RTK_OK;
}

static rtk_status swaps_two(void *self, call_fn *call, void *arg, size_t n,
                            rtk_receipt *receipts) {
    rtk_status s = in_order(self, call, arg, n, receipts);
    rtk_receipt first = receipts[0];
    receipts[0] = receipts[1];
    receipts[1] = first;
    return s;
}

static rtk_status is_short(void *self, call_fn *call, void *arg, size_t n,
                           rtk_receipt *receipts) {
    return in_order(self, call, arg, n - 1, receipts);
}

static rtk_status loses_one(void *self, call_fn *call, void *arg, size_t n,
                            rtk_receipt *receipts) {
    rtk_status s = in_order(self, call, arg, n, receipts);
    receipts[n / 2] = receipts[n / 2 - 1];
    return s;
}

static rtk_status calls_twice(void *self, call_fn *call, void *arg, size_t n,
                              rtk_receipt *receipts) {
    (void)call(arg, 3);
    return in_order(self, call, arg, n, receipts);
}

typedef rtk_status collect_fn(void *self, call_fn *call, void *arg, size_t n,
                              rtk_receipt *receipts);

static rtk_status collected(collect_fn *map, fixture *f, rtk_loop *loop) {
    rtk_collector c = {.size = sizeof c, .name = "test", .map = map};
    return rtk_apply_collected(&c, &f->job, loop);
}

static void a_sound_collector_is_believed(void **state) {
    collect_fn *sound[] = {in_order, runs_backwards};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        fixture f;
        rtk_loop loop = {0};
        set_up(&f);
        assert_int_equal(RTK_OK, collected(sound[i], &f, &loop));
        assert_squares(&f);
        assert_int_equal(ITEMS, loop.parts_run);
    }
}

static void a_collector_that_breaks_the_order_is_caught(void **state) {
    collect_fn *wrong[] = {reverses, swaps_two, is_short, loses_one,
                           calls_twice};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fixture f;
        set_up(&f);
        assert_int_equal(RTK_EMAP, collected(wrong[i], &f, NULL));
    }
}

static void a_failing_item_is_reported_through_a_collector(void **state) {
    fixture f;
    rtk_loop loop = {0};
    (void)state;
    set_up(&f);
    f.fails[0] = 7;
    f.fails[1] = 90;
    assert_int_equal(RTK_EFAILED, collected(runs_backwards, &f, &loop));
    assert_int_equal(7, loop.failed_part);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_back_in_input_order),
        cmocka_unit_test(the_first_failing_item_is_reported),
        cmocka_unit_test(a_job_without_function_or_size_is_refused),
        cmocka_unit_test(a_sound_collector_is_believed),
        cmocka_unit_test(a_collector_that_breaks_the_order_is_caught),
        cmocka_unit_test(a_failing_item_is_reported_through_a_collector),
    };
    return RTK_RUN(tests);
}
