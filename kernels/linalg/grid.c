#include "kernels/linalg/grid.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

rtk_grid rtk_grid_of_columns(rtk_number number, size_t rows, size_t columns,
                             void *data) {
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(number);
    return (rtk_grid){data,  rows, columns, bytes, (ptrdiff_t)rows * bytes,
                      number};
}

rtk_grid rtk_grid_of_rows(rtk_number number, size_t rows, size_t columns,
                          void *data) {
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(number);
    return (rtk_grid){data,  rows,  columns, (ptrdiff_t)columns * bytes,
                      bytes, number};
}

rtk_grid rtk_grid_corner(rtk_grid g, size_t rows, size_t columns) {
    g.rows = rows;
    g.columns = columns;
    return g;
}

/* ---- Copies ----------------------------------------------------------------
 */

/* Elements are aligned as their real numbers alone, so they are moved by
 * memcpy(), which is one instruction each. In tiles, so that lines of a cache
 * are used up whichever way they run; along `across` inside. */
enum { TILE = 16 };

#define MOVE(name, bytes)                                                      \
    static void name(rtk_grid to, rtk_grid from) {                             \
        for (size_t i = 0; i < from.rows; i++) {                               \
            char *t = to.data + (ptrdiff_t)i * to.down;                        \
            const char *f = from.data + (ptrdiff_t)i * from.down;              \
            for (size_t j = 0; j < from.columns; j++) {                        \
                memcpy(t, f, bytes);                                           \
                t += to.across;                                                \
                f += from.across;                                              \
            }                                                                  \
        }                                                                      \
    }
MOVE(move4, 4)
MOVE(move8, 8)
MOVE(move16, 16)
#undef MOVE

static void move(rtk_grid to, rtk_grid from) {
    switch (rtk_number_bytes(from.number)) {
    case 4: move4(to, from); break;
    case 8: move8(to, from); break;
    default: move16(to, from); break;
    }
}

static rtk_grid turned(rtk_grid g) {
    rtk_grid t = g;
    t.rows = g.columns;
    t.columns = g.rows;
    t.down = g.across;
    t.across = g.down;
    return t;
}

static rtk_grid tile(rtk_grid g, size_t i, size_t j) {
    g.data += (ptrdiff_t)i * g.down + (ptrdiff_t)j * g.across;
    g.rows = g.rows - i < TILE ? g.rows - i : TILE;
    g.columns = g.columns - j < TILE ? g.columns - j : TILE;
    return g;
}

void rtk_grid_copy(rtk_grid to, rtk_grid from) {
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(from.number);
    to = rtk_grid_corner(to, from.rows, from.columns);
    if (to.data == from.data || from.rows == 0 || from.columns == 0) return;
    if (to.down == bytes) {
        to = turned(to);
        from = turned(from);
    }
    if (to.across == bytes && from.across == bytes) {
        for (size_t i = 0; i < from.rows; i++)
            memcpy(to.data + (ptrdiff_t)i * to.down,
                   from.data + (ptrdiff_t)i * from.down,
                   from.columns * (size_t)bytes);
        return;
    }
    for (size_t i = 0; i < from.rows; i += TILE)
        for (size_t j = 0; j < from.columns; j += TILE)
            move(tile(to, i, j), tile(from, i, j));
}

/* ---- Constants -------------------------------------------------------------
 */

static char *element(rtk_grid g, size_t i, size_t j) {
    return g.data + (ptrdiff_t)i * g.down + (ptrdiff_t)j * g.across;
}

static void put(rtk_number number, char *at, double value) {
    double other = isnan(value) ? value : 0;
    const float narrow[2] = {(float)value, (float)other};
    const double wide[2] = {value, other};
    bool is_narrow = rtk_number_real(number) == RTK_FLOAT;
    memcpy(at, is_narrow ? (const void *)narrow : wide,
           rtk_number_bytes(number));
}

void rtk_grid_set(rtk_grid g, double diagonal, double others) {
    for (size_t i = 0; i < g.rows; i++)
        for (size_t j = 0; j < g.columns; j++)
            put(g.number, element(g, i, j), i == j ? diagonal : others);
}

void rtk_grid_clear(rtk_grid g, bool above) {
    for (size_t i = 0; i < g.rows; i++) {
        size_t from = above ? i + 1 : 0, to = above ? g.columns : i;
        for (size_t j = from; j < to && j < g.columns; j++)
            memset(element(g, i, j), 0, rtk_number_bytes(g.number));
    }
}

/* By the bits of the exponent, which vectorises. */
#define FINITE(name, word, exponent)                                           \
    static bool name(const void *data, size_t count) {                         \
        word bad = 0, x;                                                       \
        for (size_t i = 0; i < count; i++) {                                   \
            memcpy(&x, (const char *)data + i * sizeof x, sizeof x);           \
            bad |= (word)((x & (exponent)) == (exponent));                     \
        }                                                                      \
        return !bad;                                                           \
    }
FINITE(finite32, uint32_t, UINT32_C(0x7f800000))
FINITE(finite64, uint64_t, UINT64_C(0x7ff0000000000000))
#undef FINITE

bool rtk_grid_finite(rtk_grid g) {
    size_t count = g.rows * g.columns;
    if (rtk_number_is_complex(g.number)) count *= 2;
    bool narrow = rtk_number_real(g.number) == RTK_FLOAT;
    return narrow ? finite32(g.data, count) : finite64(g.data, count);
}

/* Row by row, or column by column, while what was copied is near. */
bool rtk_grid_copy_finite(rtk_grid to, rtk_grid from) {
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(from.number);
    bool finite = true;
    if (to.across != bytes) {
        to = turned(to);
        from = turned(from);
    }
    rtk_grid some = from, into = to;
    for (size_t i = 0; i < from.rows; i += TILE) {
        some.rows = into.rows = from.rows - i < TILE ? from.rows - i : TILE;
        some.data = from.data + (ptrdiff_t)i * from.down;
        into.data = to.data + (ptrdiff_t)i * to.down;
        rtk_grid_copy(into, some);
        for (size_t r = 0; r < some.rows; r++)
            finite &= rtk_grid_finite(
                rtk_grid_of_rows(from.number, 1, from.columns,
                                 into.data + (ptrdiff_t)r * to.down));
    }
    return finite;
}
