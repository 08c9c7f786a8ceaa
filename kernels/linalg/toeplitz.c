/* Toeplitz and circulant matrices in Fourier space, where a circulant matrix is
 * diagonal, and a Toeplitz one the corner of a circulant one.
 *
 * Two batches, one after the other: the diagonals, one for each matrix, which
 * all workers then read; and all columns of all matrices, which are told apart
 * as the matrices of a batch are. Lines are planned once for all of them. */

#include "kernels/linalg/toeplitz.h"

#include <complex.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/fft/fft.h"
#include "kernels/linalg/batch.h"

/* The arrays. */
enum { C, R, X, Y };

/* What both batches know of. */
typedef struct spectral {
    size_t length, bins;    /* of the circulant matrix, and of its diagonal */
    size_t matrices, sides; /* and columns of each */
    rtk_number number;
    rtk_fft_plan *embedded, *to, *back; /* of it, of a column, and back */
    char *diagonals;
    int *info; /* one for each matrix */
    bool solves, least_squares;
    double tolerance;
} spectral;

/* One of the batches. */
typedef struct stage {
    rtk_batch batch;
    const spectral *s;
    size_t line, bins; /* rooms */
    atomic_int *status;
} stage;

static rtk_number bin_number(const spectral *s) {
    return rtk_number_complex(s->number);
}

static char *diagonal(const spectral *s, size_t matrix) {
    return s->diagonals + matrix * s->bins * rtk_number_bytes(bin_number(s));
}

/* The first refusal of any entry. Relaxed: the loop's end orders it before it
 * is read. */
static void refuse(const stage *now, rtk_status status) {
    if (status)
        atomic_store_explicit(now->status, (int)status, memory_order_relaxed);
}

/* ---- Diagonals -------------------------------------------------------------
 */

/* Conjugate `count` elements without gaps. */
static void conjugate(rtk_number number, char *data, size_t count) {
    size_t bytes = rtk_number_bytes(rtk_number_real(number));
    if (!rtk_number_is_complex(number)) return;
    for (size_t i = 0; i < count; i++) {
        char *sign = data + (2 * i + 1) * bytes; /* the imaginary part */
        float narrow;
        double wide;
        if (bytes == sizeof narrow) {
            memcpy(&narrow, sign, bytes);
            narrow = -narrow;
            memcpy(sign, &narrow, bytes);
        } else {
            memcpy(&wide, sign, bytes);
            wide = -wide;
            memcpy(sign, &wide, bytes);
        }
    }
}

/* The first column of the circulant matrix: c, zeros, and r from its end to
 * r[1]. */
static void embed(const stage *now, const rtk_grid *from, char *to) {
    const spectral *s = now->s;
    size_t bytes = rtk_number_bytes(s->number), m = from[C].rows;
    const rtk_grid *row = now->batch.arrays[R] ? &from[R] : &from[C];
    rtk_grid_copy(rtk_grid_of_columns(s->number, m, 1, to), from[C]);
    if (s->solves) return;
    memset(to + m * bytes, 0, (s->length - m) * bytes);
    rtk_grid tail = rtk_grid_corner(*row, row->rows - 1, 1);
    tail.data += row->down;
    rtk_grid end = {to + (s->length - 1) * bytes,
                    tail.rows,
                    1,
                    -(ptrdiff_t)bytes,
                    (ptrdiff_t)bytes,
                    s->number};
    rtk_grid_copy(end, tail);
    if (row == &from[C])
        conjugate(s->number, to + (s->length - tail.rows) * bytes, tail.rows);
}

/* Bins stand for two eigenvalues, conjugates of each other, where numbers are
 * real; the first and, of an even length, the last for one. */
static int stands_for(const spectral *s, size_t bin) {
    bool pair =
        !rtk_number_is_complex(s->number) && bin > 0 && 2 * bin != s->length;
    return pair ? 2 : 1;
}

