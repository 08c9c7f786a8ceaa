#include "kernels/workers/mpi/mpi_executor.h"
#include "kernels/workers/mpi/mpi_ranks.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* Read-only after rtk_mpi_open(), but for what the lock guards. */
struct rtk_mpi {
    rtk_executor executor;
    int rank;
    unsigned ranks;
    pid_t process;
    pthread_mutex_t lock; /* guards the rest, and is never waited for */
    MPI_Comm comm;
    rtk_mpi_peer *peers;
    uint64_t jobs;
    bool broken; /* MPI refused something */
};

static bool may_call_mpi(void) {
    int level = MPI_THREAD_SINGLE, initial = 0;
    if (MPI_Query_thread(&level) || MPI_Is_thread_main(&initial)) return false;
    return level >= MPI_THREAD_SERIALIZED || initial;
}

static rtk_status apply_here(const rtk_apply_job *job, rtk_loop *loop) {
    return rtk_apply(rtk_executor_serial(), 1, job, loop);
}

/* With the lock held. */
static rtk_status apply_there(rtk_mpi *mpi, const rtk_apply_job *job,
                              unsigned workers, rtk_loop *loop) {
    rtk_mpi_run run = {.comm = mpi->comm,
                       .peers = mpi->peers,
                       .ranks = workers < mpi->ranks ? workers : mpi->ranks,
                       .number = ++mpi->jobs,
                       .job = job,
                       .loop = loop};
    if (mpi->broken) return RTK_EIO;
    rtk_status s = rtk_mpi_ranks_run(&run);
    mpi->broken = run.lost;
    return s;
}

static rtk_status apply(void *self, const rtk_apply_job *job, unsigned workers,
                        rtk_loop *loop) {
    rtk_mpi *mpi = self;
    loop->parts_run = loop->first_unrun = 0;
    if (mpi->rank) return RTK_EUNSUPPORTED;
    if (mpi->process != getpid()) return apply_here(job, loop);
    if (rtk_mpi_running()) return RTK_EUNSUPPORTED;
    if (!may_call_mpi() || pthread_mutex_trylock(&mpi->lock))
        return apply_here(job, loop);
    rtk_status s = apply_there(mpi, job, workers, loop);
    pthread_mutex_unlock(&mpi->lock);
    return s;
}

static rtk_status look(rtk_mpi *mpi, MPI_Comm comm) {
    int ranks = 0;
    if (MPI_Comm_rank(comm, &mpi->rank) || MPI_Comm_size(comm, &ranks))
        return RTK_EIO;
    mpi->ranks = (unsigned)ranks;
    mpi->executor.most = mpi->ranks;
    mpi->peers = calloc(mpi->ranks, sizeof *mpi->peers);
    return mpi->peers ? RTK_OK : RTK_ENOMEM;
}

rtk_status rtk_mpi_open(rtk_mpi **mpi, MPI_Comm comm) {
    rtk_status s = rtk_mpi_running();
    if (s) return s;
    rtk_mpi *m = malloc(sizeof *m);
    if (!m) return RTK_ENOMEM;
    *m = (rtk_mpi){.executor = {.size = sizeof m->executor,
                                .name = "mpi",
                                .self = m,
                                .apply = apply},
                   .process = getpid(),
                   .lock = PTHREAD_MUTEX_INITIALIZER,
                   .comm = MPI_COMM_NULL};
    s = look(m, comm);
    if (!s && !m->rank) s = rtk_mpi_copy(comm, &m->comm);
    if (s) {
        free(m->peers);
        free(m);
        return s;
    }
    *mpi = m;
    return RTK_OK;
}

const rtk_executor *rtk_mpi_executor(rtk_mpi *mpi) {
    return &mpi->executor;
}

static void let_go(rtk_mpi *mpi) {
    for (unsigned rank = 1; rank < mpi->ranks; rank++)
        if (MPI_Send(NULL, 0, MPI_BYTE, (int)rank, RTK_MPI_CLOSE, mpi->comm))
            return;
    /* Nothing is left to do about an error. */
    (void)MPI_Comm_free(&mpi->comm);
}

void rtk_mpi_close(rtk_mpi *mpi) {
    if (!mpi) return;
    bool ours = mpi->process == getpid() && !rtk_mpi_running();
    if (ours && !mpi->rank && !mpi->broken) let_go(mpi);
    free(mpi->peers);
    free(mpi);
}
