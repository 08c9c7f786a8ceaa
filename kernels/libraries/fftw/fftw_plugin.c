/* Any FFTW as subjects, by the path in RACETRACK_FFTW.
 *
 * What the manual (section "Thread safety") says is claimed: any number of
 * threads may execute, also one plan on arrays of their own; all else is for
 * one thread at a time, which a lock of the caller's sees to (fftw.execute,
 * fftw.cleanup), or, for the planner, fftw_make_planner_thread_safe()
 * (fftw.planner). Processes have their own address space (the same section).
 * Users rely on forks, dlclose() when nothing is computed, and exit().
 *
 * Documented not to be safe, and so in subjects that are tried only by name:
 * the planner without either, wisdom beside a planner that was made safe, and
 * a fork while another thread executes (POSIX: the child may call only
 * functions that are async-signal-safe). */

#include <stdio.h>
#include <stdlib.h>

#include "kernels/libraries/fftw/fftw_calls.h"

/* ---- Parameters ---------------------------------------------------------- */

static const int64_t kinds[] = {0, 1, 2, 3}, n_stress[] = {16, 60, 97, 128},
                     batches[] = {1, 3, 8}, threads[] = {1, 2, 4, 8},
                     efforts[] = {0, 0, 0, 1}, n_thresholds[] = {2, 16, 64};
static const char *const kind_words[] = {"complex", "plane", "real", "back"},
                         *const effort_words[] = {"estimate", "measure"};

#define PARAM(word, text, first, low, high, values, ...)                       \
    {                                                                          \
        .size = sizeof(rtk_param), .name = word, .summary = text,              \
        .initial = first, .least = low, .most = high, .stress = values,        \
        .n_stress = RTK_LENGTH(values), __VA_ARGS__                            \
    }

static const rtk_param params[RTK_FFTW_PARAMS] = {
    [RTK_FFTW_KIND] = PARAM("kind", "what a plan computes", 0, 0, 3, kinds,
                            .words = kind_words),
    [RTK_FFTW_N] = PARAM("n",
                         "points of a line; planes have a quarter of its "
                         "rows",
                         128, 1, 4096, n_stress, .thresholds = n_thresholds,
                         .n_thresholds = RTK_LENGTH(n_thresholds)),
    [RTK_FFTW_BATCH] = PARAM("batch", "lines", 3, 1, 64, batches, ),
    [RTK_FFTW_THREADS] =
        PARAM("threads", "threads of a plan", 2, 1, 64, threads, ),
    [RTK_FFTW_EFFORT] = PARAM("effort", "of the planner", 0, 0, 1, efforts,
                              .words = effort_words)};

rtk_fftw_shape rtk_fftw_shape_of(const rtk_args *args) {
    const int64_t *v = args->value;
    rtk_fftw_shape s = {(int)v[RTK_FFTW_KIND],
                        (int)v[RTK_FFTW_BATCH],
                        (int)v[RTK_FFTW_THREADS],
                        {(int)v[RTK_FFTW_N], 1},
                        v[RTK_FFTW_EFFORT] != 0};
    if (s.kind == RTK_FFTW_PLANE) {
        s.n[1] = s.n[0] < 12 ? s.n[0] : 12;
        s.n[0] = s.n[0] < 8 ? s.n[0] : s.n[0] / 4;
    }
    return s;
}

/* ---- Instances ----------------------------------------------------------- */

typedef struct instance {
    rtk_fftw_shape shape;
    rtk_fftw_plan plan;
    rtk_fftw_guard guard;
} instance;

static rtk_fftw_guard guard_of(void *self) {
    return *(const rtk_fftw_guard *)self;
}

static void stop(void *self, void *opened) {
    instance *i = opened;
    if (i && i->plan) {
        rtk_fftw_enter(guard_of(self));
        rtk_fftw.destroy(i->plan);
        rtk_fftw_leave(guard_of(self));
    }
    free(i);
}

/* A plan for `shape`; the number of threads belongs to the planner, so only
 * who has it alone sets it. */
static rtk_fftw_plan plan(const rtk_fftw_shape *shape, rtk_fftw_guard guard,
                          bool backward) {
    rtk_fftw_enter(guard);
    if (guard == RTK_FFTW_OUR_LOCK && rtk_fftw.with_threads)
        rtk_fftw.with_threads(shape->threads);
    rtk_fftw_plan made = rtk_fftw_plan_make(shape, backward);
    rtk_fftw_leave(guard);
    return made;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers, void **out) {
    (void)views, (void)workers;
    instance *i = calloc(1, sizeof *i);
    if (!i) return RTK_ENOMEM;
    i->guard = guard_of(self);
    i->shape = rtk_fftw_shape_of(args);
    rtk_fftw_begin(i->guard, i->shape.threads);
    i->plan = plan(&i->shape, i->guard, false);
    rtk_status s = i->plan ? RTK_OK : RTK_EFAILED;
    if (s)
        stop(self, i);
    else
        *out = i;
    return s;
}

