/* spatial.kdtree: searches in one shared tree, and trees of the caller's own.
 *
 * The shared tree's points are drawn from a fixed seed, so that a check can
 * draw them again. The truth looks at all points: sums of powers in the
 * points' own numbers, so that ties are ties, and indices must be equal; the
 * distances are held against long double. */

#include "kernels/subjects/subjects.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/spatial/kdtree.h"

enum { TYPE, N_, D_, M_, K_, POWER, LATTICE, PERIOD, PARAMS };
enum { POINTS_SEED = 20, DIMENSIONS_MOST = 30 };

/* Points lie in as large a cube; the period. */
static const double side = 4;

static const rtk_host *host;

static const int64_t n_stress[] = {17, 200, 900};
static const int64_t n_sweep[] = {10000, 100000, 1000000};
static const int64_t d_stress[] = {1, 2, 3, 5};
static const int64_t m_stress[] = {1, 30, 130};
static const int64_t k_stress[] = {1, 4};
static const int64_t both[] = {0, 1};
static const int64_t power_stress[] = {0, 1, 2};
static const char *const types[] = {"double", "float"};
static const char *const powers[] = {"2", "1", "infinity"};
static const char *const sites[] = {"anywhere", "lattice"};
static const char *const periods[] = {"none", "all"};

/* One leaf and one part of a loop, two of each. */
static const int64_t n_thresholds[] = {32, 64};
static const int64_t m_thresholds[] = {64, 128};

static const rtk_param params[PARAMS] = {
    [TYPE] = {.size = sizeof *params,
              .name = "type",
              .summary = "numbers of the points",
              .initial = 0,
              .least = 0,
              .most = 1,
              RTK_STRESS(both),
              .words = types},
    [N_] = {.size = sizeof *params,
            .name = "n",
            .summary = "points",
            .initial = 20000,
            .least = 1,
            .most = 1 << 24,
            RTK_STRESS(n_stress),
            RTK_SWEEP(n_sweep),
            RTK_THRESHOLDS(n_thresholds)},
    [D_] = {.size = sizeof *params,
            .name = "d",
            .summary = "dimensions",
            .initial = 3,
            .least = 1,
            .most = DIMENSIONS_MOST,
            RTK_STRESS(d_stress)},
    [M_] = {.size = sizeof *params,
            .name = "m",
            .summary = "queries in one call",
            .initial = 2000,
            .least = 1,
            .most = 1 << 20,
            RTK_STRESS(m_stress),
            RTK_THRESHOLDS(m_thresholds)},
    [K_] = {.size = sizeof *params,
            .name = "k",
            .summary = "neighbours of each; also those counted, about",
            .initial = 8,
            .least = 1,
            .most = 256,
            RTK_STRESS(k_stress)},
    [POWER] = {.size = sizeof *params,
               .name = "p",
               .summary = "Minkowski's p",
               .initial = 0,
               .least = 0,
               .most = 2,
               RTK_STRESS(power_stress),
               .words = powers},
    [LATTICE] = {.size = sizeof *params,
                 .name = "sites",
                 .summary =
                     "where points lie: anywhere, or on a lattice, where "
                     "many are equally far",
                 .initial = 0,
                 .least = 0,
                 .most = 1,
                 RTK_STRESS(both),
                 .words = sites},
    [PERIOD] = {.size = sizeof *params,
                .name = "period",
                .summary = "periodic dimensions",
                .initial = 0,
                .least = 0,
                .most = 1,
                RTK_STRESS(both),
                .words = periods},
};

/* ---- Points ----------------------------------------------------------------
 */

/* In [0, side), the lattice's whole. Rounding to float may reach the end. */
static double coordinate(const rtk_args *args, uint64_t seed, uint64_t i) {
    double u = (host->random_uniform(seed, i) - 0.5) * side;
    if (args->value[TYPE]) u = (double)(float)u;
    if (u >= side) u = 0;
    return args->value[LATTICE] ? floor(u) : u;
}

