/* Where only the thread that started MPI may call it. */

#include "kernels/workers/mpi/test/mpi_crew.h"

#include <pthread.h>

enum { ITEMS = 100 };

typedef struct caller {
    rtk_status status;
    rtk_loop loop;
    int wrong;
} caller;

static rtk_status square(void *context, const void *item, void *result) {
    long x = *(const int *)item;
    (void)context;
    *(long *)result = x * x;
    return RTK_OK;
}

static void *apply(void *arg) {
    caller *c = arg;
    int items[ITEMS];
    long results[ITEMS] = {0};
    rtk_apply_job job = {.fn = square,
                         .items = items,
                         .results = results,
                         .n = ITEMS,
                         .item_size = sizeof *items,
                         .result_size = sizeof *results};
    for (int i = 0; i < ITEMS; i++) items[i] = i;
    c->status = rtk_apply(crew_executor(), 4, &job, &c->loop);
    for (long i = 0; i < ITEMS; i++) c->wrong |= results[i] != i * i;
    return NULL;
}

static void another_thread_works_alone(void **state) {
    pthread_t thread;
    (void)state;
    for (int round = 0; round < 20; round++) {
        caller here = {0}, there = {0};
        assert_int_equal(0, pthread_create(&thread, NULL, apply, &there));
        apply(&here);
        pthread_join(thread, NULL);
        assert_int_equal(RTK_OK, here.status);
        assert_int_equal(RTK_OK, there.status);
        assert_int_equal(4, here.loop.effective);
        assert_int_equal(1, there.loop.effective);
        assert_false(here.wrong || there.wrong);
    }
}

static int tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(another_thread_works_alone, crew_set_up,
                                        crew_close),
    };
    return RTK_RUN(tests);
}

int main(int argc, char **argv) {
    return crew_main(argc, argv, MPI_THREAD_FUNNELED, tests);
}
