#ifndef RTK_FAULT_COMMON_H
#define RTK_FAULT_COMMON_H

/* What all planted faults have in common, so that a fault's file holds the
 * fault and no more. They compute y = PASSES * x, by adding x up: small whole
 * numbers, so that every order of additions gives equal bits, and a second
 * caller at work in the same memory shows in the value.
 *
 * A twin's claims are all that a subject can claim, unless it says otherwise:
 * MT-Safe, tier A, exact, inputs untouched, nothing left behind. */

#include "stress/faults/plant.h"

/* COUNT is a multiple of 4 that leaves slack behind the array in its page. */
enum { RTK_TWIN_COUNT = 1020, RTK_TWIN_PASSES = 64 };

/* A subject in the making. The first part is given by the fault's file, the
 * rest is set by rtk_twin_subject(); read-only after that. It is `self` of all
 * callbacks. */
typedef struct rtk_twin {
    const char *name;
    rtk_status (*run)(void *self, void *instance, const rtk_views *views,
                      rtk_call *call);
    rtk_status (*open)(void *self, const rtk_args *args, const rtk_views *views,
                       int64_t workers, void **instance);
    void (*close)(void *self, void *instance);
    rtk_status (*check)(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth); /* NULL: y = PASSES * x */
    bool unchecked;                        /* there is no independent truth */
    bool inout;                            /* y is RTK_INOUT, not RTK_OUT */
    rtk_share share;                       /* of y */
    const char *mt_object; /* MT-Unsafe for this object, when not NULL */
    rtk_tier repeatable;
    double tolerance, ulps;
    uint64_t promised, withheld; /* over and under the usual promises */
    const rtk_law *law;          /* NULL: none */
    rtk_status (*observe)(void *self, void *instance,
                          const rtk_views *const *actors, size_t n,
                          char *outcome, size_t room);
    const rtk_outcome *outcomes; /* NULL: no table */
    size_t n_outcomes;
    rtk_status (*model)(void *self, void *state, rtk_call *call);
    size_t model_bytes; /* 0: no model */
    void (*model_start)(void *self, const rtk_args *args, void *state);

    const rtk_host *host;
    rtk_claims claims;
    rtk_op op;
    rtk_subject subject;
} rtk_twin;

/* Complete `twin`; the subject lives as long as the twin does.
 * MT-Unsafe race:twin. */
const rtk_subject *rtk_twin_subject(rtk_twin *twin, const rtk_host *host);

/* The arrays x and y, RTK_TWIN_COUNT elements each. MT-Safe. */
const double *rtk_twin_x(const rtk_views *views);
double *rtk_twin_y(const rtk_views *views);

/* work[i] = RTK_TWIN_PASSES * x[i] for lo <= i < hi, by adding up in place.
 * MT-Unsafe race:work. */
void rtk_twin_add_up(double *work, const double *x, size_t lo, size_t hi);

/* The same for whole arrays, in `work`, copied to y afterwards.
 * MT-Unsafe race:work race:views. */
void rtk_twin_work(double *work, const rtk_views *views);

/* The independent truth y = PASSES * x, for lo <= i < hi. MT-Safe. */
void rtk_twin_truth(const rtk_views *views, size_t lo, size_t hi,
                    rtk_truth *truth);

/* A close() for an instance that is never destroyed. MT-Safe. */
void rtk_twin_keep(void *self, void *instance);

/* A close() for an instance from malloc(). MT-Unsafe race:instance. */
void rtk_twin_free(void *self, void *instance);

#endif