#define INVERT(name, type, modulus, epsilon)                                   \
    /* Replace eigenvalues by their inverses, zeros by zeros. Returns how many \
     * count as zero. */                                                       \
    static int name(const spectral *s, char *data) {                           \
        type _Complex *bins = (void *)data;                                    \
        type most = 0;                                                         \
        int zeros = 0;                                                         \
        for (size_t i = 0; i < s->bins; i++)                                   \
            most = modulus(bins[i]) > most ? modulus(bins[i]) : most;          \
        double least = s->tolerance;                                           \
        if (!(least > 0)) least = (double)most * (double)s->length * epsilon;  \
        for (size_t i = 0; i < s->bins; i++) {                                 \
            bool zero = (double)modulus(bins[i]) <= least;                     \
            if (zero) zeros += stands_for(s, i);                               \
            bins[i] = zero ? 0 : 1 / bins[i];                                  \
        }                                                                      \
        return zeros;                                                          \
    }
INVERT(invert_float, float, cabsf, 0x1p-23)
INVERT(invert_double, double, cabs, 0x1p-52)
#undef INVERT

static int enter_matrix(const rtk_batch *batch, size_t index,
                        const rtk_grid *from, char *room) {
    const stage *now = (const stage *)batch;
    const spectral *s = now->s;
    char *line = room + now->line, *bins = diagonal(s, index);
    embed(now, from, line);
    if (s->solves &&
        !rtk_grid_finite(rtk_grid_of_columns(s->number, s->length, 1, line)))
        return RTK_INFO_NOT_FINITE;
    refuse(now, rtk_fft_plan_run(s->embedded, line, bins, 1, NULL));
    if (!s->solves) return 0;
    return rtk_number_real(s->number) == RTK_FLOAT ? invert_float(s, bins)
                                                   : invert_double(s, bins);
}

/* About as many as both lines of a column need. */
static size_t operations(const spectral *s) {
    return (size_t)((double)s->length * 6 * log2((double)s->length + 1));
}

static rtk_status enter_matrices(const rtk_batch *opened, const spectral *s,
                                 atomic_int *status) {
    stage now = {.batch = *opened, .s = s, .status = status};
    now.batch.entry = enter_matrix;
    now.batch.options.info = s->info;
    now.line =
        rtk_room_take(&now.batch.room, s->length, rtk_number_bytes(s->number));
    rtk_batch_work(&now.batch, RTK_SPLIT_OWN, operations(s) / 2, 1, 1);
    return rtk_batch_run(&now.batch);
}

/* ---- Columns ---------------------------------------------------------------
 */

#define SCALE(name, type)                                                      \
    static void name(char *data, const char *by, size_t count) {               \
        type *restrict x = (void *)data;                                       \
        const type *restrict d = (const void *)by;                             \
        for (size_t i = 0; i < 2 * count; i += 2) {                            \
            type re = x[i], im = x[i + 1];                                     \
            x[i] = re * d[i] - im * d[i + 1];                                  \
            x[i + 1] = re * d[i + 1] + im * d[i];                              \
        }                                                                      \
    }
SCALE(scale_float, float)
SCALE(scale_double, double)
#undef SCALE

static int enter_column(const rtk_batch *batch, size_t index, const rtk_grid *g,
                        char *room) {
    const stage *now = (const stage *)batch;
    const spectral *s = now->s;
    size_t matrix = index / s->sides;
    char *line = room + now->line, *bins = room + now->bins;
    int info = s->info[matrix];
    if (s->solves && (info < 0 || (info > 0 && !s->least_squares))) {
        rtk_grid_set(g[1], NAN, NAN);
        return 0;
    }
    refuse(now, rtk_fft_plan_run(s->to, g[0].data, bins, 1, NULL));
    if (rtk_number_real(s->number) == RTK_FLOAT)
        scale_float(bins, diagonal(s, matrix), s->bins);
    else
        scale_double(bins, diagonal(s, matrix), s->bins);
    refuse(now, rtk_fft_plan_run(s->back, bins, line, 1, NULL));
    rtk_grid_copy(g[1], rtk_grid_of_columns(s->number, g[1].rows, 1, line));
    return 0;
}

