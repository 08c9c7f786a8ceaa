/* Storms: many threads open and close scopes with random limits in random
 * order. Each looks, all the time, whether the count is above one of its own
 * open limits; all together so see every limit that is open. What was before
 * the storm comes back. */

#include "kernels/threadpools/test/known_libraries.h"

#include <cblas.h>
#include <pthread.h>

enum { FIRST = 9, MOST = 12, STORM_THREADS = 8, ROUNDS = 10000, OPEN = 4 };

static memory_pool library = {.count = FIRST};
static rtk_pools *pools;

/* A scope that a thread has open. */
typedef struct opened {
    rtk_limits *scope;
    int limit;
    bool exclusive;
} opened;

typedef struct storm {
    pthread_t id;
    uint64_t copy;
    uint32_t random;
    int most;
    unsigned exclusive; /* one in so many, 0 none */
    opened open[OPEN];
    unsigned wrong, done, refused;
} storm;

static unsigned draw(storm *s, unsigned below) {
    s->random = s->random * 1664525u + 1013904223u;
    return (s->random >> 8) % below;
}

/* Whether a scope of this thread forbids an exclusive one, or is one. */
static bool may_refuse(const storm *s, bool exclusive) {
    bool has = false;
    for (int i = 0; i < OPEN; i++)
        has |= s->open[i].scope && (exclusive || s->open[i].exclusive);
    return has;
}

static void begin(storm *s, opened *o) {
    rtk_limit_report r = {0};
    o->limit = 1 + (int)draw(s, (unsigned)s->most);
    o->exclusive = s->exclusive && draw(s, s->exclusive) == 0;
    rtk_status status = known_begin(
        pools, (rtk_limit){.threads = o->limit, .id = s->copy},
        RTK_LIMIT_GROW | (o->exclusive ? (unsigned)RTK_LIMIT_EXCLUSIVE : 0),
        &o->scope);
    if (status == RTK_EINVAL && may_refuse(s, o->exclusive)) {
        s->refused++;
        return;
    }
    s->wrong += status || rtk_limits_report(o->scope, 0, &r) ||
                r.effective > o->limit || r.foreign;
}

static void end(storm *s, opened *o) {
    size_t foreign = 0;
    if (!o->scope) return;
    s->wrong += rtk_limits_end(o->scope, &foreign) || foreign;
    o->scope = NULL;
}

static void look(storm *s) {
    rtk_pool_info info;
    s->wrong += rtk_pools_find(pools, s->copy, &info) != RTK_OK;
    for (int i = 0; i < OPEN; i++) {
        const opened *o = &s->open[i];
        if (!o->scope) continue;
        s->wrong += info.threads > o->limit ||
                    (o->exclusive && info.threads != o->limit);
    }
}

static void *blow(void *arg) {
    storm *s = arg;
    for (int i = 0; i < ROUNDS; i++) {
        opened *o = &s->open[draw(s, OPEN)];
        if (o->scope)
            end(s, o);
        else
            begin(s, o);
        look(s);
        s->done++;
    }
    for (int i = 0; i < OPEN; i++) end(s, &s->open[i]);
    return NULL;
}

static rtk_pool_info find(const char *api) {
    rtk_pool_info info;
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        if (strcmp(info.internal_api, api) == 0) return info;
    fail_msg("%s was not found", api);
    return (rtk_pool_info){0};
}

static void run(const char *api, int most, unsigned exclusive) {
    static storm storms[STORM_THREADS];
    unsigned refused = 0;
    rtk_pool_info info = find(api);
    for (unsigned i = 0; i < STORM_THREADS; i++) {
        storms[i] = (storm){.copy = info.id,
                            .random = 7919 * (i + 1),
                            .most = most,
                            .exclusive = exclusive};
        assert_int_equal(0,
                         pthread_create(&storms[i].id, NULL, blow, &storms[i]));
    }
    for (int i = 0; i < STORM_THREADS; i++) pthread_join(storms[i].id, NULL);
    for (int i = 0; i < STORM_THREADS; i++) {
        assert_int_equal(ROUNDS, storms[i].done);
        assert_int_equal(0, storms[i].wrong);
        refused += storms[i].refused;
    }
    assert_true(refused < STORM_THREADS * ROUNDS / 2);
    rtk_pool_info now = find(api);
    assert_int_equal(info.threads, now.threads);
    assert_int_equal(0, now.limits);
}

static void the_count_is_never_above_an_open_limit(void **state) {
    (void)state;
    run("memory", MOST, 0);
    assert_int_equal(FIRST, library.count);
}

static void exclusive_scopes_have_what_they_asked_for(void **state) {
    (void)state;
    run("memory", 3, 4);
    assert_int_equal(FIRST, library.count);
}

static void openblas_is_left_as_it_was(void **state) {
    double a = 2, b = 3;
    (void)state;
    if (!strcmp(RTK_LANE, "tsan")) {
        print_message("skipped: OpenBLAS writes its count while its own "
                      "threads read it, which ThreadSanitizer reports\n");
        skip();
    }
    /* A linker may leave out a library that is not called. */
    assert_true(cblas_ddot(1, &a, 1, &b, 1) == 6);
    run("openblas", 2, 0);
    run("openblas", 2, 3);
}

static int start(void **state) {
    (void)state;
    memory_register(&library, "memory");
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
        cmocka_unit_test(the_count_is_never_above_an_open_limit),
        cmocka_unit_test(exclusive_scopes_have_what_they_asked_for),
        cmocka_unit_test(openblas_is_left_as_it_was),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, start, leave);
}
