#include "kernels/workers/mpi/test/mpi_crew.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "kernels/workers/mpi/mpi_wire.h"

enum { RANKS_MOST = 64 };

static rtk_mpi *mpi;
static int rank;

/* ---- Servers --------------------------------------------------------------
 */

/* Filled by the server that is twisted, and used by it alone. */
typedef struct twisted {
    crew_twist twist;
    unsigned replies;
    void *held;
    int held_size;
} twisted;

static int send_now(const void *reply, int size, MPI_Comm comm) {
    return MPI_Send(reply, size, MPI_BYTE, 0, RTK_MPI_REPLY, comm);
}

/* The marks are the last `count` of the bytes. */
static rtk_mpi_mark *marks_of(char *reply, int size) {
    const rtk_mpi_reply *head = (const rtk_mpi_reply *)reply;
    return (rtk_mpi_mark *)(reply + size) - head->count;
}

static void swap_marks(char *reply, int size) {
    rtk_mpi_mark *marks = marks_of(reply, size), first = marks[0];
    marks[0] = marks[1];
    marks[1] = first;
}

/* A reply to one item fewer. */
static int drop_last(char *reply, int size) {
    rtk_mpi_reply *head = (rtk_mpi_reply *)reply;
    size_t marks = head->count * sizeof(rtk_mpi_mark);
    size_t result = ((size_t)size - RTK_MPI_ALIGN - marks) / head->count;
    size_t shorter = rtk_mpi_marks_at(--head->count, result);
    memmove(reply + shorter, reply + size - marks,
            marks - sizeof(rtk_mpi_mark));
    return (int)(shorter + marks - sizeof(rtk_mpi_mark));
}

static int send_first(twisted *t, char *reply, int size, MPI_Comm comm) {
    switch (t->twist) {
    case CREW_SWALLOWS: return 0;
    case CREW_REPEATS: (void)send_now(reply, size, comm); break;
    case CREW_REPEATS_ITEM: marks_of(reply, size)[1].item--; break;
    case CREW_SWAPS_ITEMS: swap_marks(reply, size); break;
    case CREW_INVENTS: marks_of(reply, size)[1].item += 1U << 30; break;
    case CREW_SPEAKS_RUBBISH: memset(reply, 0xA5, (size_t)size); break;
    case CREW_CUTS: size -= 9; break;
    case CREW_ANSWERS_LATE: ((rtk_mpi_reply *)reply)->job--; break;
    case CREW_SWALLOWS_LAST_ITEM: size = drop_last(reply, size); break;
    case CREW_SWAPS:
        t->held = malloc((size_t)size);
        t->held_size = size;
        memcpy(t->held, reply, (size_t)size);
        return 0;
    case CREW_KEEPS: break;
    }
    return send_now(reply, size, comm);
}

static int send_twisted(void *self, const void *reply, int size, MPI_Comm comm,
                        MPI_Request *request) {
    twisted *t = self;
    *request = MPI_REQUEST_NULL;
    if (t->replies++) {
        int e = send_now(reply, size, comm);
        if (!e && t->held) e = send_now(t->held, t->held_size, comm);
        free(t->held);
        t->held = NULL;
        return e;
    }
    char *copy = malloc((size_t)size);
    memcpy(copy, reply, (size_t)size);
    int e = send_first(t, copy, size, comm);
    free(copy);
    return e;
}

static rtk_status nothing(void *context, const void *item, void *result) {
    (void)context;
    *(char *)result = *(const char *)item;
    return RTK_OK;
}

/* Whether a job of a rank that is not 0 is refused with nothing run. */
static rtk_status try_too(void) {
    rtk_mpi *own = NULL;
    rtk_loop loop = {0};
    char items[2] = {1, 2}, results[2] = {0};
    rtk_apply_job job = {.fn = nothing,
                         .items = items,
                         .results = results,
                         .n = 2,
                         .item_size = 1,
                         .result_size = 1};
    rtk_status s = rtk_mpi_open(&own, MPI_COMM_WORLD);
    if (s) return s;
    s = rtk_apply(rtk_mpi_executor(own), 2, &job, &loop);
    rtk_mpi_close(own);
    return s == RTK_EUNSUPPORTED && !loop.parts_run && !results[1]
               ? RTK_OK
               : RTK_EFAILED;
}

static rtk_status serve(crew_order order) {
    twisted t = {.twist = order.twist};
    rtk_status s = RTK_OK;
    if (order.load && !dlopen(RTK_MPI_STRANGER, RTLD_NOW)) return RTK_EFAILED;
    if (order.tries_too) s = try_too();
    rtk_status served = rank == order.twisted
                            ? rtk_mpi_serve_by(MPI_COMM_WORLD, send_twisted, &t)
                            : rtk_mpi_serve(MPI_COMM_WORLD);
    free(t.held);
    return served ? served : s;
}

static void obey(void) {
    for (;;) {
        crew_order order;
        MPI_Bcast(&order, sizeof order, MPI_BYTE, 0, MPI_COMM_WORLD);
        if (order.stop) return;
        int s = (int)serve(order);
        MPI_Gather(&s, 1, MPI_INT, NULL, 0, MPI_INT, 0, MPI_COMM_WORLD);
    }
}

/* ---- Rank 0 ---------------------------------------------------------------
 */

void crew_open(crew_order order) {
    MPI_Bcast(&order, sizeof order, MPI_BYTE, 0, MPI_COMM_WORLD);
    assert_int_equal(RTK_OK, rtk_mpi_open(&mpi, MPI_COMM_WORLD));
}

const rtk_executor *crew_executor(void) {
    return rtk_mpi_executor(mpi);
}

int crew_close(void **state) {
    int all[RANKS_MOST] = {0}, own = RTK_OK, bad = 0;
    (void)state;
    if (!mpi) return 0;
    rtk_mpi_close(mpi);
    mpi = NULL;
    MPI_Gather(&own, 1, MPI_INT, all, 1, MPI_INT, 0, MPI_COMM_WORLD);
    for (int i = 0; i < RANKS_MOST; i++) {
        if (all[i]) print_error("rank %d: status %d\n", i, all[i]);
        bad |= all[i];
    }
    return bad;
}

int crew_set_up(void **state) {
    (void)state;
    crew_open((crew_order){0});
    return 0;
}

int crew_rank(void) {
    return rank;
}

/* In the sanitizer's lane only. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

int crew_main(int argc, char **argv, int level, int (*tests)(void)) {
    int given = 0, ranks = 0, failed = 0;
    if (MPI_Init_thread(&argc, &argv, level, &given)) return 3;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (ranks != 4 || given != level) {
        fprintf(stderr,
                "this test needs 4 ranks, not %d, and the level of "
                "threads that it asks for\n",
                ranks);
        failed = 3;
    } else if (rank) {
        obey();
    } else {
        crew_order stop = {.stop = 1};
        failed = tests();
        MPI_Bcast(&stop, sizeof stop, MPI_BYTE, 0, MPI_COMM_WORLD);
    }
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
        failed = 1;
    MPI_Finalize();
    return failed;
}
