#include "kernels/workers/test/unit.h"

#include <cblas.h>
#include <pthread.h>
#include <stdatomic.h>

#include "kernels/threadpools/threadpools.h"

enum { FIRST = 3, THREADS = 6, ROUNDS = 300 };

/* A library that only remembers its count. The scopes' lock guards it. */
static int count = FIRST, sets;

static int get(void) {
    return count;
}

static void set(int threads) {
    count = threads;
    sets++;
}

static const rtk_blas fake = {.get_threads = get, .set_threads = set};

static void the_linked_openblas_is_found(void **state) {
    rtk_blas blas = {0};
    double a = 2, b = 3;
    (void)state;
    /* A linker may leave out a library that is not called. */
    assert_true(cblas_ddot(1, &a, 1, &b, 1) == 6);
    assert_int_equal(RTK_OK, rtk_blas_find(NULL, &blas));
    assert_non_null(strstr(blas.config, "OpenBLAS"));
    assert_true(strlen(blas.corename) > 0);
    assert_int_equal(1, blas.parallel);
    assert_true(blas.get_threads() >= 1);
}

static void a_scope_sets_and_restores_openblas(void **state) {
    rtk_blas blas = {0};
    rtk_blas_scope scope;
    (void)state;
    assert_int_equal(RTK_OK, rtk_blas_find(NULL, &blas));
    int before = blas.get_threads();
    /* More than it has: OpenBLAS writes its count while the threads that it
     * starts read it, which ThreadSanitizer reports. */
    int most = strcmp(RTK_LANE, "tsan") ? before + 1 : before;
    for (int threads = 1; threads <= most; threads++) {
        assert_int_equal(RTK_OK, rtk_blas_scope_begin(&blas, threads, &scope));
        assert_int_equal(threads, scope.effective);
        assert_int_equal(threads, blas.get_threads());
        rtk_blas_scope_end(&scope);
        assert_int_equal(before, blas.get_threads());
    }
}

static void fewer_than_one_thread_is_refused(void **state) {
    rtk_blas_scope scope;
    (void)state;
    assert_int_equal(RTK_EINVAL, rtk_blas_scope_begin(&fake, 0, &scope));
    assert_int_equal(RTK_EINVAL, rtk_blas_scope_begin(&fake, -1, &scope));
    assert_int_equal(FIRST, count);
}

static void scopes_may_end_in_any_order(void **state) {
    rtk_blas_scope one, two;
    (void)state;
    assert_int_equal(RTK_OK, rtk_blas_scope_begin(&fake, 2, &one));
    assert_int_equal(RTK_OK, rtk_blas_scope_begin(&fake, 2, &two));
    rtk_blas_scope_end(&one);
    assert_int_equal(2, count);
    rtk_blas_scope_end(&two);
    assert_int_equal(FIRST, count);
}

static void an_equal_count_is_not_set_again(void **state) {
    rtk_blas_scope scope;
    (void)state;
    sets = 0;
    assert_int_equal(RTK_OK, rtk_blas_scope_begin(&fake, FIRST, &scope));
    rtk_blas_scope_end(&scope);
    assert_int_equal(0, sets);
}

/* Its own slot: how often the count was not the one asked for. */
typedef struct asker {
    int threads;
    unsigned wrong;
    pthread_t id;
} asker;

static void *ask(void *arg) {
    asker *a = arg;
    for (int i = 0; i < ROUNDS; i++) {
        rtk_blas_scope scope;
        if (rtk_blas_scope_begin(&fake, a->threads, &scope)) return NULL;
        a->wrong += get() != a->threads || scope.effective != a->threads;
        rtk_blas_scope_end(&scope);
    }
    return NULL;
}

static void nobody_runs_under_a_count_not_asked_for(void **state) {
    asker askers[THREADS] = {0};
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        askers[i].threads = 1 + i % 3;
        assert_int_equal(0,
                         pthread_create(&askers[i].id, NULL, ask, &askers[i]));
    }
    for (int i = 0; i < THREADS; i++) pthread_join(askers[i].id, NULL);
    for (int i = 0; i < THREADS; i++) assert_int_equal(0, askers[i].wrong);
    assert_int_equal(FIRST, count);
}

typedef struct holder {
    pthread_barrier_t open, end;
} holder;

static void *hold(void *arg) {
    holder *h = arg;
    rtk_blas_scope scope;
    if (rtk_blas_scope_begin(&fake, 7, &scope)) return NULL;
    pthread_barrier_wait(&h->open);
    pthread_barrier_wait(&h->end);
    rtk_blas_scope_end(&scope);
    return NULL;
}

/* The scope of another thread is not the child's: it need not wait for it, and
 * the count before that scope comes back. */
static int scope_in_child(void *arg) {
    rtk_blas_scope scope;
    (void)arg;
    if (rtk_blas_scope_begin(&fake, 2, &scope) || get() != 2) return 1;
    rtk_blas_scope_end(&scope);
    return get() == FIRST ? 0 : 2;
}

static void a_child_is_free_of_other_threads_scopes(void **state) {
    holder h;
    pthread_t thread;
    (void)state;
    unit_skip_forks_under_tsan();
    pthread_barrier_init(&h.open, NULL, 2);
    pthread_barrier_init(&h.end, NULL, 2);
    assert_int_equal(0, pthread_create(&thread, NULL, hold, &h));
    pthread_barrier_wait(&h.open);
    int bad = unit_fork(scope_in_child, NULL);
    pthread_barrier_wait(&h.end);
    pthread_join(thread, NULL);
    assert_int_equal(0, bad);
    assert_int_equal(FIRST, count);
}

static int end_in_child(void *scope) {
    if (get() != 2) return 1;
    rtk_blas_scope_end(scope);
    return get() == FIRST ? 0 : 2;
}

static void a_child_keeps_the_scope_it_was_forked_in(void **state) {
    rtk_blas_scope scope;
    (void)state;
    unit_skip_forks_under_tsan();
    assert_int_equal(RTK_OK, rtk_blas_scope_begin(&fake, 2, &scope));
    int bad = unit_fork(end_in_child, &scope);
    rtk_blas_scope_end(&scope);
    assert_int_equal(0, bad);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_linked_openblas_is_found),
        cmocka_unit_test(a_scope_sets_and_restores_openblas),
        cmocka_unit_test(fewer_than_one_thread_is_refused),
        cmocka_unit_test(scopes_may_end_in_any_order),
        cmocka_unit_test(an_equal_count_is_not_set_again),
        cmocka_unit_test(nobody_runs_under_a_count_not_asked_for),
        cmocka_unit_test(a_child_is_free_of_other_threads_scopes),
        cmocka_unit_test(a_child_keeps_the_scope_it_was_forked_in),
    };
    return RTK_RUN(tests);
}