/* ---- Operations ---------------------------------------------------------- */

static rtk_status execute(void *self, void *opened, const rtk_views *views,
                          rtk_call *call) {
    const instance *i = opened;
    (void)self, (void)call;
    rtk_fftw_run(&i->shape, i->plan, false, rtk_view_at(views, 0)->data,
                 rtk_view_at(views, 1)->data);
    return RTK_OK;
}

/* A plan for this call alone. */
static rtk_status replan(void *self, void *opened, const rtk_views *views,
                         rtk_call *call) {
    const instance *i = opened;
    (void)self;
    rtk_fftw_plan own = plan(&i->shape, i->guard, false);
    call->message = "the planner gave no plan";
    if (!own) return RTK_EFAILED;
    rtk_fftw_run(&i->shape, own, false, rtk_view_at(views, 0)->data,
                 rtk_view_at(views, 1)->data);
    rtk_fftw_enter(i->guard);
    rtk_fftw.destroy(own);
    rtk_fftw_leave(i->guard);
    return RTK_OK;
}

/* Wisdom out and in again, and sometimes forgotten; then the plan. */
static rtk_status wisdom(void *self, void *opened, const rtk_views *views,
                         rtk_call *call) {
    const instance *i = opened;
    call->message = "the library has no wisdom";
    if (!rtk_fftw.export_wisdom || !rtk_fftw.import_wisdom)
        return RTK_EUNSUPPORTED;
    rtk_fftw_enter(i->guard);
    char *text = rtk_fftw.export_wisdom();
    if (call->round % 3 == 2 && rtk_fftw.forget_wisdom)
        rtk_fftw.forget_wisdom();
    bool taken = text && rtk_fftw.import_wisdom(text);
    if (text) rtk_fftw.release(text);
    rtk_fftw_leave(i->guard);
    call->message = "its own wisdom was refused";
    return taken ? execute(self, opened, views, call) : RTK_EFAILED;
}

/* All from the beginning to the end, by one caller at a time. */
static rtk_status cycle(void *self, void *opened, const rtk_views *views,
                        rtk_call *call) {
    const rtk_fftw_shape *s = opened;
    rtk_fftw_enter(guard_of(self));
    if (rtk_fftw.init_threads) rtk_fftw.init_threads();
    if (rtk_fftw.with_threads) rtk_fftw.with_threads(s->threads);
    rtk_fftw_plan own = rtk_fftw_plan_make(s, false);
    if (own) {
        rtk_fftw_run(s, own, false, rtk_view_at(views, 0)->data,
                     rtk_view_at(views, 1)->data);
        rtk_fftw.destroy(own);
    }
    if (rtk_fftw.cleanup_threads)
        rtk_fftw.cleanup_threads();
    else if (rtk_fftw.cleanup)
        rtk_fftw.cleanup();
    rtk_fftw_leave(guard_of(self));
    call->message = "the planner gave no plan";
    return own ? RTK_OK : RTK_EFAILED;
}

static rtk_status start_shape(void *self, const rtk_args *args,
                              const rtk_views *views, int64_t workers,
                              void **out) {
    (void)self, (void)views, (void)workers;
    rtk_fftw_shape *s = malloc(sizeof *s);
    if (!s) return RTK_ENOMEM;
    *s = rtk_fftw_shape_of(args);
    *out = s;
    return RTK_OK;
}

static void stop_shape(void *self, void *opened) {
    (void)self;
    free(opened);
}

/* ---- Tables -------------------------------------------------------------- */

#define CALLS                                                                  \
    (RTK_INPUTS_UNTOUCHED | RTK_PROCESS_SAFE | RTK_NO_DESCRIPTORS_LEFT |       \
     RTK_NESTABLE | RTK_ENVIRONMENT_KEPT)
#define CLAIM(bits)                                                            \
    {                                                                          \
        .size = sizeof(rtk_claims), .mt = RTK_MT_SAFE,                         \
        .repeatable = RTK_TIER_C, .tolerance = 1e-13, .promises = (bits)       \
    }

static const rtk_claims executing =
    CLAIM(CALLS | RTK_NO_MEMORY_GROWTH | RTK_FORK_SAFE_IDLE | RTK_UNLOADABLE |
          RTK_EXIT_SAFE_BUSY);
