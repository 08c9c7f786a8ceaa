#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <errno.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "harness/test/try_subject.h"

/* ---- Calls that leave something behind --------------------------------------
 */

#define CALL(name, ...)                                                        \
    static rtk_status name(void *self, void *instance, const rtk_views *views, \
                           rtk_call *call) {                                   \
        (void)self, (void)instance, (void)call;                                \
        rtk_try_double(views);                                                 \
        __VA_ARGS__                                                            \
        return RTK_OK;                                                         \
    }

CALL(rounds_up, fesetround(FE_UPWARD);)
CALL(clears_flags, feclearexcept(FE_ALL_EXCEPT);)
CALL(clears_errno, errno = 0;)
CALL(sets_umask, umask(0077);)
CALL(sets_variable, setenv("RACETRACK_TEST_LEFT", "1", 1);)
CALL(takes_signal, signal(SIGUSR2, SIG_IGN);)
CALL(stops_cancel, int old;
     pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);)
CALL(blocks_signal, sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR1);
     pthread_sigmask(SIG_BLOCK, &set, NULL);)
CALL(sets_locale, uselocale(newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0));)
#ifdef __x86_64__
CALL(flushes_denormals,
     __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);)
CALL(traps_division, feenableexcept(FE_DIVBYZERO);)
CALL(lowers_precision, unsigned short control;
     __asm__ __volatile__("fnstcw %0"
                          : "=m"(control));
     control &= (unsigned short)~0x300; __asm__ __volatile__("fldcw %0"
                                                             :
                                                             : "m"(control));)
#endif

/* ---- And such that do not, or put it back -----------------------------------
 */

CALL(puts_rounding_back, fesetround(FE_UPWARD); fesetround(FE_TONEAREST);)
CALL(raises_flags, feraiseexcept(FE_INEXACT | FE_DIVBYZERO);)
CALL(sets_errno, errno = ENOENT;)
CALL(puts_mask_back, sigset_t set, old; sigfillset(&set);
     pthread_sigmask(SIG_BLOCK, &set, &old);
     pthread_sigmask(SIG_SETMASK, &old, NULL);)

static rtk_try try_of(rtk_try_call run) {
    return (rtk_try){.run = run,
                     .claims = {.size = sizeof(rtk_claims),
                                .promises = RTK_ENVIRONMENT_KEPT}};
}

static void each_change_is_told_once_by_its_name(void **state) {
    (void)state;
    static const struct {
        rtk_try_call run;
        const char *kind;
    } cases[] = {
        {rounds_up, "rounding mode changed"},
        {clears_flags, "floating-point flags cleared"},
        {clears_errno, "errno set to zero"},
        {sets_umask, "umask changed"},
        {sets_variable, "environment variables changed"},
        {takes_signal, "signal action changed"},
        {stops_cancel, "cancel state changed"},
        {blocks_signal, "signal mask changed"},
        {sets_locale, "locale changed"},
#ifdef __x86_64__
        {flushes_denormals, "flushing of denormals changed"},
        {traps_division, "floating-point traps changed"},
        {lowers_precision, "precision of the x87 changed"},
#endif
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rtk_try what = try_of(cases[i].run);
        rtk_tried tried = rtk_try_run(&what);
        assert_true(rtk_tried_judged(&tried, "hygiene"));
        if (rtk_tried_findings(&tried, "hygiene", cases[i].kind) != 1 ||
            json_array_size(tried.findings) != 1)
            fail_msg("%s: %zu findings, %s", cases[i].kind,
                     json_array_size(tried.findings),
                     json_dumps(tried.findings, 0));
        rtk_tried_free(&tried);
    }
}

static void what_is_put_back_or_allowed_is_no_finding(void **state) {
    (void)state;
    static const rtk_try_call sound[] = {NULL, puts_rounding_back, raises_flags,
                                         sets_errno, puts_mask_back};
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        rtk_try what = try_of(sound[i]);
        rtk_tried tried = rtk_try_run(&what);
        assert_true(rtk_tried_judged(&tried, "hygiene"));
        assert_int_equal(json_array_size(tried.findings), 0);
        rtk_tried_free(&tried);
    }
}

static void raised_flags_and_errno_are_told_all_the_same(void **state) {
    (void)state;
    rtk_try what = try_of(raises_flags);
    rtk_tried tried = rtk_try_run(&what);
    /* Every other call of two actors began with all flags clear. */
    assert_int_equal(json_integer_value(json_object_get(
                         tried.trial, "calls_that_raised_flags")),
                     40);
    rtk_tried_free(&tried);
    what = try_of(sets_errno);
    tried = rtk_try_run(&what);
    assert_int_equal(json_integer_value(
                         json_object_get(tried.trial, "calls_that_set_errno")),
                     80);
    rtk_tried_free(&tried);
}

static void without_the_promise_nobody_looks(void **state) {
    (void)state;
    rtk_try what = try_of(rounds_up);
    what.claims.promises = 0;
    rtk_tried tried = rtk_try_run(&what);
    assert_false(rtk_tried_judged(&tried, "hygiene"));
    assert_int_equal(rtk_tried_findings(&tried, "hygiene", NULL), 0);
    rtk_tried_free(&tried);
}

/* ---- Through open() and close() ---------------------------------------------
 */

static rtk_status open_rounding_up(void *self, const rtk_args *args,
                                   const rtk_views *views, int64_t workers,
                                   void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    fesetround(FE_UPWARD);
    *instance = instance;
    return RTK_OK;
}

static rtk_status open_a_key(void *self, const rtk_args *args,
                             const rtk_views *views, int64_t workers,
                             void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    pthread_key_t *key = malloc(sizeof *key);
    if (!key) return RTK_ENOMEM;
    if (pthread_key_create(key, NULL) != 0) {
        free(key);
        return RTK_ENOMEM;
    }
    *instance = key;
    return RTK_OK;
}

static void close_nothing(void *self, void *instance) {
    (void)self, (void)instance;
}

static void close_and_forget_the_key(void *self, void *instance) {
    (void)self;
    free(instance);
}

static void close_the_key(void *self, void *instance) {
    (void)self;
    pthread_key_delete(*(pthread_key_t *)instance);
    free(instance);
}

static void what_open_changes_is_seen_too(void **state) {
    (void)state;
    rtk_try what = try_of(NULL);
    what.open = open_rounding_up;
    what.close = close_nothing;
    rtk_tried tried = rtk_try_run(&what);
    assert_int_equal(
        rtk_tried_findings(&tried, "hygiene", "rounding mode changed"), 1);
    rtk_tried_free(&tried);
}

static void keys_for_thread_specific_data_must_be_given_back(void **state) {
    (void)state;
    rtk_try what = try_of(NULL);
    what.open = open_a_key;
    what.close = close_and_forget_the_key;
    rtk_tried tried = rtk_try_run(&what);
    assert_int_equal(rtk_tried_findings(&tried, "hygiene",
                                        "thread-specific keys left behind"),
                     1);
    rtk_tried_free(&tried);
    what.close = close_the_key;
    tried = rtk_try_run(&what);
    assert_int_equal(json_array_size(tried.findings), 0);
    rtk_tried_free(&tried);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_told_once_by_its_name),
        cmocka_unit_test(what_is_put_back_or_allowed_is_no_finding),
        cmocka_unit_test(raised_flags_and_errno_are_told_all_the_same),
        cmocka_unit_test(without_the_promise_nobody_looks),
        cmocka_unit_test(what_open_changes_is_seen_too),
        cmocka_unit_test(keys_for_thread_specific_data_must_be_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
