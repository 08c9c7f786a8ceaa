/* Singular values, and least squares by them; by divide and conquer. */

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "kernels/linalg/batch.h"
#include "kernels/linalg/lapack_query.h"
#include "kernels/linalg/lapack_symbols.h"

static rtk_gesdd_real *const gesdd_real[] = {
    [RTK_FLOAT] = sgesdd_, [RTK_DOUBLE] = dgesdd_};
static rtk_gesdd_complex *const gesdd_complex[] = {
    [RTK_FLOAT_COMPLEX] = cgesdd_, [RTK_DOUBLE_COMPLEX] = zgesdd_};
static rtk_gelsd_real *const gelsd_real[] = {
    [RTK_FLOAT] = sgelsd_, [RTK_DOUBLE] = dgelsd_};
static rtk_gelsd_complex *const gelsd_complex[] = {
    [RTK_FLOAT_COMPLEX] = cgelsd_, [RTK_DOUBLE_COMPLEX] = zgelsd_};

static void *at(char *room, size_t offset) {
    return room + offset;
}

static size_t lesser(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t greater(size_t a, size_t b) {
    return a > b ? a : b;
}

/* The sizes that LAPACK computes must fit into its integers. */
static bool fit(size_t m, size_t n) {
    return lesser(m, n) <= RTK_LAPACK_SQUARE_MOST &&
           (m == 0 || n <= INT_MAX / 8 / m);
}

/* ---- Singular values -------------------------------------------------------
 */

enum { A, U, S, VH };

typedef struct values {
    rtk_batch batch;
    size_t a, s, u, vh, work, real_work, whole_work;
    int work_size;
    const char *job; /* N, S or A */
    int u_columns, vh_rows;
} values;

static int call_svd(const values *v, rtk_number number, const int *mn,
                    char *room) {
    int info = 0, m = rtk_leading(mn[0]), rows = rtk_leading(v->vh_rows);
    if (rtk_number_is_complex(number))
        gesdd_complex[number](v->job, &mn[0], &mn[1], at(room, v->a), &m,
                              at(room, v->s), at(room, v->u), &m,
                              at(room, v->vh), &rows, at(room, v->work),
                              &v->work_size, at(room, v->real_work),
                              at(room, v->whole_work), &info, 1);
    else
        gesdd_real[number](v->job, &mn[0], &mn[1], at(room, v->a), &m,
                           at(room, v->s), at(room, v->u), &m, at(room, v->vh),
                           &rows, at(room, v->work), &v->work_size,
                           at(room, v->whole_work), &info, 1);
    return info;
}

static int finish(const values *v, const rtk_grid *g, int info) {
    bool vectors = v->job[0] != 'N';
    double off = info ? NAN : 0;
    if (info) rtk_grid_set(g[S], NAN, NAN);
    if (vectors) rtk_grid_set(g[U], info ? NAN : 1, off);
    if (vectors) rtk_grid_set(g[VH], info ? NAN : 1, off);
    return info;
}

static int decompose(const rtk_batch *b, size_t index, const rtk_grid *g,
                     char *room) {
    const values *v = (const values *)b;
    rtk_number number = g[A].number;
    int mn[2] = {(int)g[A].rows, (int)g[A].columns};
    rtk_grid a =
        rtk_grid_of_columns(number, g[A].rows, g[A].columns, room + v->a);
    (void)index;
    rtk_grid_copy(a, g[A]);
    if (!rtk_grid_finite(a)) return finish(v, g, RTK_INFO_NOT_FINITE);
    if (mn[0] == 0 || mn[1] == 0) return finish(v, g, 0);
    int info = call_svd(v, number, mn, room);
    if (info) return finish(v, g, info);
    rtk_grid_copy(g[S],
                  rtk_grid_of_columns(g[S].number, g[S].rows, 1, room + v->s));
    if (v->job[0] == 'N') return 0;
    rtk_grid_copy(g[U], rtk_grid_of_columns(number, g[U].rows, g[U].columns,
                                            room + v->u));
    rtk_grid_copy(g[VH], rtk_grid_of_columns(number, g[VH].rows, g[VH].columns,
                                             room + v->vh));
    return 0;
}

/* Thin, full or values alone: as the shapes of u and vh say. */
static bool form(values *v, size_t m, size_t n) {
    const rtk_batch *b = &v->batch;
    rtk_number number = b->arrays[A]->number;
    size_t k = lesser(m, n);
    v->job = "N";
    if (!b->arrays[U] && !b->arrays[VH]) return true;
    if (!b->arrays[U] || !b->arrays[VH]) return false;
    size_t columns = rtk_batch_length(b, U, 1),
           rows = rtk_batch_length(b, VH, 0);
    bool thin = columns == k && rows == k, full = columns == m && rows == n;
    v->job = thin ? "S" : "A";
    v->u_columns = (int)columns;
    v->vh_rows = (int)rows;
    return (thin || full) && rtk_batch_fits(b, U, number, m, columns) &&
           rtk_batch_fits(b, VH, number, rows, n);
}

static rtk_status ask(values *v, rtk_number number, size_t m, size_t n) {
    values asked = *v;
    double sizes[4] = {0};
    int mn[2] = {(int)m, (int)n};
    asked.work_size = -1;
    asked.work = 0;
    asked.a = asked.s = asked.u = asked.vh = asked.real_work =
        asked.whole_work = 16;
    (void)call_svd(&asked, number, mn, (char *)sizes);
    return rtk_lapack_size(number, sizes, &v->work_size);
}

static void reserve(values *v, rtk_number number, size_t m, size_t n) {
    rtk_room *room = &v->batch.room;
    size_t bytes = rtk_number_bytes(number);
    size_t real = rtk_number_bytes(rtk_number_real(number));
    size_t least = lesser(m, n), most = greater(m, n);
    size_t lengths = greater(5 * least + 7, 2 * most + 2 * least + 1);
    bool complex = rtk_number_is_complex(number);
    v->a = rtk_room_take(room, m * n, bytes);
    v->s = rtk_room_take(room, least, real);
    v->u = rtk_room_take(room, m * (size_t)v->u_columns, bytes);
    v->vh = rtk_room_take(room, n * (size_t)v->vh_rows, bytes);
    v->work = rtk_room_take(room, (size_t)v->work_size, bytes);
    v->real_work = rtk_room_take(room, complex ? least * lengths : 0, real);
    v->whole_work = rtk_room_take(room, 8 * least, sizeof(int));
}

rtk_status rtk_svd(const rtk_array *a, const rtk_array *u, const rtk_array *s,
                   const rtk_array *vh, const rtk_linalg_options *options) {
    values v = {.batch = {.arrays = {a, u, s, vh},
                          .axes = {2, 2, 1, 2},
                          .n_arrays = 4,
                          .n_inputs = 1,
                          .entry = decompose}};
    rtk_status status = rtk_batch_open(&v.batch, options);
    if (status || !s) return status ? status : RTK_EINVAL;
    size_t m = rtk_batch_length(&v.batch, A, 0);
    size_t n = rtk_batch_length(&v.batch, A, 1);
    if (!form(&v, m, n) ||
        !rtk_batch_fits(&v.batch, S, rtk_number_real(a->number), lesser(m, n),
                        1))
        return RTK_EINVAL;
    if (!fit(m, n)) return RTK_EUNSUPPORTED;
    status = ask(&v, a->number, m, n);
    if (status) return status;
    reserve(&v, a->number, m, n);
    rtk_batch_work(&v.batch, RTK_SPLIT_SVD, m, n, 0);
    return rtk_batch_run(&v.batch);
}

/* ---- Least squares ---------------------------------------------------------
 */

enum { B = 1, X, VALUES };

typedef struct squares {
    rtk_batch batch;
    size_t a, b, s, work, real_work, whole_work;
    int work_size, real_size, whole_size;
    double rcond;
    int *rank;
} squares;

static int call_least(const squares *q, rtk_number number, const int *mnk,
                      char *room, int *rank) {
    int info = 0, lda = rtk_leading(mnk[0]);
    int ldb = mnk[1] > lda ? mnk[1] : lda;
    const float narrow = (float)q->rcond;
    bool single = rtk_number_real(number) == RTK_FLOAT;
    const void *rcond = single ? (const void *)&narrow : &q->rcond;
    if (rtk_number_is_complex(number))
        gelsd_complex[number](
            &mnk[0], &mnk[1], &mnk[2], at(room, q->a), &lda, at(room, q->b),
            &ldb, at(room, q->s), rcond, rank, at(room, q->work), &q->work_size,
            at(room, q->real_work), at(room, q->whole_work), &info);
    else
        gelsd_real[number](&mnk[0], &mnk[1], &mnk[2], at(room, q->a), &lda,
                           at(room, q->b), &ldb, at(room, q->s), rcond, rank,
                           at(room, q->work), &q->work_size,
                           at(room, q->whole_work), &info);
    return info;
}

static int conclude(const squares *q, const rtk_grid *g, int info, double x) {
    rtk_grid_set(g[X], x, x);
    if (info && q->batch.arrays[VALUES]) rtk_grid_set(g[VALUES], NAN, NAN);
    return info;
}

static int fit_one(const squares *q, const rtk_grid *g, char *room, int *rank) {
    rtk_number number = g[A].number;
    int mnk[3] = {(int)g[A].rows, (int)g[A].columns, (int)g[B].columns};
    size_t tall = greater(1, greater(g[A].rows, g[A].columns));
    rtk_grid a =
        rtk_grid_of_columns(number, g[A].rows, g[A].columns, room + q->a);
    rtk_grid b = rtk_grid_of_columns(number, tall, g[B].columns, room + q->b);
    rtk_grid_copy(a, g[A]);
    rtk_grid_set(b, 0, 0);
    rtk_grid_copy(b, g[B]);
    if (!rtk_grid_finite(a) || !rtk_grid_finite(b))
        return conclude(q, g, RTK_INFO_NOT_FINITE, NAN);
    *rank = 0;
    if (mnk[0] == 0 || mnk[1] == 0) return conclude(q, g, 0, 0);
    int info = call_least(q, number, mnk, room, rank);
    if (info) return conclude(q, g, info, NAN);
    rtk_grid_copy(g[X], rtk_grid_corner(b, g[X].rows, g[X].columns));
    if (q->batch.arrays[VALUES])
        rtk_grid_copy(g[VALUES],
                      rtk_grid_of_columns(g[VALUES].number, g[VALUES].rows, 1,
                                          room + q->s));
    return 0;
}

static int least(const rtk_batch *b, size_t index, const rtk_grid *g,
                 char *room) {
    const squares *q = (const squares *)b;
    int rank = -1;
    int info = fit_one(q, g, room, &rank);
    if (q->rank) q->rank[index] = info ? -1 : rank;
    return info;
}

static rtk_status ask_least(squares *q, rtk_number number, const int *mnk) {
    squares asked = *q;
    double sizes[4][2] = {{0}};
    int whole = 0, rank = 0;
    asked.work_size = -1;
    asked.work = 0;
    asked.real_work = sizeof sizes[0];
    asked.whole_work = 2 * sizeof sizes[0];
    asked.a = asked.b = asked.s = 3 * sizeof sizes[0]; /* not looked at */
    (void)call_least(&asked, number, mnk, (char *)sizes, &rank);
    memcpy(&whole, sizes[2], sizeof whole);
    q->whole_size = whole > 1 ? whole : 1;
    rtk_status s = rtk_lapack_size(number, sizes[0], &q->work_size);
    if (s || !rtk_number_is_complex(number)) return s;
    return rtk_lapack_size(rtk_number_real(number), sizes[1], &q->real_size);
}

static void reserve_least(squares *q, rtk_number number, size_t m, size_t n,
                          size_t k) {
    rtk_room *room = &q->batch.room;
    size_t bytes = rtk_number_bytes(number);
    size_t real = rtk_number_bytes(rtk_number_real(number));
    size_t tall = greater(1, greater(m, n));
    q->a = rtk_room_take(room, m * n, bytes);
    q->b = rtk_room_take(room, tall * k, bytes);
    q->s = rtk_room_take(room, lesser(m, n), real);
    q->work = rtk_room_take(room, (size_t)q->work_size, bytes);
    q->real_work = rtk_room_take(room, (size_t)q->real_size, real);
    q->whole_work = rtk_room_take(room, (size_t)q->whole_size, sizeof(int));
}

static rtk_status take(squares *q, const rtk_lstsq_details *details,
                       rtk_number number) {
    bool single = rtk_number_real(number) == RTK_FLOAT;
    q->rcond = single ? (double)FLT_EPSILON : DBL_EPSILON;
    if (!details) return RTK_OK;
    if (details->size < sizeof *details || isnan(details->rcond))
        return RTK_EINVAL;
    if (details->rcond > 0) q->rcond = details->rcond;
    q->rank = details->rank;
    return RTK_OK;
}

rtk_status rtk_lstsq(const rtk_array *a, const rtk_array *b, const rtk_array *x,
                     const rtk_lstsq_details *details,
                     const rtk_linalg_options *options) {
    squares q = {.batch = {.arrays = {a, b, x, details ? details->s : NULL},
                           .axes = {2, 2, 2, 1},
                           .n_arrays = 4,
                           .n_inputs = 2,
                           .entry = least}};
    rtk_status s = rtk_batch_open(&q.batch, options);
    if (!s && (!b || !x)) s = RTK_EINVAL;
    if (!s) s = take(&q, details, a->number);
    if (s) return s;
    size_t m = rtk_batch_length(&q.batch, A, 0);
    size_t n = rtk_batch_length(&q.batch, A, 1);
    size_t k = rtk_batch_length(&q.batch, B, 1);
    if (!rtk_batch_fits(&q.batch, B, a->number, m, k) ||
        !rtk_batch_fits(&q.batch, X, a->number, n, k) ||
        !rtk_batch_fits(&q.batch, VALUES, rtk_number_real(a->number),
                        lesser(m, n), 1))
        return RTK_EINVAL;
    if (!fit(m, n)) return RTK_EUNSUPPORTED;
    s = ask_least(&q, a->number, (int[]){(int)m, (int)n, (int)k});
    if (s) return s;
    reserve_least(&q, a->number, m, n, k);
    rtk_batch_work(&q.batch, RTK_SPLIT_LSTSQ, m, n, k);
    return rtk_batch_run(&q.batch);
}
