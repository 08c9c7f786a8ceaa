/* A map that breaks its promise is named, with the part: whether it runs in the
 * caller, on threads of its own or on a pool of ours. */

#include "kernels/workers/test/semantics.h"

enum { PARTS = 61, WORKERS = 3, AT = 17, LATER = 40 };

/* How a map errs. */
typedef enum kind { NONE, DROP, REPEAT, INVENT, RETURN_ERROR } kind;

/* How a map gets its parts run. */
typedef rtk_status carrier(rtk_part run, void *arg, size_t parts);

typedef struct faulty {
    carrier *carry;
    kind fault;
    size_t at;
    unsigned workers; /* out: as it was told */
    unsigned calls;
    rtk_part run;
    void *arg;
} faulty;

/* ---- Carriers --------------------------------------------------------------
 */

static rtk_status here(rtk_part run, void *arg, size_t parts) {
    for (size_t i = parts; i-- > 0;) (void)!run(arg, i);
    return RTK_OK;
}

typedef struct half {
    rtk_part run;
    void *arg;
    size_t from, to;
} half;

static void *run_half(void *arg) {
    const half *h = arg;
    for (size_t i = h->from; i < h->to; i++) (void)!h->run(h->arg, i);
    return NULL;
}

static rtk_status on_threads(rtk_part run, void *arg, size_t parts) {
    half halves[2] = {{run, arg, parts / 2, parts}, {run, arg, 0, parts / 2}};
    pthread_t id;
    if (pthread_create(&id, NULL, run_half, &halves[0])) return RTK_ETHREAD;
    run_half(&halves[1]);
    pthread_join(id, NULL);
    return RTK_OK;
}

static rtk_pool *carriers_pool; /* set before any map, freed after */

static rtk_status on_pool(rtk_part run, void *arg, size_t parts) {
    const rtk_executor *e = rtk_pool_executor(carriers_pool);
    return e->map(e->self, run, arg, parts, WORKERS);
}

static carrier *const carriers[] = {here, on_threads, on_pool};
enum { CARRIERS = sizeof carriers / sizeof *carriers };

/* ---- Faults ----------------------------------------------------------------
 */

static rtk_status err(void *arg, size_t i) {
    const faulty *f = arg;
    if (f->fault == DROP && i == f->at) return RTK_OK;
    rtk_status s = f->run(f->arg, i);
    if (f->fault == REPEAT && i == f->at) (void)!f->run(f->arg, i);
    if (f->fault == INVENT && i == 0) (void)!f->run(f->arg, f->at);
    return s;
}

static rtk_status map(void *self, rtk_part run, void *arg, size_t parts,
                      unsigned workers) {
    faulty *f = self;
    f->workers = workers;
    f->calls++;
    f->run = run;
    f->arg = arg;
    rtk_status s = f->carry(err, f, parts);
    return f->fault == RETURN_ERROR ? RTK_EIO : s;
}

static rtk_status through(faulty *f, slots *s, rtk_loop *loop) {
    rtk_executor executor = {.size = sizeof executor, .self = f, .map = map};
    return rtk_parallel_for(&executor, WORKERS, s->parts, slots_note, s, loop);
}

/* Run through a map with `fault`, and see it named. */
static void assert_named(carrier *carry, kind fault, size_t at,
                         rtk_map_fault name) {
    faulty f = {.carry = carry, .fault = fault, .at = at};
    slots s = slots_new(PARTS);
    rtk_loop loop = {0};
    assert_int_equal(RTK_EMAP, through(&f, &s, &loop));
    assert_int_equal(name, loop.map_fault);
    assert_int_equal(at, loop.map_part);
    assert_int_equal(PARTS - (fault == DROP), loop.parts_run);
    assert_int_equal(PARTS, loop.failed_part);
    for (size_t i = 0; i < PARTS; i++)
        assert_int_equal(fault == DROP && i == at ? 0 : 1, s.calls[i]);
    assert_int_equal(0, s.calls[PARTS]);
    slots_free(&s);
}

static void set_up_pool(void) {
    carriers_pool = pool_that_shares(WORKERS);
}

static void tear_down_pool(void) {
    rtk_pool_free(carriers_pool);
}

static void a_dropped_part_is_named(void **state) {
    const size_t at[] = {0, 1, AT, PARTS - 1};
    (void)state;
    for (size_t c = 0; c < CARRIERS; c++)
        for (size_t i = 0; i < 4; i++)
            assert_named(carriers[c], DROP, at[i], RTK_MAP_DROPPED);
}

