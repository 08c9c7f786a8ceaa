/* Batches go out in input order to whoever is free, the first item not given
 * out being `next`; so all items before it are complete once nobody owes any.
 * Every job ends with an END to each rank and its answer: after that no message
 * of the job is left, whatever the rank did. */

#include "kernels/workers/mpi/mpi_ranks.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "kernels/workers/fp_modes.h"

enum { BATCH_BYTES = 256 << 10, ROOM = 4096 };
enum { OWN_NS = 50000, OWN_MOST = 1 << 16, BATCH_NS = 1000000 };

static rtk_status done(int mpi_error) {
    return mpi_error ? RTK_EIO : RTK_OK;
}

static rtk_status send(const rtk_mpi_run *run, unsigned rank, int tag,
                       const void *data, size_t size) {
    return done(MPI_Send(data, (int)size, MPI_BYTE, (int)rank, tag, run->comm));
}

/* ---- Giving out -----------------------------------------------------------
 */

/* A share of what is left: large at first, single items at the end. Never more
 * than BATCH_NS of work, once rank 0 knows what an item costs it: a rank that
 * gets little of its CPU would hold up the others. */
static size_t guided(const rtk_mpi_run *run, size_t most) {
    size_t share = (run->job->n - run->next) / (4 * (size_t)run->ranks);
    if (run->item_ns && share > BATCH_NS / run->item_ns)
        share = BATCH_NS / run->item_ns;
    if (share > most) share = most;
    return share ? share : 1;
}

static rtk_status give(rtk_mpi_run *run, unsigned rank, rtk_mpi_slot *slot) {
    const rtk_apply_job *job = run->job;
    slot->batch =
        (rtk_mpi_batch){run->number, run->next, guided(run, run->batch_most)};
    slot->order = ++run->order;
    run->next += slot->batch.count;
    const char *items =
        (const char *)job->items + slot->batch.first * job->item_size;
    rtk_status s =
        done(MPI_Isend(&slot->batch, sizeof slot->batch, MPI_BYTE, (int)rank,
                       RTK_MPI_BATCH, run->comm, &slot->sends[0]));
    return s ? s
             : done(MPI_Isend(items, (int)(slot->batch.count * job->item_size),
                              MPI_BYTE, (int)rank, RTK_MPI_ITEMS, run->comm,
                              &slot->sends[1]));
}

/* To each rank one, and then a second to each. */
static rtk_status give_all(rtk_mpi_run *run) {
    rtk_status s = RTK_OK;
    for (int i = 0; i < RTK_MPI_AHEAD; i++)
        for (unsigned rank = 1; !s && rank < run->ranks; rank++) {
            rtk_mpi_slot *slot = &run->peers[rank].slot[i];
            if (slot->order || run->next == run->job->n) continue;
            s = rtk_mpi_complete(2, slot->sends);
            if (!s) s = give(run, rank, slot);
        }
    return s;
}

/* ---- Rank 0's own share ---------------------------------------------------
 */

typedef struct share {
    rtk_mpi_run *run;
    size_t first;
} share;

