/* A library whose calls share a state between processes, and what can befall
 * processes that are started afresh: which it is, a process sees by its own
 * command line. -DSTUCK, -DDIES and -DREFUSES: when it is loaded there. */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/subject.h"

enum { COUNT = 4096, ONE = 2, CALLS = 3 };

static bool fresh;

/* Workers alone are started with this word. */
__attribute__((constructor)) static void look(void) {
    char line[256] = "";
    FILE *f = fopen("/proc/self/cmdline", "re");
    size_t n = f ? fread(line, 1, sizeof line - 1, f) : 0;
    if (f) fclose(f);
    for (const char *word = line; word < line + n; word += strlen(word) + 1)
        fresh |= strcmp(word, "--worker") == 0;
#ifdef STUCK
    if (fresh) pause();
#elif defined(DIES)
    if (fresh) raise(SIGKILL);
#endif
}

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    static const char *const names[] = {"x", "y", "common"};
    static const rtk_flow flows[] = {RTK_IN, RTK_OUT, RTK_INOUT};
    (void)self, (void)args;
    views->n = 3;
    for (size_t i = 0; i < 3; i++) {
        rtk_view *v = rtk_view_at(views, i);
        v->name = names[i];
        v->type = RTK_FLOAT64;
        v->flow = flows[i];
        v->share = i < 2 ? RTK_SHARE_ANY : RTK_SHARE_ALWAYS;
        v->rank = 1;
        v->shape[0] = COUNT;
    }
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args;
    double *x = rtk_view_at(views, 0)->data;
    for (size_t i = 0; i < COUNT; i++) x[i] = (double)(seed % 7 + i);
    return RTK_OK;
}

static double *y_of(const rtk_views *views) {
    return rtk_view_at(views, 1)->data;
}

static rtk_status sound(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    const double *x = rtk_view_at(views, 0)->data;
    double *y = y_of(views);
    (void)self, (void)instance, (void)call;
    for (size_t i = 0; i < COUNT; i++) y[i] = 2 * x[i];
    return RTK_OK;
}

/* A value of many words is published and read back, without a lock. */
static rtk_status torn(void *self, void *instance, const rtk_views *views,
                       rtk_call *call) {
    volatile double *common = rtk_view_at(views, 2)->data;
    double *y = y_of(views);
    (void)self, (void)instance;
    for (size_t i = 0; i < COUNT; i++) common[i] = call->actor;
    for (size_t i = 0; i < COUNT; i++) y[i] = common[i] - call->actor;
    return RTK_OK;
}

static rtk_status whole(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)args, (void)call;
    for (size_t i = 1; i < COUNT; i++)
        if (y_of(views)[i] != y_of(views)[0]) truth->error = 1;
    snprintf(truth->text, sizeof truth->text, "a torn value");
    return RTK_OK;
}

static rtk_status is_killed(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    if (fresh && call->actor == ONE && call->round == CALLS)
        kill(getpid(), SIGKILL);
    return sound(self, instance, views, call);
}

static rtk_status hangs(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (fresh && call->actor == ONE) pthread_mutex_lock(&lock);
    return sound(self, instance, views, call);
}

static int number;

static void *add_one(void *arg) {
    number++;
    return arg;
}

static rtk_status races(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    pthread_t thread[2];
    for (size_t i = 0; fresh && i < 2; i++)
        if (pthread_create(&thread[i], NULL, add_one, NULL) != 0) abort();
    for (size_t i = 0; fresh && i < 2; i++) pthread_join(thread[i], NULL);
    return sound(self, instance, views, call);
}

static rtk_status overruns(void *self, void *instance, const rtk_views *views,
                           rtk_call *call) {
    char *volatile block = malloc(8);
    if (fresh && block) block[8] = 1;
    free(block);
    return sound(self, instance, views, call);
}

static const rtk_claims exact = {.size = sizeof exact,
                                 .mt = RTK_MT_SAFE,
                                 .promises =
                                     RTK_INPUTS_UNTOUCHED | RTK_PROCESS_SAFE};
static const rtk_claims loose = {.size = sizeof loose,
                                 .mt = RTK_MT_SAFE,
                                 .repeatable = RTK_TIER_C,
                                 .promises = RTK_PROCESS_SAFE};

#define SUBJECT(word, c, ...)                                                  \
    static const rtk_op word##_op = {.size = sizeof(rtk_op),                   \
                                     .name = #word,                            \
                                     .claims = &(c),                           \
                                     .run = word,                              \
                                     __VA_ARGS__};                             \
    static const rtk_subject word##_subject = {.size = sizeof(rtk_subject),    \
                                               .name = "afresh." #word,        \
                                               .describe = describe,           \
                                               .fill = fill,                   \
                                               .ops = &word##_op,              \
                                               .n_ops = 1,                     \
                                               .op_size = sizeof(rtk_op)};

SUBJECT(sound, exact, )
SUBJECT(torn, loose, .check = whole)
SUBJECT(is_killed, exact, )
SUBJECT(hangs, exact, )
SUBJECT(races, exact, )
SUBJECT(overruns, exact, )

static const rtk_subject *const subjects[] = {
    &sound_subject, &torn_subject,  &is_killed_subject,
    &hangs_subject, &races_subject, &overruns_subject};

const rtk_plugin *racetrack_plugin(const rtk_host *given) {
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = RTK_ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "afresh",
                                      .version = "1",
                                      .subjects = subjects,
                                      .n_subjects =
                                          sizeof subjects / sizeof *subjects};
    (void)given;
#ifdef REFUSES
    if (fresh) return NULL;
#endif
    return &plugin;
}
