/* No memory, at every point at which the runtime asks for something: a status
 * says so, nothing is lost, and as soon as there is memory again all works.
 *
 * Each point has a process of its own, as some things are asked for once in a
 * process. */

#include "kernels/workers/apply.h"
#include "kernels/workers/test/inject.h"
#include "kernels/workers/test/semantics.h"

enum { PARTS = 50, WORKERS = 3, MORE = 5, POINTS = 300, NONE_REFUSED = 99 };

/* With AddressSanitizer: whether memory was lost so far. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static bool allowed(rtk_status s) {
    return s == RTK_OK || s == RTK_ENOMEM || s == RTK_ETHREAD;
}

/* ---- What is done without memory -------------------------------------------
 */

/* Each step gives 0, or the number of what was wrong; with `s` the status of
 * the call. */
static int one_loop(const rtk_executor *executor, unsigned workers,
                    rtk_status *s) {
    unsigned calls[PARTS + 1] = {0};
    slots all = {.parts = PARTS, .calls = calls};
    rtk_loop loop = {0};
    *s = rtk_parallel_for(executor, workers, PARTS, slots_note, &all, &loop);
    if (!allowed(*s)) return 1;
    if (*s) return slots_are(&all, 0) ? 0 : 2;
    if (!slots_are(&all, 1)) return 3;
    return loop.effective >= 1 && loop.effective <= workers ? 0 : 4;
}

static rtk_status in_turn(void *self, rtk_part run, void *arg, size_t parts,
                          unsigned workers) {
    (void)self;
    (void)workers;
    for (size_t i = 0; i < parts; i++) (void)!run(arg, i);
    return RTK_OK;
}

static int foreign_loop(rtk_status *s) {
    rtk_executor foreign = {.size = sizeof foreign, .map = in_turn};
    return one_loop(&foreign, WORKERS, s);
}

static rtk_status add(void *context, const void *item, void *result) {
    *(unsigned *)result = *(const unsigned *)context + *(const unsigned *)item;
    return RTK_OK;
}

static int application(const rtk_executor *executor, rtk_status *s) {
    unsigned base = 7, items[PARTS], results[PARTS] = {0};
    rtk_apply_job job = {.fn = add,
                         .context = &base,
                         .items = items,
                         .results = results,
                         .n = PARTS,
                         .item_size = sizeof *items,
                         .result_size = sizeof *results};
    for (unsigned i = 0; i < PARTS; i++) items[i] = i;
    *s = rtk_apply(executor, WORKERS, &job, NULL);
    if (!allowed(*s)) return 11;
    for (unsigned i = 0; !*s && i < PARTS; i++)
        if (results[i] != base + i) return 12;
    return 0;
}

static rtk_status collect(void *self, rtk_receipt (*call)(void *, size_t),
                          void *arg, size_t n, rtk_receipt *receipts) {
    (void)self;
    for (size_t i = 0; i < n; i++) receipts[i] = call(arg, i);
    return RTK_OK;
}

static int collection(rtk_status *s) {
    unsigned base = 7, items[PARTS] = {0}, results[PARTS] = {0};
    rtk_collector collector = {.size = sizeof collector, .map = collect};
    rtk_apply_job job = {.fn = add,
                         .context = &base,
                         .items = items,
                         .results = results,
                         .n = PARTS,
                         .item_size = sizeof *items,
                         .result_size = sizeof *results};
    *s = rtk_apply_collected(&collector, &job, NULL);
    if (!allowed(*s)) return 21;
    for (unsigned i = 0; !*s && i < PARTS; i++)
        if (results[i] != base) return 22;
    return 0;
}