static rtk_status own_item(void *arg, size_t i) {
    const share *own = arg;
    const rtk_apply_job *job = own->run->job;
    size_t item = own->first + i;
    rtk_status s =
        job->fn(job->context, (const char *)job->items + item * job->item_size,
                (char *)job->results + item * job->result_size);
    if (s) rtk_mpi_failure_note(own->run, item, s);
    return s;
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void run_own(rtk_mpi_run *run) {
    share own = {run, run->next};
    size_t count = guided(run, run->own);
    uint64_t start = now_ns();
    run->next += count;
    /* A failure has been noted. */
    (void)!rtk_parallel_for(rtk_executor_serial(), 1, count, own_item, &own,
                            NULL);
    run->loop->parts_run += count;
    uint64_t elapsed = now_ns() - start;
    run->item_ns = elapsed / count + 1;
    if (elapsed < OWN_NS / 2 && run->own < OWN_MOST) run->own *= 2;
    if (elapsed > OWN_NS && run->own > 1) run->own /= 2;
}

/* ---- Taking back ----------------------------------------------------------
 */

static size_t rounded(size_t size) {
    return (size / RTK_MPI_ALIGN + 1) * RTK_MPI_ALIGN;
}

/* Only a reply that is none needs more than there is. */
static rtk_status make_room(rtk_mpi_run *run, size_t size) {
    if (size <= run->reply_room) return RTK_OK;
    char *room = aligned_alloc(RTK_MPI_ALIGN, rounded(size));
    if (!room) return RTK_ENOMEM;
    free(run->reply);
    run->reply = room;
    run->reply_room = size;
    return RTK_OK;
}

static rtk_status take(rtk_mpi_run *run, const MPI_Status *status) {
    int size = 0, rank = status->MPI_SOURCE, tag = status->MPI_TAG;
    rtk_status s = done(MPI_Get_count(status, MPI_BYTE, &size));
    if (!s) s = make_room(run, (size_t)size);
    if (!s)
        s = done(MPI_Recv(run->reply, size, MPI_BYTE, rank, tag, run->comm,
                          MPI_STATUS_IGNORE));
    if (s) return s;
    if (tag == RTK_MPI_ENDED)
        run->peers[rank].ended = 1;
    else if (tag == RTK_MPI_REPLY)
        rtk_mpi_reply_take(run, rank, run->reply, (size_t)size);
    else
        rtk_mpi_fault_note(run, RTK_MAP_INVENTED, run->job->n);
    return RTK_OK;
}

static rtk_status take_those_there(rtk_mpi_run *run) {
    for (;;) {
        MPI_Status status;
        int there = 0;
        rtk_status s = done(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, run->comm,
                                       &there, &status));
        if (s || !there) return s;
        s = take(run, &status);
        if (s) return s;
    }
}

static rtk_status take_next(rtk_mpi_run *run) {
    MPI_Status status;
    rtk_status s =
        rtk_mpi_await(run->comm, MPI_ANY_SOURCE, MPI_ANY_TAG, &status);
    return s ? s : take(run, &status);
}

/* ---- A job, from beginning to end -----------------------------------------
 */

static bool goes_on(const rtk_mpi_run *run) {
    const rtk_cancel *cancel = run->job->cancel;
    return run->next < run->job->n && !run->loop->map_fault &&
           !(cancel && rtk_cancel_requested(cancel));
}

static rtk_status share_out(rtk_mpi_run *run) {
    rtk_status s = RTK_OK;
    while (!s && goes_on(run)) {
        s = give_all(run);
        if (!s && run->next < run->job->n) run_own(run);
        if (!s) s = take_those_there(run);
    }
    return s;
}

/* Ranks that have ended have received what was sent to them. */
static rtk_status complete_sends(const rtk_mpi_run *run) {
    rtk_status s = RTK_OK;
    for (unsigned rank = 1; !s && rank < run->ranks; rank++)
        for (int i = 0; !s && i < RTK_MPI_AHEAD; i++)
            s = rtk_mpi_complete(2, run->peers[rank].slot[i].sends);
    return s;
}

/* Ranks answer END when they have answered all before it. */
static rtk_status end(rtk_mpi_run *run) {
    rtk_status s = RTK_OK;
    for (unsigned rank = 1; !s && rank < run->ranks; rank++)
        s = send(run, rank, RTK_MPI_END, &run->number, sizeof run->number);
    for (unsigned rank = 1; rank < run->ranks; rank++)
        while (!s && !run->peers[rank].ended) s = take_next(run);
    return s ? s : complete_sends(run);
}

static rtk_status send_context(const rtk_mpi_run *run, unsigned rank) {
    rtk_status s = RTK_OK;
    const char *context = run->job->context;
    for (size_t from = 0; !s && from < run->job->context_size;) {
        size_t size = run->job->context_size - from;
        if (size > RTK_MPI_CHUNK) size = RTK_MPI_CHUNK;
        s = send(run, rank, RTK_MPI_CONTEXT, context + from, size);
        from += size;
    }
    return s;
}

