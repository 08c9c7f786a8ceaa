#include "kernels/subjects/kdtree_cloud.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/subjects/subjects.h"

enum { POINTS_SEED = 20 };

/* ---- Points ----------------------------------------------------------------
 */

/* In [0, RTK_CLOUD_SIDE), the lattice's whole. Rounding to float may reach the
 * end. */
static double coordinate(const rtk_host *host, const rtk_args *args,
                         uint64_t seed, uint64_t i) {
    double u = (host->random_uniform(seed, i) - 0.5) * RTK_CLOUD_SIDE;
    if (args->value[RTK_CLOUD_TYPE]) u = (double)(float)u;
    if (u >= RTK_CLOUD_SIDE) u = 0;
    return args->value[RTK_CLOUD_LATTICE] ? floor(u) : u;
}

double rtk_cloud_at(const rtk_args *args, const void *data, size_t i) {
    const double *wide = data;
    const float *narrow = data;
    return args->value[RTK_CLOUD_TYPE] ? (double)narrow[i] : wide[i];
}

void rtk_cloud_draw(const rtk_host *host, const rtk_args *args, void *data,
                    size_t count, uint64_t seed) {
    double *wide = data;
    float *narrow = data;
    for (size_t i = 0; i < count; i++)
        if (args->value[RTK_CLOUD_TYPE])
            narrow[i] = (float)coordinate(host, args, seed, i);
        else
            wide[i] = coordinate(host, args, seed, i);
}

double rtk_cloud_radius(const rtk_args *args) {
    double share =
        (double)args->value[RTK_CLOUD_K] / (double)args->value[RTK_CLOUD_N];
    double part =
        pow(share < 1 ? share : 1, 1 / (double)args->value[RTK_CLOUD_D]);
    return args->value[RTK_CLOUD_LATTICE] ? 1 : RTK_CLOUD_SIDE * part / 2;
}

void *rtk_cloud_shared(const rtk_host *host, const rtk_args *args) {
    size_t count = rtk_cloud_extent(args, RTK_CLOUD_N) *
                   rtk_cloud_extent(args, RTK_CLOUD_D);
    void *points = malloc(count * sizeof(double));
    if (points) rtk_cloud_draw(host, args, points, count, POINTS_SEED);
    return points;
}

/* ---- The truth -------------------------------------------------------------
 */

static double apart(const rtk_args *args, double a, double b) {
    double x =
        args->value[RTK_CLOUD_TYPE] ? (double)(float)fabs(a - b) : fabs(a - b);
    return args->value[RTK_CLOUD_PERIOD] && RTK_CLOUD_SIDE - x < x
               ? RTK_CLOUD_SIDE - x
               : x;
}

/* The sum of powers in the tree's numbers; a product of floats is exact in
 * double, so it is rounded once, as in float. */
static double sum(const rtk_args *args, const void *q, size_t query,
                  const void *x, size_t point) {
    double s = 0;
    for (size_t j = 0, d = rtk_cloud_extent(args, RTK_CLOUD_D); j < d; j++) {
        double a = apart(args, rtk_cloud_at(args, q, query * d + j),
                         rtk_cloud_at(args, x, point * d + j));
        if (args->value[RTK_CLOUD_TYPE]) a = (float)a;
        double power = args->value[RTK_CLOUD_POWER] ? a : a * a;
        if (args->value[RTK_CLOUD_TYPE]) power = (float)power;
        s = args->value[RTK_CLOUD_POWER] == 2 ? fmax(s, power) : s + power;
        if (args->value[RTK_CLOUD_TYPE]) s = (float)s;
    }
    return s;
}

static int in_order(const void *a, const void *b) {
    const rtk_cloud_hit *x = a, *y = b;
    if (x->sum != y->sum) return x->sum < y->sum ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static double root(const rtk_args *args, double s) {
    if (args->value[RTK_CLOUD_POWER]) return s;
    return args->value[RTK_CLOUD_TYPE] ? (double)sqrtf((float)s) : sqrt(s);
}

double rtk_cloud_nearest_error(const rtk_args *args, const rtk_views *views,
                               size_t r, const rtk_cloud_hit *sorted) {
    size_t k = rtk_cloud_extent(args, RTK_CLOUD_K),
           n = rtk_cloud_extent(args, RTK_CLOUD_N);
    const void *distance = rtk_view_at(views, 1)->data;
    const int64_t *id = rtk_view_at(views, 2)->data;
    double worst = 0;
    for (size_t j = 0; j < k; j++) {
        bool there = j < n;
        if (id[r * k + j] != (int64_t)(there ? sorted[j].id : n))
            return INFINITY;
        double want = there ? root(args, sorted[j].sum) : INFINITY;
        double got = rtk_cloud_at(args, distance, r * k + j);
        worst = rtk_worse(worst, got == want ? 0 : fabs(got - want) / want);
    }
    return worst;
}

double rtk_cloud_count_error(const rtk_args *args, const rtk_views *views,
                             size_t r, const rtk_cloud_hit *sorted) {
    int64_t want = 0, got = ((int64_t *)rtk_view_at(views, 1)->data)[r];
    for (size_t i = 0; i < rtk_cloud_extent(args, RTK_CLOUD_N); i++)
        want += root(args, sorted[i].sum) <= rtk_cloud_radius(args);
    return got == want ? 0 : INFINITY;
}

rtk_status rtk_cloud_compare(const rtk_args *args, const rtk_views *views,
                             const void *points, rtk_cloud_error *error,
                             rtk_truth *truth) {
    size_t n = rtk_cloud_extent(args, RTK_CLOUD_N), where = 0;
    rtk_cloud_hit *all = points ? malloc(n * sizeof *all) : NULL;
    if (!all) return RTK_ENOMEM;
    truth->error = 0;
    for (size_t r = 0; r < rtk_cloud_extent(args, RTK_CLOUD_M); r++) {
        for (size_t i = 0; i < n; i++)
            all[i] = (rtk_cloud_hit){
                sum(args, rtk_view_at(views, 0)->data, r, points, i), i};
        qsort(all, n, sizeof *all, in_order);
        double e = error(args, views, r, all);
        if (!rtk_is_worse(truth->error, e)) continue;
        truth->error = e;
        where = r;
    }
    free(all);
    snprintf(truth->text, sizeof truth->text,
             "the answer to query %zu is not what a look at all points gives",
             where);
    return RTK_OK;
}
