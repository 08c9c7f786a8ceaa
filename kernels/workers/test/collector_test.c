#include "kernels/workers/test/squares.h"

#include <pthread.h>
#include <stdlib.h>

typedef rtk_receipt call_fn(void *arg, size_t i);
typedef rtk_status collect_fn(void *self, call_fn *call, void *arg, size_t n,
                              rtk_receipt *receipts);

static rtk_status collected(collect_fn *map, void *self, squares *f,
                            rtk_loop *loop) {
    rtk_collector c = {
        .size = sizeof c, .name = "test", .self = self, .map = map};
    return rtk_apply_collected(&c, &f->job, loop);
}

/* ---- Collectors that keep the order ---------------------------------------
 */

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

typedef struct half {
    call_fn *call;
    void *arg;
    size_t from, to;
    rtk_receipt *receipts;
} half;

static void *run_half(void *arg) {
    half *h = arg;
    for (size_t i = h->from; i < h->to; i++)
        h->receipts[i] = h->call(h->arg, i);
    return NULL;
}

static rtk_status two_threads(void *self, call_fn *call, void *arg, size_t n,
                              rtk_receipt *receipts) {
    half low = {call, arg, 0, n / 2, receipts};
    half high = {call, arg, n / 2, n, receipts};
    pthread_t thread;
    (void)self;
    if (pthread_create(&thread, NULL, run_half, &high)) return RTK_ETHREAD;
    run_half(&low);
    pthread_join(thread, NULL);
    return RTK_OK;
}

static collect_fn *const sound[] = {in_order, runs_backwards, two_threads};
enum { SOUND = sizeof sound / sizeof *sound };

static void a_sound_collector_is_believed(void **state) {
    (void)state;
    for (size_t i = 0; i < SOUND; i++) {
        squares f;
        rtk_loop loop = {0};
        squares_set_up(&f);
        assert_int_equal(RTK_OK, collected(sound[i], NULL, &f, &loop));
        squares_assert(&f, 0, ITEMS);
        assert_int_equal(ITEMS, loop.parts_run);
        assert_int_equal(ITEMS, loop.first_unrun);
        assert_int_equal(RTK_MAP_KEPT, loop.map_fault);
        assert_int_equal(ITEMS, loop.map_part);
        assert_int_equal(0, loop.effective);
    }
}

static void a_failing_item_is_reported_through_a_collector(void **state) {
    (void)state;
    for (size_t i = 0; i < SOUND; i++) {
        squares f;
        rtk_loop loop = {0};
        squares_set_up(&f);
        f.fails[0] = 7;
        f.fails[1] = 190;
        assert_int_equal(RTK_EFAILED, collected(sound[i], NULL, &f, &loop));
        assert_int_equal(7, loop.failed_part);
        squares_assert(&f, 0, ITEMS);
    }
}

static void a_cancelled_collection_says_how_far_it_got(void **state) {
    squares f;
    rtk_loop loop = {0};
    (void)state;
    squares_set_up(&f);
    f.cancels = 41;
    assert_int_equal(RTK_ECANCELLED, collected(in_order, NULL, &f, &loop));
    assert_int_equal(42, loop.first_unrun);
    assert_int_equal(42, loop.parts_run);
    squares_assert(&f, 0, 42);
    assert_int_equal(0, f.results[42]);
}

/* ---- Collectors that do not -----------------------------------------------
 */

static void swap(rtk_receipt *a, rtk_receipt *b) {
    rtk_receipt first = *a;
    *a = *b;
    *b = first;
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
    swap(&receipts[30], &receipts[60]);
    return s;
}

static rtk_status is_short(void *self, call_fn *call, void *arg, size_t n,
                           rtk_receipt *receipts) {
    return in_order(self, call, arg, n - 1, receipts);
}

/* As a list without the gap that the lost one leaves. */
static rtk_status closes_up(void *self, call_fn *call, void *arg, size_t n,
                            rtk_receipt *receipts) {
    (void)self;
    for (size_t i = 0; i < n; i++) {
        rtk_receipt r = call(arg, i);
        if (i != 12) receipts[i < 12 ? i : i - 1] = r;
    }
    return RTK_OK;
}

static rtk_status loses_one(void *self, call_fn *call, void *arg, size_t n,
                            rtk_receipt *receipts) {
    rtk_status s = in_order(self, call, arg, n, receipts);
    receipts[n / 2] = receipts[n / 2 - 1];
    return s;
}

static rtk_status forgets_one(void *self, call_fn *call, void *arg, size_t n,
                              rtk_receipt *receipts) {
    rtk_status s = in_order(self, call, arg, n, receipts);
    receipts[77] = 0;
    return s;
}

static rtk_status makes_one_up(void *self, call_fn *call, void *arg, size_t n,
                               rtk_receipt *receipts) {
    rtk_status s = in_order(self, call, arg, n, receipts);
    receipts[9] ^= 1;
    return s;
}

static rtk_status calls_twice(void *self, call_fn *call, void *arg, size_t n,
                              rtk_receipt *receipts) {
    (void)call(arg, 3);
    return in_order(self, call, arg, n, receipts);
}

static rtk_status calls_beyond(void *self, call_fn *call, void *arg, size_t n,
                               rtk_receipt *receipts) {
    (void)call(arg, n);
    return in_order(self, call, arg, n, receipts);
}

