/* Any library with FFTW's interface in double precision, named by
 * RACETRACK_FFTW, as a plug-in.
 *
 * FFTW's manual, "Thread safety": only fftw_execute() and its new-array
 * variants may be called by several threads at once; the planner may after
 * fftw_make_planner_thread_safe(). fftw.execute and fftw.planner claim that;
 * fftw.planner_bare claims what the manual does not, to tell what happens. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/libraries/library.h"

enum { N, THREADS, EFFORT, PARAMS };
enum {
    X,
    Y,
    VIEWS,
    FORWARD = -1,
    BACKWARD = 1,
    ESTIMATE = 1 << 6,
    MEASURE = 0
};

typedef double pair[2];
typedef void *plan;

static struct {
    plan (*plan_dft_1d)(int n, pair *in, pair *out, int sign, unsigned flags);
    plan (*plan_dft_2d)(int n0, int n1, pair *in, pair *out, int sign,
                        unsigned flags);
    plan (*plan_r2c)(int n, double *in, pair *out, unsigned flags);
    void (*execute_dft)(plan p, pair *in, pair *out);
    void (*destroy_plan)(plan p);
    char *(*export_wisdom)(void);
    int (*import_wisdom)(const char *text);
    void (*forget_wisdom)(void);
    int (*init_threads)(void);
    void (*plan_with_nthreads)(int n);
    void (*make_safe)(void);
    void (*cleanup)(void);
} fftw;

static rtk_library library;
static const rtk_host *host;

/* Held round the planner where the manual asks for it. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* ---- Claims -----------------------------------------------------------------
 */

/* Forks, exit and unloading are not documented; programs do them. */
#define RTK_RELIED_ON                                                          \
    (RTK_INPUTS_UNTOUCHED | RTK_PROCESS_SAFE | RTK_FORK_SAFE_IDLE |            \
     RTK_FORK_SAFE_BUSY | RTK_ENVIRONMENT_KEPT | RTK_NESTABLE |                \
     RTK_UNLOADABLE | RTK_EXIT_SAFE_BUSY)

static const rtk_claims claims = {.size = sizeof claims,
                                  .mt = RTK_MT_SAFE,
                                  .repeatable = RTK_TIER_B,
                                  .tolerance = 1e-13,
                                  .promises = RTK_RELIED_ON};

/* ---- Arrays
 * ------------------------------------------------------------------
 */

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    size_t n = (size_t)args->value[N];
    (void)self;
    if (views->n < VIEWS) return RTK_EINVAL;
    rtk_library_view(views, X, "x", RTK_COMPLEX128, RTK_IN, n);
    rtk_library_view(views, Y, "y", RTK_COMPLEX128, RTK_OUT, n);
    views->n = VIEWS;
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    double *x = rtk_view_at(views, X)->data;
    (void)self;
    for (size_t i = 0; i < 2 * (size_t)args->value[N]; i++)
        x[i] = host->random_uniform(seed, i) - 1;
    return RTK_OK;
}

/* A few outputs by the definition, in long double, and Parseval's law. */
static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    const pair *x = rtk_view_at(views, X)->data,
               *y = rtk_view_at(views, Y)->data;
    size_t n = (size_t)args->value[N];
    long double before = 0, after = 0, worst = 0;
    (void)self;
    for (size_t i = 0; i < n; i++) {
        before +=
            (long double)x[i][0] * x[i][0] + (long double)x[i][1] * x[i][1];
        after +=
            (long double)y[i][0] * y[i][0] + (long double)y[i][1] * y[i][1];
    }
    long double size = sqrtl(before * (long double)n);
    for (size_t t = 0; t < 4; t++) {
        size_t k = host->random_bits(call ? call->seed : 0, t) % n;
        long double re = 0, im = 0, turn = -2 * acosl(-1) / (long double)n;
        for (size_t i = 0; i < n; i++) {
            long double c = cosl(turn * (long double)(i * k % n));
            long double s = sinl(turn * (long double)(i * k % n));
            re += x[i][0] * c - x[i][1] * s;
            im += x[i][0] * s + x[i][1] * c;
        }
        long double e = hypotl(re - y[k][0], im - y[k][1]) / size;
        if (!(e <= worst)) worst = e;
    }
    long double law = fabsl(after / (before * (long double)n) - 1);
    truth->error = (double)(law > worst || isnan(law) ? law : worst);
    snprintf(truth->text, sizeof truth->text,
             "outputs or their sum of squares are off by %.2g", truth->error);
    return RTK_OK;
}

/* ---- Plans
 * -------------------------------------------------------------------
 */

