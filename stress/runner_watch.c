/* Waiting for a trial, and seeing from outside that it will not end.
 *
 * A trial that has not ended after a while is looked at now and then. When all
 * its threads are blocked, and none has run between several looks, it is a
 * deadlock, however much of its time is left. A trial that is still there when
 * its time is up has made no progress, or is just slow; both are told and
 * killed: a crash inside a sanitizer's report can hang a process for good. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/report.h"
#include "stress/runner.h"

enum {
    FIRST_MS = 40, /* the smallest trials have ended by then */
    EACH_MS = 25,
    STILL = 4,         /* looks that a deadlock must look the same */
    STILL_ALARM = 60,  /* when a timer may still end it */
    BUSY_PERCENT = 10, /* of a CPU: less is waiting, not working */
    LOST_MS = 1000,    /* an actor is not lost before */
    LOST_TIMES = 50,   /* nor before so many of its own calls would fit */
    LOST_OTHERS = 50   /* nor before others have made so many calls each */
};

/* How far an actor was when it was last seen to get on. */
typedef struct seen {
    uint64_t calls, at_ns, begun_ns, others, cpu_ms;
    bool begun;
} seen;

/* A trial that is watched. */
typedef struct watch {
    pid_t child;
    int fd; /* of the process; readable when it has ended */
    unsigned timeout_ms;
    uint64_t begun_ns;
    const rtk_pulse_page *pulse; /* NULL: it has none */
    rtk_printed *printed;        /* NULL: what it prints is not taken */

    unsigned still; /* looks in a row with the same trace, all blocked */
    uint64_t trace;
    /* Calls that have ended, actors that have begun and are over; when one
     * last did, and the CPU time until then. */
    uint64_t steps, moved_ns, moved_cpu_ms;
    bool over; /* all actors have ended */
    bool told_lost;
    seen actor[RTK_ACTORS_MAX];
} watch;

static uint64_t ms_since(uint64_t ns) {
    return (rtk_clock_ns() - ns) / 1000000;
}

/* Wait for its end; false when the time is up. */
static bool ends_within(const watch *w, unsigned ms) {
    struct pollfd end = {.fd = w->fd, .events = POLLIN};
    int n;
    while ((n = poll(&end, 1, (int)ms)) < 0 && errno == EINTR) {
    }
    return n > 0;
}

/* ---- Findings ---------------------------------------------------------------
 */

static void tell(const char *kind, const char *summary,
                 const rtk_group *group) {
    rtk_line line;
    rtk_finding_begin(&line, "hang", kind, summary);
    rtk_runner_stacks(&line, group);
    rtk_line_end(&line);
}

static void tell_deadlock(const watch *w, const rtk_group *group,
                          unsigned threads) {
    char summary[160];
    snprintf(summary, sizeof summary,
             "%u threads are left, and each waits for another without an end "
             "(seen after %llu ms)",
             threads, (unsigned long long)ms_since(w->begun_ns));
    tell("all threads are blocked", summary, group);
}

/* When the time is up: what was it doing? */
static void tell_late(const watch *w) {
    char summary[200];
    rtk_group group;
    rtk_group_find(&group, w->child, true);
    uint64_t cpu = rtk_group_cpu_ms(&group);
    uint64_t idle = ms_since(w->moved_ns), used = cpu - w->moved_cpu_ms;
    /* Half of the time without a call is not just a slow one. */
    bool stuck = w->pulse && !w->over && idle * 2 > w->timeout_ms;
    bool busy = cpu > w->moved_cpu_ms && used * 100 > idle * BUSY_PERCENT;
    if (stuck && !busy) busy = rtk_group_wants_cpu(&group);
    if (stuck && busy)
        snprintf(summary, sizeof summary,
                 "no call of an actor has ended for %llu ms, in which the "
                 "trial used %llu ms of CPU time; it was killed",
                 (unsigned long long)idle, (unsigned long long)used);
    else
        snprintf(summary, sizeof summary,
                 "no end after %llu ms; the trial was killed",
                 (unsigned long long)ms_since(w->begun_ns));
    tell(stuck && busy ? "no progress" : "hang", summary, &group);
}

/* ---- Progress ---------------------------------------------------------------
 */

/* Whether actor `i` stands still for far longer than its own calls took, while
 * the others go on, and not because it gets no CPU. */
static bool lost(watch *w, unsigned i, uint64_t all, unsigned actors) {
    seen *s = &w->actor[i];
    const rtk_pulse_beat *b = &w->pulse->beat[i];
    uint64_t calls = atomic_load_explicit(&b->calls, memory_order_relaxed);
    int thread = atomic_load_explicit(&b->thread, memory_order_relaxed);
    uint64_t now = rtk_clock_ns(), cpu;
    if (!s->begun || calls != s->calls) {
        if (!s->begun) s->begun_ns = now;
        rtk_thread_runs(thread, &s->cpu_ms);
        s->begun = true;
        s->calls = calls;
        s->at_ns = now;
        s->others = all - calls;
        return false;
    }
    uint64_t each = calls ? (s->at_ns - s->begun_ns) / calls : 0;
    uint64_t since = now - s->at_ns;
    if (since < (uint64_t)LOST_MS * 1000000 || since < LOST_TIMES * each ||
        all - calls - s->others < (uint64_t)LOST_OTHERS * (actors - 1) ||
        actors < 2)
        return false;
    bool ready = rtk_thread_runs(thread, &cpu);
    return !ready || cpu > s->cpu_ms;
}

