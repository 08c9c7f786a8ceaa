/* A library for what happens after a finding: one operation races for a static
 * word, in a second function of its own; the others are sound. y = 2 x. */
#include <stdio.h>
#include <string.h>

#include "harness/subject.h"

static const rtk_host *host;

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    if (views->n < 2) return RTK_EINVAL;
    views->n = 2;
    for (size_t i = 0; i < 2; i++) {
        rtk_view *v = rtk_view_at(views, i);
        v->name = i ? "y" : "x";
        v->type = RTK_FLOAT64;
        v->flow = i ? RTK_OUT : RTK_IN;
        v->rank = 1;
        v->shape[0] = (size_t)args->value[0];
    }
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    double *x = rtk_view_at(views, 0)->data;
    for (size_t i = 0; i < (size_t)args->value[0]; i++)
        x[i] = host->random_uniform(seed, i);
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)call;
    const double *x = rtk_view_at(views, 0)->data;
    const double *y = rtk_view_at(views, 1)->data;
    truth->error = 0;
    for (size_t i = 0; i < (size_t)args->value[0]; i++)
        if (y[i] != x[i] + x[i]) truth->error = 1;
    snprintf(truth->text, sizeof truth->text, "y is not 2 x");
    return RTK_OK;
}

static rtk_status sound(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    (void)self, (void)instance, (void)call;
    const double *x = rtk_view_at(views, 0)->data;
    double *y = rtk_view_at(views, 1)->data;
    for (size_t i = 0; i < rtk_view_at(views, 0)->shape[0]; i++)
        y[i] = 2 * x[i];
    return RTK_OK;
}

/* Works in static memory, so only when nobody else does. */
static __attribute__((noinline)) void collide(double *y, const double *x,
                                              size_t n) {
    static double scratch[1 << 16];
    for (size_t i = 0; i < n; i++) scratch[i] = x[i];
    for (size_t i = 0; i < n; i++) scratch[i] += x[i];
    memcpy(y, scratch, n * sizeof *y);
}

static rtk_status races(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    (void)self, (void)instance, (void)call;
    collide(rtk_view_at(views, 1)->data, rtk_view_at(views, 0)->data,
            rtk_view_at(views, 0)->shape[0]);
    return RTK_OK;
}

static const rtk_claims claims = {.size = sizeof claims,
                                  .mt = RTK_MT_SAFE,
                                  .repeatable = RTK_TIER_A,
                                  .promises = RTK_INPUTS_UNTOUCHED};
static const int64_t sizes[] = {20000, 60000};
static const rtk_param params[] = {{.size = sizeof(rtk_param),
                                    .name = "n",
                                    .summary = "elements",
                                    .initial = 20000,
                                    .least = 1,
                                    .most = 1 << 16,
                                    .stress = sizes,
                                    .n_stress = 2}};

#define OP(word)                                                               \
    { .size = sizeof(rtk_op), .name = #word, .claims = &claims, .run = word }

static const rtk_op ops[] = {OP(sound), OP(races), OP(sound)};

#define SUBJECT(word, at, count)                                               \
    static const rtk_subject word##_subject = {.size = sizeof(rtk_subject),    \
                                               .name = "after." #word,         \
                                               .summary = "y = 2 x, " #word,   \
                                               .params = params,               \
                                               .n_params = 1,                  \
                                               .param_size =                   \
                                                   sizeof(rtk_param),          \
                                               .describe = describe,           \
                                               .fill = fill,                   \
                                               .ops = ops + (at),              \
                                               .n_ops = (count),               \
                                               .op_size = sizeof(rtk_op),      \
                                               .check = check};

SUBJECT(sound, 0, 1)
SUBJECT(races, 1, 1)
SUBJECT(mixed, 0, 2)

static const rtk_subject *const subjects[] = {&sound_subject, &races_subject,
                                              &mixed_subject};

const rtk_plugin *racetrack_plugin(const rtk_host *given) {
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = RTK_ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "racing",
                                      .version = "1",
                                      .subjects = subjects,
                                      .n_subjects =
                                          sizeof subjects / sizeof *subjects};
    host = given;
    return &plugin;
}
