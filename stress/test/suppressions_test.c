#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/record_text.h"
#include "stress/suppressions.h"

/* 2027-01-01. */
enum { TODAY = 20819 };

#define REST                                                                   \
    "reason = \"r\"\nowner = \"o\"\nlink = \"https://example.org/1\"\n"        \
    "since = 2026-01-01\nexpires = 2027-03-01\n"

/* A list of one entry, with `match` and further keys. */
static rtk_status load(const char *text, json_t **list,
                       char sentence[RTK_SENTENCE]) {
    char path[] = "/tmp/suppressions_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    rtk_status s = rtk_suppressions_load(path, TODAY, list, sentence);
    unlink(path);
    return s;
}

static json_t *entry_of(const char *match, const char *more) {
    char text[2000], sentence[RTK_SENTENCE];
    json_t *list = NULL;
    snprintf(text, sizeof text,
             "[[suppression]]\nid = \"one\"\nmatch = [%s]\n" REST "%s\n", match,
             more);
    if (load(text, &list, sentence)) fail_msg("%s", sentence);
    return list;
}

static json_t *frame(const char *function, const char *file,
                     const char *module) {
    return json_pack("{s:[{ss ss ss si}]}", "frames", "function", function,
                     "file", file, "module", module, "line", 3);
}

/* A race of `function` of a library with one of somebody else. */
static json_t *race(const char *function, const char *file) {
    return json_pack("{ss ss ss ss ss ss s[oo]}", "fingerprint",
                     "0123456789abcdef", "oracle", "tsan", "kind", "data race",
                     "subject", "blas.dgemm", "scenario", "mixed", "lane",
                     "tsan", "stacks", frame(function, file, "/lib/libx.so"),
                     frame("other", "/src/other.c", "/lib/libx.so"));
}

static bool excused(json_t *list, const char *function, const char *file) {
    json_t *finding = race(function, file);
    bool found = rtk_suppressions_match(list, finding) != NULL;
    json_decref(finding);
    return found;
}

static const char *fault_of(const json_t *list) {
    return rtk_text(json_array_get(list, 0), "fault");
}

static void the_end_of_an_entry_is_a_day(void **state) {
    (void)state;
    json_t *list = entry_of("{fingerprint = \"0123456789abcdef\"}",
                            "max_hits = 1\nmust_match = false");
    const json_t *entry = json_array_get(list, 0);
    /* January and February. */
    assert_int_equal(json_integer_value(json_object_get(entry, "days_left")),
                     59);
    assert_true(excused(list, "f", "/src/x.c"));
    assert_string_equal(fault_of(list), "");
    json_decref(list);
}

static void an_expired_entry_excuses_nothing_and_is_a_fault(void **state) {
    (void)state;
    char sentence[RTK_SENTENCE];
    json_t *list = NULL;
    const char *text = "[[suppression]]\nid = \"one\"\n"
                       "match = [{fingerprint = \"0123456789abcdef\"}]\n"
                       "reason = \"r\"\nowner = \"o\"\nlink = \"l\"\n"
                       "since = 2026-01-01\nexpires = 2026-12-31\n"
                       "max_hits = 1\nmust_match = false\n";
    assert_int_equal(load(text, &list, sentence), RTK_OK);
    assert_string_equal(fault_of(list), "it expired on 2026-12-31");
    assert_false(excused(list, "f", "/src/x.c"));
    json_decref(list);
}

