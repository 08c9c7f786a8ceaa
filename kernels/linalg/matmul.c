/* Matrices whose rows or columns lie without gaps go to the BLAS as they are,
 * all others through the room. beta = 0, so what was in c does not matter, not
 * even NaN. Small ones do not go to the BLAS. */

#include <cblas.h>
#include <limits.h>
#include <stdint.h>

#include "kernels/linalg/batch.h"
#include "kernels/linalg/small_product.h"

enum { A, B, C };

typedef enum layout { ROWS, COLUMNS, PACKED } layout;

typedef struct product {
    rtk_batch batch;
    layout layout[3];
    bool packed[3]; /* goes through the room */
    size_t room[3];
    bool small;
} product;

typedef struct operand {
    const void *data;
    int leading;
    bool columns;
} operand;

/* Whether what lies `step` apart is so many numbers, with room for `length`. */
static bool leads(ptrdiff_t step, size_t length, ptrdiff_t bytes) {
    return step % bytes == 0 && step / bytes >= (ptrdiff_t)length &&
           step / bytes >= 1 && step / bytes <= INT_MAX;
}

static layout layout_of(const rtk_grid *g) {
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(g->number);
    if ((g->across == bytes || g->columns <= 1) &&
        leads(g->down, g->columns, bytes))
        return ROWS;
    if ((g->down == bytes || g->rows <= 1) && leads(g->across, g->rows, bytes))
        return COLUMNS;
    return PACKED;
}

/* Transposed where the order of memory is not that of the call. */
static operand take(const product *p, size_t i, const rtk_grid *g, char *room) {
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(g->number);
    if (p->layout[i] == PACKED) {
        rtk_grid to =
            rtk_grid_of_rows(g->number, g->rows, g->columns, room + p->room[i]);
        if (i != C) rtk_grid_copy(to, *g);
        return (operand){to.data, g->columns > 0 ? (int)g->columns : 1, false};
    }
    bool columns = p->layout[i] == COLUMNS;
    return (operand){g->data, (int)((columns ? g->across : g->down) / bytes),
                     columns};
}

static void multiply(rtk_number number, const int *mnk, const operand *a,
                     const operand *b, const operand *c) {
    static const float one[2] = {1, 0}, zero[2] = {0, 0};
    static const double one2[2] = {1, 0}, zero2[2] = {0, 0};
    CBLAS_ORDER order = c->columns ? CblasColMajor : CblasRowMajor;
    CBLAS_TRANSPOSE ta = a->columns == c->columns ? CblasNoTrans : CblasTrans;
    CBLAS_TRANSPOSE tb = b->columns == c->columns ? CblasNoTrans : CblasTrans;
    void *out = (void *)(uintptr_t)c->data;
    int m = mnk[0], n = mnk[1], k = mnk[2], la = a->leading, lb = b->leading;
    switch (number) {
    case RTK_FLOAT:
        cblas_sgemm(order, ta, tb, m, n, k, 1, a->data, la, b->data, lb, 0, out,
                    c->leading);
        break;
    case RTK_DOUBLE:
        cblas_dgemm(order, ta, tb, m, n, k, 1, a->data, la, b->data, lb, 0, out,
                    c->leading);
        break;
    case RTK_FLOAT_COMPLEX:
        cblas_cgemm(order, ta, tb, m, n, k, one, a->data, la, b->data, lb, zero,
                    out, c->leading);
        break;
    default:
        cblas_zgemm(order, ta, tb, m, n, k, one2, a->data, la, b->data, lb,
                    zero2, out, c->leading);
        break;
    }
}

static rtk_grid turned(rtk_grid g) {
    return (rtk_grid){g.data, g.columns, g.rows, g.across, g.down, g.number};
}

/* Where the columns of c lie without gaps, its transpose is computed: the
 * factor on the right is then a. */
static bool is_turned(const product *p) {
    return p->layout[C] == COLUMNS;
}

/* Rows of a slice of c are whole blocks of rows of the products. */
enum { SLICE_ROWS = 16 };

/* Slice `slice` of a grid's rows. */
static rtk_grid slice_of(rtk_grid g, size_t slice, size_t slices) {
    size_t blocks = (g.rows + SLICE_ROWS - 1) / SLICE_ROWS;
    size_t first = slice * blocks / slices * SLICE_ROWS;
    size_t behind = (slice + 1) * blocks / slices * SLICE_ROWS;
    g.data += (ptrdiff_t)first * g.down;
    g.rows = (behind < g.rows ? behind : g.rows) - first;
    return g;
}

static void multiply_small(const product *p, const rtk_grid *g, size_t slice,
                           char *room) {
    size_t slices = p->batch.slices;
    bool turns = is_turned(p);
    size_t left = turns ? B : A, right = turns ? A : B;
    rtk_grid a = turns ? turned(g[left]) : g[left];
    rtk_grid b = turns ? turned(g[right]) : g[right];
    rtk_grid c = turns ? turned(g[C]) : g[C];
    if (p->packed[right]) {
        rtk_grid from = b;
        b = rtk_grid_of_rows(b.number, b.rows, b.columns,
                             room + p->room[right]);
        rtk_grid_copy(b, from);
    }
    if (p->packed[C])
        c = rtk_grid_of_rows(c.number, c.rows, c.columns, room + p->room[C]);
    rtk_small_product(slice_of(c, slice, slices), slice_of(a, slice, slices),
                      b);
    if (p->packed[C]) rtk_grid_copy(g[C], c);
}

