#ifndef RTK_MPI_WIRE_H
#define RTK_MPI_WIRE_H

/* What the ranks of an MPI executor say to each other. Internal to it, and to
 * its tests, which serve wrongly on purpose.
 *
 *   rank 0      JOB    CONTEXT...    BATCH ITEMS ...           END     CLOSE
 *   server           READY                         REPLY ...      ENDED
 *
 * All ranks have the same build and byte order: see mpi_function.h. */

#include <mpi.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/mpi/mpi_function.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    RTK_MPI_JOB = 1, /* rtk_mpi_job */
    RTK_MPI_READY,   /* uint64_t: an rtk_status */
    RTK_MPI_CONTEXT, /* a chunk of the context; the last may be shorter */
    RTK_MPI_BATCH,   /* rtk_mpi_batch */
    RTK_MPI_ITEMS,   /* its items, at once after it */
    RTK_MPI_REPLY,   /* see rtk_mpi_reply */
    RTK_MPI_END,     /* no more batches */
    RTK_MPI_ENDED,   /* no more replies */
    RTK_MPI_CLOSE
};
enum { RTK_MPI_CHUNK = 16 << 20, RTK_MPI_ALIGN = 64 };

typedef struct rtk_mpi_job {
    uint64_t job; /* its number */
    uint64_t item_size, result_size, context_size, batch_most;
    uint64_t fp_modes;
    rtk_mpi_function fn;
} rtk_mpi_job;

typedef struct rtk_mpi_batch {
    uint64_t job, first, count;
} rtk_mpi_batch;

/* The head of a reply. At RTK_MPI_ALIGN follow the results, then, at a multiple
 * of 8, a mark for each. */
typedef struct rtk_mpi_reply {
    uint64_t job, count;
} rtk_mpi_reply;

typedef struct rtk_mpi_mark {
    uint64_t item, status;
} rtk_mpi_mark;

/* Bytes before the marks of a reply. Sizes are small enough not to overflow:
 * rank 0 refuses others. MT-Safe. */
static inline size_t rtk_mpi_marks_at(size_t count, size_t result_size) {
    return RTK_MPI_ALIGN + (count * result_size + 7) / 8 * 8;
}

/* Bytes of a reply. MT-Safe. */
static inline size_t rtk_mpi_reply_size(size_t count, size_t result_size) {
    return rtk_mpi_marks_at(count, result_size) + count * sizeof(rtk_mpi_mark);
}

/* RTK_OK when MPI has been started and not ended, else RTK_EUNSUPPORTED.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_mpi_running(void);

/* What is left of `comm`'s own error handling: codes, not the end.
 *
 *   copy  out, on success only; release it with MPI_Comm_free()
 *
 * Returns RTK_OK or RTK_EIO. Collective.
 * MT-Safe where MPI is. */
RTK_CHECKED rtk_status rtk_mpi_copy(MPI_Comm comm, MPI_Comm *copy);

/* Wait for a message, polling: nobody can wake the caller. It looks for a
 * millisecond, then sleeps longer and longer, up to half a millisecond. The
 * message stays where it is, for MPI_Recv().
 *
 *   source, tag  as in MPI_Probe()
 *   status       out
 *
 * Returns RTK_OK or RTK_EIO.
 * MT-Safe where MPI is. */
RTK_CHECKED rtk_status rtk_mpi_await(MPI_Comm comm, int source, int tag,
                                     MPI_Status *status);

/* Wait for a message of exactly `size` bytes, and receive it.
 * Returns RTK_OK or RTK_EIO, also for another size.
 * MT-Safe where MPI is. */
RTK_CHECKED rtk_status rtk_mpi_take(MPI_Comm comm, int source, int tag,
                                    void *data, size_t size);

/* Complete `n` requests, each of them begun or MPI_REQUEST_NULL. MPI waits for
 * what the other side receives.
 * Returns RTK_OK or RTK_EIO.
 * MT-Safe where MPI is. */
RTK_CHECKED rtk_status rtk_mpi_complete(int n, MPI_Request *requests);

/* Send a server's reply by whatever means; `send` of rtk_mpi_serve_by(). */
typedef int (*rtk_mpi_send)(void *self, const void *reply, int size,
                            MPI_Comm comm, MPI_Request *request);

/* rtk_mpi_serve(), with replies sent by `send`, which starts one request and
 * may send otherwise as it likes; NULL: MPI_Isend().
 * Returns as rtk_mpi_serve(). MT-Safe where MPI is. */
RTK_CHECKED rtk_status rtk_mpi_serve_by(MPI_Comm comm, rtk_mpi_send send,
                                        void *self);

#ifdef __cplusplus
}
#endif

#endif
