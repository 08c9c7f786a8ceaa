/* The library loaded for one call and let go of after it, by each caller: who
 * is last unloads it. What it has started must not be left to run in code that
 * is gone, and loading it again must find it as new. */

#include <pthread.h>
#include <stdio.h>

#include "kernels/libraries/blas/blas.h"

/* A product is as good as any other call. */
static const rtk_blas_form *product(void) {
    return &rtk_blas_level3[0];
}

static void describe(const rtk_blas_form *form, const rtk_blas_shape *s,
                     rtk_views *views) {
    (void)form;
    product()->describe(product(), s, views);
}

static void fill(const rtk_blas_form *form, const rtk_blas_shape *s,
                 const rtk_views *views, uint64_t seed) {
    (void)form;
    product()->fill(product(), s, views, seed);
}

static rtk_status check(const rtk_blas_form *form, const rtk_blas_shape *s,
                        const rtk_views *views, rtk_truth *truth) {
    (void)form;
    return product()->check(product(), s, views, truth);
}

/* Guards the number of callers that have the library. The first one sets its
 * threads, as setting them while others compute is another story. Who waits
 * for it waits for the loader, at most. */
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static unsigned inside; /* guarded by door */

static rtk_status enter(rtk_library *own, const rtk_blas_shape *s) {
    char sentence[200];
    pthread_mutex_lock(&door);
    /* The plug-in's own hold on the library would keep it loaded. */
    rtk_library_close(rtk_blas_library());
    rtk_status status =
        rtk_library_open(own, "RACETRACK_BLAS", sentence, sizeof sentence);
    if (!status && inside++ == 0) {
        rtk_blas_control control = rtk_blas_control_of(own);
        rtk_blas_control_set(&control, s->threads);
    }
    pthread_mutex_unlock(&door);
    return status;
}

static void leave(rtk_library *own) {
    pthread_mutex_lock(&door);
    inside--;
    rtk_library_close(own);
    pthread_mutex_unlock(&door);
}

static rtk_status run(const rtk_blas_op *op, const rtk_blas_shape *s,
                      const rtk_views *views, rtk_call *call) {
    rtk_library own;
    (void)op;
    call->message = "the library cannot be loaded again";
    if (enter(&own, s)) return RTK_EFAILED;
    rtk_blas_control control = rtk_blas_control_of(&own);
    if (control.loops) control.loops(s->threads);
    rtk_blas_op fresh = {product(),
                         {rtk_library_function(&own, product()->symbol[0])}};
    rtk_status status = product()->run(&fresh, s, views, call);
    leave(&own);
    return status;
}

const rtk_blas_form rtk_blas_reloads[] = {{.name = "reload",
                                           .symbol = {"cblas_dgemm"},
                                           .describe = describe,
                                           .fill = fill,
                                           .run = run,
                                           .check = check},
                                          {.name = NULL}};
