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
    size_t shift; /* columns that the first tile lacks, so that the others
                     begin where cache lines do */
    size_t have, want, give; /* elements of a line: there, read, written */
    const rtk_tile_moves *in_moves, *out_moves;
    size_t in_bytes, line_bytes, out_bytes; /* of an element: of the array that
                                               is read, as the line reads it,
                                               and of the result */
    size_t pitch, raw_pitch;                /* bytes from line to line */
    size_t scratch_bytes;
    long double scale;
    rtk_number real;
    bool widen;  /* real numbers for a complex line */
    bool whole;  /* units are lines that lie whole in both arrays */
    bool fetch;  /* the array is read from memory: in order is faster */
    bool stream; /* the result goes past the caches */
    bool same;   /* both arrays are one */
} rtk_pass;

/* Where the data of a pass comes from and goes to, for choosing how to move it.
 */
typedef struct rtk_pass_flow {
    size_t read, written; /* bytes of the arrays, of which the caches hold
                             nothing if they are too large; 0: all is there */
    bool same;            /* both arrays will be one */
    bool last;            /* nobody of ours reads the result */
} rtk_pass_flow;

/* Describe the pass `asked` from one array to another.
 *
 *   from, to  shapes and strides; `to` has the result's shape
 *   scale     of this pass
 *   flow      only its speed depends on it
 *
 * MT-Safe. */
rtk_pass rtk_pass_make(const rtk_fft_pass *asked, const rtk_array *from,
                       const rtk_array *to, long double scale,
                       const rtk_pass_flow *flow);

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
