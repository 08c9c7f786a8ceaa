/* The caller's side of a loop on processes. How it fits together is explained
 * in process_board.h. */

#include "kernels/workers/executors.h"
#include "kernels/workers/fp_modes.h"
#include "kernels/workers/processes/process_course.h"

enum {
    HEARTBEAT_NS = 100000000, /* all processes may have died: nobody wakes us */
    CANCEL_NS = 2000000,
    HUNGER_MOST = 20 /* failures to fork, 50 ms apart, with nobody there */
};

typedef rtk_process_course course;

static unsigned used(const course *c) {
    return atomic_load_explicit(&c->board->used, memory_order_acquire);
}

static uint32_t holds(const rtk_process_seat *seat) {
    /* Acquire what the worker did before it was buried. */
    return atomic_load_explicit(&seat->holds, memory_order_seq_cst);
}

static uint32_t left(const course *c) {
    return (uint32_t)atomic_load_explicit(&c->board->ticket,
                                          memory_order_seq_cst);
}

/* ---- Workers that take part -----------------------------------------------
 */

static bool invited(const course *c, const rtk_process_seat *seat) {
    return atomic_load_explicit(&seat->bell, memory_order_relaxed) ==
           c->pool->round;
}

static void ring(const course *c, rtk_process_seat *seat) {
    /* Release the job; pairs with called() in the worker, also as Dekker. */
    atomic_store_explicit(&seat->bell, c->pool->round, memory_order_seq_cst);
    rtk_process_rouse(seat);
}

/* Ring for as many as may take part and have something to do, those that died
 * not counted. */
static void invite(const course *c) {
    uint32_t wanted = left(c), there = 0;
    for (unsigned i = 0; i < used(c); i++)
        there += holds(&c->board->seat[i]) == SEAT_ALIVE &&
                 invited(c, &c->board->seat[i]);
    if (wanted > c->seats) wanted = c->seats;
    for (unsigned i = 0; i < used(c) && there < wanted; i++) {
        rtk_process_seat *seat = &c->board->seat[i];
        if (holds(seat) != SEAT_ALIVE || invited(c, seat) ||
            atomic_load_explicit(&seat->retire, memory_order_relaxed))
            continue;
        ring(c, seat);
        there++;
    }
}

static bool engaged(const course *c, const rtk_process_seat *seat) {
    /* Acquire what its parts wrote; pairs with rest() in the worker. */
    return atomic_load_explicit(&seat->at, memory_order_seq_cst) ==
           (((uint64_t)c->pool->round << 1) | 1);
}

/* The ticket first: who is not engaged after that claims nothing more. */
static bool over(const course *c) {
    if (left(c)) return false;
    for (unsigned i = 0; i < used(c); i++)
        if (engaged(c, &c->board->seat[i]) &&
            holds(&c->board->seat[i]) == SEAT_ALIVE)
            return false;
    return true;
}

/* ---- While a round runs ---------------------------------------------------
 */

/* Nothing more is claimed in this round. */
static void close_ticket(const course *c) {
    atomic_store_explicit(&c->board->ticket, (uint64_t)c->pool->round << 32,
                          memory_order_seq_cst);
}

static void obey(course *c) {
    if (c->cancelled || !c->work->cancel ||
        !rtk_cancel_requested(c->work->cancel))
        return;
    c->cancelled = true;
    /* Relaxed: the word is all that is handed over. */
    atomic_store_explicit(&c->board->cancelled, c->pool->round,
                          memory_order_relaxed);
    close_ticket(c);
}

/* Ask for the end of a worker whose part began at `since`. */
static void doom(const course *c, rtk_process_seat *seat, uint64_t since) {
    uint64_t part = atomic_load_explicit(&seat->part, memory_order_acquire);
    /* No two parts of a worker begin at the same time: if it is the same time,
     * it is that part's number. */
    if (atomic_load_explicit(&seat->since_ns, memory_order_acquire) != since ||
        atomic_load_explicit(&seat->doomed, memory_order_relaxed))
        return;
    atomic_store_explicit(&seat->doomed_part, part, memory_order_relaxed);
    /* Release the part's number; pairs with the server's exchange. */
    atomic_store_explicit(&seat->doomed, 1, memory_order_release);
    rtk_processes_poke(c->pool);
}

