/* Starting, gathering and joining the actors. */
#include "harness/actors.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/actor_loop.h"
#include "harness/fork_check.h"
#include "harness/lane.h"
#include "harness/oracles/oracle.h"
#include "harness/perturb/perturb.h"
#include "harness/worker.h"

/* ---- The gate -------------------------------------------------------------
 */

enum { SPINS = 200 };

static void arrive(rtk_gate *gate, unsigned n) {
    /* Each releases what it opened before the gate, the last acquires it all
     * and hands it on. */
    unsigned before =
        atomic_fetch_add_explicit(&gate->arrived, 1, memory_order_acq_rel);
    /* Pairs with the acquire in pass_gate(). */
    if (before + 1 == n)
        atomic_store_explicit(&gate->open, 1, memory_order_release);
}

static void note_end(rtk_actor *a, int how) {
    a->lost = how != 0;
    a->ended = true;
    a->lost_to = WIFSIGNALED(how) ? WTERMSIG(how) : -WEXITSTATUS(how);
}

unsigned rtk_team_part_end(const rtk_actor *first) {
    unsigned each = first->trial->usage->threads_each;
    unsigned end = first->index + (each ? each : 1);
    return end < first->team->n ? end : first->team->n;
}

/* A process that died before the gate would keep the others waiting there:
 * arrive for those in it. */
static void arrive_for_the_dead(rtk_team *team) {
    for (unsigned i = 1; i < team->n; i++) {
        rtk_actor *a = &team->actor[i];
        int how;
        if (!a->process || a->ended ||
            waitpid(a->process, &how, WNOHANG) != a->process)
            continue;
        note_end(a, how);
        for (unsigned k = i; k < rtk_team_part_end(a); k++)
            if (!team->seat[k].arrived) arrive(team->gate, team->n);
    }
}

static void pass_gate(rtk_actor *a) {
    rtk_gate *gate = a->team->gate;
    a->team->seat[a->index].arrived = true;
    arrive(gate, a->team->n);
    /* Pairs with the release in arrive(). The last actor's arrival ends it. */
    for (unsigned n = 1;
         !atomic_load_explicit(&gate->open, memory_order_acquire); n++) {
        if (n % SPINS) continue;
        if (a->index == 0) arrive_for_the_dead(a->team);
        sched_yield();
    }
}

/* ---- Bursts ----------------------------------------------------------------
 */

/* Bit 0 of `bursts` says that this was the last one, the rest counts. */
enum { LAST = 1, NEXT = 2 };

/* The last one there: let the others go on. */
static void dismiss(rtk_team *team, unsigned burst) {
    if (atomic_load_explicit(&team->over, memory_order_relaxed)) burst |= LAST;
    atomic_store_explicit(&team->gathered, 0, memory_order_relaxed);
    /* Pairs with the acquire of those that wait. */
    atomic_store_explicit(&team->bursts, burst + NEXT, memory_order_release);
    syscall(SYS_futex, &team->bursts, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL,
            0);
}

bool rtk_team_regroup(rtk_team *team, bool on) {
    /* It stays until this actor, too, is there. */
    unsigned burst = atomic_load_explicit(&team->bursts, memory_order_relaxed);
    unsigned now;
    if (!on) atomic_store_explicit(&team->over, true, memory_order_relaxed);
    /* Releases what this actor did, the last acquires it all. */
    unsigned before =
        atomic_fetch_add_explicit(&team->gathered, 1, memory_order_acq_rel);
    if (before + 1 == team->n) dismiss(team, burst);
    while ((now = atomic_load_explicit(&team->bursts, memory_order_acquire)) ==
           burst)
        syscall(SYS_futex, &team->bursts, FUTEX_WAIT_PRIVATE, burst, NULL, NULL,
                0);
    return !(now & LAST);
}

/* ---- One actor's life ------------------------------------------------------
 */

/* Whether the main thread closes what the actor has opened. */
static bool closed_by_other(const rtk_actor *a) {
    return a->trial->usage->actors == RTK_THREADS &&
           a->trial->conditions.at[RTK_AXIS_END] == RTK_END_OTHER;
}

static void live(rtk_actor *a) {
    rtk_instances how = a->trial->usage->instance;
    rtk_status s = RTK_OK;
    rtk_oracles_actor_begins(a);
    rtk_perturb_actor(a->index);
    if (how == RTK_INSTANCE_OWN) s = rtk_actor_open(a);
    pass_gate(a);
    if (how == RTK_INSTANCE_AFTER) s = rtk_actor_open(a);
    /* What a call must refuse, open() may. */
    bool refused =
        rtk_workers_refused(&a->trial->conditions) && s == RTK_EINVAL;
    if (s && !refused)
        rtk_actor_fail(a, s, "open() failed");
    else if (!s)
        rtk_actor_loop(a);
    if (how != RTK_INSTANCE_SHARED && !closed_by_other(a)) rtk_actor_close(a);
    rtk_oracles_actor_ends(a);
    rtk_worker_tell(a);
}

