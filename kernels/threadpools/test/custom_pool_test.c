/* Libraries that users make known. */

#include "kernels/threadpools/test/known_libraries.h"

/* What stranger.so has, found by dlsym(). */
typedef struct stranger {
    int (*get)(void);
    void (*set)(int);
} stranger;

static int opened, closed, wrong;
static stranger memory;

static rtk_status open_it(void *self, void *handle, void **copy) {
    opened += self == &memory;
    *(void **)&memory.get = dlsym(handle, "stranger_threads");
    *(void **)&memory.set = dlsym(handle, "stranger_use");
    *copy = &memory;
    return memory.get && memory.set ? RTK_OK : RTK_EFAILED;
}

static void close_it(void *self, void *copy) {
    closed++;
    wrong += self != copy;
}

static int get(void *self, void *copy) {
    (void)self;
    return ((stranger *)copy)->get();
}

static rtk_status set(void *self, void *copy, int threads) {
    (void)self;
    ((stranger *)copy)->set(threads);
    return RTK_OK;
}

static const char *version(void *self, void *copy) {
    (void)self;
    (void)copy;
    return "2.0";
}

static const char *layer(void *self, void *copy) {
    (void)self;
    (void)copy;
    return "magic";
}

static const rtk_custom_pool good = {.size = sizeof good,
                                     .internal_api = "stranger",
                                     .user_api = RTK_POOL_OTHER,
                                     .scope = RTK_POOL_PROCESS,
                                     .meaning = RTK_POOL_TEAM,
                                     .symbol = "stranger_threads",
                                     .self = &memory,
                                     .open = open_it,
                                     .close = close_it,
                                     .get_threads = get,
                                     .set_threads = set,
                                     .version = version,
                                     .threading_layer = layer};

static void it_is_found_by_its_symbol_and_limited(void **state) {
    size_t found = 0;
    (void)state;
    void *handle = known_load("stranger");
    rtk_pools *pools = known_pools();
    assert_int_equal(0, known_find(pools, "stranger").id);
    assert_int_equal(RTK_OK, rtk_custom_pool_register(&good));
    assert_int_equal(RTK_OK, rtk_pools_refresh(pools, &found));
    assert_int_equal(1, found);
    rtk_pool_info info = known_find(pools, "stranger");
    assert_string_equal("stranger", info.internal_api);
    assert_int_equal(42, info.threads);
    assert_string_equal("2.0", info.version);
    assert_string_equal("magic", info.threading_layer);
    assert_null(info.architecture);
    rtk_limits *scope = known_limit(
        pools, (rtk_limit){.threads = 1, .internal_api = "stranger"}, 0);
    assert_int_equal(1, memory.get());
    known_end(scope);
    assert_int_equal(42, memory.get());
    assert_int_equal(1, opened);
    assert_int_equal(0, closed);
    rtk_pools_free(pools);
    assert_int_equal(1, closed);
    assert_int_equal(0, wrong);
    dlclose(handle);
}

static void a_name_is_taken_once(void **state) {
    rtk_custom_pool own = good;
    (void)state;
    assert_int_equal(RTK_EINVAL, rtk_custom_pool_register(&good));
    own.internal_api = "openblas";
    assert_int_equal(RTK_EINVAL, rtk_custom_pool_register(&own));
}

static void tables_that_lack_something_are_refused(void **state) {
    rtk_custom_pool bad[8];
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        bad[i] = good;
        bad[i].internal_api = "lacking";
    }
    bad[0].size = 8;
    bad[1].internal_api = NULL;
    bad[2].internal_api = "";
    bad[3].user_api = RTK_POOL_ANY;
    bad[4].scope = RTK_POOL_PLAN;
    bad[5].get_threads = NULL;
    bad[6].set_threads = NULL;
    bad[7].user_api = (rtk_pool_api)99;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(RTK_EINVAL, rtk_custom_pool_register(&bad[i]));
    assert_int_equal(RTK_EINVAL, rtk_custom_pool_register(NULL));
}

/* As a program that was built before version() and what follows it. */
static void an_older_and_shorter_table_is_understood(void **state) {
    static memory_pool old_memory = {.count = 3};
    struct {
        rtk_custom_pool pool;
        char beyond;
    } old = {
        .pool = {.size = offsetof(rtk_custom_pool, version),
                 .internal_api = "older",
                 .user_api = RTK_POOL_OTHER,
                 .scope = RTK_POOL_PROCESS,
                 .self = &old_memory,
                 .get_threads = memory_get,
                 .set_threads = memory_set,
                 /* Not part of it: must not be called. */
                 .version = (const char *(*)(void *, void *))(uintptr_t)1}};
    rtk_pool_info info;
    (void)state;
    assert_int_equal(RTK_OK, rtk_custom_pool_register(&old.pool));
    rtk_pools *pools = known_pools();
    bool found = false;
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        if (strcmp(info.internal_api, "older") == 0) {
            found = true;
            assert_int_equal(3, info.threads);
            assert_null(info.version);
            assert_string_equal("", info.path);
        }
    assert_true(found);
    rtk_pools_free(pools);
}

static rtk_status refuse(void *self, void *handle, void **copy) {
    (void)self;
    (void)handle;
    (void)copy;
    return RTK_EFAILED;
}

static void one_that_does_not_open_is_not_controllable(void **state) {
    rtk_custom_pool own = good;
    rtk_pool_info info, closed_one = {0};
    (void)state;
    own.internal_api = "closed";
    own.symbol = NULL;
    own.open = refuse;
    assert_int_equal(RTK_OK, rtk_custom_pool_register(&own));
    int before = closed;
    rtk_pools *pools = known_pools();
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        if (strcmp(info.internal_api, "closed") == 0) closed_one = info;
    assert_true(closed_one.id > 0);
    assert_false(closed_one.controllable);
    assert_non_null(closed_one.why);
    assert_int_equal(0, closed_one.threads);
    rtk_pools_free(pools);
    assert_int_equal(before, closed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_found_by_its_symbol_and_limited),
        cmocka_unit_test(a_name_is_taken_once),
        cmocka_unit_test(tables_that_lack_something_are_refused),
        cmocka_unit_test(an_older_and_shorter_table_is_understood),
        cmocka_unit_test(one_that_does_not_open_is_not_controllable),
    };
    return RTK_RUN(tests);
}
