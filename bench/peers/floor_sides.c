#include "bench/peers/floor_sides.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/peers/quantiles.h"
#include "harness/clock.h"

enum { SPACED_CALLS = 6 };

/* The line that goes to and fro. `turn` is odd when it is the helper's, who may
 * then read the job and write the result; else the caller's. */
typedef struct ball {
    _Alignas(128) _Atomic uint64_t turn;
    rtk_part part;
    void *arg;
    size_t index;
    rtk_status result;
} ball;

static ball line;

static void *return_balls(void *unused) {
    for (uint64_t mine = 1;; mine += 2) {
        /* Pairs with the caller's release: the job has been written. */
        while (atomic_load_explicit(&line.turn, memory_order_acquire) != mine)
            continue;
        line.result = line.part(line.arg, line.index);
        /* Pairs with the caller's acquire: the result has been written. */
        atomic_store_explicit(&line.turn, mine + 1, memory_order_release);
    }
    return unused;
}

static void play(uint64_t calls) {
    /* Relaxed: only the caller makes it odd. */
    uint64_t turn = atomic_load_explicit(&line.turn, memory_order_relaxed);
    for (uint64_t i = 0; i < calls; i++, turn += 2) {
        line.part = rtk_body_empty.part;
        line.arg = NULL;
        line.index = 1;
        /* The two pair with the helper's. */
        atomic_store_explicit(&line.turn, turn + 1, memory_order_release);
        while (atomic_load_explicit(&line.turn, memory_order_acquire) !=
               turn + 2)
            continue;
    }
}

static void run(void *state, uint64_t calls) {
    (void)state;
    play(calls);
}

static void measure_spaced(void *state, uint64_t calls, rtk_sample *sample) {
    double ns[SPACED_CALLS];
    (void)state;
    for (uint64_t i = 0; i < calls; i++) {
        rtk_be_busy();
        uint64_t start = rtk_clock_ns();
        play(1);
        ns[i] = (double)(rtk_clock_ns() - start);
    }
    sample->ns = rtk_quantile(ns, calls, 0.5);
}

/* The n-th usable CPU, or -1. */
static int usable(unsigned n) {
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof all, &all) != 0) return -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, &all) && !n--) return cpu;
    return -1;
}

static bool pin(pthread_t thread, int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    return pthread_setaffinity_np(thread, sizeof one, &one) == 0;
}

static rtk_status open_floor(const rtk_side *side, void **state,
                             char sentence[RTK_SIDE_SENTENCE]) {
    static pthread_t helper;
    static bool started;
    bool pinned = strcmp(side->peer, RTK_FLOOR_PINNED) == 0;
    int first = usable(0), second = usable(1);
    *state = &line;
    if (started) return RTK_OK;
    if (second < 0) {
        snprintf(sentence, RTK_SIDE_SENTENCE, "needs two CPUs");
        return RTK_EUNSUPPORTED;
    }
    if (pthread_create(&helper, NULL, return_balls, NULL) != 0)
        return RTK_ETHREAD;
    started = true;
    return !pinned || (pin(helper, second) && pin(pthread_self(), first))
               ? RTK_OK
               : RTK_ETHREAD;
}

void rtk_side_list_floors(rtk_side_list *list, const rtk_loop_case *l) {
    static const char *const names[] = {RTK_FLOOR_PINNED, RTK_FLOOR};
    bool spaced = l->rhythm == RTK_SPACED;
    for (int i = 0; i < 2; i++)
        rtk_side_list_add(
            list, (rtk_side){.group = l->group,
                             .title = l->body->title,
                             .peer = names[i],
                             .policy = rtk_policy_text(l->policy),
                             .rhythm = rtk_rhythm_text(l->rhythm),
                             .workers = l->workers,
                             .kind = RTK_KIND_BASE,
                             .waits = RTK_WAITS_ALL,
                             .process = names[i],
                             .calls = spaced ? SPACED_CALLS : 0,
                             .open = open_floor,
                             .run = run,
                             .measure = spaced ? measure_spaced : NULL});
}

/* ---- Waking ----------------------------------------------------------------
 */

/* 1: the sleeper shall wake up; it puts 0 there before it sleeps again. */
static _Alignas(128) _Atomic uint32_t bell;

static long futex(int operation, uint32_t value) {
    return syscall(SYS_futex, &bell, operation | FUTEX_PRIVATE_FLAG, value,
                   NULL, NULL, 0);
}

static void *sleep_again(void *unused) {
    for (;;) {
        /* Whoever rings in measure_wake() wakes this. */
        (void)futex(FUTEX_WAIT, 0);
        /* Relaxed: nothing is handed over. */
        atomic_store_explicit(&bell, 0, memory_order_relaxed);
    }
    return unused;
}

static void measure_wake(void *state, uint64_t calls, rtk_sample *sample) {
    double ns[SPACED_CALLS];
    (void)state;
    for (uint64_t i = 0; i < calls; i++) {
        rtk_be_busy();
        uint64_t start = rtk_clock_ns();
        /* Relaxed: nothing is handed over. */
        atomic_store_explicit(&bell, 1, memory_order_relaxed);
        (void)futex(FUTEX_WAKE, 1);
        ns[i] = (double)(rtk_clock_ns() - start);
    }
    sample->ns = rtk_quantile(ns, calls, 0.5);
}

static rtk_status open_wake(const rtk_side *side, void **state,
                            char sentence[RTK_SIDE_SENTENCE]) {
    pthread_t helper;
    bool pinned = strcmp(side->peer, RTK_WAKE) == 0;
    int first = usable(0), second = usable(1);
    *state = NULL;
    if (pinned && second < 0) {
        snprintf(sentence, RTK_SIDE_SENTENCE, "needs two CPUs");
        return RTK_EUNSUPPORTED;
    }
    if (pthread_create(&helper, NULL, sleep_again, NULL) != 0)
        return RTK_ETHREAD;
    return !pinned || (pin(helper, second) && pin(pthread_self(), first))
               ? RTK_OK
               : RTK_ETHREAD;
}

void rtk_side_list_wakes(rtk_side_list *list, const rtk_loop_case *l) {
    static const char *const names[] = {RTK_WAKE, RTK_WAKE_ANYWHERE};
    for (int i = 0; i < 2; i++)
        rtk_side_list_add(list, (rtk_side){.group = l->group,
                                           .title = l->body->title,
                                           .peer = names[i],
                                           .policy = rtk_policy_text(l->policy),
                                           .rhythm = rtk_rhythm_text(l->rhythm),
                                           .workers = l->workers,
                                           .kind = RTK_KIND_BASE,
                                           .process = names[i],
                                           .calls = SPACED_CALLS,
                                           .open = open_wake,
                                           .measure = measure_wake});
}
