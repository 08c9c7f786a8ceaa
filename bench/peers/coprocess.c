#include "bench/peers/coprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"

enum { SIDES_MAX = 256, PROBES = 3 };
static const double sample_ns = 4e6, probe_ns = 5e5;

typedef struct request {
    size_t side;
    uint64_t calls;
} request;

static bool transfer(int fd, void *data, size_t n, bool out) {
    char *at = data;
    while (n) {
        ssize_t did = out ? write(fd, at, n) : read(fd, at, n);
        if (did < 0 && errno == EINTR) continue;
        if (did <= 0) return false;
        at += did;
        n -= (size_t)did;
    }
    return true;
}

/* ---- The co-process --------------------------------------------------------
 */

/* A side that was opened here. */
typedef struct seat {
    const rtk_side *side;
    void *state;
} seat;

static uint64_t timed(const seat *s, uint64_t calls) {
    uint64_t start = rtk_clock_ns();
    s->side->run(s->state, calls);
    return rtk_clock_ns() - start;
}

/* The smallest of several short probes: noise only ever adds. */
static uint64_t calibrate(const seat *s) {
    uint64_t calls = 1;
    double least = (double)timed(s, calls);
    while (least < probe_ns) {
        calls *= 2;
        least = (double)timed(s, calls);
    }
    for (int i = 1; i < PROBES; i++)
        least = fmin(least, (double)timed(s, calls));
    double wanted = sample_ns * (double)calls / least;
    return wanted > 1 ? (uint64_t)wanted : 1;
}

static void answer(seat *s, uint64_t calls, rtk_sample *sample) {
    if (!calls) {
        sample->status = s->side->open(s->side, &s->state, sample->sentence);
        if (sample->status && !sample->sentence[0])
            snprintf(sample->sentence, sizeof sample->sentence, "%s",
                     rtk_status_text(sample->status));
        if (!sample->status) sample->calls = calibrate(s);
        return;
    }
    /* Wake the runtime's threads and warm the caches. */
    s->side->run(s->state, 1 + calls / 5);
    sample->calls = calls;
    sample->wall_ns = timed(s, calls);
}

void rtk_coprocess_serve(const rtk_side *const *sides, size_t n) {
    static seat seats[SIDES_MAX];
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    /* What a library prints is not an answer. */
    dup2(STDERR_FILENO, STDOUT_FILENO);
    for (request r; transfer(in, &r, sizeof r, false);) {
        rtk_sample sample = {.status = RTK_EINVAL};
        if (r.side < n && n <= SIDES_MAX) {
            sample.status = RTK_OK;
            seats[r.side].side = sides[r.side];
            answer(&seats[r.side], r.calls, &sample);
        }
        if (!transfer(out, &sample, sizeof sample, true)) break;
    }
}

/* ---- Who asks --------------------------------------------------------------
 */

/* As every user would find it: no runtime is tuned, BLAS alone is serial. */
static void clean_environment(void) {
    static const char *const tuned[] = {
        "OMP_NUM_THREADS", "OMP_WAIT_POLICY",   "OMP_DYNAMIC",
        "OMP_PROC_BIND",   "OMP_PLACES",        "OMP_THREAD_LIMIT",
        "GOMP_SPINCOUNT",  "GOMP_CPU_AFFINITY", "KMP_BLOCKTIME",
        "KMP_AFFINITY",    "KMP_LIBRARY"};
    for (size_t i = 0; i < sizeof tuned / sizeof *tuned; i++)
        unsetenv(tuned[i]);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
}

__attribute__((noreturn)) static void become(int in, int out, pid_t parent,
                                             const char *group) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    clean_environment();
    execl("/proc/self/exe", "racetrack-peers", "--serve",
          group ? "--group" : (char *)NULL, group, (char *)NULL);
    _exit(EXIT_FAILURE);
}

static void stop(rtk_coprocess *c) {
    int status;
    if (kill(c->pid, SIGSTOP) == 0) waitpid(c->pid, &status, WUNTRACED);
}

rtk_status rtk_coprocess_start(rtk_coprocess *c, const char *group) {
    int to[2], from[2];
    pid_t parent = getpid();
    if (pipe2(to, O_CLOEXEC) != 0) return RTK_ETHREAD;
    if (pipe2(from, O_CLOEXEC) != 0) {
        close(to[0]);
        close(to[1]);
        return RTK_ETHREAD;
    }
    pid_t pid = fork();
    if (!pid) become(to[0], from[1], parent, group);
    close(to[0]);
    close(from[1]);
    *c =
        (rtk_coprocess){.pid = pid > 0 ? pid : 0, .to = to[1], .from = from[0]};
    if (pid < 0) {
        close(to[1]);
        close(from[0]);
        return RTK_ETHREAD;
    }
    stop(c);
    return RTK_OK;
}

void rtk_coprocess_ask(rtk_coprocess *c, size_t side, uint64_t calls,
                       rtk_sample *sample) {
    request r = {side, calls};
    *sample = (rtk_sample){.status = RTK_ETHREAD};
    if (c->pid) kill(c->pid, SIGCONT);
    if (c->pid && transfer(c->to, &r, sizeof r, true) &&
        transfer(c->from, sample, sizeof *sample, false)) {
        stop(c);
        return;
    }
    *sample = (rtk_sample){.status = RTK_ETHREAD};
    snprintf(sample->sentence, sizeof sample->sentence, "its process died");
    rtk_coprocess_end(c);
}

void rtk_coprocess_end(rtk_coprocess *c) {
    if (!c->pid) return;
    int status;
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) continue;
    close(c->to);
    close(c->from);
    c->pid = 0;
}
