/* Which threads wait without an end, from /proc/<process>/task/<thread>/syscall
 * (the call that a sleeping thread is in, with its arguments) and /status.
 *
 * Not blocked are: a thread that runs or is ready to, that sleeps in any call
 * with a time limit, waits for a file, a socket, poll(), a signal, or is in a
 * call that is not known here. One of them is enough to accuse nobody: it may
 * be about to wake the others. */
#include "stress/group_look.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Read a small file of /proc as text; false: it is gone, or not for us. */
static bool slurp(const char *path, char *text, size_t room) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, room - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    return n > 0;
}

/* ---- Processes --------------------------------------------------------------
 */

static bool has(const rtk_group *g, pid_t process) {
    for (size_t i = 0; i < g->n; i++)
        if (g->process[i] == process) return true;
    return false;
}

static void add(rtk_group *g, pid_t process) {
    if (process <= 0 || has(g, process)) return;
    if (g->n == RTK_GROUP_MAX)
        g->whole = false;
    else
        g->process[g->n++] = process;
}

/* Call `each` for every number that names an entry of `folder`. */
static void entries(const char *folder, void (*each)(pid_t, void *),
                    void *arg) {
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));)
        if (isdigit((unsigned char)e->d_name[0]))
            each((pid_t)atoi(e->d_name), arg);
    if (d) closedir(d);
}

/* A search for the children of one process. */
typedef struct brood {
    rtk_group *group;
    pid_t parent;
} brood;

static void add_children(pid_t thread, void *arg) {
    const brood *b = arg;
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", b->parent, thread);
    if (!slurp(path, text, sizeof text)) return;
    char *rest = text;
    for (const char *word; (word = strtok_r(NULL, " ", &rest));)
        add(b->group, (pid_t)atoi(word));
}

/* A search for all that belong to a group of the system's. */
typedef struct search {
    rtk_group *group;
    pid_t leader;
} search;

static void add_member(pid_t process, void *arg) {
    const search *s = arg;
    if (getpgid(process) == s->leader) add(s->group, process);
}

void rtk_group_find(rtk_group *group, pid_t leader, bool thorough) {
    group->n = 0;
    group->whole = true;
    add(group, leader);
    if (thorough) {
        search s = {group, leader};
        entries("/proc", add_member, &s);
    }
    for (size_t i = 0; i < group->n; i++) {
        char folder[64];
        brood b = {group, group->process[i]};
        snprintf(folder, sizeof folder, "/proc/%d/task", b.parent);
        entries(folder, add_children, &b);
    }
}

/* ---- One thread -------------------------------------------------------------
 */

/* A thread that is asleep, and the call that it is in. */
typedef struct sleeper {
    pid_t process, thread;
    long call;
    unsigned long argument[4];
    char state;
    uint64_t blocked_signals, caught_signals, switches;
} sleeper;

/* The value behind `key`, a line of /proc/<>/status; 0: not there. */
static uint64_t value(const char *status, const char *key, int base) {
    const char *at = strstr(status, key);
    return at ? strtoull(at + strlen(key), NULL, base) : 0;
}

/* False: it runs, has ended, or cannot be looked at. */
static bool asleep(sleeper *s) {
    char path[64], call[256], text[4096];
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", s->process,
             s->thread);
    if (!slurp(path, call, sizeof call) || call[0] == 'r') return false;
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", s->process,
             s->thread);
    if (!slurp(path, text, sizeof text)) return false;
    const char *state = strstr(text, "\nState:\t");
    s->state = state ? state[8] : '?';
    s->blocked_signals = value(text, "\nSigBlk:\t", 16);
    s->caught_signals = value(text, "\nSigCgt:\t", 16);
    s->switches = value(text, "\nvoluntary_ctxt_switches:\t", 10) +
                  value(text, "\nnonvoluntary_ctxt_switches:\t", 10);
    return s->state == 'S' &&
           sscanf(call, "%ld %lx %lx %lx %lx", &s->call, &s->argument[0],
                  &s->argument[1], &s->argument[2], &s->argument[3]) == 5;
}

/* Whether it waits for a futex without a time limit. */
static bool at_futex(const sleeper *s) {
    int what = (int)s->argument[1] & FUTEX_CMD_MASK;
    return s->call == SYS_futex && s->argument[3] == 0 &&
           (what == FUTEX_WAIT || what == FUTEX_WAIT_BITSET ||
            what == FUTEX_LOCK_PI || what == FUTEX_LOCK_PI2 ||
            what == FUTEX_WAIT_REQUEUE_PI);
}

static bool at_child(const sleeper *s) {
    return s->call == SYS_wait4 || s->call == SYS_waitid;
}

static bool at_pipe(const sleeper *s) {
    char path[64], target[64];
    if (s->call != SYS_read) return false;
    snprintf(path, sizeof path, "/proc/%d/fd/%lu", s->process, s->argument[0]);
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = 0;
    return strncmp(target, "pipe:", 5) == 0;
}

/* ThreadSanitizer has a thread or two of its own in each process with threads,
 * which sleep for 100 ms at a time and wake nobody. They block all signals that
 * come from outside, and sleep by the system call nanosleep; libc has not used
 * it since 2.31. */
static bool is_sanitizers(const sleeper *s) {
    static const int outside[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2,
                                  SIGALRM, SIGTERM, SIGCHLD, SIGWINCH};
    uint64_t all = 0;
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        all |= UINT64_C(1) << (outside[i] - 1);
    return strcmp(RTK_LANE, "tsan") == 0 && s->call == SYS_nanosleep &&
           (s->blocked_signals & all) == all;
}

/* ---- All of them ------------------------------------------------------------
 */

/* A look in the making. */
typedef struct view {
    rtk_group_look look;
    pid_t process;
} view;

