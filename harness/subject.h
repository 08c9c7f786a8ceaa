#ifndef RTK_SUBJECT_H
#define RTK_SUBJECT_H

/* The contract between racetrack and a library under test.
 *
 * A plug-in is a shared object that exports racetrack_plugin(). It hands over
 * tables: subjects, their parameters, their operations and the claims made for
 * each. The host owns the arrays: a subject describes them, the host allocates,
 * fills, protects, poisons and compares them; so one table serves threads,
 * processes, every lane and every scenario.
 *
 * How it grows without breaking a built plug-in: every struct starts with its
 * size, every array comes with the size of its elements, new fields go to the
 * end, and a field that lies beyond the size that was passed reads as zero.
 * Enumerators are never renumbered. A plug-in has no undefined rtk_ symbol: all
 * it needs from the host comes through rtk_host.
 *
 * A subject may be called from many threads and processes at once, as far as
 * its claims allow. A callback must not throw, longjmp or exit. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A plug-in built for another ABI is refused with a sentence. */
enum { RTK_ABI = 1 };
enum { RTK_RANK_MAX = 8, RTK_VIEWS_MAX = 16, RTK_PARAMS_MAX = 16 };

/* How this translation unit is built, for rtk_plugin.lane: a sanitizer lane
 * proves nothing about code that was not instrumented. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RTK_BUILD_LANE "tsan"
#elif __has_feature(address_sanitizer)
#define RTK_BUILD_LANE "asan"
#endif
#elif defined(__SANITIZE_THREAD__)
#define RTK_BUILD_LANE "tsan"
#elif defined(__SANITIZE_ADDRESS__)
#define RTK_BUILD_LANE "asan"
#endif
#ifndef RTK_BUILD_LANE
#define RTK_BUILD_LANE "native"
#endif

/* ---- Claims: what a subject promises, as data ---------------------------- */

typedef enum rtk_mt {
    RTK_MT_SAFE,  /* any number of callers, sharing instance and inputs */
    RTK_MT_INIT,  /* MT-Safe once one call has returned */
    RTK_MT_UNSAFE /* mt_object must not be shared; all else may be */
} rtk_mt;

typedef enum rtk_tier {
    RTK_TIER_A, /* equal bits for any workers, any schedule */
    RTK_TIER_B, /* within the tolerance */
    RTK_TIER_C  /* statistical: only the subject's own check judges */
} rtk_tier;

/* Bits of rtk_claims.promises. */
#define RTK_INPUTS_UNTOUCHED    UINT64_C(1) /* RTK_IN arrays are only read */
#define RTK_FORK_SAFE_IDLE      UINT64_C(2) /* usable on both sides of a fork */
#define RTK_FORK_SAFE_BUSY      UINT64_C(4) /* the same while in use */
#define RTK_PROCESS_SAFE        UINT64_C(8) /* many processes at once */
#define RTK_NO_THREADS_LEFT     UINT64_C(16) /* close() leaves none it started */
#define RTK_NO_DESCRIPTORS_LEFT UINT64_C(32) /* the same for descriptors */
#define RTK_SURVIVES_FAILURE                                                   \
    UINT64_C(64) /* memory or a thread that cannot be                          \
                 had gives a status, no more */
#define RTK_ENVIRONMENT_KEPT                                                   \
    UINT64_C(128)                          /* a call leaves the caller's FP    \
                               modes, signal mask, locale, cancel state */
#define RTK_NO_MEMORY_GROWTH UINT64_C(256) /* repeated use keeps no more */
#define RTK_UNALIGNED                                                          \
    UINT64_C(512) /* arrays need only the alignment of                         \
           their elements */
#define RTK_NESTABLE                                                           \
    UINT64_C(1024)                        /* callable from inside a part of a  \
                                    parallel loop */
#define RTK_UNLOADABLE     UINT64_C(2048) /* dlclose() after close() is safe */
#define RTK_EXIT_SAFE_BUSY UINT64_C(8192) /* exit() during calls is safe */
#define RTK_ONLY_BY_NAME                                                       \
    UINT64_C(16384) /* documented not to be safe: tried only when the          \
                       subject is named */
