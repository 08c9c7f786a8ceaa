/* Making and releasing trees, and what a search measures with. */

#include "kernels/spatial/kdtree.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernels/spatial/kdtree_build.h"
#include "kernels/workers/workers.h"

enum { LEAF = 32, LIMIT_STEPS = 64, LINE = 64 };
enum { HUGE = 2 << 20, HUGE_LEAST = 4 << 20 }; /* pages, and worth them */

void *rtk_kdtree_room_new(size_t count, size_t bytes) {
    size_t all = 0;
    if (__builtin_mul_overflow(count, bytes, &all) || all > PTRDIFF_MAX - HUGE)
        return NULL;
    size_t unit = all < HUGE_LEAST ? LINE : HUGE;
    all = (all + unit) / unit * unit;
    void *room = aligned_alloc(unit, all);
    /* Searches go everywhere: fewer misses of the translation cache. Where
     * there are no such pages, nothing is lost. */
    if (room && unit == HUGE) (void)madvise(room, all, MADV_HUGEPAGE);
    return room;
}

/* ---- Trees -----------------------------------------------------------------
 */

static rtk_status periods(rtk_kdtree *t, const double *period) {
    if (!period) return RTK_OK;
    t->period = rtk_kdtree_room_new(t->d, rtk_kdtree_bytes(t));
    if (!t->period) return RTK_ENOMEM;
    for (size_t j = 0; j < t->d; j++) {
        double p = period[j] == 0 ? INFINITY : period[j];
        if (!(p > 0) || isinf(period[j])) return RTK_EINVAL;
        if (t->number == RTK_FLOAT) {
            float narrow = (float)p;
            if (!(narrow > 0) || isinf(narrow) != isinf(p)) return RTK_EINVAL;
            ((float *)t->period)[j] = narrow;
        } else {
            ((double *)t->period)[j] = p;
        }
    }
    return RTK_OK;
}

static bool acceptable(const rtk_array *points, const rtk_kdtree_options *o) {
    return rtk_array_check(points) == RTK_OK && points->rank == 2 &&
           (points->number == RTK_FLOAT || points->number == RTK_DOUBLE) &&
           points->shape[1] >= 1 &&
           points->shape[1] <= RTK_KDTREE_DIMENSIONS_MAX &&
           (o->split == RTK_KDTREE_MEDIAN || o->split == RTK_KDTREE_MIDPOINT) &&
           o->leaf <= RTK_KDTREE_LEAF_MAX;
}

/* Keep the caller's array instead of the packed one. */
static void lend(rtk_kdtree *t, const rtk_array *points) {
    t->borrowed = *points;
    free(t->x);
    t->x = NULL;
}

rtk_status rtk_kdtree_new(rtk_kdtree **tree, const rtk_array *points,
                          const rtk_kdtree_options *options, int64_t workers,
                          unsigned *effective) {
    rtk_kdtree_options o = {.size = sizeof o};
    unsigned had = 1;
    if (options && options->size > sizeof o) return RTK_EINVAL;
    if (options) memcpy(&o, options, options->size);
    if (!acceptable(points, &o)) return RTK_EINVAL;
    rtk_status s = rtk_workers_resolve(workers, 1, &had);
    rtk_kdtree *t = s ? NULL : calloc(1, sizeof *t);
    if (!t) return s ? s : RTK_ENOMEM;
    t->number = points->number;
    t->n = points->shape[0];
    t->d = points->shape[1];
    t->leaf = o.leaf ? o.leaf : LEAF;
    t->split = o.split;
    s = periods(t, o.period);
    if (!s && t->n) s = rtk_kdtree_build(t, points, workers, &had);
    if (s) {
        rtk_kdtree_free(t);
        return s;
    }
    if (o.borrow) lend(t, points);
    *tree = t;
    if (effective) *effective = had;
    return RTK_OK;
}

void rtk_kdtree_free(rtk_kdtree *t) {
    if (!t) return;
    free(t->period);
    free(t->forks);
    free(t->home);
    free(t->kids);
    free(t->totals);
    free(t->boxes);
    free(t->x);
    free(t->ids);
    free(t);
}

void rtk_kdtree_describe(const rtk_kdtree *t, rtk_kdtree_info *info) {
    size_t number = rtk_kdtree_bytes(t), box = RTK_KDTREE_BOX * t->d;
    size_t bytes = sizeof *t + t->n_slots * sizeof *t->ids +
                   t->n_forks * (sizeof *t->forks + sizeof *t->home) +
                   t->n_nodes * (RTK_KDTREE_WIDE * sizeof *t->kids +
                                 sizeof *t->totals + box * number);
    if (t->x) bytes += t->n_slots * t->d * number;
    rtk_kdtree_info all = {.size = info->size,
                           .number = t->number,
                           .points = t->n,
                           .dimensions = t->d,
                           .leaves = t->n_leaves,
                           .depth = t->depth,
                           .bytes = bytes};
    memcpy(info, &all, info->size < sizeof all ? info->size : sizeof all);
}

