#include "kernels/workers/test/unit.h"

#include <pthread.h>
#include <stdlib.h>

#include "kernels/workers/workers.h"

enum { CPUS = 1, MANY = 1 << 20 };

/* With one CPU by RACETRACK_CPUS, so that the table holds on any machine. */
static int one_cpu(void **state) {
    (void)state;
    return setenv("RACETRACK_CPUS", "1", 1);
}

static int all_cpus(void **state) {
    (void)state;
    return unsetenv("RACETRACK_CPUS");
}

static void the_grammar_is_as_the_table_says(void **state) {
    static const struct {
        int64_t workers;
        size_t parts;
        rtk_status status;
        unsigned count;
    } row[] = {
        {RTK_WORKERS_DEFAULT, MANY, RTK_OK, 1},
        {1, MANY, RTK_OK, 1},
        {2, MANY, RTK_OK, 2},
        {7, MANY, RTK_OK, 7},
        {7, 3, RTK_OK, 3},
        {7, 1, RTK_OK, 1},
        {7, 0, RTK_OK, 1},
        {RTK_WORKERS_MAX, MANY, RTK_OK, RTK_WORKERS_MAX},
        {RTK_WORKERS_MAX + 1, MANY, RTK_OK, RTK_WORKERS_MAX},
        {INT64_MAX, SIZE_MAX, RTK_OK, RTK_WORKERS_MAX},
        {-1, MANY, RTK_OK, CPUS},
        {-CPUS, MANY, RTK_OK, 1},
        {-CPUS - 1, MANY, RTK_EINVAL, 99},
        {INT64_MIN + 1, MANY, RTK_EINVAL, 99},
        {0, MANY, RTK_EINVAL, 99},
        {0, 0, RTK_EINVAL, 99},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        unsigned count = 99;
        assert_int_equal(
            row[i].status,
            rtk_workers_resolve(row[i].workers, row[i].parts, &count));
        assert_int_equal(row[i].count, count);
    }
}

static void negative_workers_count_down_from_the_usable_cpus(void **state) {
    (void)state;
    int64_t cpus = rtk_cpus_usable();
    for (int64_t k = 1; k <= cpus; k++) {
        unsigned count = 0;
        assert_int_equal(RTK_OK, rtk_workers_resolve(-k, MANY, &count));
        assert_int_equal(cpus + 1 - k, count);
    }
}

static void the_context_default_nests_and_is_restored(void **state) {
    int64_t first = 0, second = 0;
    unsigned count = 0;
    (void)state;
    assert_int_equal(RTK_OK, rtk_workers_default_set(3, &first));
    assert_int_equal(1, first);
    assert_int_equal(RTK_OK, rtk_workers_default_set(2, &second));
    assert_int_equal(3, second);
    assert_int_equal(RTK_OK,
                     rtk_workers_resolve(RTK_WORKERS_DEFAULT, 9, &count));
    assert_int_equal(2, count);
    assert_int_equal(RTK_OK, rtk_workers_default_set(second, NULL));
    assert_int_equal(3, rtk_workers_default());
    assert_int_equal(RTK_OK, rtk_workers_default_set(first, NULL));
    assert_int_equal(1, rtk_workers_default());
}

static void a_refused_context_default_changes_nothing(void **state) {
    int64_t previous = 77;
    (void)state;
    assert_int_equal(RTK_EINVAL, rtk_workers_default_set(0, &previous));
    assert_int_equal(RTK_EINVAL, rtk_workers_default_set(-99999, &previous));
    assert_int_equal(77, previous);
    assert_int_equal(1, rtk_workers_default());
}

static void minus_one_is_frozen_when_it_is_set(void **state) {
    int64_t previous = 0;
    (void)state;
    setenv("RACETRACK_CPUS", "1", 1);
    assert_int_equal(RTK_OK, rtk_workers_default_set(-1, &previous));
    unsetenv("RACETRACK_CPUS");
    assert_int_equal(1, rtk_workers_default());
    assert_int_equal(RTK_OK, rtk_workers_default_set(previous, NULL));
}

static void *look(void *slot) {
    *(int64_t *)slot = rtk_workers_default();
    return NULL;
}

static void a_thread_inherits_no_context_default(void **state) {
    pthread_t thread;
    int64_t seen = 0, previous = 0;
    (void)state;
    assert_int_equal(RTK_OK, rtk_workers_default_set(4, &previous));
    assert_int_equal(0, pthread_create(&thread, NULL, look, &seen));
    pthread_join(thread, NULL);
    assert_int_equal(1, seen);
    assert_int_equal(4, rtk_workers_default());
    assert_int_equal(RTK_OK, rtk_workers_default_set(previous, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_grammar_is_as_the_table_says,
                                        one_cpu, all_cpus),
        cmocka_unit_test(negative_workers_count_down_from_the_usable_cpus),
        cmocka_unit_test(the_context_default_nests_and_is_restored),
        cmocka_unit_test(a_refused_context_default_changes_nothing),
        cmocka_unit_test(minus_one_is_frozen_when_it_is_set),
        cmocka_unit_test(a_thread_inherits_no_context_default),
    };
    return RTK_RUN(tests);
}