#define RTK_WORKERS_GRAMMAR                                                    \
    UINT64_C(4096) /* 0 and too far below are RTK_EINVAL */

typedef struct rtk_claims {
    size_t size;
    rtk_mt mt;
    const char *mt_object; /* "instance" or "inputs" for RTK_MT_UNSAFE, "all"
                              when nothing may be shared; else NULL */
    rtk_tier repeatable;
    double tolerance;  /* largest accepted rtk_truth.error; 0 = exact */
    uint64_t promises; /* RTK_INPUTS_UNTOUCHED | ... */
    double ulps;       /* tier B: largest distance between two calls with equal
                          inputs, in units in the last place; 0 = none claimed */
} rtk_claims;

/* ---- Parameters -----------------------------------------------------------
 */

/* One whole-number parameter of a subject. Names used by the harness itself
 * when a subject has them: "blas" (BLAS threads) and "workers" is never a
 * parameter, it is in every call. */
typedef struct rtk_param {
    size_t size;
    const char *name, *summary;
    int64_t initial, least, most; /* default and inclusive range */
    const int64_t *stress;        /* values a trial draws from; NULL: initial */
    size_t n_stress;
    const int64_t *sweep; /* values a benchmark sweeps; NULL: initial */
    size_t n_sweep;
    const char *const *words;  /* names of values least.. most, or NULL */
    const int64_t *thresholds; /* where another path is taken: a trial also
                                  draws each of them, one less and one more */
    size_t n_thresholds;
} rtk_param;

/* The resolved parameters of one trial or cell, in the subject's order. */
typedef struct rtk_args {
    size_t size;
    const int64_t *value;
    size_t n;
} rtk_args;

/* ---- Arrays ---------------------------------------------------------------
 */

typedef enum rtk_type {
    RTK_FLOAT32,
    RTK_FLOAT64,
    RTK_COMPLEX64,  /* two float */
    RTK_COMPLEX128, /* two double */
    RTK_INT32,
    RTK_INT64,
    RTK_BYTES
} rtk_type;

typedef enum rtk_flow { RTK_IN, RTK_OUT, RTK_INOUT } rtk_flow;

typedef enum rtk_share {
    RTK_SHARE_ANY,   /* the scenario decides; outputs are per actor */
    RTK_SHARE_NEVER, /* one for each actor, always */
    RTK_SHARE_ALWAYS /* one for all actors; the actors' calls say which part
                        each may write (rtk_call.actor of rtk_call.actors) */
} rtk_share;

typedef enum rtk_space { RTK_HOST_MEMORY, RTK_DEVICE_MEMORY } rtk_space;

typedef struct rtk_view {
    size_t size;
    const char *name;
    rtk_type type;
    rtk_flow flow;
    rtk_share share;
    rtk_space space;
    size_t rank;
    size_t shape[RTK_RANK_MAX];     /* elements */
    ptrdiff_t stride[RTK_RANK_MAX]; /* bytes; all 0 = contiguous, C order */
    void *data;                     /* set by the host; 64-byte aligned */
} rtk_view;

/* `n` views of `view_size` bytes each. Use rtk_view_at(). */
typedef struct rtk_views {
    size_t size;
    size_t n, view_size;
    rtk_view *first;
} rtk_views;

/* ---- Calls ----------------------------------------------------------------
 */

/* Workers not given: the calling thread's context default (1). */
#define RTK_WORKERS_UNSET INT64_MIN

/* One call of an operation. The host fills the first part; the operation may
 * fill the second. */
typedef struct rtk_call {
    size_t size;
    int64_t workers;        /* asked for: RTK_WORKERS_UNSET, -1, k */
    uint64_t seed;          /* of this call */
    unsigned actor, actors; /* this caller, of so many */
    uint64_t round;         /* 0, 1, ... for each actor */

    int64_t effective_workers; /* out: how many shared the work; 0 = not said */
    uint64_t result;           /* out: a result word, compared like an output */
    const char *message;       /* out: static text beside a status */
} rtk_call;

/* What an independent check found. */
typedef struct rtk_truth {
    size_t size;
    double error;   /* relative to the truth; NaN counts as wrong */
    char text[160]; /* one sentence: where and what, for a person */
} rtk_truth;