/* ---- Searches --------------------------------------------------------------
 */

rtk_status rtk_kdtree_plan_make(const rtk_kdtree_search *search,
                                rtk_kdtree_plan *plan) {
    rtk_kdtree_search s = {.size = sizeof s};
    if (search && search->size > sizeof s) return RTK_EINVAL;
    if (search) memcpy(&s, search, search->size);
    double p = s.p == 0 ? 2 : s.p;
    if (!(p >= 1) || !(s.eps >= 0) || !isfinite(s.eps) || !(s.bound >= 0))
        return RTK_EINVAL;
    *plan = (rtk_kdtree_plan){.metric = p == 1     ? RTK_KDTREE_SUM
                                        : p == 2   ? RTK_KDTREE_SQUARES
                                        : isinf(p) ? RTK_KDTREE_LARGEST
                                                   : RTK_KDTREE_POWERS,
                              .p = p,
                              .bound = s.bound == 0 ? INFINITY : s.bound,
                              .exact = s.eps == 0};
    plan->factor = isinf(p) ? 1 + s.eps : pow(1 + s.eps, p);
    if (!isfinite(plan->factor)) return RTK_EINVAL;
    /* pow() may be wrong in the last bit, which float rounds once more. */
    if (plan->metric == RTK_KDTREE_POWERS) plan->factor *= 1 - 0x1p-16;
    return RTK_OK;
}

/* A sum's distance as a caller gets it. */
static double root(const rtk_kdtree *t, const rtk_kdtree_plan *plan,
                   double sum) {
    if (plan->metric == RTK_KDTREE_SQUARES)
        return t->number == RTK_FLOAT ? (double)sqrtf((float)sum) : sqrt(sum);
    if (plan->metric != RTK_KDTREE_POWERS) return sum;
    double far = pow(sum, 1 / plan->p);
    return t->number == RTK_FLOAT ? (double)(float)far : far;
}

static double next(const rtk_kdtree *t, double x, double to) {
    return t->number == RTK_FLOAT ? (double)nextafterf((float)x, (float)to)
                                  : nextafter(x, to);
}

static double power(const rtk_kdtree_plan *plan, double r) {
    if (plan->metric == RTK_KDTREE_SQUARES) return r * r;
    return plan->metric == RTK_KDTREE_POWERS ? pow(r, plan->p) : r;
}

double rtk_kdtree_limit(const rtk_kdtree *t, const rtk_kdtree_plan *plan,
                        double r, bool open) {
    double most = t->number == RTK_FLOAT ? (double)FLT_MAX : DBL_MAX;
    if (open && r == 0) return -1;
    if (open && r < INFINITY) r = nextafter(r, 0);
    double sum = power(plan, r);
    if (!(sum < most)) return most;
    if (t->number == RTK_FLOAT) sum = (double)(float)sum;
    /* Rounding may have led past r, or left some room below it. */
    for (int i = 0; i < LIMIT_STEPS && sum > 0 && root(t, plan, sum) > r; i++)
        sum = next(t, sum, 0);
    for (int i = 0; i < LIMIT_STEPS && sum < most; i++) {
        double above = next(t, sum, INFINITY);
        if (root(t, plan, above) > r) break;
        sum = above;
    }
    return sum;
}

void rtk_kdtree_roots(const rtk_kdtree *t, const rtk_kdtree_plan *plan,
                      void *sums, size_t count) {
    if (plan->metric == RTK_KDTREE_SUM || plan->metric == RTK_KDTREE_LARGEST)
        return;
    double *wide = sums;
    float *narrow = sums;
    for (size_t i = 0; i < count; i++)
        if (t->number == RTK_FLOAT)
            narrow[i] = (float)root(t, plan, (double)narrow[i]);
        else
            wide[i] = root(t, plan, wide[i]);
}

/* ThreadSanitizer does not see accesses of 32 bytes. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PLAIN 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define PLAIN 1
#endif

const rtk_kdtree_walk *rtk_kdtree_walk_of(const rtk_kdtree *t,
                                          const rtk_kdtree_plan *plan) {
    bool round = t->period != NULL, narrow = t->number == RTK_FLOAT;
#if defined(__x86_64__) && !defined(PLAIN)
    if (__builtin_cpu_supports("avx2"))
        return narrow ? &rtk_kdtree_walks_float_avx2[round][plan->metric]
                      : &rtk_kdtree_walks_double_avx2[round][plan->metric];
#endif
    return narrow ? &rtk_kdtree_walks_float[round][plan->metric]
                  : &rtk_kdtree_walks_double[round][plan->metric];
}
