/* Factors of a matrix by elimination, and solutions by them.
 *
 * LAPACK's matrices lie column by column, those of most callers row by row,
 * which is the transposed matrix. Where it makes no difference, that one is
 * taken as it lies: a' x = b is as well solved by the factors of a, and the
 * lower factor of a symmetric matrix is the upper one of its transpose. */

#include <math.h>
#include <string.h>

#include "kernels/linalg/batch.h"
#include "kernels/linalg/lapack_query.h"
#include "kernels/linalg/lapack_symbols.h"
#include "kernels/linalg/small_solve.h"

static rtk_getrf *const getrf[] =
    RTK_OF_NUMBER(sgetrf_, dgetrf_, cgetrf_, zgetrf_);
static rtk_getrs *const getrs[] =
    RTK_OF_NUMBER(sgetrs_, dgetrs_, cgetrs_, zgetrs_);
static rtk_potrf *const potrf[] =
    RTK_OF_NUMBER(spotrf_, dpotrf_, cpotrf_, zpotrf_);
static rtk_geqrf *const geqrf[] =
    RTK_OF_NUMBER(sgeqrf_, dgeqrf_, cgeqrf_, zgeqrf_);
static rtk_orgqr *const orgqr[] =
    RTK_OF_NUMBER(sorgqr_, dorgqr_, cungqr_, zungqr_);

/* ---- Solutions -------------------------------------------------------------
 */

typedef struct solution {
    rtk_batch batch;
    size_t a, b, pivots;
} solution;

static int solve(const rtk_batch *batch, size_t index, const rtk_grid *g,
                 char *room) {
    const solution *s = (const solution *)batch;
    rtk_number number = g[0].number;
    int n = (int)g[0].rows, k = (int)g[1].columns, info = 0;
    int leading = rtk_leading(n), *pivots = (int *)(void *)(room + s->pivots);
    rtk_grid a = rtk_grid_of_rows(number, g[0].rows, g[0].rows, room + s->a);
    rtk_grid b =
        rtk_grid_of_columns(number, g[0].rows, g[1].columns, room + s->b);
    (void)index;
    bool finite = rtk_grid_copy_finite(a, g[0]);
    if (!rtk_grid_copy_finite(b, g[1]) || !finite) info = RTK_INFO_NOT_FINITE;
    if (!info) getrf[number](&n, &n, a.data, &leading, pivots, &info);
    if (!info)
        getrs[number]("T", &n, &k, a.data, &leading, pivots, b.data, &leading,
                      &info, 1);
    if (info)
        rtk_grid_set(g[2], NAN, NAN);
    else
        rtk_grid_copy(g[2], b);
    return info;
}

/* Rows that have room for both, and zeros where there is neither. */
static int solve_small(const rtk_batch *batch, size_t index, const rtk_grid *g,
                       char *room) {
    rtk_number number = g[0].number;
    size_t n = g[0].rows, k = g[1].columns, bytes = rtk_number_bytes(number);
    size_t from = rtk_small_solve_padded(number, n);
    size_t length = from + rtk_small_solve_padded(number, k);
    rtk_grid rows = rtk_grid_of_rows(number, n, length, room);
    rtk_grid sides = rows;
    int info = 0;
    (void)batch, (void)index;
    sides.data += from * bytes;
    sides.columns = k;
    for (size_t i = 0; i < n; i++) {
        char *row = room + i * length * bytes;
        memset(row + n * bytes, 0, (from - n) * bytes);
        memset(row + (from + k) * bytes, 0, (length - from - k) * bytes);
    }
    rtk_grid_copy(rows, g[0]);
    rtk_grid_copy(sides, g[1]);
    info = rtk_grid_finite(rows) ? rtk_small_solve(number, room, n, k)
                                 : RTK_INFO_NOT_FINITE;
    if (info)
        rtk_grid_set(g[2], NAN, NAN);
    else
        rtk_grid_copy(g[2], sides);
    return info;
}

