/* An instance draws random numbers. A fork doubles its stream: parent and child
 * go on with the same numbers, each of them as random as can be. Nothing but
 * the two side by side shows it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stress/faults/fault_common.h"

enum { ROUNDS = 2 }; /* first calls of each caller that are compared */

typedef struct stream {
    uint64_t key, next;
    pid_t owner; /* the process that draws */
} stream;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    stream *s = calloc(1, sizeof *s);
    (void)self, (void)args, (void)views, (void)workers;
    if (!s) return RTK_ENOMEM;
    s->owner = getpid();
    *instance = s;
    return RTK_OK;
}

static double draw(const rtk_twin *twin, stream *s) {
    if (!RTK_PLANT(forked_stream) && s->owner != getpid()) {
        s->owner = getpid();
        s->key = twin->host->random_bits(s->key, (uint64_t)s->owner);
    }
    return twin->host->random_uniform(s->key, s->next++);
}

/* All callers' numbers lie in one array: that of a caller's first round, and
 * that of its second. */
static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double drawn = draw(self, instance);
    size_t at = (size_t)call->actor * ROUNDS + call->round;
    if (call->round < ROUNDS && at < RTK_TWIN_COUNT)
        rtk_twin_y(views)[at] = drawn;
    return RTK_OK;
}

static rtk_status observe(void *self, void *instance,
                          const rtk_views *const *actors, size_t n,
                          char *outcome, size_t room) {
    const double *y = rtk_twin_y(actors[0]);
    bool repeated = false;
    (void)self, (void)instance;
    for (size_t i = 0; i < n * ROUNDS && i < RTK_TWIN_COUNT; i++)
        for (size_t k = 0; k < i; k++) repeated |= y[i] == y[k];
    snprintf(outcome, room, repeated ? "repeated" : "distinct");
    return RTK_OK;
}

static const rtk_outcome outcomes[] = {
    {sizeof *outcomes, "repeated", RTK_FORBIDDEN,
     "two processes drew the same number"},
    {sizeof *outcomes, "distinct", RTK_REQUIRED, "numbers are compared"},
};

RTK_TWIN(forked_stream, .run = run, .open = start, .close = rtk_twin_free,
         .unchecked = true, .share = RTK_SHARE_ALWAYS, .repeatable = RTK_TIER_C,
         .observe = observe, .outcomes = outcomes,
         .n_outcomes = sizeof outcomes / sizeof *outcomes,
         .mt_object = "instance", .promised = RTK_FORK_SAFE_IDLE)
