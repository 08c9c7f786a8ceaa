#ifndef RTK_TRY_SUBJECT_H
#define RTK_TRY_SUBJECT_H

/* For tests of oracles: one trial of a small subject, in a process of its own,
 * and what it said. */

#include <jansson.h>

#include "harness/trial.h"

enum { RTK_TRY_N = 64 };

typedef rtk_status (*rtk_try_call)(void *self, void *instance,
                                   const rtk_views *views, rtk_call *call);

/* What a test changes of the usual small subject: one operation that reads "x"
 * and writes "y", RTK_TRY_N numbers each. NULL and 0: the usual. */
typedef struct rtk_try {
    rtk_try_call run; /* the usual one: y = 2 x */
    rtk_status (*open)(void *self, const rtk_args *args, const rtk_views *views,
                       int64_t workers, void **instance);
    void (*close)(void *self, void *instance);
    rtk_claims claims;
    rtk_op op;           /* further members; run and claims are set */
    rtk_subject subject; /* further members; ops and callbacks are set */
    rtk_usage usage;
    unsigned actors, calls; /* 2 and 40 */
} rtk_try;

/* What came of it; release with rtk_tried_free(). */
typedef struct rtk_tried {
    json_t *findings; /* lines */
    json_t *trial;    /* the last line, or NULL when the process died */
} rtk_tried;

/* Run one trial. Fails the test when that is not possible.
 * MT-Unsafe: the process must have no other thread. */
rtk_tried rtk_try_run(const rtk_try *what);

/* The same for a trial of any subject. MT-Unsafe: as rtk_try_run(). */
rtk_tried rtk_try_trial(const rtk_trial *trial);

/* Findings of `oracle`, with `kind` or any (NULL). MT-Safe. */
size_t rtk_tried_findings(const rtk_tried *tried, const char *oracle,
                          const char *kind);

/* Whether `oracle` is among those that could have spoken. MT-Safe. */
bool rtk_tried_judged(const rtk_tried *tried, const char *oracle);

/* Release. MT-Unsafe race:tried. */
void rtk_tried_free(rtk_tried *tried);

/* y = 2 x, for operations that do that beside something else. MT-Safe. */
void rtk_try_double(const rtk_views *views);

#endif