static void a_repeated_part_is_named(void **state) {
    const size_t at[] = {0, 1, AT, PARTS - 1};
    (void)state;
    for (size_t c = 0; c < CARRIERS; c++)
        for (size_t i = 0; i < 4; i++)
            assert_named(carriers[c], REPEAT, at[i], RTK_MAP_REPEATED);
}

static void an_invented_part_is_named(void **state) {
    const size_t at[] = {PARTS, PARTS + 1, SIZE_MAX};
    (void)state;
    for (size_t c = 0; c < CARRIERS; c++)
        for (size_t i = 0; i < 3; i++) {
            faulty f = {.carry = carriers[c], .fault = INVENT, .at = at[i]};
            slots s = slots_new(PARTS);
            rtk_loop loop = {0};
            assert_int_equal(RTK_EMAP, through(&f, &s, &loop));
            assert_int_equal(RTK_MAP_INVENTED, loop.map_fault);
            assert_true(loop.map_part == at[i]);
            assert_int_equal(PARTS, loop.parts_run);
            assert_true(slots_are(&s, 1));
            slots_free(&s);
        }
}

static void a_map_without_fault_is_not_accused(void **state) {
    (void)state;
    for (size_t c = 0; c < CARRIERS; c++)
        for (int round = 0; round < 50; round++) {
            faulty f = {.carry = carriers[c]};
            slots s = slots_new(PARTS);
            rtk_loop loop = {0};
            assert_int_equal(RTK_OK, through(&f, &s, &loop));
            assert_int_equal(RTK_MAP_KEPT, loop.map_fault);
            assert_int_equal(PARTS, loop.map_part);
            assert_true(slots_are(&s, 1));
            slots_free(&s);
        }
}

/* Drops one part and repeats an earlier or a later one. */
static rtk_status drop_and_repeat(void *self, rtk_part run, void *arg,
                                  size_t parts, unsigned workers) {
    const size_t *at = self;
    (void)workers;
    for (size_t i = parts; i-- > 0;)
        if (i != at[0]) (void)!run(arg, i);
    return run(arg, at[1]);
}

static void of_two_faults_the_first_in_input_order_is_named(void **state) {
    const size_t at[2][2] = {{AT, LATER}, {LATER, AT}};
    const rtk_map_fault name[] = {RTK_MAP_DROPPED, RTK_MAP_REPEATED};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t where[2] = {at[i][0], at[i][1]};
        rtk_executor executor = {
            .size = sizeof executor, .self = where, .map = drop_and_repeat};
        slots s = slots_new(PARTS);
        rtk_loop loop = {0};
        assert_int_equal(RTK_EMAP, rtk_parallel_for(&executor, WORKERS, PARTS,
                                                    slots_note, &s, &loop));
        assert_int_equal(name[i], loop.map_fault);
        assert_int_equal(AT, loop.map_part);
        slots_free(&s);
    }
}

static void a_maps_error_is_handed_on_after_complete_work(void **state) {
    (void)state;
    for (size_t c = 0; c < CARRIERS; c++) {
        faulty f = {.carry = carriers[c], .fault = RETURN_ERROR};
        slots s = slots_new(PARTS);
        rtk_loop loop = {0};
        assert_int_equal(RTK_EIO, through(&f, &s, &loop));
        assert_int_equal(RTK_MAP_KEPT, loop.map_fault);
        assert_int_equal(PARTS, loop.parts_run);
        assert_int_equal(PARTS, loop.failed_part);
        assert_true(slots_are(&s, 1));
        slots_free(&s);
    }
}

/* Returns an error and runs nothing. */
static rtk_status refuse(void *self, rtk_part run, void *arg, size_t parts,
                         unsigned workers) {
    (void)self;
    (void)run;
    (void)arg;
    (void)parts;
    (void)workers;
    return RTK_EIO;
}

static void a_map_that_refuses_has_dropped_the_first_part(void **state) {
    rtk_executor executor = {.size = sizeof executor, .map = refuse};
    slots s = slots_new(PARTS);
    rtk_loop loop = {0};
    (void)state;
    assert_int_equal(RTK_EMAP, rtk_parallel_for(&executor, WORKERS, PARTS,
                                                slots_note, &s, &loop));
    assert_int_equal(RTK_MAP_DROPPED, loop.map_fault);
    assert_int_equal(0, loop.map_part);
    assert_int_equal(0, loop.parts_run);
    slots_free(&s);
}

/* ---- Too late --------------------------------------------------------------
 */

/* A map that returns while its thread is inside the last part, which ends only
 * after that. */
