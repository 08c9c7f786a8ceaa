/* Every allocation fails once: what was asked for is refused as a whole, and
 * can be had when there is memory again. The program is linked so that the
 * module's calls of calloc() and realloc() come here. */

#include "kernels/threadpools/test/known_libraries.h"

#include <stdlib.h>

enum { FIRST = 4 };

void *__real_calloc(size_t n, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);

/* How many more calls go well; SIZE_MAX: all. */
static size_t left = SIZE_MAX;

static bool fails(void) {
    if (left == SIZE_MAX) return false;
    if (!left) return true;
    left--;
    return false;
}

void *__wrap_calloc(size_t n, size_t bytes) {
    return fails() ? NULL : __real_calloc(n, bytes);
}

void *__wrap_realloc(void *old, size_t bytes) {
    return fails() ? NULL : __real_realloc(old, bytes);
}

static memory_pool memory = {.count = FIRST};
static rtk_pools *pools;

/* Call with memory for 0, 1, 2 ... allocations until it goes well; the number
 * of those that failed. */
static size_t until(rtk_status (*call)(void)) {
    for (size_t n = 0;; n++) {
        left = n;
        rtk_status status = call();
        left = SIZE_MAX;
        if (status == RTK_OK) return n;
        assert_int_equal(RTK_ENOMEM, status);
        assert_int_equal(FIRST, memory.count);
        assert_true(n < 10000);
    }
}

static rtk_status make(void) {
    rtk_pools *own = NULL;
    rtk_status status = rtk_pools_new(&own);
    if (status) {
        assert_null(own);
        return status;
    }
    assert_int_equal(5, known_find(own, "plain").threads);
    rtk_pools_free(own);
    return RTK_OK;
}

static void a_controller_is_refused(void **state) {
    (void)state;
    void *handle = known_load("plain");
    assert_true(until(make) >= 4);
    dlclose(handle);
}

static rtk_status refresh(void) {
    size_t before = rtk_pools_count(pools);
    rtk_status status = rtk_pools_refresh(pools, NULL);
    assert_int_equal(status ? before : before + 1, rtk_pools_count(pools));
    return status;
}

static void a_refresh_is_refused(void **state) {
    (void)state;
    void *handle = known_load("twin");
    assert_true(until(refresh) >= 4);
    assert_int_equal(5, known_find(pools, "twin").threads);
    dlclose(handle);
}

static rtk_status limit(void) {
    rtk_limits *scope = NULL;
    rtk_status status = rtk_limits_begin_api(pools, RTK_POOL_ANY, 1, &scope);
    if (status) {
        assert_null(scope);
        return status;
    }
    assert_int_equal(1, memory.count);
    known_end(scope);
    return RTK_OK;
}

static void a_scope_is_refused(void **state) {
    (void)state;
    /* A setting of a thread needs memory of its own. */
    void *handle = known_load("mkl");
    assert_int_equal(RTK_OK, rtk_pools_refresh(pools, NULL));
    assert_true(until(limit) >= 2);
    assert_int_equal(6, known_find(pools, "mkl").threads);
    assert_int_equal(0, known_find(pools, "mkl").limits);
    dlclose(handle);
}

static int find(void **state) {
    (void)state;
    memory_register(&memory, "memory");
    pools = known_pools();
    return 0;
}

static int leave(void **state) {
    (void)state;
    rtk_pools_free(pools);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_controller_is_refused),
        cmocka_unit_test(a_refresh_is_refused),
        cmocka_unit_test(a_scope_is_refused),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, find, leave);
}
