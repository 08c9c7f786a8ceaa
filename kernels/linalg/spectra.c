/* Eigenvalues and vectors, by divide and conquer for Hermitian matrices. */

#include <math.h>
#include <string.h>

#include "kernels/linalg/batch.h"
#include "kernels/linalg/lapack_query.h"
#include "kernels/linalg/lapack_symbols.h"

static rtk_syevd *const syevd[] = {
    [RTK_FLOAT] = ssyevd_, [RTK_DOUBLE] = dsyevd_};
static rtk_heevd *const heevd[] = {
    [RTK_FLOAT_COMPLEX] = cheevd_, [RTK_DOUBLE_COMPLEX] = zheevd_};
static rtk_geev_real *const geev_real[] = {
    [RTK_FLOAT] = sgeev_, [RTK_DOUBLE] = dgeev_};
static rtk_geev_complex *const geev_complex[] = {
    [RTK_FLOAT_COMPLEX] = cgeev_, [RTK_DOUBLE_COMPLEX] = zgeev_};

/* Offsets of the rooms of either. */
typedef struct spectrum {
    rtk_batch batch;
    size_t a, w, wi, vectors, work, real_work, whole_work;
    int work_size, real_size, whole_size;
    bool wanted; /* vectors */
} spectrum;

static void *at(char *room, size_t offset) {
    return room + offset;
}

/* What there is of the results becomes NaN. */
static int spoil(const rtk_grid *g, bool wanted, int info) {
    rtk_grid_set(g[1], NAN, NAN);
    if (wanted) rtk_grid_set(g[2], NAN, NAN);
    return info;
}

/* ---- Hermitian -------------------------------------------------------------
 */

static int call_hermitian(const spectrum *s, rtk_number number, int n,
                          char *room) {
    const char *job = s->wanted ? "V" : "N";
    const char *half = s->batch.options.upper ? "U" : "L";
    int info = 0, leading = rtk_leading(n);
    if (rtk_number_is_complex(number))
        heevd[number](job, half, &n, at(room, s->a), &leading, at(room, s->w),
                      at(room, s->work), &s->work_size, at(room, s->real_work),
                      &s->real_size, at(room, s->whole_work), &s->whole_size,
                      &info, 1, 1);
    else
        syevd[number](job, half, &n, at(room, s->a), &leading, at(room, s->w),
                      at(room, s->work), &s->work_size, at(room, s->whole_work),
                      &s->whole_size, &info, 1, 1);
    return info;
}

static int hermitian(const rtk_batch *b, size_t index, const rtk_grid *g,
                     char *room) {
    const spectrum *s = (const spectrum *)b;
    size_t n = g[0].rows;
    rtk_grid a = rtk_grid_of_columns(g[0].number, n, n, room + s->a);
    (void)index;
    rtk_grid_copy(a, g[0]);
    rtk_grid_clear(a, !b->options.upper);
    if (!rtk_grid_finite(a)) return spoil(g, s->wanted, RTK_INFO_NOT_FINITE);
    int info = call_hermitian(s, a.number, (int)n, room);
    if (info) return spoil(g, s->wanted, info);
    rtk_grid_copy(g[1], rtk_grid_of_columns(g[1].number, n, 1, room + s->w));
    if (s->wanted) rtk_grid_copy(g[2], a);
    return 0;
}

static rtk_status ask_hermitian(spectrum *s, rtk_number number, int n) {
    spectrum asked = *s;
    double sizes[3][2] = {{0}};
    int whole = 0;
    asked.a = asked.w = 32; /* not looked at */
    asked.work_size = asked.real_size = asked.whole_size = -1;
    asked.work = 0;
    asked.real_work = sizeof sizes[0];
    asked.whole_work = 2 * sizeof sizes[0];
    (void)call_hermitian(&asked, number, n, (char *)sizes);
    memcpy(&whole, sizes[2], sizeof whole);
    s->whole_size = whole > 1 ? whole : 1;
    rtk_status status = rtk_lapack_size(number, sizes[0], &s->work_size);
    if (status || !rtk_number_is_complex(number)) return status;
    return rtk_lapack_size(rtk_number_real(number), sizes[1], &s->real_size);
}

static void reserve(spectrum *s, rtk_number number, size_t n) {
    rtk_room *room = &s->batch.room;
    size_t bytes = rtk_number_bytes(number);
    size_t real = rtk_number_bytes(rtk_number_real(number));
    s->a = rtk_room_take(room, n * n, bytes);
    s->w = rtk_room_take(room, 2 * n, real);
    s->work = rtk_room_take(room, (size_t)s->work_size, bytes);
    s->real_work = rtk_room_take(room, (size_t)s->real_size, real);
    s->whole_work = rtk_room_take(room, (size_t)s->whole_size, sizeof(int));
}

rtk_status rtk_eigh(const rtk_array *a, const rtk_array *w, const rtk_array *v,
                    const rtk_linalg_options *options) {
    spectrum s = {.batch = {.arrays = {a, w, v},
                            .axes = {2, 1, 2},
                            .n_arrays = 3,
                            .n_inputs = 1,
                            .entry = hermitian},
                  .wanted = v != NULL};
    rtk_status status = rtk_batch_open(&s.batch, options);
    if (status) return status;
    size_t n = rtk_batch_length(&s.batch, 0, 0);
    if (!w || !rtk_batch_fits(&s.batch, 0, a->number, n, n) ||
        !rtk_batch_fits(&s.batch, 1, rtk_number_real(a->number), n, 1) ||
        !rtk_batch_fits(&s.batch, 2, a->number, n, n))
        return RTK_EINVAL;
    if (n > RTK_LAPACK_SQUARE_MOST) return RTK_EUNSUPPORTED;
    status = ask_hermitian(&s, a->number, (int)n);
    if (status) return status;
    reserve(&s, a->number, n);
    rtk_batch_work(&s.batch, RTK_SPLIT_EIGH, n, n, 0);
    return rtk_batch_run(&s.batch);
}

