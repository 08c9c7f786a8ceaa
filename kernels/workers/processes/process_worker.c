/* A worker process: it waits for its bell, claims parts and runs them. What it
 * shares with others is explained in process_board.h. */

#include "kernels/workers/executors.h"
#include "kernels/workers/fork_watch.h"
#include "kernels/workers/fp_modes.h"
#include "kernels/workers/processes/process_board.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Of a worker process; it has one thread while it is between parts. */
static bool is_worker;
static bool is_twin; /* a child that a part has forked */
static int alive = -1;

typedef struct worker {
    rtk_process_board *board;
    rtk_process_seat *seat;
    unsigned index;
    uint32_t round; /* last looked at */
    rtk_process_patience patience;
} worker;

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void rtk_process_exit_here(void) {
    if (!is_worker) return;
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

/* ---- A share of a round ---------------------------------------------------
 */

/* Claim parts; how many, and how many were left before. */
static uint32_t claim(worker *w, uint32_t *left) {
    rtk_process_board *b = w->board;
    uint32_t fixed = atomic_load_explicit(&b->take, memory_order_relaxed);
    uint32_t seats = atomic_load_explicit(&b->seats, memory_order_relaxed);
    uint64_t ticket = atomic_load_explicit(&b->ticket, memory_order_acquire);
    uint32_t take;
    do {
        enum { RUNS = 8 }; /* of parts for each worker, if all are equal */
        *left = (uint32_t)ticket;
        if (ticket >> 32 != w->round || !*left) return 0;
        take = fixed ? fixed : *left / (RUNS * (seats ? seats : 1));
        if (!take) take = 1;
        if (take > *left) take = *left;
        /* Acquire the job: the ticket was released by the caller, and claims
         * continue its release sequence. */
    } while (!atomic_compare_exchange_weak_explicit(
        &b->ticket, &ticket, ticket - take, memory_order_seq_cst,
        memory_order_acquire));
    return take;
}

static bool stopped(const worker *w, const rtk_process_job *j) {
    /* Relaxed: the word is all that is handed over. */
    return atomic_load_explicit(&w->board->cancelled, memory_order_relaxed) ==
               w->round ||
           (j->cancel && rtk_cancel_requested(j->cancel));
}

/* The marks are read when this process is no more, so what counts is that they
 * are made in this order: the release keeps the work before its second mark,
 * and a call is not moved across the first. */
static void one(worker *w, const rtk_process_job *j, size_t part) {
    rtk_process_seat *seat = w->seat;
    _Atomic uint64_t *word = &j->states[part];
    rtk_part_state s =
        rtk_part_read(atomic_load_explicit(word, memory_order_relaxed));
    if (s.state != PART_FREE) return;
    s.state = PART_CLAIMED;
    s.seat = w->index;
    atomic_store_explicit(word, rtk_part_word(s), memory_order_seq_cst);
    if (j->timed) {
        /* Release the part's number; pairs with the caller's look at who
         * hangs. */
        atomic_store_explicit(&seat->part, part, memory_order_relaxed);
        atomic_store_explicit(&seat->since_ns, rtk_process_now_ns(),
                              memory_order_release);
    }
    s.status = j->run(j->arg, part);
    if (is_twin) _exit(EXIT_FAILURE);
    s.state = PART_DONE;
    if (j->timed)
        atomic_store_explicit(&seat->since_ns, 0, memory_order_relaxed);
    atomic_store_explicit(word, rtk_part_word(s), memory_order_release);
}

static void take_part(worker *w) {
    const rtk_process_job *j = &w->board->job;
    uint32_t left = 0, taken;
    bool first = true;
    while ((taken = claim(w, &left))) {
        if (first) rtk_fp_modes_set(j->fp_modes);
        first = false;
        size_t from = j->first + (j->count - left);
        for (size_t i = from; i < from + taken && !stopped(w, j); i++)
            one(w, j, i);
    }
    /* What parts print shall not wait for this process's end. */
    fflush(stdout);
}

/* ---- Between rounds -------------------------------------------------------
 */

static bool called(const worker *w) {
    /* Acquire; pairs with the caller's ring. */
    return atomic_load_explicit(&w->seat->bell, memory_order_seq_cst) !=
               w->round ||
           atomic_load_explicit(&w->seat->retire, memory_order_seq_cst);
}

static bool look(const worker *w) {
    enum { LOOKS = 64 };
    uint64_t end = rtk_process_now_ns() + PROCESS_LOOK_NS;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (called(w)) return true;
            relax();
        }
    } while (rtk_process_now_ns() < end);
    return false;
}

