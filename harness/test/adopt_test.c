#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <string.h>

#include "harness/adopt.h"

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self, (void)args;
    views->n = 0;
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args, (void)views, (void)seed;
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance, (void)views, (void)call;
    return RTK_OK;
}

static const rtk_claims claims = {.size = sizeof claims, .tolerance = 0.5};
static rtk_op op;
static rtk_subject subject;
static const rtk_subject *list[] = {&subject};
static const rtk_plugin plugin = {.size = sizeof plugin,
                                  .abi = RTK_ABI,
                                  .lane = "native",
                                  .name = "test",
                                  .subjects = list,
                                  .n_subjects = 1};

static int make_sound(void **state) {
    (void)state;
    op = (rtk_op){
        .size = sizeof op, .name = "run", .claims = &claims, .run = run};
    subject = (rtk_subject){.size = sizeof subject,
                            .name = "s",
                            .describe = describe,
                            .fill = fill,
                            .ops = &op,
                            .n_ops = 1,
                            .op_size = sizeof op};
    return 0;
}

static const rtk_plugin *adopt(char sentence[RTK_SENTENCE]) {
    return rtk_plugin_adopt(&plugin, sentence);
}

static void a_sound_table_is_copied_whole(void **state) {
    (void)state;
    char sentence[RTK_SENTENCE];
    const rtk_plugin *p = adopt(sentence);
    assert_non_null(p);
    assert_ptr_not_equal(p->subjects[0], &subject);
    assert_string_equal(p->subjects[0]->name, "s");
    assert_true(rtk_subject_op(p->subjects[0], 0)->claims->tolerance == 0.5);
}

/* A plug-in of an earlier header: its structs end before the last fields, and
 * what lies behind them is something else. */
static void fields_beyond_the_plugins_own_size_read_as_zero(void **state) {
    (void)state;
    char sentence[RTK_SENTENCE];
    subject.size = offsetof(rtk_subject, observe);
    memset((char *)&subject + subject.size, 0x5a,
           sizeof subject - subject.size);
    const rtk_plugin *p = adopt(sentence);
    assert_non_null(p);
    assert_true(p->subjects[0]->observe == NULL);
    assert_true(p->subjects[0]->flops == NULL);
    assert_int_equal(p->subjects[0]->n_ops, 1);
}

static void tables_are_read_by_the_plugins_own_step(void **state) {
    (void)state;
    char sentence[RTK_SENTENCE];
    struct {
        rtk_op op;
        char later[24];
    } two[2] = {{.op = op}, {.op = op}};
    two[1].op.name = "second";
    subject.ops = &two[0].op;
    subject.n_ops = 2;
    subject.op_size = sizeof two[0];
    const rtk_plugin *p = adopt(sentence);
    assert_non_null(p);
    assert_string_equal(rtk_subject_op(p->subjects[0], 1)->name, "second");
}

static void what_a_subject_lacks_is_named(void **state) {
    (void)state;
    char sentence[RTK_SENTENCE];
    op.run = NULL;
    assert_null(adopt(sentence));
    assert_non_null(strstr(sentence, "subject 1 (s) lacks an operation"));
    make_sound(NULL);
    subject.describe = NULL;
    assert_null(adopt(sentence));
    assert_non_null(strstr(sentence, "lacks describe()"));
    make_sound(NULL);
    subject.ops = NULL;
    assert_null(adopt(sentence));
    assert_non_null(strstr(sentence, "lacks an operation"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_sound_table_is_copied_whole, make_sound),
        cmocka_unit_test_setup(fields_beyond_the_plugins_own_size_read_as_zero,
                               make_sound),
        cmocka_unit_test_setup(tables_are_read_by_the_plugins_own_step,
                               make_sound),
        cmocka_unit_test_setup(what_a_subject_lacks_is_named, make_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
