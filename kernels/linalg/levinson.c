/* Toeplitz systems by Levinson's recursion, always in double. */

#include <complex.h>
#include <math.h>
#include <string.h>

#include "kernels/linalg/batch.h"
#include "kernels/linalg/toeplitz.h"

#define NAME(name)  name##_real
#define VALUE       double
#define TIMES(a, b) ((a) * (b))
#include "kernels/linalg/levinson.inc"
#undef NAME
#undef VALUE
#undef TIMES

/* C's own product looks for NaN each time. */
static double _Complex times(double _Complex a, double _Complex b) {
    return __builtin_complex(creal(a) * creal(b) - cimag(a) * cimag(b),
                             creal(a) * cimag(b) + cimag(a) * creal(b));
}

#define NAME(name)  name##_complex
#define VALUE       double _Complex
#define TIMES(a, b) times((a), (b))
#include "kernels/linalg/levinson.inc"
#undef NAME
#undef VALUE
#undef TIMES

enum { C, R, B, X };

typedef struct recursion {
    rtk_batch batch;
    size_t lines, sides, work;
    size_t parts; /* real numbers of an element: 1 or 2 */
} recursion;

/* Element (i, j), in double. */
static void load(const rtk_grid *g, size_t i, size_t j, size_t parts,
                 double *to) {
    const char *at =
        g->data + (ptrdiff_t)i * g->down + (ptrdiff_t)j * g->across;
    float narrow[2] = {0, 0};
    size_t bytes = rtk_number_bytes(g->number);
    if (rtk_number_real(g->number) == RTK_DOUBLE) {
        memcpy(to, at, bytes);
        return;
    }
    memcpy(narrow, at, bytes);
    for (size_t p = 0; p < parts; p++) to[p] = (double)narrow[p];
}

static void store(const rtk_grid *g, size_t i, size_t j, size_t parts,
                  const double *from) {
    char *at = g->data + (ptrdiff_t)i * g->down + (ptrdiff_t)j * g->across;
    float narrow[2] = {0, 0};
    size_t bytes = rtk_number_bytes(g->number);
    if (rtk_number_real(g->number) == RTK_DOUBLE) {
        memcpy(at, from, bytes);
        return;
    }
    for (size_t p = 0; p < parts; p++) narrow[p] = (float)from[p];
    memcpy(at, narrow, bytes);
}

/* The matrix backwards, as levinson.inc wants it. */
static void lay_out(const recursion *s, const rtk_grid *g, double *lines) {
    size_t n = g[C].rows, parts = s->parts;
    bool given = s->batch.arrays[R] != NULL;
    for (size_t d = 0; d < n; d++)
        load(&g[C], d, 0, parts, lines + parts * (n - 1 - d));
    for (size_t d = 1; d < n; d++) {
        double *to = lines + parts * (n - 1 + d);
        load(given ? &g[R] : &g[C], d, 0, parts, to);
        if (!given && parts == 2) to[1] = -to[1];
    }
}

static int entry(const rtk_batch *batch, size_t index, const rtk_grid *g,
                 char *room) {
    const recursion *s = (const recursion *)batch;
    size_t n = g[B].rows, k = g[B].columns, count = 2 * n - 1;
    rtk_number number = s->parts == 2 ? RTK_DOUBLE_COMPLEX : RTK_DOUBLE;
    void *lines = room + s->lines, *x = room + s->sides, *work = room + s->work;
    int info = 0;
    (void)index;
    if (n == 0 || k == 0) return 0;
    lay_out(s, g, lines);
    for (size_t e = 0; e < n * k; e++)
        load(&g[B], e % n, e / n, s->parts, (double *)x + s->parts * e);
    if (!rtk_grid_finite(rtk_grid_of_rows(number, 1, count, lines)) ||
        !rtk_grid_finite(rtk_grid_of_rows(number, k, n, x)))
        info = RTK_INFO_NOT_FINITE;
    else if (s->parts == 2)
        info = levinson_complex(lines, n, k, x, work);
    else
        info = levinson_real(lines, n, k, x, work);
    if (info) rtk_grid_set(g[X], NAN, NAN);
    for (size_t e = 0; !info && e < n * k; e++)
        store(&g[X], e % n, e / n, s->parts, (double *)x + s->parts * e);
    return info;
}

rtk_status rtk_solve_toeplitz(const rtk_array *c, const rtk_array *r,
                              const rtk_array *b, const rtk_array *x,
                              const rtk_linalg_options *options) {
    recursion s = {.batch = {.arrays = {c, r, b, x},
                             .axes = {1, 1, 2, 2},
                             .n_arrays = 4,
                             .n_inputs = 3,
                             .entry = entry}};
    rtk_status status = rtk_batch_open(&s.batch, options);
    if (status) return status;
    if (!b || !x) return RTK_EINVAL;
    size_t n = rtk_batch_length(&s.batch, C, 0);
    size_t k = rtk_batch_length(&s.batch, B, 1);
    if (!rtk_batch_fits(&s.batch, R, c->number, n, 1) ||
        !rtk_batch_fits(&s.batch, B, c->number, n, k) ||
        !rtk_batch_fits(&s.batch, X, c->number, n, k))
        return RTK_EINVAL;
    s.parts = rtk_number_is_complex(c->number) ? 2 : 1;
    size_t bytes = s.parts * sizeof(double);
    s.lines = rtk_room_take(&s.batch.room, 2 * n, bytes);
    s.sides = rtk_room_take(&s.batch.room, n * k, bytes);
    s.work = rtk_room_take(&s.batch.room, 3 * n, bytes);
    rtk_batch_work(&s.batch, RTK_SPLIT_OWN, n * (n + 2) * (k + 2), 1, 1);
    return rtk_batch_run(&s.batch);
}
