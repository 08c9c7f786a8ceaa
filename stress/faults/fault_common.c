#include "stress/faults/fault_common.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { X, Y, VIEWS, LARGEST = 1000 };

const double *rtk_twin_x(const rtk_views *views) {
    return rtk_view_at(views, X)->data;
}

double *rtk_twin_y(const rtk_views *views) {
    return rtk_view_at(views, Y)->data;
}

void rtk_twin_add_up(double *work, const double *x, size_t lo, size_t hi) {
    for (size_t i = lo; i < hi; i++) work[i] = 0;
    for (int pass = 0; pass < RTK_TWIN_PASSES; pass++)
        for (size_t i = lo; i < hi; i++) work[i] += x[i];
}

void rtk_twin_work(double *work, const rtk_views *views) {
    rtk_twin_add_up(work, rtk_twin_x(views), 0, RTK_TWIN_COUNT);
    memcpy(rtk_twin_y(views), work, RTK_TWIN_COUNT * sizeof *work);
}

void rtk_twin_truth(const rtk_views *views, size_t lo, size_t hi,
                    rtk_truth *truth) {
    const double *x = rtk_twin_x(views), *y = rtk_twin_y(views);
    for (size_t i = lo; i < hi; i++) {
        double expected = (double)RTK_TWIN_PASSES * x[i];
        if (y[i] == expected) continue;
        truth->error = fabs(y[i] - expected) / expected;
        snprintf(truth->text, sizeof truth->text, "y[%zu] is %.17g, not %.17g",
                 i, y[i], expected);
        return;
    }
}

void rtk_twin_keep(void *self, void *instance) {
    (void)self, (void)instance;
}

void rtk_twin_free(void *self, void *instance) {
    (void)self;
    free(instance);
}

static void array(rtk_view *v, const char *name, rtk_flow flow,
                  rtk_share share) {
    v->name = name;
    v->type = RTK_FLOAT64;
    v->flow = flow;
    v->share = share;
    v->rank = 1;
    v->shape[0] = RTK_TWIN_COUNT;
}

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    const rtk_twin *twin = self;
    (void)args;
    if (views->n < VIEWS) return RTK_EINVAL;
    array(rtk_view_at(views, X), "x", RTK_IN, RTK_SHARE_ANY);
    array(rtk_view_at(views, Y), "y", twin->inout ? RTK_INOUT : RTK_OUT,
          twin->share);
    views->n = VIEWS;
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    const rtk_twin *twin = self;
    double *x = rtk_view_at(views, X)->data;
    (void)args;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++)
        x[i] = (double)(1 + twin->host->random_bits(seed, i) % LARGEST);
    if (twin->inout)
        memset(rtk_twin_y(views), 0, RTK_TWIN_COUNT * sizeof(double));
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)args, (void)call;
    rtk_twin_truth(views, 0, RTK_TWIN_COUNT, truth);
    return RTK_OK;
}

/* The sentence for the subject `name`, from the list of faults. */
static const char *summary(const char *name) {
    static const char *const words[][2] = {
#define RTK_FAULT(id, category, kind, summary, ...)                            \
    {"fault." #id, summary}, {"sound." #id, "the sound twin of fault." #id},
#include "stress/faults/faults.def"
#undef RTK_FAULT
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], name) == 0) return words[i][1];
    return "";
}

const rtk_subject *rtk_twin_subject(rtk_twin *twin, const rtk_host *host) {
    uint64_t usual = RTK_INPUTS_UNTOUCHED | RTK_PROCESS_SAFE |
                     RTK_NO_THREADS_LEFT | RTK_NO_DESCRIPTORS_LEFT;
    twin->host = host;
    twin->claims =
        (rtk_claims){.size = sizeof twin->claims,
                     .mt = twin->mt_object ? RTK_MT_UNSAFE : RTK_MT_SAFE,
                     .mt_object = twin->mt_object,
                     .repeatable = twin->repeatable,
                     .tolerance = twin->tolerance,
                     .ulps = twin->ulps,
                     .promises = (usual | twin->promised) & ~twin->withheld};
    twin->op = (rtk_op){.size = sizeof twin->op,
                        .name = "run",
                        .claims = &twin->claims,
                        .run = twin->run,
                        .model = twin->model,
                        .laws = twin->law,
                        .n_laws = twin->law != NULL,
                        .law_size = sizeof(rtk_law)};
    twin->subject = (rtk_subject){.size = sizeof twin->subject,
                                  .name = twin->name,
                                  .summary = summary(twin->name),
                                  .self = twin,
                                  .param_size = sizeof(rtk_param),
                                  .describe = describe,
                                  .fill = fill,
                                  .open = twin->open,
                                  .close = twin->close,
                                  .ops = &twin->op,
                                  .n_ops = 1,
                                  .op_size = sizeof twin->op,
                                  .check = twin->unchecked ? NULL
                                           : twin->check   ? twin->check
                                                           : check,
                                  .observe = twin->observe,
                                  .outcomes = twin->outcomes,
                                  .n_outcomes = twin->n_outcomes,
                                  .outcome_size = sizeof(rtk_outcome),
                                  .model_bytes = twin->model_bytes,
                                  .model_start = twin->model_start};
    return &twin->subject;
}
