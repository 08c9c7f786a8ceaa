#include "bench/sweep_points.h"

#include <stdlib.h>

#include "kernels/workers/workers.h"

/* One axis, resolved. */
typedef struct axis {
    unsigned value[RTK_AXIS_MAX];
    size_t n;
    bool given;
} axis;

/* 1, 2, 4, 8 ...; with `dense` also the halves between: 3, 6, 12 ... */
static void choose(axis *a, unsigned cpus, bool dense) {
    for (unsigned v = 1; v < cpus && a->n + 3 < RTK_AXIS_MAX; v *= 2) {
        a->value[a->n++] = v;
        if (dense && v > 1 && v + v / 2 < cpus) a->value[a->n++] = v + v / 2;
    }
    a->value[a->n++] = cpus;
}

static rtk_status workers_axis(axis *a, const rtk_axes *axes, unsigned cpus) {
    a->given = axes->n_workers > 0;
    if (!a->given) choose(a, cpus, true);
    for (size_t i = 0; i < axes->n_workers; i++) {
        rtk_status s = rtk_workers_resolve(axes->workers[i], RTK_WORKERS_MAX,
                                           &a->value[a->n++]);
        if (s) return s;
    }
    return RTK_OK;
}

static rtk_status blas_axis(axis *a, const rtk_axes *axes, unsigned cpus,
                            bool blas) {
    a->given = blas && axes->n_blas > 0;
    if (!blas)
        a->value[a->n++] = 0;
    else if (!a->given)
        choose(a, cpus, false);
    for (size_t i = 0; a->given && i < axes->n_blas; i++) {
        if (axes->blas[i] < 1 || axes->blas[i] > RTK_WORKERS_MAX)
            return RTK_EINVAL;
        a->value[a->n++] = (unsigned)axes->blas[i];
    }
    return RTK_OK;
}

static unsigned threads(unsigned workers, unsigned blas) {
    return workers * (blas ? blas : 1);
}

/* What was given is measured; the rest only where it fits the CPUs. */
static bool wanted(const axis *w, const axis *b, size_t i, size_t j,
                   unsigned cpus) {
    return threads(w->value[i], b->value[j]) <= cpus ||
           (w->given && b->given) || (w->given && b->value[j] <= 1) ||
           (b->given && w->value[i] == 1);
}

static int rising(const void *left, const void *right) {
    const rtk_point *a = left, *b = right;
    if (a->blas != b->blas) return a->blas < b->blas ? -1 : 1;
    return (a->workers > b->workers) - (a->workers < b->workers);
}

static size_t each_once(rtk_point *points, size_t n) {
    size_t kept = 0;
    qsort(points, n, sizeof *points, rising);
    for (size_t i = 0; i < n; i++)
        if (!kept || rising(&points[kept - 1], &points[i]))
            points[kept++] = points[i];
    return kept;
}

rtk_status rtk_points_choose(const rtk_axes *axes, unsigned cpus, bool blas,
                             rtk_point *points, size_t *n) {
    if (axes->n_workers > RTK_AXIS_MAX || axes->n_blas > RTK_AXIS_MAX)
        return RTK_EINVAL;
    axis w = {.n = 0}, b = {.n = 0};
    rtk_status s = workers_axis(&w, axes, cpus);
    if (!s) s = blas_axis(&b, axes, cpus, blas);
    /* Two more are added below. */
    if (!s && w.n * b.n > RTK_POINTS_MAX - 2) s = RTK_EINVAL;
    if (s) return s;
    size_t count = 0;
    for (size_t i = 0; i < w.n; i++)
        for (size_t j = 0; j < b.n; j++)
            if (wanted(&w, &b, i, j, cpus))
                points[count++] = (rtk_point){w.value[i], b.value[j], false};
    if (!w.given && (!b.given || !blas))
        points[count++] = (rtk_point){2 * cpus, blas ? 1 : 0, false};
    if (!w.given && !b.given && blas)
        points[count++] = (rtk_point){cpus, cpus, false};
    for (size_t i = 0; i < count; i++)
        points[i].oversubscribed =
            threads(points[i].workers, points[i].blas) > cpus;
    *n = each_once(points, count);
    return RTK_OK;
}
