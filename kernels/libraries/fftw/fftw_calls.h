#ifndef RTK_FFTW_CALLS_H
#define RTK_FFTW_CALLS_H

/* Any library with FFTW's interface, in double or single precision: its
 * functions by name, and what the subjects do with them. */

#include "kernels/libraries/library.h"

/* What a plan computes; values of the parameter "kind". */
enum {
    RTK_FFTW_COMPLEX, /* `batch` lines */
    RTK_FFTW_PLANE,   /* two axes */
    RTK_FFTW_REAL,    /* `batch` lines of real numbers to half a spectrum */
    RTK_FFTW_BACK,    /* and back */
    RTK_FFTW_KINDS
};

/* Parameters of all subjects of this plug-in. */
enum {
    RTK_FFTW_KIND,
    RTK_FFTW_N,
    RTK_FFTW_BATCH,
    RTK_FFTW_THREADS,
    RTK_FFTW_EFFORT,
    RTK_FFTW_PARAMS
};

/* What the arguments of a trial say. */
typedef struct rtk_fftw_shape {
    int kind, batch, threads;
    int n[2]; /* of one transform; n[1] is 1 but for planes */
    bool measured;
} rtk_fftw_shape;

/* Who sees to it that the planner has one user at a time. */
typedef enum rtk_fftw_guard {
    RTK_FFTW_OUR_LOCK, /* we do, as the manual asks */
    RTK_FFTW_SAFE,     /* fftw_make_planner_thread_safe() does */
    RTK_FFTW_NOBODY    /* nobody does, which the manual forbids */
} rtk_fftw_guard;

typedef void *rtk_fftw_plan;

/* Set while the plug-in is loaded, then read-only. Functions of threads and
 * wisdom may be missing. */
typedef struct rtk_fftw_functions {
    bool narrow; /* single precision */
    rtk_fftw_plan (*many_complex)(int, const int *, int, void *, const int *,
                                  int, int, void *, const int *, int, int, int,
                                  unsigned);
    rtk_fftw_plan (*many_real)(int, const int *, int, void *, const int *, int,
                               int, void *, const int *, int, int, unsigned);
    rtk_fftw_plan (*many_back)(int, const int *, int, void *, const int *, int,
                               int, void *, const int *, int, int, unsigned);
    void (*execute_complex)(rtk_fftw_plan, void *, void *);
    void (*execute_real)(rtk_fftw_plan, void *, void *);
    void (*execute_back)(rtk_fftw_plan, void *, void *);
    void (*destroy)(rtk_fftw_plan);
    char *(*export_wisdom)(void);
    int (*import_wisdom)(const char *);
    void (*forget_wisdom)(void);
    void (*cleanup)(void);
    void (*release)(void *);
    int (*init_threads)(void);
    void (*with_threads)(int);
    void (*cleanup_threads)(void);
    void (*make_safe)(void);
    void (*loops)(int); /* of the calling thread's OpenMP loops */
} rtk_fftw_functions;

extern rtk_fftw_functions rtk_fftw;
extern const rtk_host *rtk_fftw_host;

/* Load the library under test. Returns RTK_OK, or RTK_EINVAL with a sentence
 * of `room` bytes. MT-Unsafe: while the plug-in is loaded. */
rtk_status rtk_fftw_open(char *sentence, size_t room);

/* The library under test. MT-Safe. */
rtk_library *rtk_fftw_library(void);

/* Let go of the library, as rtk_plugin.unload; never when the process ends,
 * where others may be in their calls. MT-Unsafe race:library. */
void rtk_fftw_unload(void);

/* Say name, version, threads. MT-Safe. */
void rtk_fftw_about(void (*say)(void *to, const char *key, const char *value),
                    void *to);

/* MT-Safe. */
rtk_fftw_shape rtk_fftw_shape_of(const rtk_args *args);

/* Elements of one transform's input and output. MT-Safe. */
size_t rtk_fftw_elements(const rtk_fftw_shape *shape, bool output);

/* A plan for arrays of that shape that lie like the views, or NULL; the
 * caller's. `backward` plans the inverse. MT-Unsafe race:planner. */
rtk_fftw_plan rtk_fftw_plan_make(const rtk_fftw_shape *shape, bool backward);

/* Execute `plan` on other arrays; `backward` as it was planned. The manual says
 * so: MT-Safe. */
void rtk_fftw_run(const rtk_fftw_shape *shape, rtk_fftw_plan plan,
                  bool backward, void *in, void *out);

/* Enter and leave the planner, as `guard` says. MT-Safe. */
void rtk_fftw_enter(rtk_fftw_guard guard);
void rtk_fftw_leave(rtk_fftw_guard guard);

/* Set up in this process what `guard` and threads need, once. MT-Safe. */
void rtk_fftw_begin(rtk_fftw_guard guard, int threads);

/* The arrays, as rtk_subject.describe. MT-Safe. */
rtk_status rtk_fftw_describe(void *self, const rtk_args *args,
                             rtk_views *views);

/* The inputs, as rtk_subject.fill. MT-Unsafe race:views. */
rtk_status rtk_fftw_fill(void *self, const rtk_args *args,
                         const rtk_views *views, uint64_t seed);

/* The truth, as rtk_subject.check. MT-Safe. */
rtk_status rtk_fftw_check(void *self, const rtk_args *args,
                          const rtk_views *views, const rtk_call *call,
                          rtk_truth *found);

/* Parseval's equation. MT-Safe. */
rtk_status rtk_fftw_parseval(void *self, void *instance, const rtk_args *args,
                             const rtk_views *views, const rtk_call *call,
                             rtk_truth *found);

/* The inverse gives back the input, times the number of points; plans under
 * the lock. MT-Safe. */
rtk_status rtk_fftw_there_and_back(void *self, void *instance,
                                   const rtk_args *args, const rtk_views *views,
                                   const rtk_call *call, rtk_truth *found);

#endif
