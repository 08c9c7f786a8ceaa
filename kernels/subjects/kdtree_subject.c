/* spatial.kdtree: searches in one shared tree, and trees of the caller's own.
 */

#include "kernels/subjects/subjects.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels/spatial/kdtree.h"
#include "kernels/subjects/kdtree_cloud.h"

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

static const rtk_param params[RTK_CLOUD_PARAMS] = {
    [RTK_CLOUD_TYPE] = {.size = sizeof *params,
                        .name = "type",
                        .summary = "numbers of the points",
                        .initial = 0,
                        .least = 0,
                        .most = 1,
                        RTK_STRESS(both),
                        .words = types},
    [RTK_CLOUD_N] = {.size = sizeof *params,
                     .name = "n",
                     .summary = "points",
                     .initial = 20000,
                     .least = 1,
                     .most = 1 << 24,
                     RTK_STRESS(n_stress),
                     RTK_SWEEP(n_sweep),
                     RTK_THRESHOLDS(n_thresholds)},
    [RTK_CLOUD_D] = {.size = sizeof *params,
                     .name = "d",
                     .summary = "dimensions",
                     .initial = 3,
                     .least = 1,
                     .most = RTK_CLOUD_DIMENSIONS_MOST,
                     RTK_STRESS(d_stress)},
    [RTK_CLOUD_M] = {.size = sizeof *params,
                     .name = "m",
                     .summary = "queries in one call",
                     .initial = 2000,
                     .least = 1,
                     .most = 1 << 20,
                     RTK_STRESS(m_stress),
                     RTK_THRESHOLDS(m_thresholds)},
    [RTK_CLOUD_K] = {.size = sizeof *params,
                     .name = "k",
                     .summary = "neighbours of each; also those counted, about",
                     .initial = 8,
                     .least = 1,
                     .most = 256,
                     RTK_STRESS(k_stress)},
    [RTK_CLOUD_POWER] = {.size = sizeof *params,
                         .name = "p",
                         .summary = "Minkowski's p",
                         .initial = 0,
                         .least = 0,
                         .most = 2,
                         RTK_STRESS(power_stress),
                         .words = powers},
    [RTK_CLOUD_LATTICE] =
        {.size = sizeof *params,
         .name = "sites",
         .summary = "where points lie: anywhere, or on a lattice, where "
                    "many are equally far",
         .initial = 0,
         .least = 0,
         .most = 1,
         RTK_STRESS(both),
         .words = sites},
    [RTK_CLOUD_PERIOD] = {.size = sizeof *params,
                          .name = "period",
                          .summary = "periodic dimensions",
                          .initial = 0,
                          .least = 0,
                          .most = 1,
                          RTK_STRESS(both),
                          .words = periods},
};

/* ---- Trees -----------------------------------------------------------------
 */

static rtk_array array(const rtk_args *args, void *data, size_t rows) {
    size_t shape[2] = {rows, rtk_cloud_extent(args, RTK_CLOUD_D)};
    return rtk_array_dense(args->value[RTK_CLOUD_TYPE] ? RTK_FLOAT : RTK_DOUBLE,
                           2, shape, data);
}

static rtk_kdtree_search search(const rtk_args *args) {
    static const double p[] = {2, 1, INFINITY};
    return (rtk_kdtree_search){.size = sizeof(rtk_kdtree_search),
                               .p = p[args->value[RTK_CLOUD_POWER]]};
}

static rtk_status make(const rtk_args *args, void *points, int64_t workers,
                       rtk_kdtree **tree) {
    double period[RTK_CLOUD_DIMENSIONS_MOST];
    for (size_t j = 0; j < RTK_CLOUD_DIMENSIONS_MOST; j++)
        period[j] = RTK_CLOUD_SIDE;
    rtk_kdtree_options o = {.size = sizeof o,
                            .period =
                                args->value[RTK_CLOUD_PERIOD] ? period : NULL};
    rtk_array a = array(args, points, rtk_cloud_extent(args, RTK_CLOUD_N));
    return rtk_kdtree_new(tree, &a, &o, workers, NULL);
}

/* ---- Instances and operations ----------------------------------------------
 */

typedef struct instance {
    rtk_kdtree *tree;
    int64_t value[RTK_CLOUD_PARAMS];
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
    void *points = rtk_cloud_shared(host, args);
    rtk_status s =
        i && points ? make(args, points, workers, &i->tree) : RTK_ENOMEM;
    free(points);
    if (s) {
        close_tree(self, i);
        return s;
    }
    for (size_t v = 0; v < RTK_CLOUD_PARAMS; v++) i->value[v] = args->value[v];
    i->args = (rtk_args){sizeof i->args, i->value, RTK_CLOUD_PARAMS};
    *out = i;
    return RTK_OK;
}

static rtk_type type_of(const rtk_args *args) {
    return args->value[RTK_CLOUD_TYPE] ? RTK_FLOAT32 : RTK_FLOAT64;
}

