/* Starting, gathering and joining the actors. */
#include "harness/actors.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/actor_loop.h"

/* ---- The gate ------------------------------------------------------------- */

static void wait_at_gate(rtk_team *team) {
    /* Release: the main thread may read what was opened before the gate.
     * Pairs with the acquire in gather(). */
    atomic_fetch_add_explicit(&team->arrived, 1, memory_order_release);
    /* Pairs with the release in open_gate(). */
    while (!atomic_load_explicit(&team->open, memory_order_acquire))
        sched_yield();
}

static void open_gate(rtk_team *team) {
    /* Pairs with the acquire in wait_at_gate(). */
    atomic_store_explicit(&team->open, 1, memory_order_release);
}

/* Actors whose process has died before the gate. */
static unsigned lost(rtk_team *team) {
    unsigned n = 0;
    for (unsigned i = 0; i < team->n; i++) {
        rtk_actor *a = &team->actor[i];
        int how;
        if (a->process > 0 && !a->lost &&
            waitpid(a->process, &how, WNOHANG) == a->process)
            a->lost = true;
        n += a->lost;
    }
    return n;
}

static void gather(rtk_team *team, unsigned expected) {
    /* Pairs with the release in wait_at_gate(). */
    while (atomic_load_explicit(&team->arrived, memory_order_acquire) +
               lost(team) <
           expected)
        sched_yield();
}

/* ---- One actor's life ------------------------------------------------------ */

static void live(rtk_actor *a) {
    rtk_instances how = a->trial->usage->instance;
    rtk_status s = RTK_OK;
    if (how == RTK_INSTANCE_OWN) s = rtk_actor_open(a);
    wait_at_gate(a->team);
    if (how == RTK_INSTANCE_AFTER) s = rtk_actor_open(a);
    if (s)
        rtk_actor_fail(a, s, "open() failed");
    else
        rtk_actor_loop(a);
    if (how != RTK_INSTANCE_SHARED) rtk_actor_close(a);
}

static void *thread_main(void *arg) {
    live(arg);
    return NULL;
}

static void process_main(rtk_actor *a, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);
    live(a);
    /* A shared instance is this process's own copy since the fork. */
    if (a->trial->usage->instance == RTK_INSTANCE_SHARED) rtk_actor_close(a);
    _exit(EXIT_SUCCESS);
}

static rtk_status start(rtk_actor *a) {
    if (a->trial->usage->actors == RTK_THREADS) {
        if (pthread_create(&a->thread, NULL, thread_main, a) != 0)
            return RTK_ETHREAD;
    } else {
        pid_t parent = getpid(), child = fork();
        if (child < 0) return RTK_ETHREAD;
        if (child == 0) process_main(a, parent);
        a->process = child;
    }
    a->started = true;
    return RTK_OK;
}

static void join(rtk_actor *a) {
    if (!a->started) return;
    if (a->trial->usage->actors == RTK_THREADS) {
        pthread_join(a->thread, NULL);
        return;
    }
    int how = 0;
    pid_t got = a->lost ? 0 : waitpid(a->process, &how, 0);
    if (got == a->process && (!WIFEXITED(how) || WEXITSTATUS(how) != 0))
        a->lost = true;
}

rtk_status rtk_team_run(rtk_team *team) {
    /* A process that was used before the fork takes part on both sides. */
    unsigned mine = team->actor[0].trial->usage->fork_idle ? 1 : 0;
    rtk_status s = RTK_OK;
    unsigned started = mine;
    for (; !s && started < team->n; started += !s)
        s = start(&team->actor[started]);
    gather(team, started - mine);
    open_gate(team);
    if (mine) rtk_actor_loop(&team->actor[0]);
    for (unsigned i = 0; i < team->n; i++) join(&team->actor[i]);
    return s;
}

/* ---- Overlap ---------------------------------------------------------------- */

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
                if (j != i && overlaps(&team->actor[j], a->begun_ns[n],
                                       a->ended_ns[n])) {
                    count++;
                    break;
                }
    }
    return count;
}
