#include "harness/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/actor_loop.h"
#include "harness/crash.h"
#include "harness/interrupts.h"
#include "harness/lane.h"
#include "harness/oracles/oracle.h"
#include "harness/perturb/perturb.h"
#include "harness/pulse.h"

/* ---- Seats -----------------------------------------------------------------
 */

void rtk_worker_tell(const rtk_actor *actor) {
    if (!actor->team->worker) return;
    rtk_seat *seat = &actor->team->seat[actor->index];
    seat->status = actor->status;
    memcpy(seat->message, actor->message, sizeof seat->message);
    seat->effective_workers = actor->effective_workers;
    seat->interrupted = actor->interrupted;
    for (unsigned k = 0; k < actor->tasks; k++)
        seat->task[k] = actor->task[k].did;
    /* The last: a call counts when the rest is told. */
    seat->calls = actor->calls;
}

void rtk_worker_hear(rtk_actor *actor) {
    const rtk_seat *seat = &actor->team->seat[actor->index];
    actor->status = seat->status;
    memcpy(actor->message, seat->message, sizeof actor->message);
    actor->effective_workers = seat->effective_workers;
    actor->interrupted = seat->interrupted;
    for (unsigned k = 0; k < actor->tasks; k++)
        actor->task[k].did = seat->task[k];
    actor->calls = seat->calls;
}

/* ---- The trial's side ------------------------------------------------------
 */

/* What a worker is told on its command line: descriptors, and who it is. */
typedef struct call_sign {
    unsigned index;
    int parent, common, pulse, lines, ready, go;
} call_sign;

/* Of the pipes, the ends that workers get. */
static int ready_end = -1, go_end = -1;

rtk_status rtk_workers_begin(rtk_team *team) {
    int ready[2], go[2];
    team->brief->laid_out = team->common.used;
    if (pipe2(ready, O_CLOEXEC) != 0) return RTK_ETHREAD;
    if (pipe2(go, O_CLOEXEC) != 0) {
        close(ready[0]), close(ready[1]);
        return RTK_ETHREAD;
    }
    team->ready = ready[0], ready_end = ready[1];
    team->go = go[1], go_end = go[0];
    return RTK_OK;
}

/* To the same number: that keeps it open across the exec. */
static bool keep(posix_spawn_file_actions_t *actions, int fd) {
    return fd < 0 || posix_spawn_file_actions_adddup2(actions, fd, fd) == 0;
}

/* Not by fork(): no handler of the library's runs, as in a program that never
 * forks. */
static rtk_status spawn(rtk_actor *first, const call_sign *c) {
    char word[128];
    char *argv[] = {"racetrack-worker", RTK_WORKER_OPTION, word, NULL};
    posix_spawn_file_actions_t actions;
    snprintf(word, sizeof word, "%u,%d,%d,%d,%d,%d,%d", c->index, c->parent,
             c->common, c->pulse, c->lines, c->ready, c->go);
    if (posix_spawn_file_actions_init(&actions) != 0) return RTK_ETHREAD;
    pid_t child;
    bool started = keep(&actions, c->common) && keep(&actions, c->pulse) &&
                   keep(&actions, c->lines) && keep(&actions, c->ready) &&
                   keep(&actions, c->go) &&
                   posix_spawn(&child, "/proc/self/exe", &actions, NULL, argv,
                               environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    if (started) first->process = child;
    return started ? RTK_OK : RTK_ETHREAD;
}

rtk_status rtk_worker_start(rtk_actor *first) {
    const rtk_team *team = first->team;
    call_sign c = {.index = first->index,
                   .parent = getpid(),
                   .common = team->common.fd,
                   .pulse = rtk_pulse_descriptor(),
                   .lines = rtk_emit_descriptor(),
                   .ready = ready_end,
                   .go = go_end};
    return spawn(first, &c);
}

void rtk_workers_go(rtk_team *team, unsigned n) {
    char bytes[RTK_ACTORS_MAX];
    close(ready_end), close(go_end);
    /* None is left that could write when the pipe ends. */
    for (unsigned said = 0; said < n;) {
        ssize_t got = read(team->ready, bytes, sizeof bytes);
        if (got == 0 || (got < 0 && errno != EINTR)) break;
        if (got > 0) said += (unsigned)got;
    }
    close(team->ready), close(team->go);
    team->ready = team->go = ready_end = go_end = -1;
}

/* ---- The worker's side -----------------------------------------------------
 */

static bool parse(const char *word, call_sign *c) {
    return sscanf(word, "%u,%d,%d,%d,%d,%d,%d", &c->index, &c->parent,
                  &c->common, &c->pulse, &c->lines, &c->ready, &c->go) == 7;
}

/* Die with the parent, and let the runner take the stacks of one that hangs. */
static void follow(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    if (getppid() != parent) _exit(EXIT_FAILURE);
}

static void close_on_exec(const call_sign *c) {
    const int fds[] = {c->pulse, c->lines, c->ready, c->go};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0) fcntl(fds[i], F_SETFD, FD_CLOEXEC);
}

