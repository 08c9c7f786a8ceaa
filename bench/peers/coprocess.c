#include "bench/peers/coprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 60000 };

bool rtk_coprocess_read(int fd, void *data, size_t n) {
    for (char *at = data; n;) {
        ssize_t did = read(fd, at, n);
        if (did < 0 && errno == EINTR) continue;
        if (did <= 0) return false;
        at += did;
        n -= (size_t)did;
    }
    return true;
}

bool rtk_coprocess_write(int fd, const void *data, size_t n) {
    for (const char *at = data; n;) {
        ssize_t did = write(fd, at, n);
        if (did < 0 && errno == EINTR) continue;
        if (did <= 0) return false;
        at += did;
        n -= (size_t)did;
    }
    return true;
}

/* As every user would find it, but for the policy of the side: no runtime is
 * tuned, BLAS alone is serial. */
static void environment(const char *env) {
    static const char *const tuned[] = {
        "OMP_NUM_THREADS", "OMP_WAIT_POLICY",   "OMP_DYNAMIC",
        "OMP_PROC_BIND",   "OMP_PLACES",        "OMP_THREAD_LIMIT",
        "GOMP_SPINCOUNT",  "GOMP_CPU_AFFINITY", "KMP_BLOCKTIME",
        "KMP_AFFINITY",    "KMP_LIBRARY",       "RACETRACK_IDLE",
        "RACETRACK_SHARE"};
    for (size_t i = 0; i < sizeof tuned / sizeof *tuned; i++)
        unsetenv(tuned[i]);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    char name[64];
    const char *value = env ? strchr(env, '=') : NULL;
    if (!value) return;
    snprintf(name, sizeof name, "%.*s", (int)(value - env), env);
    setenv(name, value + 1, 1);
}

/* To the last CPU that may be used: the first has most of the interrupts. */
static void confine(void) {
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all) != 0) _exit(EXIT_FAILURE);
    size_t cpu = CPU_SETSIZE - 1;
    while (cpu > 0 && !CPU_ISSET(cpu, &all)) cpu--;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) _exit(EXIT_FAILURE);
}

__attribute__((noreturn)) static void become(int in, int out, pid_t parent,
                                             const rtk_side *side) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    environment(side->env);
    if (side->confined) confine();
    execl("/proc/self/exe", "racetrack-peers", "--serve", "--only", side->group,
          (char *)NULL);
    _exit(EXIT_FAILURE);
}

static void stop(rtk_coprocess *c) {
    int status;
    if (kill(c->pid, SIGSTOP) == 0) waitpid(c->pid, &status, WUNTRACED);
}

rtk_status rtk_coprocess_start(rtk_coprocess *c, const rtk_side *side) {
    int to[2], from[2];
    pid_t parent = getpid();
    if (pipe2(to, O_CLOEXEC) != 0) return RTK_ETHREAD;
    if (pipe2(from, O_CLOEXEC) != 0) {
        close(to[0]);
        close(to[1]);
        return RTK_ETHREAD;
    }
    pid_t pid = fork();
    if (!pid) become(to[0], from[1], parent, side);
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

/* Whether an answer, or the end, has come. A signal does not end the wait:
 * what was asked for is soon done. */
static bool wait_for(const rtk_coprocess *c) {
    struct pollfd p = {.fd = c->from, .events = POLLIN};
    int n;
    do n = poll(&p, 1, ANSWER_MS);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

void rtk_coprocess_ask(rtk_coprocess *c, rtk_request request,
                       rtk_sample *sample) {
    const char *why = "its process died";
    if (c->pid) kill(c->pid, SIGCONT);
    if (c->pid && rtk_coprocess_write(c->to, &request, sizeof request)) {
        if (!wait_for(c))
            why = "its process did not answer within a minute";
        else if (rtk_coprocess_read(c->from, sample, sizeof *sample)) {
            stop(c);
            return;
        }
    }
    *sample = (rtk_sample){.status = RTK_ETHREAD};
    snprintf(sample->sentence, sizeof sample->sentence, "%s", why);
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
