/* The cube is divided into cells whose diagonal is no longer than the radius,
 * so that each has at most one point, and cells into boxes, in steps of a half:
 * those of them that are not covered by a disk. In each step every box gets one
 * dart; then what is left of it is halved along every axis.
 *
 * Cells are gathered to tiles. A dart looks no further than `reach` cells,
 * which is at most the length of a tile; so tiles that are apart by a tile do
 * not matter to each other. By whether their places are even or odd along each
 * axis they are of 2^d colours; workers share the tiles of one colour, and the
 * colours come one after the other, in random order. What is drawn depends on
 * the seed and the place alone. */

#include "kernels/stats/poisson_disk.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/stats/counter_random.h"
#include "kernels/stats/poisson_cells.h"
#include "kernels/workers/workers.h"

enum {
    MOST = RTK_POISSON_DISK_DIMENSIONS_MAX,
    LEVELS = 22,      /* of halving */
    TILE_CELLS = 256, /* about */
    FEW_BOXES = 100   /* too few to share */
};

struct rtk_poisson_disk {
    size_t dimensions, count;
    double *points;
};

/* A cell without a point that is not yet covered: its boxes, from `first` on of
 * its tile's. */
typedef struct open_cell {
    size_t number, first, count;
} open_cell;

/* A box has d coordinates: of its lower corner from that of its cell, in
 * lengths of a box of the level. */
typedef struct tile {
    open_cell *cells;
    size_t n_cells;
    uint32_t *boxes;
} tile;

/* Read-only while the parts of a loop run, but for their own tiles and the
 * points of the cells in these. */
typedef struct filling {
    rtk_poisson_cells cells;
    size_t d;
    uint64_t seed;
    int64_t workers;

    tile *tiles;
    size_t tile_length, tiles_across, n_tiles;
    unsigned level, colour;
    unsigned effective;
} filling;

/* Seeds of what is drawn. */
enum { COLOURS, ORDER, DARTS, CHOICE };

static uint64_t seed_of(const filling *f, unsigned kind, uint64_t index) {
    return rtk_random_bits(rtk_random_bits(f->seed, kind), index);
}

/* ---- Tiles -----------------------------------------------------------------
 */

/* As many darts as there are boxes, each at any of them, until one hits. */
static void throw_darts_at(const filling *f, const tile *t, const open_cell *c,
                           const rtk_poisson_vicinity *v, uint64_t seed) {
    double x[MOST], length = ldexp(f->cells.side, -(int)f->level);
    for (size_t i = 0; i < c->count; i++) {
        uint64_t draw = i * (f->d + 1);
        size_t n = c->first + (size_t)rtk_random_below(seed, draw, c->count);
        for (size_t a = 0; a < f->d; a++) {
            double u = rtk_random_open(seed, draw + 1 + a);
            x[a] = v->low[a] + length * ((double)t->boxes[n * f->d + a] + u);
            if (!(x[a] < 1)) x[a] = 0x1.fffffffffffffp-1; /* by rounding */
        }
        if (rtk_poisson_is_covered(&f->cells, v, x, 0)) continue;
        memcpy(f->cells.point + c->number * f->d, x, f->d * sizeof *x);
        return;
    }
}

/* In random order: the first to be tried are the first to be taken. */
static void shuffle(tile *t, uint64_t seed) {
    for (size_t i = t->n_cells; i > 1; i--) {
        size_t j = (size_t)rtk_random_below(seed, i, i);
        open_cell other = t->cells[i - 1];
        t->cells[i - 1] = t->cells[j];
        t->cells[j] = other;
    }
}

/* The tile that is so manyth of its colour. */
static size_t of_colour(const filling *f, size_t part) {
    size_t number = 0, step = 1;
    for (size_t a = f->d; a-- > 0; step *= f->tiles_across) {
        size_t odd = f->colour >> a & 1;
        size_t across = (f->tiles_across + 1 - odd) / 2;
        number += (2 * (part % across) + odd) * step;
        part /= across;
    }
    return number;
}

static rtk_status throw_darts(void *arg, size_t part) {
    const filling *f = arg;
    size_t number = of_colour(f, part);
    tile *t = &f->tiles[number];
    uint64_t level = (uint64_t)number * LEVELS + f->level;
    if (t->n_cells == 0) return RTK_OK;
    rtk_poisson_vicinity v;
    rtk_status s = rtk_poisson_vicinity_make(&v, &f->cells);
    if (s) return s;
    shuffle(t, seed_of(f, ORDER, level));
    for (size_t i = 0; i < t->n_cells; i++) {
        uint64_t darts = rtk_random_bits(seed_of(f, DARTS, level), i);
        rtk_poisson_look_around(&f->cells, t->cells[i].number, &v);
        throw_darts_at(f, t, &t->cells[i], &v, darts);
    }
    free(v.points);
    return RTK_OK;
}