static const rtk_claims planning = CLAIM(CALLS);
static const rtk_claims forbidden =
    CLAIM(RTK_INPUTS_UNTOUCHED | RTK_ONLY_BY_NAME);
static const rtk_claims forked =
    CLAIM(RTK_INPUTS_UNTOUCHED | RTK_FORK_SAFE_BUSY | RTK_ONLY_BY_NAME);

static const rtk_law laws[] = {{.size = sizeof *laws,
                                .name = "Parseval's equation",
                                .summary = "sums of squares are kept",
                                .hold = rtk_fftw_parseval},
                               {.size = sizeof *laws,
                                .name = "there and back",
                                .summary = "the inverse gives the input",
                                .hold = rtk_fftw_there_and_back}};

#define OP(word, of, function)                                                 \
    {                                                                          \
        .size = sizeof(rtk_op), .name = word, .claims = of, .run = function,   \
        .laws = laws, .n_laws = RTK_LENGTH(laws), .law_size = sizeof *laws     \
    }

static const rtk_op execute_ops[] = {OP("execute", &executing, execute)};
static const rtk_op beside_ops[] = {OP("execute", &planning, execute),
                                    OP("replan", &planning, replan),
                                    OP("wisdom", &planning, wisdom)};
static const rtk_op plan_ops[] = {OP("execute", &planning, execute),
                                  OP("replan", &planning, replan)};
static const rtk_op cleanup_ops[] = {OP("cycle", &planning, cycle)};
static const rtk_op unlocked_ops[] = {OP("execute", &forbidden, execute),
                                      OP("replan", &forbidden, replan)};
static const rtk_op wisdom_ops[] = {OP("replan", &forbidden, replan),
                                    OP("wisdom", &forbidden, wisdom)};
static const rtk_op fork_ops[] = {OP("execute", &forked, execute)};

static rtk_fftw_guard ours = RTK_FFTW_OUR_LOCK, safe = RTK_FFTW_SAFE,
                      nobody = RTK_FFTW_NOBODY;

#define SUBJECT(word, text, guard, table, opener, closer)                      \
    {                                                                          \
        .size = sizeof(rtk_subject), .name = word, .summary = text,            \
        .self = guard, .params = params, .n_params = RTK_FFTW_PARAMS,          \
        .param_size = sizeof(rtk_param), .describe = rtk_fftw_describe,        \
        .fill = rtk_fftw_fill, .open = opener, .close = closer, .ops = table,  \
        .n_ops = RTK_LENGTH(table), .op_size = sizeof(rtk_op),                 \
        .check = rtk_fftw_check                                                \
    }

static const rtk_subject subjects[] = {
    SUBJECT("fftw.execute", "plans made under a lock, executed by all", &ours,
            execute_ops, start, stop),
    SUBJECT("fftw.beside", "executing beside planning and wisdom under a lock",
            &ours, beside_ops, start, stop),
    SUBJECT("fftw.planner", "planning in threads, made safe by the library",
            &safe, plan_ops, start, stop),
    SUBJECT("fftw.cleanup", "from init_threads to cleanup_threads, in turns",
            &ours, cleanup_ops, start_shape, stop_shape),
    SUBJECT("fftw.planner_unlocked",
            "planning in threads as it is, which the manual forbids", &nobody,
            unlocked_ops, start, stop),
    SUBJECT("fftw.wisdom_unlocked",
            "wisdom beside a planner made safe, which the manual forbids",
            &safe, wisdom_ops, start, stop),
    SUBJECT("fftw.fork_busy",
            "a fork while others execute, which POSIX does not allow for",
            &ours, fork_ops, start, stop)};

enum { SUBJECTS = sizeof subjects / sizeof *subjects };

const rtk_plugin *racetrack_plugin(const rtk_host *host) {
    static const rtk_subject *list[SUBJECTS];
    static rtk_plugin plugin = {.size = sizeof plugin,
                                .abi = RTK_ABI,
                                .name = "fftw",
                                .version = "0.1.0",
                                .subjects = list,
                                .about = rtk_fftw_about,
                                .unload = rtk_fftw_unload};
    char sentence[400];
    if (host->abi != RTK_ABI || host->size < sizeof *host) return NULL;
    rtk_fftw_host = host;
    if (rtk_fftw_open(sentence, sizeof sentence)) {
        host->refuse(sentence);
        return NULL;
    }
    for (size_t i = 0; i < SUBJECTS; i++) {
        /* Without it nobody makes the planner safe. */
        bool guarded = subjects[i].self != &safe || rtk_fftw.make_safe;
        if (guarded) list[plugin.n_subjects++] = &subjects[i];
    }
    plugin.lane = rtk_library_lane(rtk_fftw_library());
    return &plugin;
}
