/* Parts: free, claimed, done; and what becomes of one whose worker died. */

#include "kernels/workers/processes/process_course.h"

#include <sys/wait.h>

typedef rtk_process_course course;

static _Atomic uint64_t *word(const course *c, size_t part) {
    return &c->pool->states[part];
}

/* Relaxed: nobody runs a part. What parts wrote was acquired with the seats. */
static rtk_part_state get(const course *c, size_t part) {
    return rtk_part_read(
        atomic_load_explicit(word(c, part), memory_order_relaxed));
}

static void set(const course *c, size_t part, rtk_part_state s) {
    atomic_store_explicit(word(c, part), rtk_part_word(s),
                          memory_order_relaxed);
}

static void drop(rtk_processes *p) {
    rtk_arena_give_back(p->arena, p->states);
    p->states = NULL;
    p->room = 0;
}

rtk_status rtk_process_parts_free_all(course *c) {
    rtk_processes *p = c->pool;
    size_t parts = c->work->parts;
    void *memory = p->states;
    if (parts > UINT32_MAX) return RTK_ENOMEM;
    if (parts > p->room) {
        drop(p);
        rtk_status s =
            rtk_arena_take(p->arena, parts * sizeof *p->states, 0, &memory);
        if (s) return s;
        p->states = memory;
        p->room = parts;
    }
    for (size_t i = 0; i < parts; i++)
        set(c, i, (rtk_part_state){.state = PART_FREE});
    return RTK_OK;
}

/* A part whose worker died in it. */
static rtk_part_state mourn(course *c, size_t part, rtk_part_state s) {
    const rtk_process_seat *seat = &c->board->seat[s.seat];
    int ended = atomic_load_explicit(&seat->ended, memory_order_relaxed);
    bool killed = atomic_load_explicit(&seat->doomed, memory_order_relaxed);
    bool hung = killed && atomic_load_explicit(&seat->doomed_part,
                                               memory_order_relaxed) == part;
    c->end.last_part = part;
    c->end.last_signal = WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;
    c->end.last_exit = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    c->timed_out += hung;
    /* Not its fault: the part before it was late, and just made it. */
    if (!killed || hung) s.attempts++;
    if (hung || s.attempts > c->pool->retries)
        return (rtk_part_state){.status = hung ? RTK_ETIMEOUT : RTK_EDIED,
                                .state = PART_DONE};
    c->retried++;
    return (rtk_part_state){.attempts = s.attempts, .state = PART_FREE};
}

bool rtk_process_parts_recover(course *c) {
    size_t first = c->last, last = c->first;
    for (size_t i = c->first; i < c->last; i++) {
        rtk_part_state s = get(c, i);
        if (s.state == PART_DONE) continue;
        if (s.state == PART_CLAIMED) {
            s = mourn(c, i, s);
            set(c, i, s);
            if (s.state == PART_DONE) continue;
        }
        if (first == c->last) first = i;
        last = i + 1;
    }
    c->first = first;
    c->last = last;
    return first < last;
}

rtk_status rtk_process_parts_judge(const course *c, rtk_loop *loop) {
    size_t parts = c->work->parts, run = 0;
    rtk_status failure = RTK_OK;
    loop->failed_part = loop->first_unrun = parts;
    for (size_t i = 0; i < parts; i++) {
        rtk_part_state s = get(c, i);
        bool done = s.state == PART_DONE;
        run += done;
        if (!done && loop->first_unrun == parts) loop->first_unrun = i;
        if (!done || !s.status || failure) continue;
        failure = s.status;
        loop->failed_part = i;
    }
    loop->parts_run = run;
    if (failure) return failure;
    if (run == parts) return RTK_OK;
    return c->broken ? c->broken : RTK_ECANCELLED;
}

void rtk_process_parts_end(const course *c) {
    enum { KEPT = 1 << 16 };
    rtk_processes *p = c->pool;
    pthread_mutex_lock(&p->lock);
    p->counts.retried += c->retried;
    p->counts.timed_out += c->timed_out;
    if (c->end.last_part != SIZE_MAX) {
        p->counts.last_part = c->end.last_part;
        p->counts.last_signal = c->end.last_signal;
        p->counts.last_exit = c->end.last_exit;
    }
    pthread_mutex_unlock(&p->lock);
    if (p->room > KEPT) drop(p);
}