/* Append the halves, along each axis, of a cell's boxes that are not covered to
 * `boxes`, which has room for all. Returns how many. */
static size_t halve_cell(const filling *f, const tile *t, const open_cell *c,
                         const rtk_poisson_vicinity *v, uint32_t *boxes) {
    size_t d = f->d, count = 0;
    double centre[MOST], half = ldexp(f->cells.side, -(int)f->level - 2);
    for (size_t i = c->first; i < c->first + c->count; i++)
        for (size_t p = 0; p < (size_t)1 << d; p++) {
            uint32_t *to = boxes + count * d;
            for (size_t a = 0; a < d; a++) {
                to[a] = 2 * t->boxes[i * d + a] + (uint32_t)(p >> a & 1);
                centre[a] = v->low[a] + half * (2 * (double)to[a] + 1);
            }
            count += !rtk_poisson_is_covered(&f->cells, v, centre, half);
        }
    return count;
}

/* Boxes of the cells that have no point now, cells without boxes left out. */
static rtk_status halve_into(const filling *f, const tile *t,
                             rtk_poisson_vicinity *v, tile *next) {
    size_t used = 0, room = 0;
    for (size_t i = 0; i < t->n_cells; i++) {
        open_cell c = t->cells[i];
        if (rtk_poisson_cells_taken(&f->cells, c.number)) continue;
        size_t most = c.count << f->d;
        if (room <= used + most) {
            room = 2 * room + most + 1;
            uint32_t *more = realloc(next->boxes, room * f->d * sizeof *more);
            if (!more) return RTK_ENOMEM;
            next->boxes = more;
        }
        rtk_poisson_look_around(&f->cells, c.number, v);
        size_t count = halve_cell(f, t, &c, v, next->boxes + used * f->d);
        if (count)
            next->cells[next->n_cells++] = (open_cell){c.number, used, count};
        used += count;
    }
    return RTK_OK;
}

static rtk_status halve(void *arg, size_t number) {
    const filling *f = arg;
    tile *t = &f->tiles[number];
    if (t->n_cells == 0) return RTK_OK;
    tile next = {.cells = malloc(t->n_cells * sizeof *next.cells)};
    rtk_poisson_vicinity v = {.points = NULL};
    rtk_status s =
        next.cells ? rtk_poisson_vicinity_make(&v, &f->cells) : RTK_ENOMEM;
    if (!s) s = halve_into(f, t, &v, &next);
    free(v.points);
    tile *old = s ? &next : t;
    free(old->cells);
    free(old->boxes);
    if (!s) *t = next;
    return s;
}

/* ---- Filling ---------------------------------------------------------------
 */

static rtk_status share(filling *f, size_t parts, rtk_part run) {
    rtk_loop loop = {.size = sizeof loop};
    if (parts == 0) return RTK_OK;
    rtk_status s = rtk_parallel_for(NULL, f->workers, parts, run, f, &loop);
    if (!s && loop.effective > f->effective) f->effective = loop.effective;
    return s;
}

static rtk_status throw_at_all(filling *f) {
    unsigned colours = 1U << f->d, order[1 << MOST];
    rtk_status s = RTK_OK;
    for (unsigned i = 0; i < colours; i++) {
        unsigned j =
            (unsigned)rtk_random_below(seed_of(f, COLOURS, f->level), i, i + 1);
        order[i] = i;
        order[i] = order[j];
        order[j] = i;
    }
    for (unsigned i = 0; !s && i < colours; i++) {
        size_t parts = 1;
        f->colour = order[i];
        for (size_t a = 0; a < f->d; a++)
            parts *= (f->tiles_across + 1 - (f->colour >> a & 1)) / 2;
        s = share(f, parts, throw_darts);
    }
    return s;
}

static size_t count_boxes(const filling *f) {
    size_t count = 0;
    for (size_t t = 0; t < f->n_tiles; t++)
        for (size_t c = 0; c < f->tiles[t].n_cells; c++)
            count += f->tiles[t].cells[c].count;
    return count;
}

static rtk_status fill(filling *f) {
    rtk_status s = RTK_OK;
    for (f->level = 0; !s && f->level < LEVELS; f->level++) {
        size_t boxes = count_boxes(f);
        if (boxes == 0) break;
        if (boxes < FEW_BOXES) f->workers = 1;
        s = throw_at_all(f);
        if (!s) s = share(f, f->n_tiles, halve);
    }
    return s;
}

