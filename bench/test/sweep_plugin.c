/* A plug-in for the tests of bench/: y = 2 x, done right, done wrong in the
 * ways that a sweep must notice, and with each optional part of a subject. */

#include <math.h>
#include <stdio.h>

#include "harness/subject.h"

typedef enum kind {
    RIGHT,
    WRONG,     /* one element is off */
    NO_NUMBER, /* the check finds NaN */
    BEYOND,    /* writes behind the array */
    FAILS,     /* every call returns a status */
    LATE,      /* fails from the tenth call on */
    IN_PLACE,  /* x = 2 x: needs its inputs again for each sample */
    BLAS,      /* has BLAS threads to set, and says how many were asked for */
    UNKNOWN,   /* does not know its work */
    KINDS
} kind;

static const char *const names[KINDS] = {
    "toy.right", "toy.wrong",    "toy.nan",  "toy.beyond", "toy.fails",
    "toy.late",  "toy.in-place", "toy.blas", "toy.unknown"};

static const rtk_host *the_host;
static const int64_t n_sweep[] = {100, 1000};
static const rtk_param params[] = {{.size = sizeof *params,
                                    .name = "n",
                                    .summary = "elements",
                                    .initial = 100,
                                    .least = 1,
                                    .most = 100000,
                                    .sweep = n_sweep,
                                    .n_sweep = 2},
                                   {.size = sizeof *params,
                                    .name = "shift",
                                    .summary = "nothing",
                                    .initial = 3,
                                    .least = 0,
                                    .most = 9},
                                   {.size = sizeof *params,
                                    .name = "blas",
                                    .summary = "BLAS threads",
                                    .initial = 1,
                                    .least = 1,
                                    .most = 8}};

static kind kind_of(const void *self) {
    return *(const kind *)self;
}

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    bool in_place = kind_of(self) == IN_PLACE;
    views->n = in_place ? 1 : 2;
    for (size_t i = 0; i < views->n; i++) {
        rtk_view *v = rtk_view_at(views, i);
        v->name = i ? "y" : "x";
        v->type = RTK_FLOAT64;
        v->flow = i ? RTK_OUT : in_place ? RTK_INOUT : RTK_IN;
        v->rank = 1;
        v->shape[0] = (size_t)args->value[0];
    }
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    double *x = rtk_view_at(views, 0)->data;
    for (int64_t i = 0; i < args->value[0]; i++)
        x[i] = the_host->random_uniform(seed, (uint64_t)i);
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)instance;
    kind k = kind_of(self);
    const rtk_view *out = rtk_view_at(views, views->n - 1);
    const double *x = rtk_view_at(views, 0)->data;
    double *y = out->data;
    size_t n = out->shape[0];
    if (k == FAILS || (k == LATE && call->round > 9)) {
        call->message = "no more";
        return RTK_EFAILED;
    }
    for (size_t i = 0; i < n; i++) y[i] = 2 * x[i];
    if (k == WRONG) y[n / 2] += 1;
    if (k == BEYOND) y[n] = 0;
    call->effective_workers = call->workers;
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    const double *y = rtk_view_at(views, views->n - 1)->data;
    truth->error = kind_of(self) == NO_NUMBER ? NAN : 0;
    for (int64_t i = 0; i < args->value[0]; i++)
        truth->error +=
            fabs(y[i] - 2 * the_host->random_uniform(call->seed, (uint64_t)i));
    snprintf(truth->text, sizeof truth->text, "off by %g", truth->error);
    return RTK_OK;
}

static double flops(void *self, const rtk_args *args) {
    (void)self;
    return (double)args->value[0];
}

static const rtk_claims claims = {.size = sizeof claims, .tolerance = 0};
static const rtk_op op = {
    .size = sizeof op, .name = "run", .claims = &claims, .run = run};

static void make(rtk_subject *subject, kind k, kind *self) {
    *self = k;
    *subject = (rtk_subject){.size = sizeof *subject,
                             .name = names[k],
                             .summary = "y = 2 x",
                             .self = self,
                             .params = params,
                             .n_params = k == BLAS ? 3 : 2,
                             .param_size = sizeof *params,
                             .describe = describe,
                             .fill = fill,
                             .ops = &op,
                             .n_ops = 1,
                             .op_size = sizeof op,
                             .check = check,
                             .flops = k == UNKNOWN ? NULL : flops};
}

const rtk_plugin *racetrack_plugin(const rtk_host *host) {
    static kind selves[KINDS];
    static rtk_subject subjects[KINDS];
    static const rtk_subject *list[KINDS];
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = RTK_ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "toys",
                                      .version = "1",
                                      .subjects = list,
                                      .n_subjects = KINDS};
    the_host = host;
    for (kind k = RIGHT; k < KINDS; k++) {
        make(&subjects[k], k, &selves[k]);
        list[k] = &subjects[k];
    }
    return &plugin;
}
