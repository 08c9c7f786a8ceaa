#ifndef RTK_AXES_H
#define RTK_AXES_H

/* Transforms along chosen axes of strided arrays: a pass per axis, lines of one
 * length in each, shared by workers. All that moves memory is here. Internal to
 * fft/. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/array/array.h"
#include "kernels/fft/line.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One pass: lines of `line` along `axis`. The first pass reads the job's `in`,
 * the last writes its `out`; between them lies `out`, or memory of the job's
 * own. Along the axis the first pass takes what `in` has, padded with zeros or
 * cropped to the line's own input length. */
typedef struct rtk_fft_pass {
    const rtk_line *line;
    size_t axis;
    /* Before the first pass a complex line may be asked for from real input
     * (imaginary parts 0); and its input or output may be conjugated. */
    bool conjugate_in, conjugate_out;
} rtk_fft_pass;

/* in, out  may be one array or lie apart; strides of any kind
 * scale    every element of the result is multiplied by it, in the last pass */
typedef struct rtk_fft_job {
    const rtk_array *in;
    const rtk_array *out;
    const rtk_fft_pass *passes;
    size_t n_passes; /* 0: copy and scale */
    double scale;
} rtk_fft_job;

/* Run the passes, one after the other.
 *
 *   job        checked by the caller; in's and out's shapes agree but along the
 *              axes of the passes
 *   workers    by the grammar of workers.h
 *   effective  out, may be NULL: the most workers of any pass
 *
 * Equal bits for any number of workers, alignment and stride. Returns RTK_OK,
 * RTK_EINVAL (workers) or RTK_ENOMEM (`out` is then undefined). MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_axes(const rtk_fft_job *job, int64_t workers,
                                    unsigned *effective);

#ifdef __cplusplus
}
#endif

#endif