/* Where nothing is packed, only addresses differ from matrix to matrix. */
static void multiply_range(const rtk_batch *batch, size_t from, size_t to,
                           rtk_grid *g) {
    const product *p = (const product *)batch;
    bool turns = is_turned(p);
    size_t left = turns ? B : A, right = turns ? A : B;
    rtk_small_plan plan = rtk_small_product_plan(
        turns ? turned(g[C]) : g[C], turns ? turned(g[left]) : g[left],
        turns ? turned(g[right]) : g[right]);
    for (size_t i = from; i < to; i++) {
        rtk_batch_locate(batch, i, g);
        plan.operands.a = g[left].data;
        plan.operands.b = g[right].data;
        plan.operands.c = g[C].data;
        plan.run(&plan.operands);
    }
}

static int entry(const rtk_batch *batch, size_t index, const rtk_grid *g,
                 char *room) {
    const product *p = (const product *)batch;
    int mnk[3] = {(int)g[C].rows, (int)g[C].columns, (int)g[A].columns};
    if (mnk[0] == 0 || mnk[1] == 0) return 0;
    if (mnk[2] == 0) {
        rtk_grid_set(g[C], 0, 0);
        return 0;
    }
    if (p->small) {
        multiply_small(p, g, index % batch->slices, room);
        return 0;
    }
    operand a = take(p, A, &g[A], room), b = take(p, B, &g[B], room);
    operand c = take(p, C, &g[C], room);
    multiply(g[A].number, mnk, &a, &b, &c);
    if (p->layout[C] == PACKED)
        rtk_grid_copy(g[C], rtk_grid_of_rows(g[C].number, g[C].rows,
                                             g[C].columns, room + p->room[C]));
    return 0;
}

static void lay_out(product *p) {
    const rtk_array *const *arrays = p->batch.arrays;
    for (size_t i = 0; i < 3; i++) {
        rtk_grid g = rtk_batch_grid(&p->batch, i);
        p->layout[i] = layout_of(&g);
        if (i == C && (rtk_array_overlap(arrays[C], arrays[A]) ||
                       rtk_array_overlap(arrays[C], arrays[B])))
            p->layout[i] = PACKED;
        p->packed[i] = p->layout[i] == PACKED;
    }
    if (p->small) {
        size_t right = is_turned(p) ? A : B;
        p->packed[A] = p->packed[B] = false;
        p->packed[right] = p->layout[right] != (right == A ? COLUMNS : ROWS);
    }
    for (size_t i = 0; i < 3; i++) {
        rtk_grid g = rtk_batch_grid(&p->batch, i);
        if (p->packed[i])
            p->room[i] = rtk_room_take(&p->batch.room, g.rows * g.columns,
                                       rtk_number_bytes(g.number));
    }
}

/* One where c meets a factor, as it must not be written before all is read. */
static size_t most_slices(const product *p, size_t m, size_t n, size_t k) {
    size_t most = (is_turned(p) ? n : m) / SLICE_ROWS;
    return most < 2 || k == 0 || p->packed[C] ? 1 : most;
}

rtk_status rtk_matmul(const rtk_array *a, const rtk_array *b,
                      const rtk_array *c, const rtk_linalg_options *options) {
    product p = {.batch = {.arrays = {a, b, c},
                           .axes = {2, 2, 2},
                           .n_arrays = 3,
                           .n_inputs = 2,
                           .entry = entry}};
    rtk_status s = rtk_batch_open(&p.batch, options);
    if (s) return s;
    size_t m = rtk_batch_length(&p.batch, A, 0);
    size_t k = rtk_batch_length(&p.batch, A, 1);
    if (!b || !c || rtk_batch_length(&p.batch, B, 0) != k) return RTK_EINVAL;
    size_t n = rtk_batch_length(&p.batch, B, 1);
    if (!rtk_batch_fits(&p.batch, B, a->number, k, n) ||
        !rtk_batch_fits(&p.batch, C, a->number, m, n))
        return RTK_EINVAL;
    rtk_batch_work(&p.batch, RTK_SPLIT_PRODUCT, m, n, k);
    s = rtk_batch_divide(&p.batch, &p.small);
    if (s) return s;
    p.small &= rtk_small_product_takes(a->number, m, n, k);
    lay_out(&p);
    if (p.small) rtk_batch_avoid_blas(&p.batch, most_slices(&p, m, n, k));
    if (p.small && !p.packed[A] && !p.packed[B] && !p.packed[C] && m && n && k)
        p.batch.range = multiply_range;
    return rtk_batch_run(&p.batch);
}
