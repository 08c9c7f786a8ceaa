/* map.apply: a function over items, by each kind of executor.
 *
 * Some items may be made to fail, with different statuses: the outcome, which
 * is an output too, must name the first of them in input order, and say that
 * all others were still run. A map that leaves items out or fails must be told,
 * wherever it is called at all. */

#include "kernels/subjects/subjects.h"

#include <stdio.h>
#include <string.h>

#include "kernels/subjects/map_kinds.h"
#include "kernels/workers/apply.h"

enum { N, EXECUTOR, FAIL, PARAMS };
enum { SERIAL, THREADS, USER, WHOLE };
enum { STATUS, FAILED_PART, PARTS_RUN, OUTCOMES };
enum { POOL_THREADS = 64, ROUNDS = 200, FAIL_EVERY = 3 };

static const int64_t n_stress[] = {1, 17, 100, 400};
static const int64_t n_sweep[] = {16, 64, 256, 1024, 4096};
static const int64_t executor_stress[] = {SERIAL, THREADS, USER, WHOLE};
static const int64_t fail_stress[] = {-1, -1, 0, 11};
static const char *const executors[] = {"serial", "threads", "user", "whole"};

static const rtk_host *host;

/* Fewer items than workers, and about as many as blocks. */
static const int64_t n_thresholds[] = {2, 3, 64};

static const rtk_param params[PARAMS] = {
    [N] = {.size = sizeof *params,
           .name = "n",
           .summary = "items",
           .initial = 256,
           .least = 1,
           .most = INT64_C(1) << 32,
           RTK_STRESS(n_stress),
           RTK_SWEEP(n_sweep),
           RTK_THRESHOLDS(n_thresholds)},
    [EXECUTOR] = {.size = sizeof *params,
                  .name = "executor",
                  .summary = "who runs the items",
                  .initial = THREADS,
                  .least = SERIAL,
                  .most = WHOLE,
                  RTK_STRESS(executor_stress),
                  .words = executors},
    [FAIL] = {.size = sizeof *params,
              .name = "fail",
              .summary = "first item that fails; -1 = none",
              .initial = -1,
              .least = -1,
              .most = INT64_C(1) << 32,
              RTK_STRESS(fail_stress)},
};

typedef struct instance {
    const rtk_executor *executor;
    rtk_pool *pool; /* NULL but for THREADS */
    int64_t fail;
} instance;

/* ---- The function ---------------------------------------------------------
 */

static int64_t mix(int64_t item) {
    uint64_t z = (uint64_t)item;
    for (int i = 0; i < ROUNDS; i++) {
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z ^= z >> 27;
    }
    return (int64_t)z;
}

/* Items carry their index in the upper half. */
static int64_t index_of(int64_t item) {
    return item >> 31;
}

static rtk_status meant(int64_t fail, int64_t index) {
    if (fail < 0 || index < fail || (index - fail) % FAIL_EVERY) return RTK_OK;
    return index == fail ? RTK_EFAILED : RTK_EIO;
}

static rtk_status apply(void *context, const void *item, void *result) {
    const instance *i = context;
    *(int64_t *)result = mix(*(const int64_t *)item);
    return meant(i->fail, index_of(*(const int64_t *)item));
}

/* ---- Callbacks ------------------------------------------------------------
 */

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    if (views->n < 3) return RTK_EINVAL;
    size_t shape[3] = {(size_t)args->value[N]};
    views->n = 3;
    rtk_describe(views, 0, "items", RTK_INT64, RTK_IN, shape);
    rtk_describe(views, 1, "results", RTK_INT64, RTK_OUT, shape);
    rtk_describe(views, 2, "outcome", RTK_INT64, RTK_OUT,
                 (size_t[3]){OUTCOMES});
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    int64_t *items = rtk_view_at(views, 0)->data;
    for (int64_t i = 0; i < args->value[N]; i++)
        items[i] =
            i << 31 | (int64_t)(host->random_bits(seed, (uint64_t)i) >> 33);
    return RTK_OK;
}