static void functions_files_and_libraries_are_those_of_one_frame(void **state) {
    (void)state;
    const char *more = "max_hits = 9\nmust_match = false";
    const struct {
        const char *match;
        bool fits;
    } table[] = {
        {"{function = \"f\"}", true},
        {"{function = \"f\", file = \"x.c\", library = \"libx.so\"}", true},
        {"{function = \"f\", file = \"/src/*.c\"}", true},
        {"{function = \"f\", file = \"other.c\"}", false},
        {"{function = \"f\", lane = \"native\"}", false},
        {"{function = \"g\"}, {function = \"other\"}", true},
        {"{function = \"f\", subject = \"blas.*\"}", true},
        {"{fingerprint = \"ffffffffffffffff\"}", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        json_t *list = entry_of(table[i].match, more);
        if (excused(list, "f.constprop.0", "/src/x.c") != table[i].fits)
            fail_msg("%s", table[i].match);
        json_decref(list);
    }
}

static void what_spells_out_no_place_is_too_broad(void **state) {
    (void)state;
    const char *const broad[] = {"{oracle = \"tsan\"}", "{function = \"*\"}",
                                 "{library = \"libx.so\"}",
                                 "{function = \"f\"}, {file = \"x.?\"}"};
    for (size_t i = 0; i < sizeof broad / sizeof *broad; i++) {
        json_t *list = entry_of(broad[i], "max_hits = 1\nmust_match = false");
        assert_non_null(strstr(fault_of(list), "too broad"));
        assert_false(excused(list, "f", "x.c"));
        json_decref(list);
    }
}

static void more_hits_than_allowed_are_too_broad(void **state) {
    (void)state;
    json_t *list =
        entry_of("{file = \"x.c\"}", "max_hits = 1\nmust_match = false");
    assert_true(excused(list, "f", "/src/x.c"));
    assert_false(excused(list, "g", "/src/x.c"));
    assert_non_null(strstr(fault_of(list), "max_hits"));
    assert_int_equal(rtk_suppressions_check(list, NULL), 1);
    json_decref(list);
}

static void none_is_for_our_own_code(void **state) {
    (void)state;
    json_t *list =
        entry_of("{function = \"f\"}", "max_hits = 1\nmust_match = false");
    json_t *ours = race("g", "../../kernels/fft/plan.c");
    json_array_set_new(
        json_object_get(ours, "stacks"), 1,
        frame("f", "../../kernels/fft/plan.c", "/x/plugins/reference/tsan.so"));
    assert_null(rtk_suppressions_match(list, ours));
    assert_non_null(strstr(fault_of(list), "kernels/fft/plan.c"));
    json_decref(ours);
    json_decref(list);
    /* A library may have such a folder, too. */
    list = entry_of("{function = \"f\"}", "max_hits = 1\nmust_match = false");
    assert_true(excused(list, "f", "kernels/zen/gemm.c"));
    json_decref(list);
}

static json_t *verdicts(const char *subject, int trials) {
    return json_pack("[{ss ss ss ss si}]", "subject", subject, "scenario",
                     "mixed", "lane", "tsan", "verdict", "as claimed", "trials",
                     trials);
}

static void what_must_match_must_when_its_cell_was_run(void **state) {
    (void)state;
    const struct {
        const char *subject;
        int trials;
        unsigned faults;
    } table[] = {{"blas.dgemm", 9, 1}, {"blas.dgemm", 0, 0}, {"fft", 9, 0}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        json_t *list = entry_of("{function = \"f\", subject = \"blas.*\"}",
                                "max_hits = 1\nmust_match = true");
        json_t *run = verdicts(table[i].subject, table[i].trials);
        assert_int_equal(rtk_suppressions_check(list, run), table[i].faults);
        json_decref(run);
        json_decref(list);
    }
}

static void what_is_wrong_in_the_file_is_said(void **state) {
    (void)state;
    const struct {
        const char *text, *named;
    } table[] = {
        {"[[suppression]]\nid = \"one\"\n", "\"reason\""},
        {"[[suppression]]\nid = 3\n", "\"id\""},
        {"[[suppression]\n", "line 1"},
        {"known = 1\n", "something else"},
        {"[[suppression]]\nid = \"a\"\nmatch = [{colour = \"red\"}]\n" REST
         "max_hits = 1\nmust_match = false\n",
         "\"colour\""},
        {"[[suppression]]\nid = \"a\"\nmatch = [{file = \"f\"}]\n" REST
         "max_hits = 0\nmust_match = false\n",
         "\"max_hits\""},
        {"[[suppression]]\nid = \"a\"\nmatch = [{file = \"f\"}]\nreason = "
         "\"r\"\nowner = \"o\"\nlink = \"l\"\nsince = \"2026-02-30\"\nexpires "
         "= 2027-01-01\nmax_hits = 1\nmust_match = false\n",
         "\"since\""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char sentence[RTK_SENTENCE] = "";
        json_t *list = NULL;
        assert_int_equal(load(table[i].text, &list, sentence), RTK_EINVAL);
        if (!strstr(sentence, table[i].named))
            fail_msg("%s: %s", table[i].named, sentence);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_an_entry_is_a_day),
        cmocka_unit_test(an_expired_entry_excuses_nothing_and_is_a_fault),
        cmocka_unit_test(functions_files_and_libraries_are_those_of_one_frame),
        cmocka_unit_test(what_spells_out_no_place_is_too_broad),
        cmocka_unit_test(more_hits_than_allowed_are_too_broad),
        cmocka_unit_test(none_is_for_our_own_code),
        cmocka_unit_test(what_must_match_must_when_its_cell_was_run),
        cmocka_unit_test(what_is_wrong_in_the_file_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