/* ---- Operations and subjects ----------------------------------------------
 */

/* A metamorphic law: what holds between the inputs and outputs of any right
 * call (Parseval, linearity, a residual), judged like a check. It may make
 * calls of its own. */
typedef struct rtk_law {
    size_t size;
    const char *name, *summary;
    rtk_status (*hold)(void *self, void *instance, const rtk_args *args,
                       const rtk_views *views, const rtk_call *call,
                       rtk_truth *truth);
} rtk_law;

/* One entry point. Libraries break where different ones meet, so a subject
 * may have several; a plain kernel has one. */
typedef struct rtk_op {
    size_t size;
    const char *name;
    const rtk_claims *claims;
    rtk_status (*run)(void *self, void *instance, const rtk_views *views,
                      rtk_call *call);
    /* The sequential meaning, for linearizability; optional: apply the call to
     * `state` and set call->result to what it must then be. */
    rtk_status (*model)(void *self, void *state, rtk_call *call);
    /* An independent truth for this operation's outputs; NULL: the subject's.
     * Status other than RTK_OK: no answer was possible. */
    rtk_status (*check)(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth);
    const char *needs, *conflicts; /* see below */

    /* The arrays of this operation and their inputs; NULL: the subject's. */
    rtk_status (*describe)(void *self, const rtk_args *args, rtk_views *views);
    rtk_status (*fill)(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed);
    /* Tolerance and promises are those of `claims`. Metamorphic laws. */
    const rtk_law *laws;
    size_t n_laws, law_size;
} rtk_op;

/* `needs` names the groups that an operation belongs to, `conflicts` those
 * that are documented not to be used at the same time, each a list with spaces
 * between ("planner", "wisdom planner"). The mixed scenario never lets two
 * actors make conflicting operations; it separates them by choice and takes no
 * lock for it. An operation that conflicts with a group of its own is made by
 * one actor at most. */

typedef enum rtk_grade {
    RTK_ACCEPTABLE,
    RTK_INTERESTING,
    RTK_FORBIDDEN,
    RTK_REQUIRED
} rtk_grade;

/* A graded outcome; patterns are globs, the first that fits counts, an
 * outcome that fits none is forbidden. */
typedef struct rtk_outcome {
    size_t size;
    const char *pattern;
    rtk_grade grade;
    const char *reason;
} rtk_outcome;

/* The table of one function under test. `self` is passed to every callback;
 * callbacks marked optional may be NULL. */
typedef struct rtk_subject {
    size_t size;
    const char *name, *summary; /* "fft.c2c" */
    void *self;

    const rtk_param *params;
    size_t n_params, param_size;

    /* Describe the arrays for `args`: set name, type, flow, share, rank and
     * shape of views[0..*n); on entry *n is the room there is. Pure. */
    rtk_status (*describe)(void *self, const rtk_args *args, rtk_views *views);

    /* Fill the inputs from the random stream `seed`; outputs are not touched.
     * Equal (args, seed) must give equal bits. */
    rtk_status (*fill)(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed);

    /* Make and destroy an instance (plan, handle, pool); in each process.
     * Optional, both or neither. The views are examples of shape and
     * alignment; their data may be used but not kept. */
    rtk_status (*open)(void *self, const rtk_args *args, const rtk_views *views,
                       int64_t workers, void **instance);
    void (*close)(void *self, void *instance);

    const rtk_op *ops;
    size_t n_ops, op_size;

    /* The independent truth used by ops without their own. */
    rtk_status (*check)(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth);

    /* After the join: all actors' views and a short outcome. Optional. */
    rtk_status (*observe)(void *self, void *instance,
                          const rtk_views *const *actors, size_t n,
                          char *outcome, size_t room);
    const rtk_outcome *outcomes;
    size_t n_outcomes, outcome_size;

    /* Work of one call, for rates; nominal where the field does so. Optional;
     * 0 = not known. */
    double (*flops)(void *self, const rtk_args *args);
    double (*bytes)(void *self, const rtk_args *args);

    /* Device memory only; optional. */
    rtk_status (*copy_in)(void *self, const rtk_view *host, rtk_view *device);
    rtk_status (*copy_out)(void *self, const rtk_view *device, rtk_view *host);
    rtk_status (*sync)(void *self, void *instance);

    /* The sequential state that the operations' models share, when there are
     * any: its bytes, and how it begins for an instance just opened. */
    size_t model_bytes;
    void (*model_start)(void *self, const rtk_args *args, void *state);
} rtk_subject;

