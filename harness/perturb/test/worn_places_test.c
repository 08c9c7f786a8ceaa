/* A race at each element of a matrix costs few reports, and hides no other race
 * that has an instruction in common with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/emit.h"
#include "harness/lane.h"
#include "harness/perturb/worn_places.h"
#include "harness/report.h"

enum {
    ELEMENTS = 200 * 200,
    PASSES = 8,
    RARE = 64,
    WORN = 4 * RTK_WORN_STEP,
    ATTEMPTS = 40,
    ENOUGH = 3,
    DRAWS = 1 << 20
};

static double matrix[ELEMENTS], total;
static pthread_barrier_t gate; /* two start together, so that they overlap */

/* The one instruction that both races have. */
static __attribute__((noinline)) void put(double *at, double value) {
    *at = value;
}

typedef void (*touch)(size_t i);

/* The second race begins when the instruction is worn, if it ever is. */
static void *fill(void *arg) {
    touch too = *(const touch *)arg;
    pthread_barrier_wait(&gate);
    for (int pass = 0; pass < PASSES; pass++)
        for (size_t i = 0; i < ELEMENTS; i++) {
            put(&matrix[i], (double)i);
            if (i % RARE != 0) continue;
            if (rtk_worn_noted() >= WORN) too(i);
            /* They take turns where there is one CPU for both. */
            sched_yield();
        }
    return arg;
}

static void none(size_t i) {
    (void)i;
}

static void write_total(size_t i) {
    put(&total, (double)i);
}

static void read_total(size_t i) {
    if (total > (double)(i + ELEMENTS)) abort();
}

static void race(touch one, touch other) {
    pthread_t first, second;
    pthread_barrier_init(&gate, NULL, 2);
    assert_int_equal(pthread_create(&first, NULL, fill, &one), 0);
    assert_int_equal(pthread_create(&second, NULL, fill, &other), 0);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    pthread_barrier_destroy(&gate);
}

/* Lines of findings that a process of its own tells, in which the two race;
 * *noted is how many reports said nothing new. */
static size_t told(touch one, touch other, unsigned *noted) {
    int lines[2], notes[2], how;
    char byte;
    size_t n = 0;
    assert_int_equal(pipe2(lines, O_CLOEXEC), 0);
    assert_int_equal(pipe2(notes, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        rtk_emit_to(lines[1]);
        rtk_report_prepare();
        rtk_lane_prepare();
        race(one, other);
        *noted = rtk_worn_noted();
        _exit(write(notes[1], noted, sizeof *noted) != sizeof *noted);
    }
    close(lines[1]), close(notes[1]);
    while (read(lines[0], &byte, 1) == 1) n += byte == '\n';
    assert_int_equal(read(notes[0], noted, sizeof *noted), sizeof *noted);
    close(lines[0]), close(notes[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    return n;
}

/* Where the machine is too busy for two threads to run at once, no instruction
 * is worn, and nothing can be said. */
static void skip_unless(unsigned worn) {
    if (worn) return;
    print_message("skipped: in %d attempts the two threads seldom overlapped\n",
                  ATTEMPTS);
    skip();
}

static void a_dense_race_costs_few_reports(void **state) {
    unsigned worn = 0, noted;
    (void)state;
    for (int i = 0; i < ATTEMPTS && worn < ENOUGH; i++) {
        assert_true(told(none, none, &noted) <= 1);
        /* Both sides of a report are noted; each element would have one. */
        assert_in_range(noted, 0, ELEMENTS / 8);
        worn += noted >= WORN;
    }
    skip_unless(worn);
}

static void another_race_with_the_same_instruction_is_told(void **state) {
    unsigned worn = 0, found = 0, noted;
    (void)state;
    for (int i = 0; i < ATTEMPTS && !found; i++) {
        found += told(write_total, read_total, &noted) > 1;
        worn += noted >= WORN;
    }
    skip_unless(worn);
    assert_in_range(found, 1, ATTEMPTS);
}

/* Each step halves what is shown, and never to nothing. */
static void each_step_halves_what_is_shown(void **state) {
    const uintptr_t pc = 4711;
    (void)state;
    for (unsigned halved = 0; halved <= RTK_WORN_MOST + 2; halved++) {
        unsigned shown = 0,
                 times = halved < RTK_WORN_MOST ? halved : RTK_WORN_MOST;
        for (uint64_t i = 0; i < DRAWS; i++) shown += !rtk_worn_skip(pc, i);
        assert_in_range(shown, DRAWS * 9 / 10 >> times,
                        (DRAWS / 10 * 11 >> times) + 1);
        assert_false(rtk_worn_skip(pc + 1, halved));
        for (unsigned i = 0; i < RTK_WORN_STEP; i++) rtk_worn_note(pc);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dense_race_costs_few_reports),
        cmocka_unit_test(another_race_with_the_same_instruction_is_told),
        cmocka_unit_test(each_step_halves_what_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