/* The queries, and `answers` more views behind them. */
static void describe_queries(const rtk_args *args, rtk_views *views,
                             size_t answers) {
    views->n = 1 + answers;
    rtk_describe(views, 0, "queries", type_of(args), RTK_IN,
                 (size_t[3]){rtk_cloud_extent(args, RTK_CLOUD_M),
                             rtk_cloud_extent(args, RTK_CLOUD_D)});
}

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self;
    if (views->n < 3) return RTK_EINVAL;
    size_t shape[3] = {rtk_cloud_extent(args, RTK_CLOUD_M),
                       rtk_cloud_extent(args, RTK_CLOUD_K)};
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
                 (size_t[3]){rtk_cloud_extent(args, RTK_CLOUD_M)});
    return RTK_OK;
}

static rtk_status describe_own(void *self, const rtk_args *args,
                               rtk_views *views) {
    if (views->n < 4) return RTK_EINVAL;
    rtk_status s = describe(self, args, views);
    views->n = 4;
    rtk_describe(views, 3, "points", type_of(args), RTK_IN,
                 (size_t[3]){rtk_cloud_extent(args, RTK_CLOUD_N),
                             rtk_cloud_extent(args, RTK_CLOUD_D)});
    return s;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self;
    for (size_t v = 0; v < views->n; v++) {
        const rtk_view *view = rtk_view_at(views, v);
        if (view->flow == RTK_IN)
            rtk_cloud_draw(host, args, view->data, rtk_view_count(view),
                           seed + v);
    }
    return RTK_OK;
}

static rtk_status nearest(const rtk_kdtree *tree, const rtk_args *args,
                          const rtk_views *views, rtk_call *call) {
    unsigned effective = 0;
    rtk_kdtree_search how = search(args);
    rtk_array q = array(args, rtk_view_at(views, 0)->data,
                        rtk_cloud_extent(args, RTK_CLOUD_M));
    rtk_status s = rtk_kdtree_nearest(
        tree, &q, rtk_cloud_extent(args, RTK_CLOUD_K), &how, call->workers,
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
    double far = rtk_cloud_radius(&i->args);
    rtk_kdtree_search how = search(&i->args);
    rtk_kdtree_ball ball = {.size = sizeof ball, .radii = &far, .n_radii = 1};
    rtk_kdtree_found found = {0};
    size_t m = rtk_cloud_extent(&i->args, RTK_CLOUD_M);
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

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)call;
    void *points = rtk_cloud_shared(host, args);
    rtk_status s =
        rtk_cloud_compare(args, views, points, rtk_cloud_nearest_error, truth);
    free(points);
    return s;
}

static rtk_status check_count(void *self, const rtk_args *args,
                              const rtk_views *views, const rtk_call *call,
                              rtk_truth *truth) {
    (void)self, (void)call;
    void *points = rtk_cloud_shared(host, args);
    rtk_status s =
        rtk_cloud_compare(args, views, points, rtk_cloud_count_error, truth);
    free(points);
    return s;
}

static rtk_status check_own(void *self, const rtk_args *args,
                            const rtk_views *views, const rtk_call *call,
                            rtk_truth *truth) {
    (void)self, (void)call;
    return rtk_cloud_compare(args, views, rtk_view_at(views, 3)->data,
                             rtk_cloud_nearest_error, truth);
}

/* Whether row `r` of the nearest is how the row of all within the last one's
 * distance begins, and n behind its end. */
static bool leads(const rtk_args *args, const rtk_views *views,
                  const rtk_kdtree_found *found, size_t r) {
    size_t k = rtk_cloud_extent(args, RTK_CLOUD_K),
           n = found->start[r + 1] - found->start[r];
    const void *distance = rtk_view_at(views, 1)->data;
    const int64_t *id = rtk_view_at(views, 2)->data;
    for (size_t j = 0; j < k; j++) {
        size_t h = found->start[r] + j;
        bool there = j < n;
        double far = there ? rtk_cloud_at(args, found->distances, h) : INFINITY;
        int64_t want = there ? found->index[h] : args->value[RTK_CLOUD_N];
        if (id[r * k + j] != want ||
            rtk_cloud_at(args, distance, r * k + j) != far)
            return false;
    }
    return true;
}

static rtk_status enclosed(void *self, void *opened, const rtk_args *args,
                           const rtk_views *views, const rtk_call *call,
                           rtk_truth *truth) {
    const instance *i = opened;
    size_t m = rtk_cloud_extent(args, RTK_CLOUD_M),
           k = rtk_cloud_extent(args, RTK_CLOUD_K), r = 0;
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
        radii[r] =
            rtk_cloud_at(args, rtk_view_at(views, 1)->data, r * k + k - 1);
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
    double number = v[RTK_CLOUD_TYPE] ? 4 : 8;
    return (double)v[RTK_CLOUD_M] *
           ((double)v[RTK_CLOUD_D] * number +
            (double)v[RTK_CLOUD_K] * (number + sizeof(int64_t)));
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
    .n_params = RTK_CLOUD_PARAMS,
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