/* ---- Host and plug-in ------------------------------------------------------
 */

/* What the host gives to a plug-in. All calls are MT-Safe. */
typedef struct rtk_host {
    size_t size;
    unsigned abi;

    void *(*allocate)(size_t bytes, size_t alignment); /* NULL: none left */
    void (*release)(void *memory);

    /* Random bits that depend on (seed, index) alone: any order, any thread,
     * equal everywhere. uniform() is in [0.5, 1.5): no denormals. */
    uint64_t (*random_bits)(uint64_t seed, uint64_t index);
    double (*random_uniform)(uint64_t seed, uint64_t index);

    /* body(arg, lo, hi) over blocks of [0, n) on the host's workers runtime;
     * returns when all are done. */
    rtk_status (*parallel_for)(int64_t workers, size_t n, size_t block,
                               void (*body)(void *arg, size_t lo, size_t hi),
                               void *arg);

    /* Report what the plug-in's own oracle saw; one sentence. */
    void (*report)(const char *oracle, const char *sentence);
    void (*log)(const char *line);

    /* Tell of an access that ThreadSanitizer does not see (assembler, wide
     * vectors), made by the calling thread now. */
    void (*declare_read)(const void *data, size_t bytes);
    void (*declare_write)(void *data, size_t bytes);

    /* Tell of a lock that is not from pthread, for the lock-order oracle. */
    void (*lock_taken)(const void *lock);
    void (*lock_released)(const void *lock);

    /* Say in one sentence why racetrack_plugin() is about to return NULL. */
    void (*refuse)(const char *sentence);
} rtk_host;

typedef struct rtk_plugin {
    size_t size;
    unsigned abi;     /* RTK_ABI */
    const char *lane; /* RTK_BUILD_LANE */
    const char *name, *version;
    const rtk_subject *const *subjects;
    size_t n_subjects;
    /* Say which libraries are really in use (name, version, configuration),
     * one say() for each; under the key "not seen" what this build's sanitizer
     * does not see into; optional. */
    void (*about)(void (*say)(void *to, const char *key, const char *value),
                  void *to);
    /* Let go of what was loaded: called before dlclose() of the plug-in, and
     * not when the process ends; optional. */
    void (*unload)(void);
} rtk_plugin;

/* The one symbol that a plug-in exports. `host` lives as long as the process.
 * Returns NULL when the host is not one it can work with.
 * MT-Unsafe: called once, before anything else. */
#if defined(__GNUC__) || defined(__clang__)
__attribute__((visibility("default")))
#endif
const rtk_plugin *
racetrack_plugin(const rtk_host *host);

typedef const rtk_plugin *(*rtk_plugin_entry)(const rtk_host *host);

/* ---- Helpers, header-only --------------------------------------------------
 */

/* View `i` of `views`; 0 <= i < views->n. MT-Safe. */
static inline rtk_view *rtk_view_at(const rtk_views *views, size_t i) {
    return (rtk_view *)(void *)((char *)(void *)views->first +
                                i * views->view_size);
}

/* Bytes of one element of `type`. MT-Safe. */
static inline size_t rtk_type_bytes(rtk_type type) {
    static const size_t bytes[] = {4, 8, 8, 16, 4, 8, 1};
    return bytes[type];
}

/* Number of elements of a view (its shape multiplied out). MT-Safe. */
static inline size_t rtk_view_count(const rtk_view *view) {
    size_t count = 1;
    for (size_t d = 0; d < view->rank; d++) count *= view->shape[d];
    return count;
}

/* Bytes of a contiguous view. MT-Safe. */
static inline size_t rtk_view_bytes(const rtk_view *view) {
    return rtk_view_count(view) * rtk_type_bytes(view->type);
}

#ifdef __cplusplus
}
#endif

#endif
