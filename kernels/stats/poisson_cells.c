/* A row of cells lies without gaps; rows that are too far away along the other
 * axes are not looked at. */

#include "kernels/stats/poisson_cells.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = RTK_POISSON_DISK_DIMENSIONS_MAX };

size_t rtk_poisson_power(size_t base, size_t exponent) {
    size_t p = 1;
    while (exponent-- > 0)
        if (__builtin_mul_overflow(p, base, &p)) return SIZE_MAX;
    return p;
}

void rtk_poisson_digits(size_t number, size_t across, size_t d,
                        size_t *digits) {
    for (size_t a = d; a-- > 0; number /= across) digits[a] = number % across;
}

rtk_status rtk_poisson_cells_make(rtk_poisson_cells *c, size_t d,
                                  double radius) {
    double across = ceil(sqrt((double)d) / radius);
    *c = (rtk_poisson_cells){.d = d, .radius = radius};
    if (!(across < 0x1p40)) return RTK_ENOMEM;
    c->across = across < 1 ? 1 : (size_t)across;
    c->side = 1 / (double)c->across;
    double reach = ceil(radius / c->side);
    c->reach = reach < (double)c->across ? (size_t)reach : c->across;
    c->count = rtk_poisson_power(c->across, d);
    if (c->count > PTRDIFF_MAX / (sizeof *c->point * 2 * MOST))
        return RTK_ENOMEM;
    c->point = malloc(c->count * d * sizeof *c->point);
    if (!c->point) return RTK_ENOMEM;
    for (size_t i = 0; i < c->count * d; i++) c->point[i] = NAN;
    return RTK_OK;
}

rtk_status rtk_poisson_vicinity_make(rtk_poisson_vicinity *v,
                                     const rtk_poisson_cells *c) {
    size_t most = rtk_poisson_power(2 * c->reach + 1, c->d);
    if (most > c->count) most = c->count;
    v->points = malloc(most * c->d * sizeof *v->points);
    return v->points ? RTK_OK : RTK_ENOMEM;
}

static double gap(double side, double low, double point) {
    double above = point - low - side, below = low - point;
    double most = above > below ? above : below;
    return most > 0 ? most : 0;
}

static void keep_if_near(const rtk_poisson_cells *c, rtk_poisson_vicinity *v,
                         const double *p) {
    double square = 0;
    for (size_t a = 0; a < c->d; a++) {
        double off = gap(c->side, v->low[a], p[a]);
        square += off * off;
    }
    if (square < c->radius * c->radius)
        memcpy(v->points + v->count++ * c->d, p, c->d * sizeof *p);
}

/* Look at all cells within reach, which share the row of cells so far; `square`
 * is how far they are at least along the axes before `axis`. */
static void look_along(const rtk_poisson_cells *c, rtk_poisson_vicinity *v,
                       size_t axis, size_t row, double square) {
    size_t at = v->at[axis];
    size_t from = at < c->reach ? 0 : at - c->reach;
    size_t to = c->across - at <= c->reach ? c->across : at + c->reach + 1;
    if (axis + 1 == c->d) {
        const double *p = c->point + (row * c->across + from) * c->d;
        for (size_t n = from; n < to; n++, p += c->d)
            if (!isnan(*p)) keep_if_near(c, v, p);
        return;
    }
    for (size_t n = from; n < to; n++) {
        size_t steps = n > at ? n - at : at - n;
        double off = steps > 1 ? (double)(steps - 1) * c->side : 0;
        double now = square + off * off;
        if (now < c->radius * c->radius)
            look_along(c, v, axis + 1, row * c->across + n, now);
    }
}

void rtk_poisson_look_around(const rtk_poisson_cells *c, size_t cell,
                             rtk_poisson_vicinity *v) {
    rtk_poisson_digits(cell, c->across, c->d, v->at);
    for (size_t a = 0; a < c->d; a++) v->low[a] = (double)v->at[a] * c->side;
    v->count = 0;
    look_along(c, v, 0, 0, 0);
}

bool rtk_poisson_is_covered(const rtk_poisson_cells *c,
                            const rtk_poisson_vicinity *v, const double *centre,
                            double half) {
    double least = c->radius * c->radius;
    for (size_t i = 0; i < v->count; i++) {
        const double *p = v->points + i * c->d;
        double square = 0;
        for (size_t a = 0; a < c->d; a++) {
            double far = fabs(centre[a] - p[a]) + half;
            square += far * far;
        }
        if (square < least) return true;
    }
    return false;
}