/* ---- Any square matrices ---------------------------------------------------
 */

static int call_any(const spectrum *s, rtk_number number, int n, char *room) {
    const char *job = s->wanted ? "V" : "N";
    int info = 0, leading = rtk_leading(n), none = 1;
    if (rtk_number_is_complex(number))
        geev_complex[number]("N", job, &n, at(room, s->a), &leading,
                             at(room, s->w), at(room, s->vectors), &none,
                             at(room, s->vectors), &leading, at(room, s->work),
                             &s->work_size, at(room, s->real_work), &info, 1,
                             1);
    else
        geev_real[number]("N", job, &n, at(room, s->a), &leading,
                          at(room, s->w), at(room, s->wi), at(room, s->vectors),
                          &none, at(room, s->vectors), &leading,
                          at(room, s->work), &s->work_size, &info, 1, 1);
    return info;
}

static double number_at(rtk_number real, const char *from, size_t i) {
    float narrow;
    double wide;
    if (real == RTK_DOUBLE) {
        memcpy(&wide, from + i * sizeof wide, sizeof wide);
        return wide;
    }
    memcpy(&narrow, from + i * sizeof narrow, sizeof narrow);
    return narrow;
}

static void put_complex(const rtk_grid *g, size_t i, size_t j, double re,
                        double im) {
    char *to = g->data + (ptrdiff_t)i * g->down + (ptrdiff_t)j * g->across;
    const float narrow[2] = {(float)re, (float)im};
    const double wide[2] = {re, im};
    if (g->number == RTK_FLOAT_COMPLEX)
        memcpy(to, narrow, sizeof narrow);
    else
        memcpy(to, wide, sizeof wide);
}

/* Of a pair of complex values there is one real and one imaginary column. */
static void pair_up(const spectrum *s, const rtk_grid *g, char *room) {
    rtk_number real = g[0].number;
    size_t n = g[0].rows;
    const char *vectors = room + s->vectors;
    for (size_t j = 0; j < n; j++) {
        double im = number_at(real, room + s->wi, j);
        put_complex(&g[1], j, 0, number_at(real, room + s->w, j), im);
        if (!s->wanted) continue;
        bool second = im < 0 && j > 0;
        size_t re_column = second ? j - 1 : j, im_column = re_column + 1;
        for (size_t i = 0; i < n; i++) {
            double part = 0;
            if (im != 0 && im_column < n)
                part = number_at(real, vectors, im_column * n + i);
            put_complex(&g[2], i, j,
                        number_at(real, vectors, re_column * n + i),
                        second ? -part : part);
        }
    }
}

static int any(const rtk_batch *b, size_t index, const rtk_grid *g,
               char *room) {
    const spectrum *s = (const spectrum *)b;
    rtk_number number = g[0].number;
    size_t n = g[0].rows;
    rtk_grid a = rtk_grid_of_columns(number, n, n, room + s->a);
    (void)index;
    rtk_grid_copy(a, g[0]);
    if (!rtk_grid_finite(a)) return spoil(g, s->wanted, RTK_INFO_NOT_FINITE);
    int info = call_any(s, number, (int)n, room);
    if (info) return spoil(g, s->wanted, info);
    if (!rtk_number_is_complex(number)) {
        pair_up(s, g, room);
        return 0;
    }
    rtk_grid_copy(g[1], rtk_grid_of_columns(number, n, 1, room + s->w));
    if (s->wanted)
        rtk_grid_copy(g[2],
                      rtk_grid_of_columns(number, n, n, room + s->vectors));
    return 0;
}

static rtk_status ask_any(spectrum *s, rtk_number number, int n) {
    spectrum asked = *s;
    double sizes[4] = {0};
    asked.work_size = -1;
    asked.work = 0;
    asked.a = asked.w = asked.wi = asked.vectors = asked.real_work = 16;
    (void)call_any(&asked, number, n, (char *)sizes);
    return rtk_lapack_size(number, sizes, &s->work_size);
}

rtk_status rtk_eig(const rtk_array *a, const rtk_array *w, const rtk_array *v,
                   const rtk_linalg_options *options) {
    spectrum s = {.batch = {.arrays = {a, w, v},
                            .axes = {2, 1, 2},
                            .n_arrays = 3,
                            .n_inputs = 1,
                            .entry = any},
                  .wanted = v != NULL};
    rtk_status status = rtk_batch_open(&s.batch, options);
    if (status) return status;
    size_t n = rtk_batch_length(&s.batch, 0, 0);
    rtk_number complex = rtk_number_complex(a->number);
    if (!w || !rtk_batch_fits(&s.batch, 0, a->number, n, n) ||
        !rtk_batch_fits(&s.batch, 1, complex, n, 1) ||
        !rtk_batch_fits(&s.batch, 2, complex, n, n))
        return RTK_EINVAL;
    if (n > RTK_LAPACK_SQUARE_MOST) return RTK_EUNSUPPORTED;
    status = ask_any(&s, a->number, (int)n);
    if (status) return status;
    s.real_size = 2 * (int)n;
    reserve(&s, a->number, n);
    s.wi = rtk_room_take(&s.batch.room, n, rtk_number_bytes(a->number));
    s.vectors = rtk_room_take(&s.batch.room, v ? n * n : 0,
                              rtk_number_bytes(a->number));
    rtk_batch_work(&s.batch, RTK_SPLIT_EIG, n, n, 0);
    return rtk_batch_run(&s.batch);
}
