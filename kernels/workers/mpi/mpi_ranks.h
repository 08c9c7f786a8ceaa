#ifndef RTK_MPI_RANKS_H
#define RTK_MPI_RANKS_H

/* One job as rank 0 hands it out. Internal to the MPI executor. */

#include <mpi.h>

#include "kernels/workers/mpi/mpi_wire.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_MPI_AHEAD = 2 }; /* batches at a rank: one run, one waiting */

/* A batch on its way; its memory must stay until its sends are complete. */
typedef struct rtk_mpi_slot {
    rtk_mpi_batch batch;
    MPI_Request sends[2];
    uint64_t order; /* of giving out; 0: free */
} rtk_mpi_slot;

typedef struct rtk_mpi_peer {
    rtk_mpi_slot slot[RTK_MPI_AHEAD];
    int ended;
} rtk_mpi_peer;

/* Used by one thread at a time. */
typedef struct rtk_mpi_run {
    MPI_Comm comm;
    rtk_mpi_peer *peers; /* by rank; [0] is not used */
    unsigned ranks;      /* that take part, rank 0 included */
    uint64_t number;     /* of the job */
    const rtk_apply_job *job;
    size_t batch_most;
    size_t next;      /* the first item that has not been given out */
    size_t own;       /* how many items rank 0 takes at a time */
    uint64_t item_ns; /* of rank 0's last items; 0: not known */
    uint64_t order;
    char *reply; /* room for one, of reply_room bytes */
    size_t reply_room;
    rtk_status failure; /* of loop->failed_part */
    int lost;           /* out: 1 if the ranks are in no known state */
    rtk_loop *loop;
} rtk_mpi_run;

/* Run run->job on the ranks; comm, peers, ranks, number, job and loop are set,
 * the rest is 0.
 *
 *   run  out: loop, filled as by an executor's apply(), and lost
 *
 * Returns what an apply() does; RTK_EIO when MPI refused something.
 * MT-Unsafe race:run. */
RTK_CHECKED rtk_status rtk_mpi_ranks_run(rtk_mpi_run *run);

/* Name the fault that `rank`'s reply of `size` bytes shows, if it does, and
 * take over its results.
 * MT-Unsafe race:run. */
void rtk_mpi_reply_take(rtk_mpi_run *run, int rank, const char *bytes,
                        size_t size);

/* Name `fault`, if none is known earlier in input order.
 * MT-Unsafe race:run. */
void rtk_mpi_fault_note(rtk_mpi_run *run, rtk_map_fault fault, size_t part);

/* Keep a failure, if none is known earlier in input order.
 * MT-Unsafe race:run. */
void rtk_mpi_failure_note(rtk_mpi_run *run, size_t item, rtk_status status);

#ifdef __cplusplus
}
#endif

#endif