/* Two faults: the first in input order counts. */
static rtk_status is_wrong_twice(void *self, call_fn *call, void *arg, size_t n,
                                 rtk_receipt *receipts) {
    rtk_status s = calls_twice(self, call, arg, n, receipts);
    swap(&receipts[1], &receipts[150]);
    return s;
}

/* Lays the receipts of the job before: the same place, the same items. */
static rtk_status replays(void *self, call_fn *call, void *arg, size_t n,
                          rtk_receipt *receipts) {
    rtk_receipt *kept = self;
    rtk_status s = in_order(NULL, call, arg, n, receipts);
    for (size_t i = 0; i < n; i++) swap(&kept[i], &receipts[i]);
    return s;
}

static const struct {
    collect_fn *map;
    rtk_map_fault fault;
    size_t place;
} unsound[] = {
    {reverses, RTK_MAP_REORDERED, 0},
    {swaps_two, RTK_MAP_REORDERED, 30},
    {is_short, RTK_MAP_DROPPED, ITEMS - 1},
    {closes_up, RTK_MAP_DROPPED, 12},
    {loses_one, RTK_MAP_REPEATED, ITEMS / 2 - 1},
    {forgets_one, RTK_MAP_DROPPED, 77},
    {makes_one_up, RTK_MAP_INVENTED, 9},
    {calls_twice, RTK_MAP_REPEATED, 3},
    {calls_beyond, RTK_MAP_INVENTED, ITEMS},
    {is_wrong_twice, RTK_MAP_REORDERED, 1},
};

static void a_collector_that_breaks_the_order_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++) {
        squares f;
        rtk_loop loop = {0};
        squares_set_up(&f);
        assert_int_equal(RTK_EMAP, collected(unsound[i].map, NULL, &f, &loop));
        assert_string_equal(rtk_map_fault_text(unsound[i].fault),
                            rtk_map_fault_text(loop.map_fault));
        assert_int_equal(unsound[i].place, loop.map_part);
        squares_set_up(&f);
        assert_int_equal(RTK_EMAP, collected(unsound[i].map, NULL, &f, NULL));
    }
}

static void receipts_of_another_job_are_no_receipts(void **state) {
    static rtk_receipt kept[ITEMS];
    squares f;
    rtk_loop loop = {0};
    (void)state;
    squares_set_up(&f);
    assert_int_equal(RTK_EMAP, collected(replays, kept, &f, &loop));
    assert_int_equal(RTK_MAP_DROPPED, loop.map_fault);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(RTK_EMAP, collected(replays, kept, &f, &loop));
        assert_int_equal(RTK_MAP_INVENTED, loop.map_fault);
        assert_int_equal(0, loop.map_part);
    }
}

/* ---- Without the map ------------------------------------------------------
 */

static rtk_status must_not_be_called(void *self, call_fn *call, void *arg,
                                     size_t n, rtk_receipt *receipts) {
    (void)call;
    (void)arg;
    (void)n;
    receipts[0] = 1;
    *(int *)self = 1;
    return RTK_EFAILED;
}

static rtk_status collect_inside(void *arg, size_t part) {
    int *called = arg;
    squares f;
    (void)part;
    squares_set_up(&f);
    rtk_status s = collected(must_not_be_called, called, &f, NULL);
    return s ? s : f.results[9] == 81 ? RTK_OK : RTK_EFAILED;
}

static void one_item_and_a_nested_job_need_no_map(void **state) {
    int called = 0;
    squares f;
    (void)state;
    squares_set_up(&f);
    f.job.n = 1;
    assert_int_equal(RTK_OK, collected(must_not_be_called, &called, &f, NULL));
    f.job.n = 0;
    assert_int_equal(RTK_OK, collected(must_not_be_called, &called, &f, NULL));
    assert_int_equal(RTK_OK, rtk_parallel_for(rtk_executor_serial(), 1, 1,
                                              collect_inside, &called, NULL));
    assert_int_equal(0, called);
}

static void a_collector_without_map_or_room_is_refused(void **state) {
    squares f;
    rtk_loop loop = {.parts_run = 5};
    (void)state;
    squares_set_up(&f);
    assert_int_equal(RTK_EINVAL, collected(NULL, NULL, &f, &loop));
    f.job.n = SIZE_MAX / 4;
    assert_int_equal(RTK_EINVAL, collected(in_order, NULL, &f, &loop));
    f.job.item_size = f.job.result_size = 1;
    assert_int_equal(RTK_ENOMEM, collected(in_order, NULL, &f, &loop));
    assert_int_equal(5, loop.parts_run);
}

static void every_fault_has_a_word(void **state) {
    (void)state;
    for (unsigned fault = 0; fault <= RTK_MAP_LATE; fault++)
        assert_string_not_equal("unknown fault", rtk_map_fault_text(fault));
    assert_string_equal("dropped", rtk_map_fault_text(RTK_MAP_DROPPED));
    assert_string_equal("unknown fault", rtk_map_fault_text(99));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_collector_is_believed),
        cmocka_unit_test(a_failing_item_is_reported_through_a_collector),
        cmocka_unit_test(a_cancelled_collection_says_how_far_it_got),
        cmocka_unit_test(a_collector_that_breaks_the_order_is_named),
        cmocka_unit_test(receipts_of_another_job_are_no_receipts),
        cmocka_unit_test(one_item_and_a_nested_job_need_no_map),
        cmocka_unit_test(a_collector_without_map_or_room_is_refused),
        cmocka_unit_test(every_fault_has_a_word),
    };
    return RTK_RUN(tests);
}
