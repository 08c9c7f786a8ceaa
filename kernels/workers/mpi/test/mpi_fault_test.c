/* Servers that answer wrongly are found out, named, and outlived. */

#include "kernels/workers/mpi/test/mpi_crew.h"

enum { ITEMS = 640, TWISTED = 2 };

static rtk_status square(void *context, const void *item, void *result) {
    (void)context;
    long x = *(const int *)item;
    *(long *)result = x * x;
    return RTK_OK;
}

static int items[ITEMS];
static long results[ITEMS];

static rtk_status apply(rtk_loop *loop) {
    rtk_apply_job job = {.fn = square,
                         .items = items,
                         .results = results,
                         .n = ITEMS,
                         .item_size = sizeof *items,
                         .result_size = sizeof *results};
    for (int i = 0; i < ITEMS; i++) {
        items[i] = i;
        results[i] = 0;
    }
    return rtk_apply(crew_executor(), 4, &job, loop);
}

/* The first batch goes to rank 1 and the next to the twisted one, each a
 * sixteenth of what is left; `place` is counted from where the second begins.
 */
enum { BEGIN = ITEMS / 16, COUNT = (ITEMS - BEGIN) / 16 };

static const struct {
    crew_twist twist;
    rtk_map_fault fault;
    size_t place;
} row[] = {
    {CREW_SWALLOWS, RTK_MAP_DROPPED, 0},
    {CREW_SWALLOWS_LAST_ITEM, RTK_MAP_DROPPED, COUNT - 1},
    {CREW_REPEATS, RTK_MAP_REPEATED, 0},
    {CREW_REPEATS_ITEM, RTK_MAP_REPEATED, 0},
    {CREW_SWAPS, RTK_MAP_REORDERED, 0},
    {CREW_SWAPS_ITEMS, RTK_MAP_REORDERED, 0},
    {CREW_SPEAKS_RUBBISH, RTK_MAP_INVENTED, 0},
    {CREW_CUTS, RTK_MAP_INVENTED, 0},
    {CREW_INVENTS, RTK_MAP_INVENTED, 1},
    {CREW_ANSWERS_LATE, RTK_MAP_INVENTED, 0},
};

static void a_rank_that_answers_wrongly_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        rtk_loop loop = {0};
        crew_open((crew_order){.twist = row[i].twist, .twisted = TWISTED});
        rtk_status s = apply(&loop);
        print_message("row %zu: %s at item %zu\n", i,
                      rtk_map_fault_text(loop.map_fault), loop.map_part);
        assert_int_equal(RTK_EMAP, s);
        assert_string_equal(rtk_map_fault_text(row[i].fault),
                            rtk_map_fault_text(loop.map_fault));
        assert_int_equal(BEGIN + row[i].place, loop.map_part);
        /* Only its first reply was wrong: the ranks are at one again. */
        assert_int_equal(RTK_OK, apply(&loop));
        for (long k = 0; k < ITEMS; k++) assert_int_equal(k * k, results[k]);
        assert_int_equal(RTK_MAP_KEPT, loop.map_fault);
        assert_int_equal(0, crew_close(NULL));
    }
}

static void the_same_rank_without_a_twist_is_believed(void **state) {
    rtk_loop loop = {0};
    (void)state;
    crew_open((crew_order){.twist = CREW_KEEPS, .twisted = TWISTED});
    for (int i = 0; i < 50; i++) assert_int_equal(RTK_OK, apply(&loop));
    assert_int_equal(ITEMS, loop.map_part);
}

static int tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_rank_that_answers_wrongly_is_named,
                                  crew_close),
        cmocka_unit_test_teardown(the_same_rank_without_a_twist_is_believed,
                                  crew_close),
    };
    return RTK_RUN(tests);
}

int main(int argc, char **argv) {
    return crew_main(argc, argv, MPI_THREAD_MULTIPLE, tests);
}