static void close_executor(void *self, void *opened) {
    (void)self;
    instance *i = opened;
    rtk_pool_free(i->pool);
    host->release(i);
}

static const rtk_executor *of_kind(int64_t kind) {
    switch (kind) {
    case USER: return &rtk_map_user;
    case WHOLE: return &rtk_map_whole;
    default: return rtk_executor_serial();
    }
}

static rtk_status open_executor(void *self, const rtk_args *args,
                                const rtk_views *views, int64_t workers,
                                void **out) {
    (void)views;
    (void)workers;
    instance *i = host->allocate(sizeof *i, _Alignof(instance));
    if (!i) return RTK_ENOMEM;
    int64_t kind = args->value[EXECUTOR];
    *i = (instance){.executor = of_kind(kind), .fail = args->value[FAIL]};
    rtk_status s =
        kind == THREADS ? rtk_pool_new(&i->pool, POOL_THREADS) : RTK_OK;
    if (s) {
        close_executor(self, i);
        return s;
    }
    if (i->pool) i->executor = rtk_pool_executor(i->pool);
    *out = i;
    return RTK_OK;
}

static int64_t first_wrong(const rtk_view *items, const rtk_view *results) {
    const int64_t *from = items->data, *to = results->data;
    for (size_t i = 0; i < items->shape[0]; i++)
        if (to[i] != mix(from[i])) return (int64_t)i;
    return -1;
}

static rtk_status apply_by(const rtk_executor *executor, instance *i,
                           const rtk_views *views, const rtk_call *call,
                           rtk_loop *loop) {
    const rtk_view *items = rtk_view_at(views, 0);
    rtk_apply_job job = {.fn = apply,
                         .context = i,
                         .items = items->data,
                         .results = rtk_view_at(views, 1)->data,
                         .n = items->shape[0],
                         .item_size = sizeof(int64_t),
                         .result_size = sizeof(int64_t)};
    return rtk_apply(executor, call->workers, &job, loop);
}

static rtk_status run(void *self, void *opened, const rtk_views *views,
                      rtk_call *call) {
    (void)self;
    instance *i = opened;
    int64_t *outcome = rtk_view_at(views, 2)->data;
    rtk_loop loop = {.size = sizeof loop};
    rtk_status s = apply_by(i->executor, i, views, call, &loop);
    if (s == RTK_EINVAL) return s;
    outcome[STATUS] = s;
    outcome[FAILED_PART] = (int64_t)loop.failed_part;
    outcome[PARTS_RUN] = (int64_t)loop.parts_run;
    call->effective_workers = loop.effective;
    /* A failure that was asked for is the outcome's to tell. */
    return s == RTK_EFAILED && i->fail >= 0 ? RTK_OK : s;
}

/* By a map from which `must` has to come, wherever it is called at all: work
 * that is too small does not need it. What it left is undefined and made
 * equal. */
static rtk_status run_broken(const rtk_executor *map, rtk_status must,
                             instance *i, const rtk_views *views,
                             rtk_call *call) {
    const rtk_view *results = rtk_view_at(views, 1);
    rtk_status s = apply_by(map, i, views, call, NULL);
    if (s == RTK_EINVAL || s == RTK_ENOMEM) return s;
    bool unneeded = !s && first_wrong(rtk_view_at(views, 0), results) < 0;
    memset(results->data, 0, results->shape[0] * sizeof(int64_t));
    memset(rtk_view_at(views, 2)->data, 0, OUTCOMES * sizeof(int64_t));
    if (s == must || unneeded || (s == RTK_EFAILED && i->fail >= 0))
        return RTK_OK;
    call->message = "a broken map was not told";
    return s ? s : must;
}

static rtk_status run_short(void *self, void *opened, const rtk_views *views,
                            rtk_call *call) {
    (void)self;
    return run_broken(&rtk_map_short, RTK_EMAP, opened, views, call);
}

