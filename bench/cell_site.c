#include <math.h>
#include <stdio.h>

#include "bench/bench_cell.h"

#define SENTENCE(to, ...) snprintf((to), sizeof(to), __VA_ARGS__)

static size_t bytes_of(const rtk_arrays *arrays) {
    size_t bytes = 0;
    for (size_t i = 0; i < arrays->views.n; i++)
        bytes += arrays->store[i].data_bytes;
    return bytes;
}

static bool overwrites(const rtk_arrays *arrays) {
    for (size_t i = 0; i < arrays->views.n; i++)
        if (arrays->view[i].flow == RTK_INOUT) return true;
    return false;
}

rtk_status rtk_site_fill(rtk_site *site, uint64_t seed) {
    const rtk_subject *s = site->subject;
    const rtk_op *op = rtk_subject_op(s, 0);
    if (!op->fill && !s->fill) return RTK_OK;
    return (op->fill ? op->fill : s->fill)(s->self, &site->args,
                                           &site->arrays.views, seed);
}

/* Whether there are numbers that a CPU treats apart, slowly. */
static bool slow_doubles(const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]) || fpclassify(x[i]) == FP_SUBNORMAL) return true;
    return false;
}

static bool slow_floats(const float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]) || fpclassify(x[i]) == FP_SUBNORMAL) return true;
    return false;
}

/* The name of a view whose inputs hold such numbers, or NULL. */
static const char *slow_numbers(const rtk_arrays *arrays) {
    for (size_t i = 0; i < arrays->views.n; i++) {
        const rtk_view *v = &arrays->view[i];
        size_t bytes = arrays->store[i].data_bytes;
        bool wide = v->type == RTK_FLOAT64 || v->type == RTK_COMPLEX128,
             narrow = v->type == RTK_FLOAT32 || v->type == RTK_COMPLEX64;
        if (v->flow == RTK_OUT) continue;
        if (wide && slow_doubles(v->data, bytes / sizeof(double)))
            return v->name;
        if (narrow && slow_floats(v->data, bytes / sizeof(float)))
            return v->name;
    }
    return NULL;
}

void rtk_site_open(rtk_site *site, uint64_t seed, size_t *room) {
    const rtk_subject *s = site->subject;
    const rtk_op *op = rtk_subject_op(s, 0);
    site->args = (rtk_args){
        .size = sizeof site->args, .value = site->value, .n = s->n_params};
    site->blas = rtk_subject_param_index(s, "blas");
    site->failed =
        rtk_arrays_init(&site->arrays, s, op, &site->args, (rtk_layout){0});
    if (site->failed) {
        SENTENCE(site->reason, "its arrays cannot be had: %s",
                 rtk_status_text(site->failed));
        return;
    }
    size_t bytes = bytes_of(&site->arrays);
    if (bytes > *room) {
        site->failed = RTK_ENOMEM;
        SENTENCE(site->reason,
                 "its arrays take %.3g MiB, %.3g MiB of memory may be used",
                 (double)bytes / 0x1p20, (double)*room / 0x1p20);
    } else {
        site->failed = rtk_site_fill(site, seed);
        if (site->failed)
            SENTENCE(site->reason, "its inputs cannot be filled: %s",
                     rtk_status_text(site->failed));
        const char *slow = site->failed ? NULL : slow_numbers(&site->arrays);
        if (slow) {
            site->failed = RTK_EINVAL;
            SENTENCE(site->reason,
                     "its input %s holds denormal numbers or NaN, which take "
                     "a time of their own",
                     slow);
        }
        *room -= bytes;
        site->refill = overwrites(&site->arrays);
    }
    if (site->failed) rtk_arrays_destroy(&site->arrays);
}

void rtk_site_close(rtk_site *site) {
    rtk_arrays_destroy(&site->arrays);
}