/* Doom those who are late; how long until the next may be, also one who has not
 * begun yet. 0: there is no limit. */
static uint64_t judge(const course *c) {
    uint64_t limit = c->pool->timeout_ns, next = limit;
    uint64_t now = limit ? rtk_process_now_ns() : 0;
    for (unsigned i = 0; limit && i < used(c); i++) {
        rtk_process_seat *seat = &c->board->seat[i];
        /* Acquire the part's number. */
        uint64_t since =
            atomic_load_explicit(&seat->since_ns, memory_order_acquire);
        if (!since || holds(seat) != SEAT_ALIVE || !engaged(c, seat)) continue;
        uint64_t spent = now > since ? now - since : 0;
        if (spent >= limit) {
            doom(c, seat, since);
            continue;
        }
        if (limit - spent < next) next = limit - spent;
    }
    return next;
}

static unsigned dead(const course *c) {
    unsigned count = 0;
    for (unsigned i = 0; i < used(c); i++)
        count += holds(&c->board->seat[i]) == SEAT_DEAD;
    return count;
}

/* Look after the round; how long to sleep. */
static uint64_t tend(course *c) {
    uint64_t ns = HEARTBEAT_NS, next = judge(c);
    obey(c);
    if (atomic_load_explicit(&c->board->starved, memory_order_relaxed) >=
        HUNGER_MOST)
        c->broken = RTK_ETHREAD;
    /* Before there is no seat left for a replacement. */
    if (c->broken || dead(c) >= PROCESS_SEATS / 4) close_ticket(c);
    invite(c);
    if (next && next < ns) ns = next;
    if (c->work->cancel && !c->cancelled && ns > CANCEL_NS) ns = CANCEL_NS;
    return ns;
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static uint32_t news(const course *c) {
    return atomic_load_explicit(&c->board->news, memory_order_seq_cst);
}

static bool look(course *c) {
    enum { LOOKS = 64 };
    uint32_t known = news(c);
    uint64_t end = rtk_process_now_ns() + PROCESS_LOOK_NS;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (over(c)) return true;
            relax();
        }
        if (news(c) != known) return false;
    } while (rtk_process_now_ns() < end);
    return false;
}

/* Wait until the round is over. Workers that rest and the server wake us, see
 * rtk_process_tell(). */
static void await(course *c) {
    rtk_process_board *b = c->board;
    bool brisk = atomic_load_explicit(&b->brisk, memory_order_relaxed);
    rtk_process_patience *patience = &c->pool->patience;
    if (over(c) || (brisk && rtk_process_may_look(patience) &&
                    rtk_process_looked(patience, look(c))))
        return;
    /* Dekker with rest() and rtk_process_tell(). */
    atomic_store_explicit(&b->waiting, 1, memory_order_seq_cst);
    for (;;) {
        uint32_t known = news(c);
        uint64_t ns = tend(c);
        if (over(c) || rtk_processes_gone(c->pool)) break;
        rtk_process_sleep(&b->news, known, ns);
    }
    atomic_store_explicit(&b->waiting, 0, memory_order_relaxed);
}

/* ---- Rounds ---------------------------------------------------------------
 */

static uint32_t take_of(const course *c, size_t count) {
    if (c->work->schedule == RTK_DYNAMIC) return 1;
    if (c->work->schedule == RTK_STATIC)
        return (uint32_t)(count / c->seats + (count % c->seats != 0));
    return 0;
}

static void write_job(const course *c) {
    rtk_process_board *b = c->board;
    const rtk_cancel *cancel = c->work->cancel;
    size_t count = c->last - c->first;
    /* Nobody is engaged: plain writes, published by the ticket. */
    b->job = (rtk_process_job){.run = c->work->run,
                               .arg = c->work->arg,
                               .states = c->pool->states,
                               .first = c->first,
                               .count = count,
                               .fp_modes = rtk_fp_modes(),
                               .timed = c->pool->timeout_ns != 0};
    if (rtk_arena_holds(c->pool->arena, cancel, sizeof *cancel))
        b->job.cancel = cancel;
    /* Relaxed: hints. */
    atomic_store_explicit(&b->seats, c->seats, memory_order_relaxed);
    atomic_store_explicit(&b->take, take_of(c, count), memory_order_relaxed);
    atomic_store_explicit(&b->brisk, c->seats < rtk_cpus_usable(),
                          memory_order_relaxed);
    if (!++c->pool->round) c->pool->round = 1;
    /* Release the job; pairs with claim() in the worker. */
    atomic_store_explicit(&b->ticket,
                          (uint64_t)c->pool->round << 32 | (uint32_t)count,
                          memory_order_seq_cst);
}