/* Columns as the matrices of a batch: the axis along them last, the axis of
 * columns among the leading ones. */
static rtk_array columns_of(const rtk_array *a) {
    rtk_array turned = *a;
    size_t last = a->rank - 1;
    turned.shape[last] = a->shape[last - 1];
    turned.stride[last] = a->stride[last - 1];
    turned.shape[last - 1] = a->shape[last];
    turned.stride[last - 1] = a->stride[last];
    return turned;
}

static rtk_status enter_columns(const rtk_batch *opened, const spectral *s,
                                atomic_int *status) {
    const rtk_array x = columns_of(opened->arrays[X]);
    const rtk_array y = columns_of(opened->arrays[Y]);
    stage now = {.batch = {.arrays = {&x, &y},
                           .axes = {1, 1},
                           .n_arrays = 2,
                           .n_inputs = 1,
                           .entry = enter_column},
                 .s = s,
                 .status = status};
    rtk_linalg_options options = opened->options;
    options.info = NULL;
    rtk_status refused = rtk_batch_open(&now.batch, &options);
    if (refused) return refused;
    now.line =
        rtk_room_take(&now.batch.room, s->length, rtk_number_bytes(s->number));
    now.bins = rtk_room_take(&now.batch.room, s->bins,
                             rtk_number_bytes(bin_number(s)));
    rtk_batch_work(&now.batch, RTK_SPLIT_OWN, operations(s), 1, 1);
    return rtk_batch_run(&now.batch);
}

/* ---- Both ------------------------------------------------------------------
 */

/* A column is padded with zeros by its plan. */
static rtk_status plan(spectral *s, const rtk_array *x) {
    bool wide = rtk_number_is_complex(s->number);
    rtk_fft_transform to = wide ? RTK_FFT_fft : RTK_FFT_rfft;
    rtk_fft_transform back = wide ? RTK_FFT_ifft : RTK_FFT_irfft;
    int64_t length = (int64_t)s->length;
    rtk_fft_options options = RTK_FFT_OPTIONS;
    options.lengths = &length;
    options.n_axes = 1;
    options.workers = 1;
    rtk_array line = rtk_array_dense(s->number, 1, &s->length, NULL);
    rtk_array bins = rtk_array_dense(bin_number(s), 1, &s->bins, NULL);
    rtk_array column =
        rtk_array_dense(s->number, 1, &x->shape[x->rank - 2], NULL);
    column.stride[0] = x->stride[x->rank - 2];
    rtk_status r = rtk_fft_plan_new(&s->embedded, to, &line, &bins, &options);
    if (!r) r = rtk_fft_plan_new(&s->to, to, &column, &bins, &options);
    if (!r) r = rtk_fft_plan_new(&s->back, back, &bins, &line, &options);
    return r;
}

static rtk_status allocate(spectral *s) {
    size_t bytes, each = s->bins * rtk_number_bytes(bin_number(s));
    if (__builtin_mul_overflow(s->matrices, each, &bytes) ||
        bytes > PTRDIFF_MAX / 2 || s->matrices > PTRDIFF_MAX / sizeof *s->info)
        return RTK_ENOMEM;
    s->diagonals = malloc(bytes);
    s->info = calloc(s->matrices, sizeof *s->info);
    return s->diagonals && s->info ? RTK_OK : RTK_ENOMEM;
}

static rtk_status both(const rtk_batch *opened, spectral *s) {
    atomic_int status = RTK_OK;
    rtk_status r = enter_matrices(opened, s, &status);
    if (!r && !atomic_load_explicit(&status, memory_order_relaxed))
        r = enter_columns(opened, s, &status);
    if (!r) r = (rtk_status)atomic_load_explicit(&status, memory_order_relaxed);
    if (!r && opened->options.info)
        memcpy(opened->options.info, s->info, s->matrices * sizeof *s->info);
    return r;
}