typedef struct runaway {
    meeting entered;
    pthread_t id;
    rtk_part run;
    void *arg;
    _Atomic bool returned;
    bool ran; /* the slot of the last part */
} runaway;

static rtk_status linger(void *arg, size_t part) {
    runaway *r = arg;
    if (part != PARTS - 1) return RTK_OK;
    if (!meeting_attend(&r->entered)) return RTK_EFAILED;
    /* Relaxed: a flag alone. The loop waits for us, so it is set soon. */
    while (!atomic_load_explicit(&r->returned, memory_order_relaxed))
        sched_yield();
    for (int i = 0; i < 100; i++) sched_yield();
    r->ran = true;
    return RTK_OK;
}

static void *run_last(void *arg) {
    runaway *r = arg;
    (void)!r->run(r->arg, PARTS - 1);
    return NULL;
}

static rtk_status run_away(void *self, rtk_part run, void *arg, size_t parts,
                           unsigned workers) {
    runaway *r = self;
    (void)workers;
    r->run = run;
    r->arg = arg;
    if (pthread_create(&r->id, NULL, run_last, r)) return RTK_ETHREAD;
    for (size_t i = 0; i + 1 < parts; i++) (void)!run(arg, i);
    bool came = meeting_attend(&r->entered);
    atomic_store_explicit(&r->returned, true, memory_order_relaxed);
    return came ? RTK_OK : RTK_EFAILED;
}

static void a_part_that_still_runs_is_waited_for_and_called_late(void **state) {
    unsigned caught = 0;
    (void)state;
    for (int round = 0; round < 20; round++) {
        runaway r = {0};
        rtk_loop loop = {0};
        rtk_executor executor = {
            .size = sizeof executor, .self = &r, .map = run_away};
        meeting_set_up(&r.entered, 2);
        rtk_status s =
            rtk_parallel_for(&executor, WORKERS, PARTS, linger, &r, &loop);
        bool ran = r.ran;
        pthread_join(r.id, NULL);
        meeting_tear_down(&r.entered);
        assert_true(ran);
        /* It may just have ended before its map was looked at. */
        if (!s) continue;
        caught++;
        assert_int_equal(RTK_EMAP, s);
        assert_int_equal(RTK_MAP_LATE, loop.map_fault);
        assert_int_equal(PARTS, loop.map_part);
        assert_int_equal(PARTS, loop.parts_run);
    }
    assert_true(caught > 0);
}

/* ---- What a map is told ----------------------------------------------------
 */

static void a_map_is_never_told_more_workers_than_it_has(void **state) {
    (void)state;
    for (unsigned most = 0; most <= 6; most++)
        for (unsigned workers = 1; workers <= MAX_WORKERS; workers++) {
            faulty f = {.carry = here};
            rtk_executor executor = {
                .size = sizeof executor, .self = &f, .map = map, .most = most};
            slots s = slots_new(PARTS);
            rtk_loop loop = {0};
            assert_int_equal(RTK_OK, rtk_parallel_for(&executor, workers, PARTS,
                                                      slots_note, &s, &loop));
            unsigned expected = most && workers > most ? most : workers;
            assert_int_equal(expected, loop.effective);
            /* One worker is the caller: the map is not asked. */
            assert_int_equal(expected > 1, f.calls);
            assert_int_equal(expected > 1 ? expected : 0, f.workers);
            assert_true(slots_are(&s, 1));
            slots_free(&s);
        }
}

static void a_map_is_never_told_more_workers_than_parts(void **state) {
    faulty f = {.carry = here};
    slots s = slots_new(2);
    rtk_loop loop = {0};
    (void)state;
    assert_int_equal(RTK_OK, through(&f, &s, &loop));
    assert_int_equal(2, f.workers);
    assert_int_equal(2, loop.effective);
    slots_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dropped_part_is_named),
        cmocka_unit_test(a_repeated_part_is_named),
        cmocka_unit_test(an_invented_part_is_named),
        cmocka_unit_test(a_map_without_fault_is_not_accused),
        cmocka_unit_test(of_two_faults_the_first_in_input_order_is_named),
        cmocka_unit_test(a_maps_error_is_handed_on_after_complete_work),
        cmocka_unit_test(a_map_that_refuses_has_dropped_the_first_part),
        cmocka_unit_test(a_part_that_still_runs_is_waited_for_and_called_late),
        cmocka_unit_test(a_map_is_never_told_more_workers_than_it_has),
        cmocka_unit_test(a_map_is_never_told_more_workers_than_parts),
    };
    share_always();
    set_up_pool();
    int failed = RTK_RUN(tests);
    tear_down_pool();
    return failed;
}
