/* What ThreadSanitizer finds comes as lines, with all that is needed to
 * understand it, and each thing once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/emit.h"
#include "harness/plugin.h"
#include "harness/report.h"

enum { AGAIN = 200 };

static int ends[2];

static int open_pipe(void **state) {
    (void)state;
    if (pipe2(ends, O_NONBLOCK) != 0) return 1;
    rtk_emit_to(ends[1]);
    rtk_report_prepare();
    return 0;
}

/* The next line, or NULL when there is none. */
static json_t *next_line(void) {
    char text[4097];
    size_t n = 0;
    while (n < sizeof text - 1 && read(ends[0], text + n, 1) == 1)
        if (text[n++] == '\n') break;
    return n ? json_loadb(text, n, 0, NULL) : NULL;
}

static size_t stacks_titled(const json_t *line, const char *word) {
    size_t count = 0, i;
    const json_t *stack;
    json_array_foreach(json_object_get(line, "stacks"), i, stack) {
        const char *title = json_string_value(json_object_get(stack, "title"));
        count += strstr(title, word) != NULL;
    }
    return count;
}

static size_t drain(void) {
    size_t lines = 0;
    for (json_t *line; (line = next_line()); lines++) json_decref(line);
    return lines;
}

static long counter;

static void *bump(void *arg) {
    for (int i = 0; i < AGAIN; i++) counter++;
    return arg;
}

static void race(void *(*body)(void *), void *arg) {
    pthread_t one, two;
    assert_int_equal(pthread_create(&one, NULL, body, arg), 0);
    assert_int_equal(pthread_create(&two, NULL, body, arg), 0);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
}

static void a_race_comes_with_accesses_variable_and_threads(void **state) {
    (void)state;
    race(bump, NULL);
    json_t *line = next_line();
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "oracle")),
                        "tsan");
    assert_string_equal(json_string_value(json_object_get(line, "kind")),
                        "data race");
    assert_int_equal(stacks_titled(line, "of 8 bytes by thread"), 2);
    assert_int_equal(stacks_titled(line, "global variable"), 1);
    assert_true(stacks_titled(line, "was started by") >= 1);
    json_decref(line);
    drain();
}

static void the_same_race_is_told_once(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) race(bump, NULL);
    assert_int_equal(drain(), 0);
}

typedef struct guarded {
    pthread_mutex_t lock;
    long value;
} guarded;

/* Each thread holds a lock, but one of its own. */
static void *bump_under_a_lock(void *arg) {
    guarded *g = arg;
    pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&own);
    for (int i = 0; i < AGAIN; i++) g->value++;
    pthread_mutex_unlock(&own);
    return NULL;
}

static void a_race_on_a_block_names_its_maker_and_the_locks(void **state) {
    (void)state;
    guarded *g = calloc(1, sizeof *g);
    assert_non_null(g);
    race(bump_under_a_lock, g);
    json_t *line = next_line();
    assert_non_null(line);
    assert_int_equal(stacks_titled(line, "heap block of 48 bytes"), 1);
    assert_true(stacks_titled(line, "held during an access") >= 1);
    json_decref(line);
    drain();
    free(g);
}

static char vector[64];

/* As a plug-in's kernel in assembler says what it touches. */
static void *declare_a_write(void *arg) {
    for (int i = 0; i < AGAIN; i++)
        rtk_host_table()->declare_write(arg, sizeof vector);
    return NULL;
}

static void *declare_a_read(void *arg) {
    for (int i = 0; i < AGAIN; i++)
        rtk_host_table()->declare_read(arg, sizeof vector);
    return NULL;
}

static void ranges_that_are_declared_race_as_accesses_do(void **state) {
    (void)state;
    race(declare_a_read, vector);
    assert_int_equal(drain(), 0);
    race(declare_a_write, vector);
    assert_true(drain() >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_race_comes_with_accesses_variable_and_threads),
        cmocka_unit_test(the_same_race_is_told_once),
        cmocka_unit_test(a_race_on_a_block_names_its_maker_and_the_locks),
        cmocka_unit_test(ranges_that_are_declared_race_as_accesses_do),
    };
    return cmocka_run_group_tests(tests, open_pipe, NULL);
}
