/* Which sites are learned, for how long, and which algorithms a seed draws. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/perturb/learned.h"

enum { SEEDS = 2000 };

static void at(uint64_t thread, rtk_point_kind kind, uintptr_t object,
               uintptr_t pc) {
    rtk_sites_learn(thread, &(rtk_point){kind, object, pc, 0});
}

static void a_write_beside_a_read_is_learned(void **state) {
    (void)state;
    rtk_perturb_share("subject", "writes");
    at(1, RTK_POINT_READ, 0x1000, 0x51);
    at(2, RTK_POINT_WRITE, 0x1004, 0x52); /* the same word */
    assert_non_null(rtk_sites_find(0x51));
    assert_non_null(rtk_sites_find(0x52));
}

static void what_cannot_conflict_is_not_learned(void **state) {
    (void)state;
    rtk_perturb_share("subject", "others");
    at(1, RTK_POINT_READ, 0x2000, 0x61); /* two that read */
    at(2, RTK_POINT_LOAD, 0x2000, 0x62);
    at(1, RTK_POINT_WRITE, 0x3000, 0x63); /* one thread */
    at(1, RTK_POINT_WRITE, 0x3000, 0x64);
    at(1, RTK_POINT_WRITE, 0x4000, 0x65); /* another word */
    at(2, RTK_POINT_WRITE, 0x4008, 0x66);
    for (uintptr_t pc = 0x61; pc <= 0x66; pc++) assert_null(rtk_sites_find(pc));
}

static void what_a_forked_trial_learns_stays(void **state) {
    int how = -1;
    (void)state;
    rtk_perturb_share("subject", "fork");
    pid_t trial = fork();
    assert_true(trial >= 0);
    if (trial == 0) {
        at(1, RTK_POINT_UPDATE, 0x5000, 0x71);
        at(2, RTK_POINT_LOAD, 0x5000, 0x72);
        _exit(0);
    }
    waitpid(trial, &how, 0);
    assert_int_equal(how, 0);
    rtk_perturb_share("subject", "fork"); /* the next trials of the cell */
    assert_non_null(rtk_sites_find(0x71));
    assert_non_null(rtk_sites_find(0x72));
    rtk_perturb_share("subject", "another");
    assert_null(rtk_sites_find(0x71));
}

static void seeds_draw_every_algorithm_and_always_the_same(void **state) {
    (void)state;
    for (unsigned i = 0; rtk_perturb_name(i); i++) {
        unsigned drawn = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            const char *name = rtk_perturb_draw(seed);
            assert_ptr_equal(name, rtk_perturb_draw(seed));
            drawn += strcmp(name, rtk_perturb_name(i)) == 0;
        }
        assert_in_range(drawn, SEEDS / 50, SEEDS * 2 / 3);
        assert_true(rtk_perturb_known(rtk_perturb_name(i)));
    }
    assert_false(rtk_perturb_known("portfolio"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_beside_a_read_is_learned),
        cmocka_unit_test(what_cannot_conflict_is_not_learned),
        cmocka_unit_test(what_a_forked_trial_learns_stays),
        cmocka_unit_test(seeds_draw_every_algorithm_and_always_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