static void *thread_main(void *arg) {
    live(arg);
    return NULL;
}

static rtk_status start_thread(rtk_actor *a) {
    if (pthread_create(&a->thread, NULL, thread_main, a) != 0)
        return RTK_ETHREAD;
    a->started = true;
    return RTK_OK;
}

/* Start the threads of the actors [from, end), then be `first`, and join. */
static rtk_status live_with(rtk_actor *first, unsigned end) {
    rtk_team *team = first->team;
    rtk_status s = RTK_OK;
    unsigned i = first->index + 1;
    for (; !s && i < end; i += !s) s = start_thread(&team->actor[i]);
    /* Those that could not be started must not be waited for. */
    if (s) team->incomplete = true;
    for (; i < end; i++) arrive(team->gate, team->n);
    live(first);
    for (i = first->index + 1; i < end; i++)
        if (team->actor[i].started) pthread_join(team->actor[i].thread, NULL);
    return s;
}

rtk_status rtk_team_part(rtk_actor *first) {
    return live_with(first, rtk_team_part_end(first));
}

static void process_main(rtk_actor *a, pid_t parent) {
    rtk_fork_follow(a->trial, parent);
    rtk_lane_prepare();
    rtk_oracles_forked(a);
    if (rtk_team_part(a))
        rtk_actor_fail(a, RTK_ETHREAD, "a thread could not be started");
    /* A shared instance is this process's own copy since the fork. */
    if (a->trial->usage->instance == RTK_INSTANCE_SHARED) rtk_actor_close(a);
    rtk_fork_end(a->trial);
}

static rtk_status start_fork(rtk_actor *a) {
    pid_t parent = getpid(), child = fork();
    if (child < 0) return RTK_ETHREAD;
    if (child == 0) process_main(a, parent);
    a->process = child;
    return RTK_OK;
}

static void join_process(rtk_actor *a) {
    int how = 0;
    if (!a->process || a->ended) return;
    while (waitpid(a->process, &how, 0) < 0 && errno == EINTR) {
    }
    note_end(a, how);
}

/* Start the processes, and be ready to start with them; `team` has more than
 * threads. */
static rtk_status start_all(rtk_team *team) {
    bool spawned = team->actor[0].trial->usage->actors == RTK_SPAWNED;
    rtk_status s = spawned ? rtk_workers_begin(team) : RTK_OK;
    unsigned i = rtk_team_part_end(&team->actor[0]), n = 0;
    while (!s && i < team->n) {
        rtk_actor *a = &team->actor[i];
        s = spawned ? rtk_worker_start(a) : start_fork(a);
        if (s) break;
        i = rtk_team_part_end(a);
        n++;
    }
    for (; i < team->n; i++) arrive(team->gate, team->n);
    if (spawned) rtk_workers_go(team, n);
    return s;
}

rtk_status rtk_team_run(rtk_team *team) {
    rtk_actor *first = &team->actor[0];
    if (first->trial->usage->actors == RTK_THREADS)
        return live_with(first, team->n);
    rtk_status s = start_all(team);
    rtk_status own = rtk_team_part(first);
    for (unsigned i = 1; i < team->n; i++) join_process(&team->actor[i]);
    if (first->trial->usage->actors == RTK_SPAWNED)
        for (unsigned i = rtk_team_part_end(first); i < team->n; i++)
            rtk_worker_hear(&team->actor[i]);
    return s ? s : own;
}

/* ---- Overlap ----------------------------------------------------------------
 */

/* Whether a call of `a` overlaps [begun, ended]. Calls of one actor are in
 * order of time, so the first that ends after `begun` decides. */
static bool overlaps(const rtk_actor *a, uint64_t begun, uint64_t ended) {
    uint64_t lo = 0, hi = a->calls;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        if (a->ended_ns[mid] <= begun)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < a->calls && a->begun_ns[lo] < ended;
}

uint64_t rtk_team_overlap(const rtk_team *team) {
    uint64_t count = 0;
    for (unsigned i = 0; i < team->n; i++) {
        const rtk_actor *a = &team->actor[i];
        for (uint64_t n = 0; n < a->calls; n++)
            for (unsigned j = 0; j < team->n; j++)
                if (j != i &&
                    overlaps(&team->actor[j], a->begun_ns[n], a->ended_ns[n])) {
                    count++;
                    break;
                }
    }
    return count;
}
