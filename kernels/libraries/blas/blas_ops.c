/* Operations of the contract, each made of a form: as the contract gives its
 * functions no operation to look at, there is a set of them for each place in
 * the table. */

#include "kernels/libraries/blas/blas.h"

/* Libraries that give threads to each call would else have more of them than
 * the system can start. */
enum { CROWD = 32, CROWD_THREADS = 2 };

static rtk_blas_op table[RTK_BLAS_OPS_MAX];
static size_t used;

static rtk_status describe(size_t at, const rtk_args *args, rtk_views *views) {
    rtk_blas_shape shape = rtk_blas_shape_of(args);
    table[at].form->describe(table[at].form, &shape, views);
    return RTK_OK;
}

static rtk_status fill(size_t at, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    rtk_blas_shape shape = rtk_blas_shape_of(args);
    if (table[at].form->fill)
        table[at].form->fill(table[at].form, &shape, views, seed);
    return RTK_OK;
}

static rtk_status run(size_t at, const void *instance, const rtk_views *views,
                      rtk_call *call) {
    const rtk_blas_shape *shape = instance;
    bool crowd = call->actors > CROWD && shape->threads > CROWD_THREADS;
    if (shape->pool) rtk_blas_pool(crowd ? CROWD_THREADS : shape->threads);
    rtk_blas_settle();
    return table[at].form->run(&table[at], instance, views, call);
}

static rtk_status check(size_t at, const rtk_args *args, const rtk_views *views,
                        rtk_truth *truth) {
    rtk_blas_shape shape = rtk_blas_shape_of(args);
    return table[at].form->check(table[at].form, &shape, views, truth);
}

#define PLACE(at)                                                              \
    static rtk_status describe_##at(void *self, const rtk_args *args,          \
                                    rtk_views *views) {                        \
        (void)self;                                                            \
        return describe(at, args, views);                                      \
    }                                                                          \
    static rtk_status fill_##at(void *self, const rtk_args *args,              \
                                const rtk_views *views, uint64_t seed) {       \
        (void)self;                                                            \
        return fill(at, args, views, seed);                                    \
    }                                                                          \
    static rtk_status run_##at(void *self, void *instance,                     \
                               const rtk_views *views, rtk_call *call) {       \
        (void)self;                                                            \
        return run(at, instance, views, call);                                 \
    }                                                                          \
    static rtk_status check_##at(void *self, const rtk_args *args,             \
                                 const rtk_views *views, const rtk_call *call, \
                                 rtk_truth *truth) {                           \
        (void)self, (void)call;                                                \
        return check(at, args, views, truth);                                  \
    }
#define OP(at)                                                                 \
    {.describe = describe_##at,                                                \
     .fill = fill_##at,                                                        \
     .run = run_##at,                                                          \
     .check = check_##at},

/* clang-format off */
#define EIGHT(what, tens)                                                      \
    what(tens##0) what(tens##1) what(tens##2) what(tens##3)                    \
    what(tens##4) what(tens##5) what(tens##6) what(tens##7)
/* In octal, so that eight times eight places are numbered without a gap. */
#define ALL(what)                                                              \
    EIGHT(what, 0) EIGHT(what, 01) EIGHT(what, 02) EIGHT(what, 03)             \
    EIGHT(what, 04) EIGHT(what, 05) EIGHT(what, 06) EIGHT(what, 07)
/* clang-format on */

ALL(PLACE)

rtk_status rtk_blas_op_make(const rtk_blas_form *form, const rtk_claims *claims,
                            rtk_op *made) {
    static const rtk_op places[RTK_BLAS_OPS_MAX] = {ALL(OP)};
    size_t at = 0; /* a form has one place, whoever uses it */
    while (at < used && table[at].form != form) at++;
    if (at == RTK_BLAS_OPS_MAX) return RTK_EUNSUPPORTED;
    rtk_blas_op op = {.form = form};
    for (size_t i = 0; i < RTK_BLAS_FUNCTIONS && form->symbol[i]; i++) {
        op.f[i] = rtk_library_function(rtk_blas_library(), form->symbol[i]);
        if (!op.f[i]) return RTK_EUNSUPPORTED;
    }
    *made = places[at];
    made->size = sizeof *made;
    made->name = form->name;
    made->claims = claims;
    if (!form->check) made->check = NULL;
    table[at] = op;
    if (at == used) used++;
    return RTK_OK;
}
