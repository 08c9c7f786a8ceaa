/* starter: a function, what it promises, and how racetrack calls it.
 *
 * A subject is a table of small functions. It does not allocate arrays, start
 * threads or compare results: racetrack does, so that one file serves every
 * lane and every scenario. To test a function of your own, follow the four
 * steps below; <racetrack/subject.h> explains every field. */
#include <racetrack/subject.h>

#include <math.h>
#include <stdio.h>

/* ---- Step 1: the function under test --------------------------------------
 * Include your library's header instead of this, and name the library in
 * CMakeLists.txt. */

enum { MOST = 4096 };

/* y[i] is the mean of x[i] and its neighbours; x and y may be one array. */
static void smooth(const double *x, double *y, size_t n) {
    /* Red on purpose: all callers share this one array. Delete the word
     * "static", so that each call has its own, and the verdict is green. */
    static double old[MOST];
    for (size_t i = 0; i < n; i++) old[i] = x[i];
    for (size_t i = 0; i < n; i++) {
        double before = old[i ? i - 1 : 0];
        double after = old[i + 1 < n ? i + 1 : i];
        y[i] = (before + old[i] + after) / 3;
    }
}

/* ---- Step 2: what it promises ---------------------------------------------
 * Each promise is tried; what is not promised is not tried. Delete what your
 * function's documentation does not say. */

static const rtk_claims claims = {
    .size = sizeof claims,
    /* Any number of threads may call it at once. Else RTK_MT_INIT (safe once
     * one call has returned), or RTK_MT_UNSAFE with .mt_object: what callers
     * must not share, "instance", "inputs" or "all". */
    .mt = RTK_MT_SAFE,
    /* Equal inputs give equal bits. RTK_TIER_B: within the tolerance. */
    .repeatable = RTK_TIER_A,
    .tolerance = 1e-15, /* the largest error that step 4 may find */
    .promises = RTK_INPUTS_UNTOUCHED       /* inputs are only read */
                | RTK_PROCESS_SAFE         /* many processes at once */
                | RTK_FORK_SAFE_IDLE       /* usable on both sides of a fork */
                | RTK_FORK_SAFE_BUSY       /* even if threads were inside it */
                | RTK_NO_THREADS_LEFT      /* none that it started stays */
                | RTK_NO_DESCRIPTORS_LEFT, /* the same for open files */
};

/* ---- Step 3: its parameters, arrays and call ------------------------------
 */

enum { N, PARAMS };

/* Each trial draws one of the `stress` values. Short calls overlap most often:
 * 10 to 100 microseconds are best. */
static const int64_t n_stress[] = {1, 100, MOST};

static const rtk_param params[PARAMS] = {
    [N] = {.size = sizeof *params,
           .name = "n",
           .summary = "elements",
           .initial = 1000,
           .least = 1,
           .most = MOST,
           .stress = n_stress,
           .n_stress = sizeof n_stress / sizeof *n_stress},
};

/* The arrays of a call, in the order that the functions below use. */
static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    size_t n = (size_t)args->value[N];
    if (views->n < 2) return RTK_EINVAL;
    views->n = 2;
    *rtk_view_at(views, 0) = (rtk_view){.size = sizeof(rtk_view),
                                        .name = "x",
                                        .type = RTK_FLOAT64,
                                        .flow = RTK_IN,
                                        .rank = 1,
                                        .shape = {n}};
    *rtk_view_at(views, 1) = (rtk_view){.size = sizeof(rtk_view),
                                        .name = "y",
                                        .type = RTK_FLOAT64,
                                        .flow = RTK_OUT,
                                        .rank = 1,
                                        .shape = {n}};
    return RTK_OK;
}

static const rtk_host *host;

/* Inputs that depend on the seed alone. */
static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    double *x = rtk_view_at(views, 0)->data;
    for (size_t i = 0; i < (size_t)args->value[N]; i++)
        x[i] = host->random_uniform(seed, i);
    return RTK_OK;
}

/* One call. Many threads are in here at once. */
static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance, (void)call;
    const rtk_view *x = rtk_view_at(views, 0);
    smooth(x->data, rtk_view_at(views, 1)->data, x->shape[0]);
    return RTK_OK;
}

/* ---- Step 4: is the result right? ------------------------------------------
 * An independent truth: another way to the same numbers, never a second call of
 * the function. */

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)call;
    const double *x = rtk_view_at(views, 0)->data;
    const double *y = rtk_view_at(views, 1)->data;
    size_t n = (size_t)args->value[N];
    truth->error = 0;
    for (size_t i = 0; i < n; i++) {
        long double sum = x[i];
        sum += i ? x[i - 1] : x[i];
        sum += i + 1 < n ? x[i + 1] : x[i];
        double error = (double)fabsl(3 * (long double)y[i] / sum - 1);
        if (error <= truth->error) continue; /* never true of a NaN */
        truth->error = error;
        snprintf(truth->text, sizeof truth->text,
                 "y[%zu] is %.17g, it should be %.17Lg", i, y[i], sum / 3);
        if (isnan(error)) break;
    }
    return RTK_OK;
}

/* ---- The tables ------------------------------------------------------------
 * A subject may have several operations (.ops, .n_ops), an instance made by
 * .open and shared by the callers, and more; a plug-in several subjects. */

static const rtk_op op = {
    .size = sizeof op, .name = "smooth", .claims = &claims, .run = run};

static const rtk_subject subject = {.size = sizeof subject,
                                    .name = "starter.smooth",
                                    .summary = "mean of neighbours",
                                    .params = params,
                                    .n_params = PARAMS,
                                    .param_size = sizeof *params,
                                    .describe = describe,
                                    .fill = fill,
                                    .ops = &op,
                                    .n_ops = 1,
                                    .op_size = sizeof op,
                                    .check = check};

/* All that racetrack asks of a plug-in. Keep it as it is. */
const rtk_plugin *racetrack_plugin(const rtk_host *given) {
    static const rtk_subject *const subjects[] = {&subject};
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = RTK_ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "starter",
                                      .version = "0",
                                      .subjects = subjects,
                                      .n_subjects = 1};
    if (given->abi != RTK_ABI) return NULL;
    host = given;
    return &plugin;
}
