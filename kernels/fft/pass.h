#ifndef RTK_PASS_H
#define RTK_PASS_H

/* One pass over one axis of an array: units of lines, which workers may take in
 * any order. Internal to fft/. */

#include <stddef.h>

#include "kernels/array/array.h"
#include "kernels/fft/axes.h"
#include "kernels/fft/tiles.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A way through both arrays: n steps of so many bytes. */
typedef struct rtk_walk {
    size_t n;
    ptrdiff_t from, to;
} rtk_walk;

/* Constant once made. A unit is a line that lies whole in both arrays, or a
 * tile of up to `columns` neighbouring lines. */
typedef struct rtk_pass {
    rtk_fft_pass asked;
    rtk_walk along, across;
    rtk_walk loop[RTK_ARRAY_RANK_MAX]; /* outermost first */
    size_t loops;
    size_t columns, tiles, units;
    size_t group;            /* lines of a tile that are delivered together */
    size_t have, want, give; /* elements of a line: there, read, written */
    const rtk_tile_moves *in_moves, *out_moves;
    size_t in_bytes, line_bytes, out_bytes; /* of an element: of the array that
                                               is read, as the line reads it,
                                               and of the result */
    size_t in_pitch, out_pitch, raw_pitch;  /* bytes from line to line */
    size_t scratch_bytes;
    long double scale;
    rtk_number real;
    bool widen;  /* real numbers for a complex line */
    bool whole;  /* lines lie whole in both arrays */
    bool large;  /* more than the caches hold */
    bool stream; /* the result goes past the caches */
    bool same;   /* both arrays are one */
} rtk_pass;

/* Describe the pass `asked` from one array to another.
 *
 *   from, to  shapes and strides; `to` has the result's shape
 *   scale     of this pass
 *   bytes     of what is written before it is read again, by which it is
 * decided whether to write past the caches same      the data of both will be
 * one
 *
 * MT-Safe. */
rtk_pass rtk_pass_make(const rtk_fft_pass *asked, const rtk_array *from,
                       const rtk_array *to, long double scale, size_t bytes,
                       bool same);

/* Run units lo .. hi-1.
 *
 *   from, to  the arrays' data
 *   scratch   scratch_bytes, aligned to RTK_LINE_ALIGN
 *
 * MT-Safe. */
void rtk_pass_run(const rtk_pass *pass, const char *from, char *to,
                  char *scratch, size_t lo, size_t hi);

#ifdef __cplusplus
}
#endif

#endif
