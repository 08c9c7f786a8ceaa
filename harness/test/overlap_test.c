#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka needs those before it. */
#include <cmocka.h>

#include "harness/actors.h"

static rtk_team *team;
static uint64_t begun[2][4], ended[2][4];

/* Give actor `i` calls from pairs of times. */
static void calls(unsigned i, const uint64_t (*times)[2], uint64_t n) {
    rtk_actor *a = &team->actor[i];
    for (uint64_t k = 0; k < n; k++) {
        begun[i][k] = times[k][0];
        ended[i][k] = times[k][1];
    }
    a->begun_ns = begun[i];
    a->ended_ns = ended[i];
    a->calls = n;
    team->n = 2;
}

static void calls_one_after_the_other_do_not_overlap(void **state) {
    (void)state;
    calls(0, (const uint64_t[][2]){{0, 10}, {20, 30}}, 2);
    calls(1, (const uint64_t[][2]){{10, 20}, {30, 40}}, 2);
    assert_int_equal(rtk_team_overlap(team), 0);
}

static void each_call_that_overlaps_is_counted_once(void **state) {
    (void)state;
    calls(0, (const uint64_t[][2]){{0, 100}}, 1);
    calls(1, (const uint64_t[][2]){{10, 20}, {30, 40}, {110, 120}}, 3);
    assert_int_equal(rtk_team_overlap(team), 3);
}

static void an_actor_alone_never_overlaps(void **state) {
    (void)state;
    calls(0, (const uint64_t[][2]){{0, 100}, {50, 60}}, 2);
    calls(1, NULL, 0);
    assert_int_equal(rtk_team_overlap(team), 0);
}

static int make_team(void **state) {
    (void)state;
    team = calloc(1, sizeof *team + 2 * sizeof team->actor[0]);
    return team ? 0 : -1;
}

static int free_team(void **state) {
    (void)state;
    free(team);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_one_after_the_other_do_not_overlap),
        cmocka_unit_test(each_call_that_overlaps_is_counted_once),
        cmocka_unit_test(an_actor_alone_never_overlaps),
    };
    return cmocka_run_group_tests(tests, make_team, free_team);
}
