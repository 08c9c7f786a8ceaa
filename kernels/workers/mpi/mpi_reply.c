/* What comes back is checked item by item: a result is taken over only when it
 * is the next that this rank owes. */

#include "kernels/workers/mpi/mpi_ranks.h"

#include <stdbool.h>
#include <string.h>

void rtk_mpi_fault_note(rtk_mpi_run *run, rtk_map_fault fault, size_t part) {
    rtk_loop *l = run->loop;
    /* What looked like another order was a loss, when nothing more comes. */
    bool clearer = part == l->map_part && fault == RTK_MAP_DROPPED &&
                   l->map_fault == RTK_MAP_REORDERED;
    if (l->map_fault && part >= l->map_part && !clearer) return;
    l->map_fault = fault;
    l->map_part = part;
}

void rtk_mpi_failure_note(rtk_mpi_run *run, size_t item, rtk_status status) {
    if (item >= run->loop->failed_part) return;
    run->loop->failed_part = item;
    run->failure = status;
}

/* ---- What a rank owes -----------------------------------------------------
 */

static rtk_mpi_slot *oldest(rtk_mpi_peer *peer) {
    rtk_mpi_slot *found = NULL;
    for (int i = 0; i < RTK_MPI_AHEAD; i++) {
        rtk_mpi_slot *slot = &peer->slot[i];
        if (slot->order && (!found || slot->order < found->order)) found = slot;
    }
    return found;
}

static rtk_mpi_slot *starting_at(rtk_mpi_peer *peer, uint64_t first) {
    for (int i = 0; i < RTK_MPI_AHEAD; i++)
        if (peer->slot[i].order && peer->slot[i].batch.first == first)
            return &peer->slot[i];
    return NULL;
}

static bool owed(const rtk_mpi_run *run, uint64_t item) {
    for (unsigned rank = 1; rank < run->ranks; rank++)
        for (int i = 0; i < RTK_MPI_AHEAD; i++) {
            const rtk_mpi_slot *slot = &run->peers[rank].slot[i];
            if (slot->order && item - slot->batch.first < slot->batch.count)
                return true;
        }
    return false;
}

/* ---- What it sent ---------------------------------------------------------
 */

/* `item` lies where `place` should. */
static void misplaced(rtk_mpi_run *run, const rtk_mpi_slot *slot, uint64_t item,
                      size_t place) {
    bool seen = item - slot->batch.first < place - slot->batch.first;
    if (item >= run->next)
        rtk_mpi_fault_note(run, RTK_MAP_INVENTED, place);
    else if (seen || !owed(run, item))
        rtk_mpi_fault_note(run, RTK_MAP_REPEATED, item);
    else
        rtk_mpi_fault_note(run, RTK_MAP_REORDERED, place);
}

typedef struct reply {
    const char *results;
    const rtk_mpi_mark *marks;
    uint64_t count;
} reply;

static void take_items(rtk_mpi_run *run, const rtk_mpi_slot *slot,
                       const reply *r) {
    size_t first = slot->batch.first, size = run->job->result_size;
    for (size_t i = 0; i < r->count && i < slot->batch.count; i++) {
        if (r->marks[i].item != first + i) {
            misplaced(run, slot, r->marks[i].item, first + i);
            continue;
        }
        memcpy((char *)run->job->results + (first + i) * size,
               r->results + i * size, size);
        run->loop->parts_run++;
        rtk_status s = (rtk_status)r->marks[i].status;
        if (s) rtk_mpi_failure_note(run, first + i, s);
    }
    if (r->count < slot->batch.count)
        rtk_mpi_fault_note(run, RTK_MAP_DROPPED, first + r->count);
    else if (r->count > slot->batch.count)
        rtk_mpi_fault_note(run, RTK_MAP_INVENTED, first + slot->batch.count);
}

/* Whether `bytes` are a reply to a batch of this job. */
static bool read(const rtk_mpi_run *run, const char *bytes, size_t size,
                 reply *r) {
    rtk_mpi_reply head;
    if (size < RTK_MPI_ALIGN) return false;
    memcpy(&head, bytes, sizeof head);
    if (head.job != run->number) return false;
    if (!head.count || head.count > size / sizeof *r->marks) return false;
    if (size != rtk_mpi_reply_size(head.count, run->job->result_size))
        return false;
    size_t marks = rtk_mpi_marks_at(head.count, run->job->result_size);
    *r = (reply){bytes + RTK_MPI_ALIGN, (const rtk_mpi_mark *)(bytes + marks),
                 head.count};
    return true;
}

void rtk_mpi_reply_take(rtk_mpi_run *run, int rank, const char *bytes,
                        size_t size) {
    rtk_mpi_peer *peer = &run->peers[rank];
    rtk_mpi_slot *due = oldest(peer);
    reply r;
    if (!read(run, bytes, size, &r)) {
        rtk_mpi_fault_note(run, RTK_MAP_INVENTED,
                           due ? due->batch.first : run->job->n);
        return;
    }
    uint64_t item = r.marks[0].item;
    rtk_mpi_slot *slot = starting_at(peer, item);
    if (!slot && (!due || !owed(run, item))) {
        bool given = item < run->next;
        rtk_mpi_fault_note(run, given ? RTK_MAP_REPEATED : RTK_MAP_INVENTED,
                           given ? item
                           : due ? due->batch.first
                                 : run->job->n);
        return;
    }
    if (!slot) slot = due;
    if (slot != due)
        rtk_mpi_fault_note(run, RTK_MAP_REORDERED, due->batch.first);
    take_items(run, slot, &r);
    slot->order = 0;
}