static uint64_t mix(uint64_t trace, uint64_t bits) {
    return (trace ^ bits) * UINT64_C(0x9e3779b97f4a7c15) + (trace >> 29);
}

static void see(pid_t thread, void *arg) {
    view *v = arg;
    sleeper s = {.process = v->process, .thread = thread};
    if (!v->look.blocked) return;
    if (!asleep(&s)) {
        /* One that has ended, and was not waited for, holds nobody up. */
        v->look.blocked = s.state == 'Z' || s.state == 'X';
        return;
    }
    if (is_sanitizers(&s)) return;
    bool pipe = at_pipe(&s);
    v->look.blocked = at_futex(&s) || at_child(&s) || pipe;
    if (pipe) {
        v->look.pipe_reader = v->process;
        v->look.pipe = (int)s.argument[0];
    }
    v->look.alarm |= (s.caught_signals >> (SIGALRM - 1)) & 1;
    v->look.threads++;
    v->look.trace = mix(mix(mix(v->look.trace, (uint64_t)thread), s.switches),
                        s.argument[0]);
}

/* Timers by timer_create(). */
static bool has_timers(pid_t process) {
    char path[64], text[16];
    snprintf(path, sizeof path, "/proc/%d/timers", process);
    return slurp(path, text, sizeof text);
}

static bool is_gone(pid_t process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    if (!slurp(path, text, sizeof text)) return true;
    const char *name_end = strrchr(text, ')');
    return name_end && (name_end[2] == 'Z' || name_end[2] == 'X');
}

rtk_group_look rtk_group_look_at(const rtk_group *group) {
    view v = {.look = {.blocked = group->whole, .pipe = -1}};
    for (size_t i = 0; i < group->n && v.look.blocked; i++) {
        char folder[64];
        unsigned before = v.look.threads;
        v.process = group->process[i];
        snprintf(folder, sizeof folder, "/proc/%d/task", v.process);
        entries(folder, see, &v);
        if (v.look.threads > before)
            v.look.alarm |= has_timers(v.process);
        else if (v.look.blocked)
            v.look.blocked = i > 0 && is_gone(v.process);
    }
    return v.look;
}

/* ---- Pipes ------------------------------------------------------------------
 */

/* A search for a pipe among the descriptors of others. */
typedef struct hunt {
    const rtk_group *group;
    char pipe[64];
    pid_t process;
    bool found;
} hunt;

static void compare(pid_t descriptor, void *arg) {
    hunt *h = arg;
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", h->process, descriptor);
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = 0;
    h->found |= strcmp(target, h->pipe) == 0;
}

static void search_in(pid_t process, void *arg) {
    hunt *h = arg;
    char folder[64];
    if (h->found || has(h->group, process)) return;
    h->process = process;
    snprintf(folder, sizeof folder, "/proc/%d/fd", process);
    entries(folder, compare, h);
}

bool rtk_group_owns_pipe(const rtk_group *group, const rtk_group_look *look) {
    hunt h = {.group = group};
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", look->pipe_reader,
             look->pipe);
    if (readlink(path, h.pipe, sizeof h.pipe - 1) <= 0) return false;
    entries("/proc", search_in, &h);
    return !h.found;
}

/* ---- Time -------------------------------------------------------------------
 */

/* CPU time in /proc/<>/stat at `path`; `all`: with that of children that were
 * waited for. */
static uint64_t cpu_of(const char *path, bool all, char *state) {
    char text[1024];
    unsigned long user, kernel, users, kernels;
    *state = '?';
    if (!slurp(path, text, sizeof text)) return 0;
    const char *name_end = strrchr(text, ')');
    if (!name_end || sscanf(name_end + 2,
                            "%c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu "
                            "%lu %lu %lu",
                            state, &user, &kernel, &users, &kernels) != 5)
        return 0;
    uint64_t ticks = user + kernel + (all ? users + kernels : 0);
    return ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

uint64_t rtk_group_cpu_ms(const rtk_group *group) {
    uint64_t sum = 0;
    char path[64], state;
    for (size_t i = 0; i < group->n; i++) {
        snprintf(path, sizeof path, "/proc/%d/stat", group->process[i]);
        sum += cpu_of(path, true, &state);
    }
    return sum;
}

bool rtk_thread_runs(pid_t thread, uint64_t *cpu_ms) {
    char path[64], state;
    /* A thread's own number serves there as well as its process's. */
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", thread, thread);
    *cpu_ms = cpu_of(path, false, &state);
    return state == 'R';
}

/* Threads that were ready in some look, and in how many. */
enum { READY_MAX = 64, LOOKS = 20, MOST = 16, APART_NS = 10000000 };

typedef struct ready {
    pid_t thread[READY_MAX];
    unsigned looks[READY_MAX];
    size_t n;
} ready;

static void note_ready(pid_t thread, void *arg) {
    ready *r = arg;
    uint64_t cpu_ms;
    size_t i = 0;
    if (!rtk_thread_runs(thread, &cpu_ms)) return;
    while (i < r->n && r->thread[i] != thread) i++;
    if (i == READY_MAX) return;
    if (i == r->n) r->thread[r->n++] = thread;
    r->looks[i]++;
}

bool rtk_group_wants_cpu(const rtk_group *group) {
    ready r = {0};
    char folder[64];
    for (unsigned look = 0; look < LOOKS; look++) {
        for (size_t i = 0; i < group->n; i++) {
            snprintf(folder, sizeof folder, "/proc/%d/task", group->process[i]);
            entries(folder, note_ready, &r);
        }
        nanosleep(&(struct timespec){.tv_nsec = APART_NS}, NULL);
    }
    for (size_t i = 0; i < r.n; i++)
        if (r.looks[i] >= MOST) return true;
    return false;
}
