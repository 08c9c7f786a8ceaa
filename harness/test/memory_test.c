#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/oracles/growth.h"
#include "harness/test/try_subject.h"

/* ---- What is growth ---------------------------------------------------------
 */

static void the_same_more_with_every_round_is_growth(void **state) {
    (void)state;
    const uint64_t sample[] = {10, 110, 210, 310, 410, 510, 610, 710};
    assert_int_equal(rtk_growth_each(sample, 8), 100);
}

static void a_round_in_four_may_add_nothing(void **state) {
    (void)state;
    const uint64_t three[] = {0, 8, 16, 16, 24, 32, 32, 40, 48};
    const uint64_t two[] = {0, 8, 8, 16, 16, 24, 24, 32, 32};
    assert_int_equal(rtk_growth_each(three, 9), 8);
    assert_int_equal(rtk_growth_each(two, 9), 0);
}

static void what_fills_up_or_goes_up_and_down_is_none(void **state) {
    (void)state;
    const uint64_t cache[] = {0, 100, 200, 300, 300, 300, 300, 300, 300};
    const uint64_t noise[] = {5, 9, 4, 8, 5, 9, 4, 9, 5};
    assert_int_equal(rtk_growth_each(cache, 9), 0);
    assert_int_equal(rtk_growth_each(noise, 9), 0);
    assert_int_equal(rtk_growth_each(cache, 0), 0);
}

/* ---- Subjects that keep memory, and such that do not ------------------------
 */

#define CALL(name, ...)                                                        \
    static rtk_status name(void *self, void *instance, const rtk_views *views, \
                           rtk_call *call) {                                   \
        (void)self, (void)instance, (void)call;                                \
        rtk_try_double(views);                                                 \
        __VA_ARGS__                                                            \
        return RTK_OK;                                                         \
    }

/* Reached, so that no leak detector minds. Written by the rounds alone. */
static void *list;
static pthread_key_t key, kept_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_keys(void) {
    pthread_key_create(&key, free);
    pthread_key_create(&kept_key, NULL);
}

CALL(keeps_a_block, void **more = malloc(40); if (!more) return RTK_ENOMEM;
     *more = list; list = more;)
CALL(keeps_a_page, void **more = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
     if (more == MAP_FAILED) return RTK_ENOMEM; *more = list; list = more;)
CALL(frees_its_block, void *block = malloc(40); memset(block, 1, 40);
     free(block);)
/* Of a thread, with and without a destructor. */
CALL(keeps_scratch_with_its_thread, pthread_once(&once, make_keys);
     if (!pthread_getspecific(kept_key))
         pthread_setspecific(kept_key, malloc(64));)
CALL(frees_scratch_with_its_thread, pthread_once(&once, make_keys);
     if (!pthread_getspecific(key)) pthread_setspecific(key, malloc(64));)

/* A cache that is full at some time. */
CALL(
    fills_a_cache, static void *entry[12];
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock); for (size_t i = 0; i < 12; i++) if (!entry[i]) {
        entry[i] = malloc(100);
        break;
    } pthread_mutex_unlock(&lock);)

/* One actor: the list has no lock. */
static rtk_tried use(rtk_try_call run) {
    rtk_try what = {.run = run,
                    .actors = 1,
                    .calls = 4,
                    .claims = {.size = sizeof(rtk_claims),
                               .promises = RTK_NO_MEMORY_GROWTH}};
    return rtk_try_run(&what);
}

static void what_a_call_keeps_is_told_in_bytes_per_round(void **state) {
    (void)state;
    rtk_tried tried = use(keeps_a_block);
    assert_true(rtk_tried_judged(&tried, "memory"));
    assert_int_equal(rtk_tried_findings(&tried, "memory", "memory grows"), 1);
    assert_int_equal(json_array_size(tried.findings), 1);
    rtk_tried_free(&tried);
}

static void what_a_thread_leaves_at_its_end_is_growth_too(void **state) {
    (void)state;
    rtk_tried tried = use(keeps_scratch_with_its_thread);
    assert_int_equal(rtk_tried_findings(&tried, "memory", "memory grows"), 1);
    rtk_tried_free(&tried);
    tried = use(frees_scratch_with_its_thread);
    assert_int_equal(json_array_size(tried.findings), 0);
    rtk_tried_free(&tried);
}

static void mappings_count_in_the_native_lane(void **state) {
    (void)state;
    rtk_tried tried = use(keeps_a_page);
    size_t expected = strcmp(RTK_LANE, "native") == 0;
    assert_int_equal(rtk_tried_findings(&tried, "memory", "mappings grow"),
                     expected);
    rtk_tried_free(&tried);
}

static void sound_subjects_and_full_caches_are_not_accused(void **state) {
    (void)state;
    static const rtk_try_call sound[] = {NULL, frees_its_block, fills_a_cache};
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        rtk_tried tried = use(sound[i]);
        assert_true(rtk_tried_judged(&tried, "memory"));
        assert_int_equal(json_array_size(tried.findings), 0);
        rtk_tried_free(&tried);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_more_with_every_round_is_growth),
        cmocka_unit_test(a_round_in_four_may_add_nothing),
        cmocka_unit_test(what_fills_up_or_goes_up_and_down_is_none),
        cmocka_unit_test(what_a_call_keeps_is_told_in_bytes_per_round),
        cmocka_unit_test(what_a_thread_leaves_at_its_end_is_growth_too),
        cmocka_unit_test(mappings_count_in_the_native_lane),
        cmocka_unit_test(sound_subjects_and_full_caches_are_not_accused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
