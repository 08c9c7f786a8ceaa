/* A plug-in for the tests of comparisons: sums whose time is chosen when it is
 * compiled, REPEATS times the same, and calls that go wrong after FAULT_AFTER
 * of them. Compiled by the tests themselves, once for each build. */

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/subject.h"

#ifndef REPEATS
#define REPEATS 100
#endif
#ifndef NAME
#define NAME "timed.sum"
#endif
#ifndef FAULT_AFTER
#define FAULT_AFTER 500
#endif

static const rtk_host *the_host;
static const int64_t n_sweep[] = {64, 128};
static const rtk_param params[] = {{.size = sizeof *params,
                                    .name = "n",
                                    .summary = "elements",
                                    .initial = 64,
                                    .least = 1,
                                    .most = 4096,
                                    .sweep = n_sweep,
                                    .n_sweep = 2}};

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    views->n = 2;
    for (size_t i = 0; i < views->n; i++) {
        rtk_view *v = rtk_view_at(views, i);
        v->name = i ? "sum" : "x";
        v->type = RTK_FLOAT64;
        v->flow = i ? RTK_OUT : RTK_IN;
        v->rank = 1;
        v->shape[0] = i ? 1 : (size_t)args->value[0];
    }
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    double *x = rtk_view_at(views, 0)->data;
    for (int64_t i = 0; i < args->value[0]; i++)
        x[i] = the_host->random_uniform(seed, (uint64_t)i);
#ifdef DENORMAL
    x[0] = 1e-310;
#endif
    return RTK_OK;
}

static double sum(const double *x, size_t n) {
    double s = 0;
    for (size_t i = 0; i < n; i++) s += x[i];
    return s;
}

/* What goes wrong after many calls, as it was compiled. */
static void fault(double *result) {
    (void)result;
#ifdef CRASH
    abort();
#endif
#ifdef KILLED
    raise(SIGKILL);
#endif
#ifdef HANG
    for (;;) pause();
#endif
#ifdef WRONG
    *result += 1;
#endif
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance;
    const rtk_view *x = rtk_view_at(views, 0);
    double *result = rtk_view_at(views, 1)->data;
    for (int i = 0; i < REPEATS; i++) {
        *result = sum(x->data, x->shape[0]);
        /* Each sum is needed, as far as a compiler knows. */
        __asm__ volatile("" ::"r"(result) : "memory");
    }
    if (call->round > FAULT_AFTER) fault(result);
    call->effective_workers = call->workers;
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self;
    double s = 0;
    for (int64_t i = 0; i < args->value[0]; i++)
        s += the_host->random_uniform(call->seed, (uint64_t)i);
    truth->error = fabs(*(double *)rtk_view_at(views, 1)->data - s) / s;
    snprintf(truth->text, sizeof truth->text, "off by %g", truth->error);
    return RTK_OK;
}

static double flops(void *self, const rtk_args *args) {
    (void)self;
    return (double)args->value[0];
}

static const rtk_claims claims = {
    .size = sizeof claims, .repeatable = RTK_TIER_A, .tolerance = 1e-12};
static const rtk_op op = {
    .size = sizeof op, .name = "sum", .claims = &claims, .run = run};
static const rtk_subject subject = {.size = sizeof subject,
                                    .name = NAME,
                                    .summary = "a sum, again and again",
                                    .params = params,
                                    .n_params = 1,
                                    .param_size = sizeof *params,
                                    .describe = describe,
                                    .fill = fill,
                                    .ops = &op,
                                    .n_ops = 1,
                                    .op_size = sizeof op,
                                    .check = check,
                                    .flops = flops};

const rtk_plugin *racetrack_plugin(const rtk_host *host) {
    static const rtk_subject *const list[] = {&subject};
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = RTK_ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "timed",
                                      .version = "1",
                                      .subjects = list,
                                      .n_subjects = 1};
    the_host = host;
    return &plugin;
}
