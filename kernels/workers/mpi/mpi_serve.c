/* A server: receives, computes, answers. Replies are sent from two buffers in
 * turn, so that one batch is computed while the reply to the one before is on
 * its way. */

#include "kernels/workers/mpi/mpi_executor.h"
#include "kernels/workers/mpi/mpi_wire.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/workers/fp_modes.h"

enum { BUFFERS = 2 };

/* The server's own; no other thread sees it. */
typedef struct server {
    MPI_Comm comm;
    rtk_mpi_send send;
    void *self;
    rtk_mpi_job job;
    rtk_apply_fn fn;
    void *context, *items, *reply[BUFFERS];
    MPI_Request sent[BUFFERS];
    unsigned turn;
    uint32_t modes; /* its own, to be restored */
} server;

static rtk_status done(int mpi_error) {
    return mpi_error ? RTK_EIO : RTK_OK;
}

static int send_now(void *self, const void *reply, int size, MPI_Comm comm,
                    MPI_Request *request) {
    (void)self;
    return MPI_Isend(reply, size, MPI_BYTE, 0, RTK_MPI_REPLY, comm, request);
}

static rtk_status take(const server *s, int tag, void *data, size_t size) {
    return rtk_mpi_take(s->comm, 0, tag, data, size);
}

/* ---- A job ----------------------------------------------------------------
 */

static size_t rounded(uint64_t size) {
    return (size_t)(size / RTK_MPI_ALIGN + 1) * RTK_MPI_ALIGN;
}

static rtk_status make_room(server *s) {
    const rtk_mpi_job *j = &s->job;
    size_t reply = rtk_mpi_reply_size(j->batch_most, j->result_size);
    s->context = aligned_alloc(RTK_MPI_ALIGN, rounded(j->context_size));
    s->items =
        aligned_alloc(RTK_MPI_ALIGN, rounded(j->batch_most * j->item_size));
    bool room = s->context && s->items;
    for (int i = 0; i < BUFFERS; i++) {
        s->reply[i] = aligned_alloc(RTK_MPI_ALIGN, rounded(reply));
        room = room && s->reply[i];
    }
    return room ? RTK_OK : RTK_ENOMEM;
}

static void free_room(server *s) {
    free(s->context);
    free(s->items);
    s->context = s->items = NULL;
    for (int i = 0; i < BUFFERS; i++) {
        free(s->reply[i]);
        s->reply[i] = NULL;
    }
}

static rtk_status take_context(server *s) {
    rtk_status e = RTK_OK;
    for (uint64_t from = 0; !e && from < s->job.context_size;) {
        uint64_t size = s->job.context_size - from;
        if (size > RTK_MPI_CHUNK) size = RTK_MPI_CHUNK;
        e = take(s, RTK_MPI_CONTEXT, (char *)s->context + from, size);
        from += size;
    }
    return e;
}

/* A job that cannot be done here is refused, and its END is awaited. */
static rtk_status begin(server *s) {
    rtk_status e = take(s, RTK_MPI_JOB, &s->job, sizeof s->job);
    if (e) return e;
    uint64_t ready = rtk_mpi_function_find(&s->job.fn, &s->fn);
    if (!ready) ready = make_room(s);
    e = done(
        MPI_Send(&ready, sizeof ready, MPI_BYTE, 0, RTK_MPI_READY, s->comm));
    s->modes = rtk_fp_modes();
    return e;
}

static rtk_status end(server *s) {
    uint64_t job = 0;
    rtk_status e = take(s, RTK_MPI_END, &job, sizeof job);
    if (!e) e = rtk_mpi_complete(BUFFERS, s->sent);
    free_room(s);
    return e ? e
             : done(MPI_Send(&job, sizeof job, MPI_BYTE, 0, RTK_MPI_ENDED,
                             s->comm));
}

/* ---- A batch --------------------------------------------------------------
 */

/* Read-only while it runs, but for the results and the marks' statuses. */
typedef struct batch {
    const server *server;
    char *results;
    rtk_mpi_mark *marks;
} batch;

static rtk_status run_item(void *arg, size_t i) {
    const batch *b = arg;
    const rtk_mpi_job *j = &b->server->job;
    rtk_status s = b->server->fn(b->server->context,
                                 (char *)b->server->items + i * j->item_size,
                                 b->results + i * j->result_size);
    b->marks[i].status = s;
    return s;
}

/* As a serial loop, so that loops inside an item know that they are. */
static void run(const server *s, const rtk_mpi_batch *b, char *reply) {
    rtk_mpi_reply head = {b->job, b->count};
    size_t marks = rtk_mpi_marks_at(b->count, s->job.result_size);
    batch run = {s, reply + RTK_MPI_ALIGN, (rtk_mpi_mark *)(reply + marks)};
    memset(reply, 0, RTK_MPI_ALIGN);
    memcpy(reply, &head, sizeof head);
    for (uint64_t i = 0; i < b->count; i++)
        run.marks[i] = (rtk_mpi_mark){b->first + i, RTK_OK};
    /* The marks have the statuses. */
    (void)!rtk_parallel_for(rtk_executor_serial(), 1, b->count, run_item, &run,
                            NULL);
}

static rtk_status serve_batch(server *s) {
    rtk_mpi_batch b = {0};
    rtk_status e = take(s, RTK_MPI_BATCH, &b, sizeof b);
    if (!e && (b.count > s->job.batch_most || !s->items)) e = RTK_EIO;
    if (!e) e = take(s, RTK_MPI_ITEMS, s->items, b.count * s->job.item_size);
    if (e) return e;
    unsigned turn = s->turn++ % BUFFERS;
    e = rtk_mpi_complete(1, &s->sent[turn]);
    if (e) return e;
    rtk_fp_modes_set((uint32_t)s->job.fp_modes);
    run(s, &b, s->reply[turn]);
    rtk_fp_modes_set(s->modes);
    size_t size = rtk_mpi_reply_size(b.count, s->job.result_size);
    return done(
        s->send(s->self, s->reply[turn], (int)size, s->comm, &s->sent[turn]));
}

/* ---- The ranks' loop ------------------------------------------------------
 */

static rtk_status answer(server *s, int tag, bool *closed) {
    switch (tag) {
    case RTK_MPI_JOB: return begin(s);
    case RTK_MPI_CONTEXT: return take_context(s);
    case RTK_MPI_BATCH: return serve_batch(s);
    case RTK_MPI_END: return end(s);
    case RTK_MPI_CLOSE: *closed = true; return take(s, tag, NULL, 0);
    default: return RTK_EIO;
    }
}

rtk_status rtk_mpi_serve_by(MPI_Comm comm, rtk_mpi_send send, void *self) {
    server s = {.send = send ? send : send_now, .self = self};
    bool closed = false;
    int rank = 0;
    for (int i = 0; i < BUFFERS; i++) s.sent[i] = MPI_REQUEST_NULL;
    rtk_status e = rtk_mpi_running();
    if (!e) e = done(MPI_Comm_rank(comm, &rank));
    if (!e && rank == 0) e = RTK_EINVAL;
    if (!e) e = rtk_mpi_copy(comm, &s.comm);
    if (e) return e;
    while (!e && !closed) {
        MPI_Status next;
        e = rtk_mpi_await(s.comm, 0, MPI_ANY_TAG, &next);
        if (!e) e = answer(&s, next.MPI_TAG, &closed);
    }
    free_room(&s);
    if (!e) e = done(MPI_Comm_free(&s.comm));
    return e;
}

rtk_status rtk_mpi_serve(MPI_Comm comm) {
    return rtk_mpi_serve_by(comm, NULL, NULL);
}
