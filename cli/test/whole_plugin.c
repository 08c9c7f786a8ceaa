/* A library under test for whole runs: y = 2 x, sound and in the ways in which
 * a trial can end badly. -DABI=n and -DNO_TABLE make plug-ins that must be
 * refused. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/subject.h"

#ifndef ABI
#define ABI RTK_ABI
#endif

enum { COUNT = 256 };

static const rtk_host *host;

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self, (void)args;
    if (views->n < 2) return RTK_EINVAL;
    views->n = 2;
    for (size_t i = 0; i < 2; i++) {
        rtk_view *v = rtk_view_at(views, i);
        v->name = i ? "y" : "x";
        v->type = RTK_FLOAT64;
        v->flow = i ? RTK_OUT : RTK_IN;
        v->rank = 1;
        v->shape[0] = COUNT;
    }
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args;
    double *x = rtk_view_at(views, 0)->data;
    for (size_t i = 0; i < COUNT; i++) x[i] = host->random_uniform(seed, i);
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)args, (void)call;
    const double *x = rtk_view_at(views, 0)->data;
    const double *y = rtk_view_at(views, 1)->data;
    truth->error = 0;
    for (size_t i = 0; i < COUNT; i++)
        if (y[i] != x[i] + x[i]) truth->error = 1;
    snprintf(truth->text, sizeof truth->text, "y is not 2 x");
    return RTK_OK;
}

static rtk_status sound(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    (void)self, (void)instance, (void)call;
    const double *x = rtk_view_at(views, 0)->data;
    double *y = rtk_view_at(views, 1)->data;
    for (size_t i = 0; i < COUNT; i++) y[i] = 2 * x[i];
    return RTK_OK;
}

static rtk_status crashes(void *self, void *instance, const rtk_views *views,
                          rtk_call *call) {
    (void)self, (void)instance, (void)views, (void)call;
    raise(SIGSEGV);
    return RTK_OK;
}

static rtk_status hangs(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    (void)self, (void)instance, (void)views, (void)call;
    for (;;) pause();
}

static rtk_status is_killed(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    (void)self, (void)instance, (void)views, (void)call;
    kill(getpid(), SIGKILL);
    return RTK_OK;
}

static rtk_status exits(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    (void)self, (void)instance, (void)views, (void)call;
    _exit(0);
}

static rtk_status fails(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    (void)self, (void)instance, (void)views;
    call->message = "this call always fails";
    return RTK_EFAILED;
}

static rtk_status is_slow(void *self, void *instance, const rtk_views *views,
                          rtk_call *call) {
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    return sound(self, instance, views, call);
}

/* More than a pipe holds, and then the reason of a bad end. */
static rtk_status warns(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    (void)self, (void)instance, (void)views, (void)call;
    for (int i = 0; i < 1000; i++)
        fprintf(stderr, "warning %d: something is too small\n", i);
    printf("it is all over \xff\x1b[31m\n");
    abort();
}

/* A warning in each call, to no harm. */
static rtk_status chats(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    fprintf(stderr, "chat chat chat\n");
    puts("chat");
    return sound(self, instance, views, call);
}

static void *overflow(void *arg) {
    volatile char *before = arg;
    volatile char frame[4096];
    frame[0] = before ? before[0] : 1;
    /* Always so, which the compiler does not know. */
    if (frame[0]) overflow((void *)(uintptr_t)frame);
    return (void *)(uintptr_t)before;
}

/* A thread of its own has not enough stack. */
static rtk_status overflows(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, overflow, NULL) == 0)
        pthread_join(thread, NULL);
    return sound(self, instance, views, call);
}

static const rtk_claims claims = {
    .size = sizeof claims,
    .mt = RTK_MT_SAFE,
    .repeatable = RTK_TIER_A,
    .promises = RTK_INPUTS_UNTOUCHED | RTK_FORK_SAFE_IDLE | RTK_PROCESS_SAFE};