rtk_status rtk_solve(const rtk_array *a, const rtk_array *b, const rtk_array *x,
                     const rtk_linalg_options *options) {
    solution s = {.batch = {.arrays = {a, b, x},
                            .axes = {2, 2, 2},
                            .n_arrays = 3,
                            .n_inputs = 2,
                            .entry = solve}};
    rtk_status status = rtk_batch_open(&s.batch, options);
    if (status) return status;
    if (!b || !x) return RTK_EINVAL;
    size_t n = rtk_batch_length(&s.batch, 0, 0);
    size_t k = rtk_batch_length(&s.batch, 1, 1);
    if (!rtk_batch_fits(&s.batch, 0, a->number, n, n) ||
        !rtk_batch_fits(&s.batch, 1, a->number, n, k) ||
        !rtk_batch_fits(&s.batch, 2, a->number, n, k))
        return RTK_EINVAL;
    size_t bytes = rtk_number_bytes(a->number);
    rtk_batch_work(&s.batch, RTK_SPLIT_SOLVE, n, n, k);
    bool small;
    status = rtk_batch_divide(&s.batch, &small);
    if (status) return status;
    if (small && rtk_small_solve_takes(a->number, n, k)) {
        size_t length = rtk_small_solve_padded(a->number, n) +
                        rtk_small_solve_padded(a->number, k);
        (void)rtk_room_take(&s.batch.room, n * length, bytes);
        s.batch.entry = solve_small;
        rtk_batch_avoid_blas(&s.batch, 1);
        return rtk_batch_run(&s.batch);
    }
    s.a = rtk_room_take(&s.batch.room, n * n, bytes);
    s.b = rtk_room_take(&s.batch.room, n * k, bytes);
    s.pivots = rtk_room_take(&s.batch.room, n, sizeof(int));
    return rtk_batch_run(&s.batch);
}

/* ---- Cholesky --------------------------------------------------------------
 */

static int cholesky(const rtk_batch *b, size_t index, const rtk_grid *g,
                    char *room) {
    bool upper = b->options.upper;
    int n = (int)g[0].rows, leading = rtk_leading(n), info = 0;
    rtk_grid a = rtk_grid_of_rows(g[0].number, g[0].rows, g[0].rows, room);
    (void)index;
    rtk_grid_copy(a, g[0]);
    rtk_grid_clear(a, !upper);
    if (!rtk_grid_finite(a)) info = RTK_INFO_NOT_FINITE;
    if (!info)
        potrf[a.number](upper ? "L" : "U", &n, a.data, &leading, &info, 1);
    if (info)
        rtk_grid_set(g[1], NAN, NAN);
    else
        rtk_grid_copy(g[1], a);
    return info;
}

rtk_status rtk_cholesky(const rtk_array *a, const rtk_array *l,
                        const rtk_linalg_options *options) {
    rtk_batch b = {.arrays = {a, l},
                   .axes = {2, 2},
                   .n_arrays = 2,
                   .n_inputs = 1,
                   .entry = cholesky};
    rtk_status s = rtk_batch_open(&b, options);
    if (s) return s;
    size_t n = rtk_batch_length(&b, 0, 0);
    if (!l || !rtk_batch_fits(&b, 0, a->number, n, n) ||
        !rtk_batch_fits(&b, 1, a->number, n, n))
        return RTK_EINVAL;
    (void)rtk_room_take(&b.room, n * n, rtk_number_bytes(a->number));
    rtk_batch_work(&b, RTK_SPLIT_CHOLESKY, n, n, n);
    return rtk_batch_run(&b);
}

/* ---- LU --------------------------------------------------------------------
 */

typedef struct elimination {
    rtk_batch batch;
    size_t pivots;
    int *told;
} elimination;

static int eliminate(const rtk_batch *b, size_t index, const rtk_grid *g,
                     char *room) {
    const elimination *e = (const elimination *)b;
    int m = (int)g[0].rows, n = (int)g[0].columns, info = 0;
    int least = m < n ? m : n, leading = rtk_leading(m);
    int *pivots = (int *)(void *)(room + e->pivots);
    rtk_grid a =
        rtk_grid_of_columns(g[0].number, g[0].rows, g[0].columns, room);
    rtk_grid_copy(a, g[0]);
    if (!rtk_grid_finite(a)) info = RTK_INFO_NOT_FINITE;
    if (!info) getrf[a.number](&m, &n, a.data, &leading, pivots, &info);
    bool made = info >= 0;
    if (made)
        rtk_grid_copy(g[1], a);
    else
        rtk_grid_set(g[1], NAN, NAN);
    for (int i = 0; e->told && i < least; i++)
        e->told[index * (size_t)least + (size_t)i] = made ? pivots[i] - 1 : i;
    return info;
}

