#ifndef RTK_MPI_EXECUTOR_H
#define RTK_MPI_EXECUTOR_H

/* An executor on the ranks of an MPI communicator, for rtk_apply().
 *
 * The application has called MPI_Init_thread(). Rank 0 of the communicator
 * opens an executor and applies jobs by it; every other rank serves:
 *
 *     if (rank > 0) return rtk_mpi_serve(comm);
 *     rtk_mpi *mpi = NULL;
 *     rtk_status s = rtk_mpi_open(&mpi, comm);
 *     if (!s) s = rtk_apply(rtk_mpi_executor(mpi), INT64_MAX, &job, &loop);
 *     rtk_mpi_close(mpi);
 *
 * Items, results and job->context_size bytes of the context travel by value.
 * The function does not: each rank looks for it in the same module, at the same
 * offset, and compares the module's layout, its build id and the function's
 * first bytes. Where one rank does not have it, nothing is run and the job is
 * RTK_EUNSUPPORTED. Pointers inside items or the context mean nothing
 * elsewhere, and what a function writes to the context stays on its rank.
 *
 * Rank 0 takes a share: between looking for results it runs items for about 50
 * microseconds (at least one item). The others get batches, the next for
 * whoever is free, with one more waiting at each so that nobody idles for a
 * message. Batches are about a millisecond of work by what items cost rank 0,
 * and shrink towards the end. An item that takes long on rank 0 makes the
 * others wait for their next batch that long.
 *
 * Which rank runs what is seen neither in the results nor in the failure
 * reported. Ranks compute with rank 0's rounding and denormal modes; loops that
 * a function starts run serially. Cancellation is looked at before each batch;
 * batches that have been given out are completed.
 *
 * Calls that cannot use the ranks run in the caller alone: while another thread
 * applies a job by the same executor, on a thread that may not call MPI (below
 * MPI_THREAD_SERIALIZED only the one that initialised it may), and in a forked
 * child. Under MPI_THREAD_SERIALIZED the application sees to it that no other
 * thread is inside MPI meanwhile.
 *
 * A rank that dies is MPI's to notice, which by default ends all ranks. */

#include <mpi.h>

#include "kernels/workers/apply.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The ranks as seen from rank 0. */
typedef struct rtk_mpi rtk_mpi;

/* Open an executor on `comm`, together with rtk_mpi_serve() on its other ranks;
 * the communicator is duplicated. On ranks other than 0 nothing is sent, and
 * the executor refuses with RTK_EUNSUPPORTED what one worker does not run
 * alone.
 *
 *   mpi   out, on success only; release it with rtk_mpi_close()
 *   comm  an intra-communicator
 *
 * Returns RTK_OK, RTK_EUNSUPPORTED when MPI is not running, RTK_ENOMEM or
 * RTK_EIO.
 * MT-Safe where MPI is. */
RTK_CHECKED rtk_status rtk_mpi_open(rtk_mpi **mpi, MPI_Comm comm);

/* The executor of `mpi`, owned by it. It has no map, only apply: a loop, whose
 * parts need the caller's memory, is RTK_EUNSUPPORTED. `workers` counts ranks,
 * rank 0 being one, and a job uses the lowest; INT64_MAX is all of them, while
 * -1 is as many as rank 0 has usable CPUs. Items, results and contexts of
 * any size in all, but an item or a result of about 2 GiB is RTK_EUNSUPPORTED.
 * A rank that drops, repeats, reorders or makes up results is RTK_EMAP, with
 * the place in the loop; a message that MPI refuses is RTK_EIO, and then the
 * executor is of no more use.
 * MT-Safe. */
const rtk_executor *rtk_mpi_executor(rtk_mpi *mpi);

/* Let the other ranks return from rtk_mpi_serve(), and release; NULL is
 * allowed. In a forked child only the memory is released.
 * MT-Unsafe race:mpi. */
void rtk_mpi_close(rtk_mpi *mpi);

/* Serve the jobs of rank 0 until it closes. An idle server looks for a
 * millisecond, then sleeps up to half a millisecond at a time.
 *
 *   comm  as in rtk_mpi_open(), where the calling rank is not 0
 *
 * Returns RTK_OK, RTK_EINVAL on rank 0, RTK_EUNSUPPORTED when MPI is not
 * running, or RTK_EIO.
 * MT-Safe where MPI is. */
RTK_CHECKED rtk_status rtk_mpi_serve(MPI_Comm comm);

#ifdef __cplusplus
}
#endif

#endif