static unsigned effort_of(const rtk_args *args) {
    return args->value[EFFORT] ? MEASURE : ESTIMATE;
}

/* A plan on arrays of its own: measuring writes into them. */
static plan make(const rtk_args *args, bool threads) {
    size_t n = (size_t)args->value[N];
    pair *in = host->allocate(n * sizeof *in, 64);
    pair *out = host->allocate(n * sizeof *out, 64);
    if (threads && fftw.plan_with_nthreads)
        fftw.plan_with_nthreads((int)args->value[THREADS]);
    plan p = in && out
                 ? fftw.plan_dft_1d((int)n, in, out, FORWARD, effort_of(args))
                 : NULL;
    host->release(in);
    host->release(out);
    return p;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)views, (void)workers;
    pthread_mutex_lock(&planner);
    *instance = make(args, true);
    pthread_mutex_unlock(&planner);
    return *instance ? RTK_OK : RTK_EFAILED;
}

static void stop(void *self, void *instance) {
    (void)self;
    pthread_mutex_lock(&planner);
    fftw.destroy_plan(instance);
    pthread_mutex_unlock(&planner);
}

static rtk_status execute_run(void *self, void *instance,
                              const rtk_views *views, rtk_call *call) {
    (void)self, (void)call;
    fftw.execute_dft(instance, rtk_view_at(views, X)->data,
                     rtk_view_at(views, Y)->data);
    return RTK_OK;
}

/* ---- The planner in use by many
 * ------------------------------------------------
 */

/* A plan is made, used and destroyed in each call. */
static rtk_status plan_run(void *self, void *instance, const rtk_views *views,
                           rtk_call *call) {
    size_t n = rtk_view_at(views, X)->shape[0];
    int64_t value[PARAMS] = {(int64_t)n, 1, 0};
    rtk_args args = {sizeof args, value, PARAMS};
    (void)self, (void)instance;
    plan p = make(&args, false);
    call->message = "the planner gave no plan";
    if (!p) return RTK_EFAILED;
    fftw.execute_dft(p, rtk_view_at(views, X)->data,
                     rtk_view_at(views, Y)->data);
    fftw.destroy_plan(p);
    return RTK_OK;
}

static rtk_status threads_run(void *self, void *instance,
                              const rtk_views *views, rtk_call *call) {
    call->message = "the library has no threads";
    if (!fftw.plan_with_nthreads) return RTK_EUNSUPPORTED;
    fftw.plan_with_nthreads(1 + (int)(call->round % 2));
    return plan_run(self, instance, views, call);
}

static rtk_status wisdom_run(void *self, void *instance, const rtk_views *views,
                             rtk_call *call) {
    char *text = fftw.export_wisdom();
    call->message = "wisdom could not be had or was refused";
    int taken = text ? fftw.import_wisdom(text) : 0;
    free(text);
    return taken ? plan_run(self, instance, views, call) : RTK_EFAILED;
}

static rtk_status forget_run(void *self, void *instance, const rtk_views *views,
                             rtk_call *call) {
    fftw.forget_wisdom();
    return plan_run(self, instance, views, call);
}

/* Other kinds of plans, which are not executed. */
static rtk_status kinds_run(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    size_t n = rtk_view_at(views, X)->shape[0];
    pair *in = host->allocate(16 * n * sizeof *in, 64), *out = in + 8 * n;
    call->message = "the planner gave no plan";
    if (!in) return RTK_ENOMEM;
    plan two = fftw.plan_dft_2d((int)n, 4, in, out, BACKWARD, ESTIMATE);
    plan real = fftw.plan_r2c((int)n, &in[0][0], out, ESTIMATE);
    if (two) fftw.destroy_plan(two);
    if (real) fftw.destroy_plan(real);
    host->release(in);
    return two && real ? plan_run(self, instance, views, call) : RTK_EFAILED;
}

static rtk_status make_safe(void *self, const rtk_args *args,
                            const rtk_views *views, int64_t workers,
                            void **instance) {
    static bool done; /* guarded by planner */
    (void)self, (void)args, (void)views, (void)workers;
    if (!fftw.make_safe) return RTK_EUNSUPPORTED;
    pthread_mutex_lock(&planner);
    if (!done) fftw.make_safe();
    done = true;
    pthread_mutex_unlock(&planner);
    *instance = &library;
    return RTK_OK;
}

static void keep(void *self, void *instance) {
    (void)self, (void)instance;
}

/* ---- Table ------------------------------------------------------------------
 */