static double at(const rtk_args *args, const void *data, size_t i) {
    const double *wide = data;
    const float *narrow = data;
    return args->value[TYPE] ? (double)narrow[i] : wide[i];
}

static void draw(const rtk_args *args, void *data, size_t count,
                 uint64_t seed) {
    double *wide = data;
    float *narrow = data;
    for (size_t i = 0; i < count; i++)
        if (args->value[TYPE])
            narrow[i] = (float)coordinate(args, seed, i);
        else
            wide[i] = coordinate(args, seed, i);
}

static size_t extent(const rtk_args *args, int which) {
    return (size_t)args->value[which];
}

static rtk_array array(const rtk_args *args, void *data, size_t rows) {
    size_t shape[2] = {rows, extent(args, D_)};
    return rtk_array_dense(args->value[TYPE] ? RTK_FLOAT : RTK_DOUBLE, 2, shape,
                           data);
}

static rtk_kdtree_search search(const rtk_args *args) {
    static const double p[] = {2, 1, INFINITY};
    return (rtk_kdtree_search){.size = sizeof(rtk_kdtree_search),
                               .p = p[args->value[POWER]]};
}

/* About k points of those that lie anywhere. */
static double radius(const rtk_args *args) {
    double share = (double)args->value[K_] / (double)args->value[N_];
    double part = pow(share < 1 ? share : 1, 1 / (double)args->value[D_]);
    return args->value[LATTICE] ? 1 : side * part / 2;
}

static rtk_status make(const rtk_args *args, void *points, int64_t workers,
                       rtk_kdtree **tree) {
    double period[DIMENSIONS_MOST];
    for (size_t j = 0; j < DIMENSIONS_MOST; j++) period[j] = side;
    rtk_kdtree_options o = {.size = sizeof o,
                            .period = args->value[PERIOD] ? period : NULL};
    rtk_array a = array(args, points, extent(args, N_));
    return rtk_kdtree_new(tree, &a, &o, workers, NULL);
}

/* The shared tree's; for free(). */
static void *shared_points(const rtk_args *args) {
    size_t count = extent(args, N_) * extent(args, D_);
    void *points = malloc(count * sizeof(double));
    if (points) draw(args, points, count, POINTS_SEED);
    return points;
}

/* ---- Instances and operations ----------------------------------------------
 */

typedef struct instance {
    rtk_kdtree *tree;
    int64_t value[PARAMS];
    rtk_args args;
} instance;

static void close_tree(void *self, void *opened) {
    instance *i = opened;
    (void)self;
    if (i) rtk_kdtree_free(i->tree);
    free(i);
}

static rtk_status open_tree(void *self, const rtk_args *args,
                            const rtk_views *views, int64_t workers,
                            void **out) {
    (void)views;
    instance *i = calloc(1, sizeof *i);
    void *points = shared_points(args);
    rtk_status s =
        i && points ? make(args, points, workers, &i->tree) : RTK_ENOMEM;
    free(points);
    if (s) {
        close_tree(self, i);
        return s;
    }
    for (size_t v = 0; v < PARAMS; v++) i->value[v] = args->value[v];
    i->args = (rtk_args){sizeof i->args, i->value, PARAMS};
    *out = i;
    return RTK_OK;
}

static rtk_type type_of(const rtk_args *args) {
    return args->value[TYPE] ? RTK_FLOAT32 : RTK_FLOAT64;
}

/* The queries, and `answers` more views behind them. */
static void describe_queries(const rtk_args *args, rtk_views *views,
                             size_t answers) {
    views->n = 1 + answers;
    rtk_describe(views, 0, "queries", type_of(args), RTK_IN,
                 (size_t[3]){extent(args, M_), extent(args, D_)});
}

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    if (views->n < 3) return RTK_EINVAL;
    size_t shape[3] = {extent(args, M_), extent(args, K_)};
    describe_queries(args, views, 2);
    rtk_describe(views, 1, "distances", type_of(args), RTK_OUT, shape);
    rtk_describe(views, 2, "indices", RTK_INT64, RTK_OUT, shape);
    return RTK_OK;
}