/* Ask all ranks whether they can; `refusal` is the first that says no. */
static rtk_status begin(rtk_mpi_run *run, const rtk_mpi_function *fn,
                        rtk_status *refusal) {
    const rtk_apply_job *job = run->job;
    rtk_mpi_job message = {.job = run->number,
                           .item_size = job->item_size,
                           .result_size = job->result_size,
                           .context_size = job->context_size,
                           .batch_most = run->batch_most,
                           .fp_modes = rtk_fp_modes(),
                           .fn = *fn};
    rtk_status s = RTK_OK;
    for (unsigned rank = 1; !s && rank < run->ranks; rank++)
        s = send(run, rank, RTK_MPI_JOB, &message, sizeof message);
    for (unsigned rank = 1; !s && rank < run->ranks; rank++) {
        uint64_t ready = 0;
        s = rtk_mpi_take(run->comm, (int)rank, RTK_MPI_READY, &ready,
                         sizeof ready);
        if (!*refusal) *refusal = (rtk_status)ready;
    }
    for (unsigned rank = 1; !s && !*refusal && rank < run->ranks; rank++)
        s = send_context(run, rank);
    return s;
}

static void reset(rtk_mpi_run *run) {
    size_t each = run->job->item_size + run->job->result_size;
    run->own = 1;
    run->batch_most = BATCH_BYTES / each;
    run->batch_most = guided(run, run->batch_most);
    for (unsigned rank = 1; rank < run->ranks; rank++) {
        run->peers[rank].ended = 0;
        for (int i = 0; i < RTK_MPI_AHEAD; i++)
            run->peers[rank].slot[i] =
                (rtk_mpi_slot){.sends = {MPI_REQUEST_NULL, MPI_REQUEST_NULL}};
    }
}

/* What is still owed is lost; all items before the first of it are complete. */
static void settle(rtk_mpi_run *run) {
    run->loop->first_unrun = run->next;
    for (unsigned rank = 1; rank < run->ranks; rank++)
        for (int i = 0; i < RTK_MPI_AHEAD; i++) {
            const rtk_mpi_slot *slot = &run->peers[rank].slot[i];
            if (!slot->order) continue;
            rtk_mpi_fault_note(run, RTK_MAP_DROPPED, slot->batch.first);
            if (slot->batch.first < run->loop->first_unrun)
                run->loop->first_unrun = slot->batch.first;
        }
}

static rtk_status verdict(const rtk_mpi_run *run) {
    if (run->loop->map_fault) return RTK_EMAP;
    if (run->failure) return run->failure;
    return run->next < run->job->n ? RTK_ECANCELLED : RTK_OK;
}

/* After name and room are known to be there. */
static rtk_status run_named(rtk_mpi_run *run, const rtk_mpi_function *fn) {
    rtk_status refusal = RTK_OK;
    rtk_status s = begin(run, fn, &refusal);
    if (!s && !refusal) s = share_out(run);
    if (!s) s = end(run);
    if (s) {
        run->lost = 1;
        run->loop->failed_part = run->job->n;
        run->loop->map_fault = RTK_MAP_KEPT;
        run->loop->map_part = run->job->n;
    }
    if (!s && !refusal) settle(run);
    return s ? s : refusal ? refusal : verdict(run);
}

rtk_status rtk_mpi_ranks_run(rtk_mpi_run *run) {
    const rtk_apply_job *job = run->job;
    rtk_mpi_function fn;
    run->loop->effective = run->ranks;
    run->loop->parts_run = run->loop->first_unrun = 0;
    if (job->item_size > INT_MAX - ROOM || job->result_size > INT_MAX - ROOM)
        return RTK_EUNSUPPORTED;
    rtk_status s = rtk_mpi_function_name(job->fn, &fn);
    if (s) return s;
    reset(run);
    s = make_room(run, rtk_mpi_reply_size(run->batch_most, job->result_size));
    if (!s) s = run_named(run, &fn);
    free(run->reply);
    return s;
}