/* ---- Memory ----------------------------------------------------------------
 */

/* A tile's cells, those that are not behind the last one; each is one box. */
static rtk_status lay_out(void *arg, size_t number) {
    const filling *f = arg;
    size_t at[MOST], length[MOST], count = 1;
    tile *t = &f->tiles[number];
    rtk_poisson_digits(number, f->tiles_across, f->d, at);
    for (size_t a = 0; a < f->d; a++) {
        size_t left = f->cells.across - at[a] * f->tile_length;
        length[a] = left < f->tile_length ? left : f->tile_length;
        count *= length[a];
    }
    t->cells = malloc(count * sizeof *t->cells);
    /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): not none */
    t->boxes = calloc(count * f->d, sizeof *t->boxes);
    if (!t->cells || !t->boxes) return RTK_ENOMEM;
    t->n_cells = count;
    for (size_t i = 0; i < count; i++) {
        size_t rest = i, cell = 0, step = 1;
        for (size_t a = f->d; a-- > 0; step *= f->cells.across) {
            cell += (at[a] * f->tile_length + rest % length[a]) * step;
            rest /= length[a];
        }
        t->cells[i] = (open_cell){cell, i, 1};
    }
    return RTK_OK;
}

static rtk_status allocate(filling *f, double radius) {
    rtk_status s = rtk_poisson_cells_make(&f->cells, f->d, radius);
    if (s) return s;
    size_t length = (size_t)pow(TILE_CELLS, 1 / (double)f->d);
    f->tile_length = length > f->cells.reach ? length : f->cells.reach;
    f->tiles_across = (f->cells.across + f->tile_length - 1) / f->tile_length;
    f->n_tiles = rtk_poisson_power(f->tiles_across, f->d);
    f->tiles = calloc(f->n_tiles, sizeof *f->tiles);
    return f->tiles ? share(f, f->n_tiles, lay_out) : RTK_ENOMEM;
}

static void dispose(filling *f) {
    for (size_t t = 0; f->tiles && t < f->n_tiles; t++) {
        free(f->tiles[t].cells);
        free(f->tiles[t].boxes);
    }
    free(f->tiles);
    free(f->cells.point);
}

/* ---- The set ---------------------------------------------------------------
 */

/* All points, shuffled. */
static rtk_status gather(const filling *f, rtk_poisson_disk *set) {
    size_t each = f->d * sizeof *set->points, n = 0;
    uint64_t seed = seed_of(f, CHOICE, 0);
    for (size_t c = 0; c < f->cells.count; c++)
        set->count += rtk_poisson_cells_taken(&f->cells, c);
    /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): not none */
    set->points = malloc(set->count * each);
    if (!set->points) return RTK_ENOMEM;
    for (size_t c = 0; c < f->cells.count; c++) {
        if (!rtk_poisson_cells_taken(&f->cells, c)) continue;
        size_t j = (size_t)rtk_random_below(seed, n, n + 1);
        double *last = set->points + n++ * f->d, *at = set->points + j * f->d;
        memmove(last, at, each);
        memcpy(at, f->cells.point + c * f->d, each);
    }
    return RTK_OK;
}

rtk_status rtk_poisson_disk_new(rtk_poisson_disk **set,
                                const rtk_poisson_disk_options *o) {
    if (!set || !o || o->size < sizeof *o || o->dimensions < 1 ||
        o->dimensions > MOST || !(o->radius > 0))
        return RTK_EINVAL;
    filling f = {.d = o->dimensions,
                 .seed = o->seed,
                 .workers = o->workers,
                 .effective = 1};
    rtk_poisson_disk *made = calloc(1, sizeof *made);
    rtk_status s = made ? allocate(&f, o->radius) : RTK_ENOMEM;
    if (!s) s = fill(&f);
    if (!s) {
        made->dimensions = f.d;
        s = gather(&f, made);
    }
    dispose(&f);
    if (s) {
        rtk_poisson_disk_free(made);
        return s;
    }
    if (o->effective) *o->effective = f.effective;
    *set = made;
    return RTK_OK;
}

size_t rtk_poisson_disk_count(const rtk_poisson_disk *set) {
    return set->count;
}

const double *rtk_poisson_disk_points(const rtk_poisson_disk *set) {
    return set->points;
}

void rtk_poisson_disk_free(rtk_poisson_disk *set) {
    if (!set) return;
    free(set->points);
    free(set);
}