rtk_status rtk_lu(const rtk_array *a, const rtk_array *lu, int *pivots,
                  const rtk_linalg_options *options) {
    elimination e = {.batch = {.arrays = {a, lu},
                               .axes = {2, 2},
                               .n_arrays = 2,
                               .n_inputs = 1,
                               .entry = eliminate},
                     .told = pivots};
    rtk_status s = rtk_batch_open(&e.batch, options);
    if (s) return s;
    size_t m = rtk_batch_length(&e.batch, 0, 0);
    size_t n = rtk_batch_length(&e.batch, 0, 1);
    if (!lu || !rtk_batch_fits(&e.batch, 1, a->number, m, n)) return RTK_EINVAL;
    (void)rtk_room_take(&e.batch.room, m * n, rtk_number_bytes(a->number));
    e.pivots = rtk_room_take(&e.batch.room, m < n ? m : n, sizeof(int));
    rtk_batch_work(&e.batch, RTK_SPLIT_LU, m, n, 0);
    return rtk_batch_run(&e.batch);
}

/* ---- QR --------------------------------------------------------------------
 */

typedef struct orthogonal {
    rtk_batch batch;
    size_t tau, work;
    int work_size;
    size_t columns; /* of q; 0: not asked for */
} orthogonal;

static int rotate(const rtk_batch *b, size_t index, const rtk_grid *g,
                  char *room) {
    const orthogonal *o = (const orthogonal *)b;
    int m = (int)g[0].rows, n = (int)g[0].columns, info = 0;
    int least = m < n ? m : n, leading = rtk_leading(m), q = (int)o->columns;
    void *tau = room + o->tau, *work = room + o->work;
    rtk_grid a =
        rtk_grid_of_columns(g[0].number, g[0].rows, g[0].columns, room);
    (void)index;
    rtk_grid_copy(a, g[0]);
    if (!rtk_grid_finite(a)) info = RTK_INFO_NOT_FINITE;
    if (!info)
        geqrf[a.number](&m, &n, a.data, &leading, tau, work, &o->work_size,
                        &info);
    if (info) {
        rtk_grid_set(g[1], NAN, NAN);
        if (q) rtk_grid_set(g[2], NAN, NAN);
        return info;
    }
    rtk_grid_copy(g[1], rtk_grid_corner(a, g[1].rows, g[1].columns));
    rtk_grid_clear(g[1], false);
    if (q == 0) return 0;
    orgqr[a.number](&m, &q, &least, a.data, &leading, tau, work, &o->work_size,
                    &info);
    rtk_grid_copy(g[2], rtk_grid_corner(a, g[2].rows, g[2].columns));
    return info;
}

static rtk_status ask(orthogonal *o, rtk_number number, int m, int n, int q) {
    double none[2] = {0, 0}, size[2] = {0, 0};
    int query = -1, info = 0, leading = rtk_leading(m), least = m < n ? m : n;
    geqrf[number](&m, &n, none, &leading, none, size, &query, &info);
    rtk_status s = rtk_lapack_size(number, size, &o->work_size);
    if (s || q == 0) return s;
    orgqr[number](&m, &q, &least, none, &leading, none, size, &query, &info);
    return rtk_lapack_size(number, size, &o->work_size);
}

/* r's rows say which form is asked for. */
static bool shapes(const orthogonal *o, size_t m, size_t n, size_t rows) {
    size_t least = m < n ? m : n;
    rtk_number number = o->batch.arrays[0]->number;
    return (rows == least || rows == m) &&
           rtk_batch_fits(&o->batch, 1, number, rows, n) &&
           rtk_batch_fits(&o->batch, 2, number, m, rows);
}

rtk_status rtk_qr(const rtk_array *a, const rtk_array *q, const rtk_array *r,
                  const rtk_linalg_options *options) {
    orthogonal o = {.batch = {.arrays = {a, r, q},
                              .axes = {2, 2, 2},
                              .n_arrays = 3,
                              .n_inputs = 1,
                              .entry = rotate}};
    rtk_status s = rtk_batch_open(&o.batch, options);
    if (s || !r) return s ? s : RTK_EINVAL;
    size_t m = rtk_batch_length(&o.batch, 0, 0);
    size_t n = rtk_batch_length(&o.batch, 0, 1);
    size_t rows = rtk_batch_length(&o.batch, 1, 0), least = m < n ? m : n;
    size_t bytes = rtk_number_bytes(a->number);
    if (!shapes(&o, m, n, rows)) return RTK_EINVAL;
    o.columns = q ? rows : 0;
    s = ask(&o, a->number, (int)m, (int)n, (int)o.columns);
    if (s) return s;
    (void)rtk_room_take(&o.batch.room, m * (n > o.columns ? n : o.columns),
                        bytes);
    o.tau = rtk_room_take(&o.batch.room, least, bytes);
    o.work = rtk_room_take(&o.batch.room, (size_t)o.work_size, bytes);
    rtk_batch_work(&o.batch, RTK_SPLIT_QR, m, n, 0);
    return rtk_batch_run(&o.batch);
}