/* Seats of the dead may be used again: nothing speaks of them any more. */
static void empty_seats(const course *c) {
    bool any = false;
    for (unsigned i = 0; i < used(c); i++) {
        rtk_process_seat *seat = &c->board->seat[i];
        if (holds(seat) != SEAT_DEAD) continue;
        any = true;
        /* Release our reading; pairs with the server's search for a seat. */
        atomic_store_explicit(&seat->holds, SEAT_EMPTY, memory_order_release);
    }
    if (any) rtk_processes_poke(c->pool);
}

/* All processes died at once: their seats are of no use, and others must be
 * started. Their claims are dealt with first. */
static void restart(course *c) {
    if (rtk_processes_gone(c->pool)) c->broken = rtk_processes_start(c->pool);
}

static void run_rounds(course *c) {
    bool more = true;
    while (more && !c->broken && !c->cancelled) {
        write_job(c);
        obey(c);
        invite(c);
        await(c);
        more = rtk_process_parts_recover(c);
        empty_seats(c);
        if (more) restart(c);
    }
}

/* ---- A loop ---------------------------------------------------------------
 */

/* A function pointer as an address: only its bits count. */
static bool known(const rtk_processes *p, rtk_part run, const void *also) {
    return rtk_loaded_code_has(p->code, (const void *)(uintptr_t)run) &&
           (!also || rtk_loaded_code_has(p->code, also));
}

static rtk_status run_alone(course *c, const void *also, rtk_loop *loop) {
    rtk_status s = rtk_processes_start(c->pool);
    if (!s && !known(c->pool, c->work->run, also)) return RTK_EUNSUPPORTED;
    c->broken = s;
    s = rtk_process_parts_free_all(c);
    if (s) return s;
    /* A worker that died before has claimed nothing of this. */
    empty_seats(c);
    run_rounds(c);
    s = rtk_process_parts_judge(c, loop);
    rtk_process_parts_end(c);
    return s;
}

static unsigned seats(const rtk_processes *p, unsigned workers) {
    /* Relaxed: whichever of two numbers is right. */
    unsigned most =
        atomic_load_explicit(&p->board->wanted, memory_order_relaxed);
    return workers < most ? workers : most;
}

rtk_status rtk_process_run_code(rtk_processes *pool, const rtk_work *work,
                                const void *also, unsigned workers,
                                rtk_loop *loop) {
    course c = {.pool = pool,
                .board = pool->board,
                .work = work,
                .seats = seats(pool, workers ? workers : 1),
                .last = work->parts,
                .end.last_part = SIZE_MAX};
    loop->effective = c.seats;
    loop->parts_run = 0;
    loop->failed_part = work->parts;
    loop->first_unrun = 0;
    if (work->arg && !rtk_arena_holds(pool->arena, work->arg, 1))
        return RTK_EUNSUPPORTED;
    if (!work->parts) return RTK_OK;
    rtk_status s = rtk_processes_enter(pool, work->cancel);
    if (s) return s;
    s = run_alone(&c, also, loop);
    rtk_processes_leave(pool);
    return s;
}

rtk_status rtk_process_run(void *self, const rtk_work *work, unsigned workers,
                           rtk_loop *loop) {
    return rtk_process_run_code(self, work, NULL, workers, loop);
}

rtk_status rtk_process_map(void *self, rtk_part run, void *arg, size_t parts,
                           unsigned workers) {
    rtk_work work = {
        .size = sizeof work, .parts = parts, .run = run, .arg = arg};
    rtk_loop loop = {.size = sizeof loop};
    if (rtk_loop_in_part()) return rtk_serial_map(NULL, run, arg, parts, 1);
    return rtk_process_run(self, &work, workers, &loop);
}