static void tell_lost(watch *w, unsigned i) {
    char summary[160];
    rtk_group group;
    snprintf(summary, sizeof summary,
             "actor %u has ended no call for %llu ms, while the others ended "
             "%d and more each",
             i, (unsigned long long)ms_since(w->actor[i].at_ns), LOST_OTHERS);
    rtk_group_find(&group, w->child, true);
    tell("lost progress", summary, &group);
    w->told_lost = true;
}

static void follow_pulse(watch *w, const rtk_group *group) {
    uint64_t all = 0;
    unsigned begun = 0, over = 0;
    if (!w->pulse) return;
    for (unsigned i = 0; i < w->pulse->n; i++) {
        const rtk_pulse_beat *b = &w->pulse->beat[i];
        all += atomic_load_explicit(&b->calls, memory_order_relaxed);
        begun += atomic_load_explicit(&b->thread, memory_order_relaxed) != 0;
        over += atomic_load_explicit(&b->over, memory_order_relaxed);
    }
    w->over = begun && over == begun;
    if (all + begun + over != w->steps || !w->moved_cpu_ms) {
        w->steps = all + begun + over;
        w->moved_ns = rtk_clock_ns();
        w->moved_cpu_ms = rtk_group_cpu_ms(group);
    }
    for (unsigned i = 0; i < w->pulse->n && !w->told_lost; i++) {
        const rtk_pulse_beat *b = &w->pulse->beat[i];
        if (atomic_load_explicit(&b->thread, memory_order_relaxed) &&
            !atomic_load_explicit(&b->over, memory_order_relaxed) &&
            lost(w, i, all, begun))
            tell_lost(w, i);
    }
}

/* ---- Deadlock ---------------------------------------------------------------
 */

/* The last look before somebody is accused, at all there is. */
static bool sure(const watch *w) {
    rtk_group group;
    rtk_group_find(&group, w->child, true);
    rtk_group_look look = rtk_group_look_at(&group);
    if (!look.blocked || look.trace != w->trace ||
        (look.pipe >= 0 && !rtk_group_owns_pipe(&group, &look)))
        return false;
    tell_deadlock(w, &group, look.threads);
    return true;
}

/* One look; true: it is a deadlock, and was told. */
static bool blocked(watch *w) {
    rtk_group group;
    rtk_group_find(&group, w->child, false);
    rtk_group_look look = rtk_group_look_at(&group);
    w->still = !look.blocked ? 0 : look.trace == w->trace ? w->still + 1 : 1;
    w->trace = look.trace;
    follow_pulse(w, &group);
    if (w->printed) rtk_printed_take(w->printed);
    return w->still >= (look.alarm ? STILL_ALARM : STILL) && sure(w);
}

/* How much of its time the trial has left, in ms: what is slow, on a machine
 * that is busy, is given more as long as it gets on. */
static unsigned time_left(const watch *w) {
    uint64_t idle = ms_since(w->moved_ns), gone = ms_since(w->begun_ns);
    uint64_t most = (uint64_t)w->timeout_ms * RTK_SLOW_TIMES;
    if (idle >= w->timeout_ms || gone >= most) return 0;
    uint64_t left = w->timeout_ms - idle;
    return (unsigned)(left < most - gone ? left : most - gone);
}

/* False: the trial would not have ended, which has been told. */
static bool ends(watch *w) {
    unsigned wait = FIRST_MS;
    for (;;) {
        unsigned left = time_left(w);
        if (ends_within(w, left < wait ? left : wait)) return true;
        if (left <= wait) break;
        if (blocked(w)) return false;
        wait = EACH_MS;
    }
    tell_late(w);
    return false;
}

const char *rtk_runner_watch(pid_t child, unsigned timeout_ms,
                             const rtk_pulse_page *pulse, rtk_printed *printed,
                             int *number) {
    watch w = {.child = child,
               .timeout_ms = timeout_ms,
               .begun_ns = rtk_clock_ns(),
               .pulse = pulse,
               .printed = printed};
    w.moved_ns = w.begun_ns;
    w.fd = (int)syscall(SYS_pidfd_open, child, 0);
    bool hung = !ends(&w);
    close(w.fd);
    if (hung) kill(child, SIGKILL);
    /* Actors that are processes belong to the trial's group. */
    kill(-child, SIGKILL);
    int how = 0;
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    if (printed) rtk_printed_take(printed);
    *number = WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how);
    if (hung) return "hung";
    if (WIFSIGNALED(how)) return *number == SIGKILL ? "killed" : "crashed";
    return *number ? "crashed" : "completed";
}