static rtk_status describe_count(void *self, const rtk_args *args,
                                 rtk_views *views) {
    (void)self;
    if (views->n < 2) return RTK_EINVAL;
    describe_queries(args, views, 1);
    rtk_describe(views, 1, "counts", RTK_INT64, RTK_OUT,
                 (size_t[3]){extent(args, M_)});
    return RTK_OK;
}

static rtk_status describe_own(void *self, const rtk_args *args,
                               rtk_views *views) {
    if (views->n < 4) return RTK_EINVAL;
    rtk_status s = describe(self, args, views);
    views->n = 4;
    rtk_describe(views, 3, "points", type_of(args), RTK_IN,
                 (size_t[3]){extent(args, N_), extent(args, D_)});
    return s;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    for (size_t v = 0; v < views->n; v++) {
        const rtk_view *view = rtk_view_at(views, v);
        if (view->flow == RTK_IN)
            draw(args, view->data, rtk_view_count(view), seed + v);
    }
    return RTK_OK;
}

static rtk_status nearest(const rtk_kdtree *tree, const rtk_args *args,
                          const rtk_views *views, rtk_call *call) {
    unsigned effective = 0;
    rtk_kdtree_search how = search(args);
    rtk_array q = array(args, rtk_view_at(views, 0)->data, extent(args, M_));
    rtk_status s = rtk_kdtree_nearest(
        tree, &q, extent(args, K_), &how, call->workers,
        rtk_view_at(views, 1)->data, rtk_view_at(views, 2)->data, &effective);
    call->effective_workers = effective;
    return s;
}

static rtk_status run_nearest(void *self, void *opened, const rtk_views *views,
                              rtk_call *call) {
    const instance *i = opened;
    (void)self;
    return nearest(i->tree, &i->args, views, call);
}

static rtk_status run_own(void *self, void *opened, const rtk_views *views,
                          rtk_call *call) {
    const instance *i = opened;
    rtk_kdtree *tree = NULL;
    (void)self;
    rtk_status s =
        make(&i->args, rtk_view_at(views, 3)->data, call->workers, &tree);
    if (!s) s = nearest(tree, &i->args, views, call);
    rtk_kdtree_free(tree);
    return s;
}

/* Rows of all that is within the radius; what comes out is their lengths, and a
 * word made of all indices. */
static rtk_status run_count(void *self, void *opened, const rtk_views *views,
                            rtk_call *call) {
    const instance *i = opened;
    unsigned effective = 0;
    double far = radius(&i->args);
    rtk_kdtree_search how = search(&i->args);
    rtk_kdtree_ball ball = {.size = sizeof ball, .radii = &far, .n_radii = 1};
    rtk_kdtree_found found = {0};
    size_t m = extent(&i->args, M_);
    rtk_array q = array(&i->args, rtk_view_at(views, 0)->data, m);
    int64_t *counts = rtk_view_at(views, 1)->data;
    (void)self;
    rtk_status s = rtk_kdtree_within(i->tree, &q, &ball, &how, call->workers,
                                     &found, &effective);
    for (size_t r = 0; !s && r < m; r++) {
        counts[r] = (int64_t)(found.start[r + 1] - found.start[r]);
        for (size_t h = found.start[r]; h < found.start[r + 1]; h++)
            call->result += (uint64_t)(found.index[h] + 1) * (r + 1);
    }
    rtk_kdtree_found_free(&found);
    call->effective_workers = effective;
    return s;
}

/* ---- The truth -------------------------------------------------------------
 */

typedef struct hit {
    double sum;
    size_t id;
} hit;

static double apart(const rtk_args *args, double a, double b) {
    double x = args->value[TYPE] ? (double)(float)fabs(a - b) : fabs(a - b);
    return args->value[PERIOD] && side - x < x ? side - x : x;
}

/* The sum of powers in the tree's numbers; a product of floats is exact in
 * double, so it is rounded once, as in float. */