/* Of a batch that is open and whose shapes fit. */
static rtk_status run(const rtk_batch *opened, spectral *s) {
    s->matrices = opened->count;
    s->sides = rtk_batch_length(opened, X, 1);
    s->number = opened->arrays[C]->number;
    s->bins = rtk_number_is_complex(s->number) ? s->length : s->length / 2 + 1;
    rtk_status r = plan(s, opened->arrays[X]);
    if (!r) r = allocate(s);
    if (!r) r = both(opened, s);
    free(s->diagonals);
    free(s->info);
    rtk_fft_plan_free(s->embedded);
    rtk_fft_plan_free(s->to);
    rtk_fft_plan_free(s->back);
    return r;
}

/* There is nothing to transform: y is zero, if it is anything. */
static rtk_status zero(const rtk_batch *opened) {
    rtk_grid grid[RTK_BATCH_ARRAYS];
    for (size_t i = 0; i < opened->n_arrays; i++)
        if (opened->arrays[i]) grid[i] = rtk_batch_grid(opened, i);
    for (size_t t = 0; t < opened->count; t++) {
        rtk_batch_locate(opened, t, grid);
        rtk_grid_set(grid[Y], 0, 0);
        if (opened->options.info) opened->options.info[t] = 0;
    }
    if (opened->options.effective) *opened->options.effective = 1;
    if (opened->options.effective_blas) *opened->options.effective_blas = 1;
    return RTK_OK;
}

rtk_status rtk_matmul_toeplitz(const rtk_array *c, const rtk_array *r,
                               const rtk_array *x, const rtk_array *y,
                               const rtk_linalg_options *options) {
    rtk_batch b = {.arrays = {c, r, x, y},
                   .axes = {1, 1, 2, 2},
                   .n_arrays = 4,
                   .n_inputs = 3};
    rtk_status status = rtk_batch_open(&b, options);
    if (status) return status;
    if (!x || !y) return RTK_EINVAL;
    size_t m = rtk_batch_length(&b, C, 0);
    size_t n = r ? rtk_batch_length(&b, R, 0) : m;
    size_t k = rtk_batch_length(&b, X, 1);
    if (!rtk_batch_fits(&b, R, c->number, n, 1) ||
        !rtk_batch_fits(&b, X, c->number, n, k) ||
        !rtk_batch_fits(&b, Y, c->number, m, k))
        return RTK_EINVAL;
    if (m + n > INT_MAX / 2) return RTK_EUNSUPPORTED;
    if (b.count == 0 || m == 0 || n == 0 || k == 0) return zero(&b);
    spectral s = {.length = rtk_fft_fast_length(m + n - 1)};
    return run(&b, &s);
}

rtk_status rtk_solve_circulant(const rtk_array *c, const rtk_array *b,
                               const rtk_array *x,
                               const rtk_circulant_details *details,
                               const rtk_linalg_options *options) {
    rtk_batch batch = {.arrays = {c, NULL, b, x},
                       .axes = {1, 1, 2, 2},
                       .n_arrays = 4,
                       .n_inputs = 3};
    rtk_status status = rtk_batch_open(&batch, options);
    if (status) return status;
    if (!b || !x ||
        (details &&
         (details->size < sizeof *details || isnan(details->tolerance))))
        return RTK_EINVAL;
    size_t n = rtk_batch_length(&batch, C, 0);
    size_t k = rtk_batch_length(&batch, X, 1);
    if (!rtk_batch_fits(&batch, X, c->number, n, k) ||
        !rtk_batch_fits(&batch, Y, c->number, n, k))
        return RTK_EINVAL;
    if (batch.count == 0 || n == 0 || k == 0) return zero(&batch);
    spectral s = {.length = n, .solves = true};
    if (details) {
        s.least_squares = details->least_squares != 0;
        s.tolerance = details->tolerance;
    }
    return run(&batch, &s);
}
