#include "kernels/workers/mpi/mpi_wire.h"

#include <sched.h>
#include <time.h>

enum { LOOKS = 1000, SLEEP_NS = 20000, SLEEP_MOST_NS = 500000 };

rtk_status rtk_mpi_running(void) {
    int begun = 0, over = 0;
    if (MPI_Initialized(&begun) || MPI_Finalized(&over))
        return RTK_EUNSUPPORTED;
    return begun && !over ? RTK_OK : RTK_EUNSUPPORTED;
}

rtk_status rtk_mpi_copy(MPI_Comm comm, MPI_Comm *copy) {
    MPI_Comm made = MPI_COMM_NULL;
    if (MPI_Comm_dup(comm, &made)) return RTK_EIO;
    if (MPI_Comm_set_errhandler(made, MPI_ERRORS_RETURN)) return RTK_EIO;
    *copy = made;
    return RTK_OK;
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Give the CPU away: at once, for the one who will answer may need it, and for
 * longer and longer when nothing has come for LOOKS microseconds. */
static void pause_for(uint64_t start, long *sleep_ns) {
    if (now_ns() - start < (uint64_t)LOOKS * 1000) {
        sched_yield();
        return;
    }
    struct timespec t = {0, *sleep_ns};
    nanosleep(&t, NULL);
    if (*sleep_ns < SLEEP_MOST_NS) *sleep_ns *= 2;
    if (*sleep_ns > SLEEP_MOST_NS) *sleep_ns = SLEEP_MOST_NS;
}

rtk_status rtk_mpi_await(MPI_Comm comm, int source, int tag,
                         MPI_Status *status) {
    uint64_t start = now_ns();
    long sleep_ns = SLEEP_NS;
    for (;;) {
        int there = 0;
        if (MPI_Iprobe(source, tag, comm, &there, status)) return RTK_EIO;
        if (there) return RTK_OK;
        pause_for(start, &sleep_ns);
    }
}

rtk_status rtk_mpi_take(MPI_Comm comm, int source, int tag, void *data,
                        size_t size) {
    MPI_Status status;
    int there = 0;
    rtk_status s = rtk_mpi_await(comm, source, tag, &status);
    if (s) return s;
    if (MPI_Get_count(&status, MPI_BYTE, &there) || there != (int)size)
        return RTK_EIO;
    return MPI_Recv(data, there, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG,
                    comm, MPI_STATUS_IGNORE)
               ? RTK_EIO
               : RTK_OK;
}

rtk_status rtk_mpi_complete(int n, MPI_Request *requests) {
    /* NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker): begun elsewhere */
    return MPI_Waitall(n, requests, MPI_STATUSES_IGNORE) ? RTK_EIO : RTK_OK;
}