/* The same, when its inputs are filled. */
static rtk_status fill_crashes(void *self, const rtk_args *args,
                               const rtk_views *views, uint64_t seed) {
    (void)self, (void)args, (void)views, (void)seed;
    abort();
}

static const rtk_op unfilled_op = {
    .size = sizeof(rtk_op), .name = "run", .claims = &claims, .run = sound};
static const rtk_subject unfilled_subject = {.size = sizeof(rtk_subject),
                                             .name = "whole.unfilled",
                                             .summary = "fill() crashes",
                                             .describe = describe,
                                             .fill = fill_crashes,
                                             .ops = &unfilled_op,
                                             .n_ops = 1,
                                             .op_size = sizeof(rtk_op),
                                             .check = check};

#define SUBJECT(word)                                                          \
    static const rtk_op word##_op = {.size = sizeof(rtk_op),                   \
                                     .name = "run",                            \
                                     .claims = &claims,                        \
                                     .run = word};                             \
    static const rtk_subject word##_subject = {.size = sizeof(rtk_subject),    \
                                               .name = "whole." #word,         \
                                               .summary = "y = 2 x, " #word,   \
                                               .describe = describe,           \
                                               .fill = fill,                   \
                                               .ops = &word##_op,              \
                                               .n_ops = 1,                     \
                                               .op_size = sizeof(rtk_op),      \
                                               .check = check};

SUBJECT(sound)
SUBJECT(crashes)
SUBJECT(hangs)
SUBJECT(is_killed)
SUBJECT(exits)
SUBJECT(fails)
SUBJECT(is_slow)
SUBJECT(warns)
SUBJECT(chats)
SUBJECT(overflows)

/* What a trial came to depends on its inputs, and so on its seed. */
static rtk_status observe(void *self, void *instance,
                          const rtk_views *const *actors, size_t n,
                          char *outcome, size_t room) {
    (void)self, (void)instance, (void)n;
    const double *y = rtk_view_at(actors[0], 1)->data;
    snprintf(outcome, room, "%s", y[0] > 2 ? "high" : "low");
    return RTK_OK;
}

static const rtk_outcome graded[] = {
    {sizeof(rtk_outcome), "high", RTK_ACCEPTABLE, NULL},
    {sizeof(rtk_outcome), "l*", RTK_REQUIRED, "half of the inputs are low"}};
static const rtk_outcome missing[] = {
    {sizeof(rtk_outcome), "never", RTK_REQUIRED, "it cannot be seen"},
    {sizeof(rtk_outcome), "*", RTK_ACCEPTABLE, NULL}};

#define GRADED(word)                                                           \
    static const rtk_subject word##_subject = {                                \
        .size = sizeof(rtk_subject),                                           \
        .name = "whole." #word,                                                \
        .summary = "y = 2 x, with outcomes",                                   \
        .describe = describe,                                                  \
        .fill = fill,                                                          \
        .ops = &sound_op,                                                      \
        .n_ops = 1,                                                            \
        .op_size = sizeof(rtk_op),                                             \
        .observe = observe,                                                    \
        .outcomes = word,                                                      \
        .n_outcomes = 2,                                                       \
        .outcome_size = sizeof(rtk_outcome)};

GRADED(graded)
GRADED(missing)

static const rtk_subject *const subjects[] = {
    &sound_subject,    &crashes_subject, &hangs_subject,   &is_killed_subject,
    &exits_subject,    &fails_subject,   &is_slow_subject, &unfilled_subject,
    &graded_subject,   &missing_subject, &warns_subject,   &chats_subject,
    &overflows_subject};

const rtk_plugin *racetrack_plugin(const rtk_host *given) {
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "whole",
                                      .version = "1",
                                      .subjects = subjects,
                                      .n_subjects =
                                          sizeof subjects / sizeof *subjects};
    host = given;
#ifdef NO_TABLE
    return NULL;
#endif
    return &plugin;
}