static const int64_t n_stress[] = {8, 60, 97, 512, 1024, 4096},
                     n_thresholds[] = {16, 64, 256},
                     threads_stress[] = {1, 2, 4, 8}, efforts[] = {0, 0, 0, 1};
static const char *const effort_words[] = {"estimate", "measure"};

static const rtk_param params[PARAMS] = {
    [N] = {.size = sizeof *params,
           .name = "n",
           .summary = "points",
           .initial = 512,
           .least = 1,
           .most = 1 << 16,
           .stress = n_stress,
           .n_stress = 6,
           .thresholds = n_thresholds,
           .n_thresholds = 3},
    [THREADS] = {.size = sizeof *params,
                 .name = "threads",
                 .summary = "threads of a plan",
                 .initial = 1,
                 .least = 1,
                 .most = 64,
                 .stress = threads_stress,
                 .n_stress = 4},
    [EFFORT] = {.size = sizeof *params,
                .name = "effort",
                .summary = "of the planner",
                .initial = 0,
                .least = 0,
                .most = 1,
                .stress = efforts,
                .n_stress = 4,
                .words = effort_words},
};

#define RTK_OP(word)                                                           \
    {                                                                          \
        .size = sizeof(rtk_op), .name = #word, .claims = &claims,              \
        .run = word##_run                                                      \
    }

static const rtk_op executions[] = {RTK_OP(execute)};
static const rtk_op plans[] = {RTK_OP(plan), RTK_OP(threads), RTK_OP(wisdom),
                               RTK_OP(forget), RTK_OP(kinds)};

#define RTK_FFTW(word, text, opens, closes, table)                             \
    {                                                                          \
        .size = sizeof(rtk_subject), .name = "fftw." word, .summary = text,    \
        .params = params, .n_params = PARAMS, .param_size = sizeof(rtk_param), \
        .describe = describe, .fill = fill, .open = opens, .close = closes,    \
        .ops = table, .n_ops = sizeof table / sizeof *table,                   \
        .op_size = sizeof(rtk_op), .check = check                              \
    }

static const rtk_subject subjects[] = {
    RTK_FFTW("execute", "transforms by plans that were made under a lock",
             start, stop, executions),
    RTK_FFTW("planner", "planning, transforms and wisdom, made thread-safe",
             make_safe, keep, plans),
    RTK_FFTW("planner_bare", "the same as it is, which the manual forbids",
             NULL, NULL, plans)};

static void about(void (*say)(void *to, const char *key, const char *value),
                  void *to) {
    const char *version = NULL;
    rtk_library_find(&library, "fftw_version", &version);
    say(to, "library", library.path);
    say(to, "FFTW", version ? version : "unknown");
    say(to, "threads", fftw.plan_with_nthreads ? "yes" : "no");
}

static void find_symbols(void) {
    const struct {
        const char *name;
        void *pointer;
    } table[] = {{"fftw_plan_dft_1d", &fftw.plan_dft_1d},
                 {"fftw_plan_dft_2d", &fftw.plan_dft_2d},
                 {"fftw_plan_dft_r2c_1d", &fftw.plan_r2c},
                 {"fftw_execute_dft", &fftw.execute_dft},
                 {"fftw_destroy_plan", &fftw.destroy_plan},
                 {"fftw_export_wisdom_to_string", &fftw.export_wisdom},
                 {"fftw_import_wisdom_from_string", &fftw.import_wisdom},
                 {"fftw_forget_wisdom", &fftw.forget_wisdom},
                 {"fftw_init_threads", &fftw.init_threads},
                 {"fftw_plan_with_nthreads", &fftw.plan_with_nthreads},
                 {"fftw_make_planner_thread_safe", &fftw.make_safe},
                 {"fftw_cleanup", &fftw.cleanup}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        rtk_library_find(&library, table[i].name, table[i].pointer);
    if (fftw.init_threads) fftw.init_threads();
}

__attribute__((destructor)) static void unload(void) {
    rtk_library_close(&library);
}

const rtk_plugin *racetrack_plugin(const rtk_host *given) {
    static const rtk_subject *const list[] = {&subjects[0], &subjects[1],
                                              &subjects[2]};
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = RTK_ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "fftw",
                                      .version = "1",
                                      .subjects = list,
                                      .n_subjects = 3,
                                      .about = about};
    if (given->abi != RTK_ABI) return NULL;
    host = given;
    if (!rtk_library_open(&library, "RACETRACK_FFTW", "fftw_plan_dft_1d")) {
        fprintf(stderr, "racetrack: no FFTW library: %s\n", library.why);
        return NULL;
    }
    find_symbols();
    return &plugin;
}