/* The life of a pool. `all` is set if anything was refused openly. */
static int live_with(rtk_pool *pool, bool *all) {
    const rtk_executor *e = rtk_pool_executor(pool);
    rtk_status s[6] = {RTK_OK};
    int wrong = one_loop(e, WORKERS, &s[0]);
    s[1] = rtk_pool_resize(pool, MORE);
    if (!wrong) wrong = one_loop(e, MORE, &s[2]);
    s[3] = rtk_pool_shutdown(pool);
    if (!wrong) wrong = one_loop(e, MORE, &s[4]);
    if (!wrong) wrong = application(e, &s[5]);
    for (size_t i = 0; i < 6; i++) *all = *all && !s[i];
    if (!wrong && (s[1] || s[3])) wrong = 31;
    if (!wrong && rtk_pool_helpers(pool) > MORE - 1) wrong = 32;
    return wrong;
}

static int live(bool *all) {
    rtk_pool *pool = NULL;
    rtk_status s[4] = {RTK_OK};
    rtk_pool_options options = {
        .size = sizeof options, .threads = WORKERS, .always_share = 1};
    s[0] = rtk_pool_new_with(&pool, &options);
    if (!allowed(s[0]) || !s[0] != !!pool) return 41;
    int wrong = pool ? live_with(pool, all) : 0;
    rtk_pool_free(pool);
    if (!wrong) wrong = one_loop(NULL, WORKERS, &s[1]);
    if (!wrong) wrong = foreign_loop(&s[2]);
    if (!wrong) wrong = collection(&s[3]);
    for (size_t i = 0; i < 4; i++) *all = *all && !s[i];
    return wrong;
}

/* ---- What is seen afterwards -----------------------------------------------
 */

static int stop_shared(void) {
    rtk_pool *shared = rtk_pool_shared();
    return !shared || !rtk_pool_shutdown(shared) ? 0 : 51;
}

/* One point, in a process of its own. */
typedef struct point {
    unsigned kinds;
    int first, count;
} point;

static int live_twice(void *arg) {
    const point *p = arg;
    bool all = true;
    count_threads_from_here();
    unsigned fds = open_descriptors();
    inject_arm(p->kinds, p->first, p->count);
    int wrong = live(&all);
    int refused = inject_disarm();
    if (wrong) return wrong;
    /* Now there is memory again. */
    all = true;
    wrong = live(&all);
    if (wrong || !all) return wrong ? wrong : 61;
    if (!gathers(NULL, MORE)) return 62;
    if (stop_shared() || !unit_threads_become(threads_at_rest)) return 63;
    if (open_descriptors() != fds) return 64;
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
        return 65;
    return refused ? 0 : NONE_REFUSED;
}

static void refuse_at_every_point(unsigned kinds, int count) {
    for (int first = 1; first < POINTS; first++) {
        point p = {kinds, first, count};
        int result = unit_fork(live_twice, &p);
        if (result == NONE_REFUSED) {
            print_message("%d points\n", first - 1);
            assert_true(first > 1);
            return;
        }
        if (result) print_message("point %d: %d\n", first, result);
        assert_int_equal(0, result);
    }
    fail_msg("more than %d points: is one asked for again and again?", POINTS);
}

static void a_refusal_of_memory_anywhere_is_survived(void **state) {
    (void)state;
    refuse_at_every_point(INJECT_MEMORY, 1);
}

static void no_memory_from_anywhere_on_is_survived(void **state) {
    (void)state;
    refuse_at_every_point(INJECT_MEMORY, INJECT_ALWAYS);
}

static void a_refusal_of_anything_anywhere_is_survived(void **state) {
    (void)state;
    refuse_at_every_point(INJECT_ALL, 1);
}

static void nothing_granted_from_anywhere_on_is_survived(void **state) {
    (void)state;
    refuse_at_every_point(INJECT_ALL, INJECT_ALWAYS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_of_memory_anywhere_is_survived),
        cmocka_unit_test(no_memory_from_anywhere_on_is_survived),
        cmocka_unit_test(a_refusal_of_anything_anywhere_is_survived),
        cmocka_unit_test(nothing_granted_from_anywhere_on_is_survived),
    };
    share_always();
    return RTK_RUN(tests);
}
