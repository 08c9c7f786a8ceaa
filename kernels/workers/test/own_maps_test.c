/* P6 and P10 of SciPy's page "Parallel execution support": maps of the caller's
 * own, and workers for who takes none. */

#include "kernels/workers/test/unit.h"

#include <pthread.h>
#include <sys/mman.h>

#include "kernels/workers/apply.h"

/* ---- P6: a map of the caller's own ----------------------------------------
 */

enum { ITEMS = 60 };

typedef struct squares {
    int items[ITEMS];
    long results[ITEMS];
    rtk_apply_job job;
} squares;

static rtk_status square(void *context, const void *item, void *result) {
    long x = *(const int *)item;
    (void)context;
    *(long *)result = x * x;
    return RTK_OK;
}

static void set_up(squares *s) {
    *s = (squares){.job = {.fn = square,
                           .items = s->items,
                           .results = s->results,
                           .n = ITEMS,
                           .item_size = sizeof *s->items,
                           .result_size = sizeof *s->results}};
    for (int i = 0; i < ITEMS; i++) s->items[i] = i;
}

static rtk_status serial_map(void *self, rtk_part run, void *arg, size_t parts,
                             unsigned workers) {
    (void)self;
    (void)workers;
    for (size_t i = 0; i < parts; i++) (void)!run(arg, i);
    return RTK_OK;
}

typedef struct member {
    rtk_part run;
    void *arg;
    size_t first, step, parts;
} member;

static void *run_member(void *arg) {
    const member *m = arg;
    for (size_t i = m->first; i < m->parts; i += m->step)
        (void)!m->run(m->arg, i);
    return NULL;
}

static rtk_status thread_map(void *self, rtk_part run, void *arg, size_t parts,
                             unsigned workers) {
    member other = {run, arg, 1, 2, parts}, own = {run, arg, 0, 2, parts};
    pthread_t thread;
    (void)self;
    (void)workers;
    if (pthread_create(&thread, NULL, run_member, &other)) return RTK_ETHREAD;
    run_member(&own);
    pthread_join(thread, NULL);
    return RTK_OK;
}

/* Not in its place in the last process. */
static int apply_share(const rtk_apply_job *job, char *results, size_t first,
                       size_t step) {
    int bad = 0;
    for (size_t i = first; i < job->n; i += step)
        bad |=
            job->fn(job->context, (const char *)job->items + i * job->item_size,
                    results + i * job->result_size) != RTK_OK;
    return bad;
}

/* Items are seen by the children as they are; results come by shared memory. */
static rtk_status process_apply(void *self, const rtk_apply_job *job,
                                unsigned workers, rtk_loop *loop) {
    size_t bytes = job->n * job->result_size;
    char *results = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0, bad = 0;
    (void)self;
    (void)loop;
    if (results == MAP_FAILED) return RTK_ENOMEM;
    for (unsigned w = 0; w < workers; w++)
        if (fork() == 0) _exit(apply_share(job, results, w, workers));
    for (unsigned w = 0; w < workers; w++) bad |= wait(&status) < 0 || status;
    memcpy(job->results, results, bytes);
    munmap(results, bytes);
    return bad ? RTK_EFAILED : RTK_OK;
}

static void p6_serial_thread_and_process_maps_give_the_same(void **state) {
    rtk_executor maps[] = {
        {.size = sizeof *maps, .name = "serial", .map = serial_map},
        {.size = sizeof *maps, .name = "threads", .map = thread_map},
        {.size = sizeof *maps, .name = "processes", .apply = process_apply}};
    (void)state;
    for (size_t m = 0; m < sizeof maps / sizeof *maps; m++) {
        squares s;
        rtk_loop loop = {0};
        set_up(&s);
        assert_int_equal(RTK_OK, rtk_apply(&maps[m], 2, &s.job, &loop));
        assert_int_equal(ITEMS, loop.parts_run);
        for (long i = 0; i < ITEMS; i++) assert_int_equal(i * i, s.results[i]);
    }
}

static rtk_status reversed(void *self, rtk_receipt (*call)(void *, size_t),
                           void *arg, size_t n, rtk_receipt *receipts) {
    (void)self;
    for (size_t i = 0; i < n; i++) receipts[n - 1 - i] = call(arg, i);
    return RTK_OK;
}

static void p6_a_reversed_map_is_caught(void **state) {
    rtk_collector collector = {
        .size = sizeof collector, .name = "reversed", .map = reversed};
    squares s;
    rtk_loop loop = {0};
    (void)state;
    set_up(&s);
    assert_int_equal(RTK_EMAP, rtk_apply_collected(&collector, &s.job, &loop));
    assert_int_equal(RTK_MAP_REORDERED, loop.map_fault);
    assert_int_equal(0, loop.map_part);
}

static rtk_status failing_map(void *self, rtk_part run, void *arg, size_t parts,
                              unsigned workers) {
    rtk_status s = serial_map(self, run, arg, parts, workers);
    return s ? s : RTK_ETHREAD;
}

static void p6_a_failing_maps_status_is_handed_on(void **state) {
    rtk_executor map = {
        .size = sizeof map, .name = "fails", .map = failing_map};
    squares s;
    (void)state;
    set_up(&s);
    assert_int_equal(RTK_ETHREAD, rtk_apply(&map, 2, &s.job, NULL));
}

/* ---- P10: workers where they are not the caller's to choose ---------------
 */

static rtk_status has_its_own(void *self, const rtk_apply_job *job,
                              unsigned workers, rtk_loop *loop) {
    (void)self;
    (void)job;
    (void)workers;
    loop->parts_run = loop->first_unrun = 0;
    return RTK_EUNSUPPORTED;
}

static rtk_status note(void *arg, size_t part) {
    (void)part;
    *(int *)arg = 1;
    return RTK_OK;
}

static void p10_workers_for_who_takes_none_is_an_error(void **state) {
    rtk_executor own = {
        .size = sizeof own, .name = "own", .apply = has_its_own};
    squares s;
    rtk_loop loop = {0};
    (void)state;
    set_up(&s);
    s.results[1] = -1;
    assert_int_equal(RTK_EUNSUPPORTED, rtk_apply(&own, 2, &s.job, &loop));
    assert_int_equal(0, loop.parts_run);
    assert_int_equal(-1, s.results[1]);
    /* Nor is a loop run by somebody else in silence. */
    int called = 0;
    assert_int_equal(RTK_EUNSUPPORTED,
                     rtk_parallel_for(&own, 2, 4, note, &called, NULL));
    assert_int_equal(0, called);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p6_serial_thread_and_process_maps_give_the_same),
        cmocka_unit_test(p6_a_reversed_map_is_caught),
        cmocka_unit_test(p6_a_failing_maps_status_is_handed_on),
        cmocka_unit_test(p10_workers_for_who_takes_none_is_an_error),
    };
    return RTK_RUN(tests);
}