static double sum(const rtk_args *args, const void *q, size_t query,
                  const void *x, size_t point) {
    double s = 0;
    for (size_t j = 0, d = extent(args, D_); j < d; j++) {
        double a =
            apart(args, at(args, q, query * d + j), at(args, x, point * d + j));
        if (args->value[TYPE]) a = (float)a;
        double power = args->value[POWER] ? a : a * a;
        if (args->value[TYPE]) power = (float)power;
        s = args->value[POWER] == 2 ? fmax(s, power) : s + power;
        if (args->value[TYPE]) s = (float)s;
    }
    return s;
}

static int in_order(const void *a, const void *b) {
    const hit *x = a, *y = b;
    if (x->sum != y->sum) return x->sum < y->sum ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static double root(const rtk_args *args, double s) {
    if (args->value[POWER]) return s;
    return args->value[TYPE] ? (double)sqrtf((float)s) : sqrt(s);
}

/* Whether row `r` of the answer is the first of `sorted`. */
static double row_error(const rtk_args *args, const rtk_views *views, size_t r,
                        const hit *sorted) {
    size_t k = extent(args, K_), n = extent(args, N_);
    const void *distance = rtk_view_at(views, 1)->data;
    const int64_t *id = rtk_view_at(views, 2)->data;
    double worst = 0;
    for (size_t j = 0; j < k; j++) {
        bool there = j < n;
        if (id[r * k + j] != (int64_t)(there ? sorted[j].id : n))
            return INFINITY;
        double want = there ? root(args, sorted[j].sum) : INFINITY;
        double got = at(args, distance, r * k + j);
        worst = rtk_worse(worst, got == want ? 0 : fabs(got - want) / want);
    }
    return worst;
}

static double count_error(const rtk_args *args, const rtk_views *views,
                          size_t r, const hit *sorted) {
    int64_t want = 0, got = ((int64_t *)rtk_view_at(views, 1)->data)[r];
    for (size_t i = 0; i < extent(args, N_); i++)
        want += root(args, sorted[i].sum) <= radius(args);
    return got == want ? 0 : INFINITY;
}

typedef double judge(const rtk_args *args, const rtk_views *views, size_t r,
                     const hit *sorted);

static rtk_status compare(const rtk_args *args, const rtk_views *views,
                          const void *points, judge *error, rtk_truth *truth) {
    size_t n = extent(args, N_), where = 0;
    hit *all = points ? malloc(n * sizeof *all) : NULL;
    if (!all) return RTK_ENOMEM;
    truth->error = 0;
    for (size_t r = 0; r < extent(args, M_); r++) {
        for (size_t i = 0; i < n; i++)
            all[i] =
                (hit){sum(args, rtk_view_at(views, 0)->data, r, points, i), i};
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

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)call;
    void *points = shared_points(args);
    rtk_status s = compare(args, views, points, row_error, truth);
    free(points);
    return s;
}

static rtk_status check_count(void *self, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    (void)self, (void)call;
    void *points = shared_points(args);
    rtk_status s = compare(args, views, points, count_error, truth);
    free(points);
    return s;
}

static rtk_status check_own(void *self, const rtk_args *args,
                            const rtk_views *views, const rtk_call *call,
                            rtk_truth *truth) {
    (void)self, (void)call;
    return compare(args, views, rtk_view_at(views, 3)->data, row_error, truth);
}

/* Whether row `r` of the nearest is how the row of all within the last one's
 * distance begins, and n behind its end. */
static bool leads(const rtk_args *args, const rtk_views *views,
                  const rtk_kdtree_found *found, size_t r) {
    size_t k = extent(args, K_), n = found->start[r + 1] - found->start[r];
    const void *distance = rtk_view_at(views, 1)->data;
    const int64_t *id = rtk_view_at(views, 2)->data;
    for (size_t j = 0; j < k; j++) {
        size_t h = found->start[r] + j;
        bool there = j < n;
        double far = there ? at(args, found->distances, h) : INFINITY;
        int64_t want = there ? found->index[h] : args->value[N_];
        if (id[r * k + j] != want || at(args, distance, r * k + j) != far)
            return false;
    }
    return true;
}

static rtk_status enclosed(void *self, void *opened, const rtk_args *args,
                           const rtk_views *views, const rtk_call *call,
                           rtk_truth *truth) {
    const instance *i = opened;
    size_t m = extent(args, M_), k = extent(args, K_), r = 0;
    double *radii = malloc(m * sizeof *radii);
    rtk_kdtree_search how = search(args);
    rtk_kdtree_found found = {0};
    rtk_kdtree_ball ball = {.size = sizeof ball,
                            .radii = radii,
                            .n_radii = m,
                            .order = RTK_KDTREE_BY_DISTANCE,
                            .distances = true};
    rtk_array q = array(args, rtk_view_at(views, 0)->data, m);
    (void)self, (void)call;
    if (!radii) return RTK_ENOMEM;
    snprintf(truth->text, sizeof truth->text,
             "the nearest are not the first of all within the last distance");
    truth->error = INFINITY;
    for (; r < m; r++) {
        radii[r] = at(args, rtk_view_at(views, 1)->data, r * k + k - 1);
        if (!(radii[r] >= 0)) break;
    }
    rtk_status s = RTK_OK;
    if (r == m)
        s = rtk_kdtree_within(i->tree, &q, &ball, &how, 1, &found, NULL);
    for (r = 0; found.start && r < m && leads(args, views, &found, r);) r++;
    if (found.start && r == m) truth->error = 0;
    rtk_kdtree_found_free(&found);
    free(radii);
    return s;
}

/* ---- Table -----------------------------------------------------------------
 */

static double bytes(void *self, const rtk_args *args) {
    (void)self;
    const int64_t *v = args->value;
    double number = v[TYPE] ? 4 : 8;
    return (double)v[M_] * ((double)v[D_] * number +
                            (double)v[K_] * (number + sizeof(int64_t)));
}

static const rtk_claims claims = {
    .size = sizeof claims,
    .mt = RTK_MT_SAFE,
    .repeatable = RTK_TIER_A,
    .tolerance = 0,
    .promises = RTK_UNALIGNED | RTK_NESTABLE | RTK_WORKERS_GRAMMAR |
                RTK_EXIT_SAFE_BUSY | RTK_UNLOADABLE | RTK_ENVIRONMENT_KEPT |
                RTK_NO_MEMORY_GROWTH | RTK_INPUTS_UNTOUCHED |
                RTK_SURVIVES_FAILURE | RTK_FORK_SAFE_IDLE | RTK_FORK_SAFE_BUSY |
                RTK_PROCESS_SAFE | RTK_NO_DESCRIPTORS_LEFT};

static const rtk_law laws[] = {
    {sizeof(rtk_law), "enclosed",
     "the nearest are the first of all within the last one's distance",
     enclosed}};

static const rtk_op ops[] = {{.size = sizeof *ops,
                              .name = "nearest",
                              .claims = &claims,
                              .run = run_nearest,
                              .laws = laws,
                              .n_laws = RTK_LENGTH(laws),
                              .law_size = sizeof *laws},
                             {.size = sizeof *ops,
                              .name = "within",
                              .claims = &claims,
                              .run = run_count,
                              .check = check_count,
                              .describe = describe_count,
                              .fill = fill},
                             {.size = sizeof *ops,
                              .name = "own_tree",
                              .claims = &claims,
                              .run = run_own,
                              .check = check_own,
                              .describe = describe_own,
                              .fill = fill}};

static const rtk_subject subject = {
    .size = sizeof subject,
    .name = "spatial.kdtree",
    .summary = "searches in one tree of points, and trees of one's own",
    .params = params,
    .n_params = PARAMS,
    .param_size = sizeof *params,
    .describe = describe,
    .fill = fill,
    .open = open_tree,
    .close = close_tree,
    .ops = ops,
    .n_ops = RTK_LENGTH(ops),
    .op_size = sizeof *ops,
    .check = check,
    .bytes = bytes};

const rtk_subject *rtk_kdtree_subject(const rtk_host *given) {
    host = given;
    return &subject;
}