/* Sleep until the caller rings or the server retires us: rtk_process_rouse().
 */
static void doze(const worker *w) {
    _Atomic uint32_t *asleep = &w->seat->asleep;
    while (!called(w)) {
        /* Dekker with the ring: it is stored before it looks here. */
        atomic_store_explicit(asleep, 1, memory_order_seq_cst);
        if (!called(w)) rtk_process_sleep(asleep, 1, 0);
    }
    atomic_store_explicit(asleep, 0, memory_order_relaxed);
}

static void await(worker *w) {
    /* Relaxed: advice. */
    bool brisk = atomic_load_explicit(&w->board->brisk, memory_order_relaxed);
    if (!brisk || !rtk_process_may_look(&w->patience) ||
        !rtk_process_looked(&w->patience, look(w)))
        doze(w);
    if (atomic_load_explicit(&w->seat->retire, memory_order_relaxed))
        _exit(EXIT_SUCCESS);
    w->round = atomic_load_explicit(&w->seat->bell, memory_order_acquire);
}

static void rest(worker *w) {
    /* Release what the parts wrote; pairs with the caller's look at its seats.
     * Dekker with its sleep. */
    atomic_store_explicit(&w->seat->at, (uint64_t)w->round << 1,
                          memory_order_seq_cst);
    if (atomic_load_explicit(&w->board->waiting, memory_order_seq_cst))
        rtk_process_tell(w->board);
}

static void engage(worker *w) {
    /* Before the claim, in the one order of all: a caller that sees the ticket
     * used up and us not engaged has our claim fail. */
    atomic_store_explicit(&w->seat->at, ((uint64_t)w->round << 1) | 1,
                          memory_order_seq_cst);
}

/* ---- Birth ----------------------------------------------------------------
 */

/* A child that a part forks must not look like a worker that lives. */
static void twin(void *self) {
    (void)self;
    is_twin = true;
    close(alive);
}

/* A crash shall end the process, whatever the application does about its own;
 * what a terminal or a service manager sends to all is for the application. */
static void signals(void) {
    static const int left_to_the_caller[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM};
    sigset_t none;
    for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
    for (unsigned i = 0; i < 4; i++) signal(left_to_the_caller[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Until the server has written our number down nothing is run: what has none
 * has done nothing. */
static void await_number(const worker *w, pid_t me) {
    while (atomic_load_explicit(&w->seat->pid, memory_order_acquire) != me)
        rtk_process_sleep((_Atomic uint32_t *)&w->seat->pid, 0, 0);
}

void rtk_process_work(rtk_process_board *board, unsigned index, pid_t server,
                      int life) {
    static rtk_fork_watcher watcher = {.child = twin};
    worker w = {.board = board, .seat = &board->seat[index], .index = index};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != server) _exit(EXIT_FAILURE);
    prctl(PR_SET_NAME, "rtk-worker");
    is_worker = true;
    alive = life;
    if (rtk_fork_watch(&watcher)) _exit(EXIT_FAILURE);
    rtk_loop_enter_worker();
    await_number(&w, getpid());
    signals();
    for (;;) {
        await(&w);
        engage(&w);
        take_part(&w);
        rest(&w);
    }
}