/* So that no array lies where it does in another worker, even where the kernel
 * does not move them. */
static bool shift(unsigned index) {
    return mmap(NULL, index * (size_t)sysconf(_SC_PAGESIZE), PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

/* Set up the team as its maker has, from the start of its common. */
static rtk_status join(const call_sign *c, rtk_common common, rtk_brief *brief,
                       const rtk_loaded *own, rtk_team **team,
                       char sentence[RTK_SENTENCE]) {
    static rtk_loaded loaded;
    static rtk_trial trial;
    rtk_status s = RTK_OK;
    if (!own) s = rtk_plugin_load(brief->plugin, RTK_LANE, &loaded, sentence);
    if (s == RTK_EUNSUPPORTED) s = RTK_OK;
    if (s) return s;
    snprintf(sentence, RTK_SENTENCE,
             "in a fresh process the plug-in has another table");
    if (!shift(c->index)) return RTK_ENOMEM;
    s = rtk_brief_trial(brief, own ? own : &loaded, &trial);
    if (s) return s;
    snprintf(sentence, RTK_SENTENCE,
             "in a fresh process the plug-in describes other arrays");
    rtk_interrupts_prepare(&trial);
    s = rtk_team_join(team, &trial, common, brief);
    if (s) return s;
    rtk_crash_watch(*team);
    rtk_lane_settle();
    s = rtk_oracles_begin(*team);
    rtk_common_close(&(*team)->common);
    return !s && (*team)->common.used != brief->laid_out ? RTK_EINVAL : s;
}

/* The findings of the others wait for no one: this one says why itself. */
static _Noreturn void give_up(const call_sign *c, rtk_status s,
                              const char *sentence) {
    rtk_finding("status", "call failed",
                "the process of actor %u could not begin: %s (%s)", c->index,
                sentence, rtk_status_text(s));
    _exit(EXIT_SUCCESS);
}

static void wait_for_go(const call_sign *c) {
    char byte = 0;
    while (write(c->ready, &byte, 1) < 0 && errno == EINTR) {
    }
    close(c->ready);
    /* The trial's process closes it, or ends. */
    while (read(c->go, &byte, 1) < 0 && errno == EINTR) {
    }
    close(c->go);
}

_Noreturn void rtk_worker_main(const char *word, const rtk_loaded *own) {
    call_sign c;
    char sentence[RTK_SENTENCE] = "";
    rtk_common common;
    rtk_team *team = NULL;
    if (!parse(word, &c)) _exit(EXIT_FAILURE);
    follow(c.parent);
    close_on_exec(&c);
    rtk_emit_to(c.lines);
    rtk_report_prepare();
    rtk_crash_watch(NULL);
    rtk_pulse_join(c.pulse);
    rtk_common_join(&common, c.common);
    rtk_brief *brief = rtk_brief_read(&common);
    if (!brief) give_up(&c, RTK_ENOMEM, "no memory");
    rtk_brief_hear(brief);
    rtk_status s = join(&c, common, brief, own, &team, sentence);
    if (s) give_up(&c, s, sentence);
    wait_for_go(&c);
    const rtk_trial *t = team->actor[0].trial;
    rtk_actor *first = &team->actor[c.index];
    s = rtk_perturb_begin(t->perturb, t->seed, 2 * t->budget_ns);
    if (!s) s = rtk_team_part(first);
    if (s) rtk_actor_fail(first, s, "a thread could not be started");
    rtk_worker_tell(first);
    _exit(EXIT_SUCCESS);
}