static rtk_status run_failing(void *self, void *opened, const rtk_views *views,
                              rtk_call *call) {
    (void)self;
    return run_broken(&rtk_map_failing, RTK_EIO, opened, views, call);
}

/* That was judged as it ran. */
static rtk_status check_broken(void *self, const rtk_args *args,
                               const rtk_views *views, const rtk_call *call,
                               rtk_truth *truth) {
    (void)self, (void)args, (void)views, (void)call;
    truth->error = 0;
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self;
    (void)call;
    const int64_t *got = rtk_view_at(views, 2)->data;
    int64_t n = args->value[N], fail = args->value[FAIL];
    bool fails = fail >= 0 && fail < n;
    int64_t want[OUTCOMES] = {fails ? RTK_EFAILED : RTK_OK, fails ? fail : n,
                              n};
    int64_t wrong = first_wrong(rtk_view_at(views, 0), rtk_view_at(views, 1));
    truth->error = 1;
    if (wrong >= 0)
        snprintf(truth->text, sizeof truth->text,
                 "result %lld is not that of item %lld", (long long)wrong,
                 (long long)wrong);
    else if (got[STATUS] != want[STATUS] ||
             got[FAILED_PART] != want[FAILED_PART] ||
             got[PARTS_RUN] != want[PARTS_RUN])
        snprintf(truth->text, sizeof truth->text,
                 "status %lld, item %lld, %lld run; not %lld, %lld, %lld",
                 (long long)got[0], (long long)got[1], (long long)got[2],
                 (long long)want[0], (long long)want[1], (long long)want[2]);
    else
        truth->error = 0;
    return RTK_OK;
}

/* ---- Table ----------------------------------------------------------------
 */

static double bytes(void *self, const rtk_args *args) {
    (void)self;
    return 16 * (double)args->value[N];
}

#define PROMISES                                                               \
    (RTK_SURVIVES_FAILURE | RTK_UNALIGNED | RTK_NESTABLE |                     \
     RTK_WORKERS_GRAMMAR | RTK_EXIT_SAFE_BUSY | RTK_UNLOADABLE |               \
     RTK_ENVIRONMENT_KEPT | RTK_INPUTS_UNTOUCHED | RTK_FORK_SAFE_IDLE |        \
     RTK_FORK_SAFE_BUSY | RTK_PROCESS_SAFE | RTK_NO_THREADS_LEFT |             \
     RTK_NO_DESCRIPTORS_LEFT)

static const rtk_claims claims = {.size = sizeof claims,
                                  .mt = RTK_MT_SAFE,
                                  .repeatable = RTK_TIER_A,
                                  .tolerance = 0,
                                  .promises = PROMISES | RTK_NO_MEMORY_GROWTH};

/* For a part that it may call late, a few bytes are kept of each loop by a map
 * that broke its contract. */
static const rtk_claims of_broken = {.size = sizeof of_broken,
                                     .mt = RTK_MT_SAFE,
                                     .repeatable = RTK_TIER_A,
                                     .tolerance = 0,
                                     .promises = PROMISES};

static const rtk_op ops[] = {
    {.size = sizeof *ops, .name = "run", .claims = &claims, .run = run},
    {.size = sizeof *ops,
     .name = "short_map",
     .claims = &of_broken,
     .run = run_short,
     .check = check_broken},
    {.size = sizeof *ops,
     .name = "failing_map",
     .claims = &of_broken,
     .run = run_failing,
     .check = check_broken},
};

static const rtk_subject subject = {
    .size = sizeof subject,
    .name = "map.apply",
    .summary = "a function over items, by any executor",
    .params = params,
    .n_params = PARAMS,
    .param_size = sizeof *params,
    .describe = describe,
    .fill = fill,
    .open = open_executor,
    .close = close_executor,
    .ops = ops,
    .n_ops = sizeof ops / sizeof *ops,
    .op_size = sizeof *ops,
    .check = check,
    .bytes = bytes};

const rtk_subject *rtk_map_subject(const rtk_host *given) {
    host = given;
    return &subject;
}
