#ifndef RTK_AXES_H
#define RTK_AXES_H

/* Transforms along chosen axes of strided arrays: a pass per axis, lines of one
 * length in each, shared by workers. Internal to fft/. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/array/array.h"
#include "kernels/fft/line.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One pass: all lines along `axis`. The array is padded with zeros or cropped
 * along it to what the line reads. Real input of a complex line has imaginary
 * parts of 0. */
typedef struct rtk_fft_pass {
    const rtk_line *line;
    size_t axis;
    bool conjugate_in, conjugate_out; /* of complex numbers only */
} rtk_fft_pass;

/* in, out  arrays that rtk_array_check() passes; their shapes agree but along
 *          the axes of the passes. They may lie anyhow to each other
 * scale    every element of the result is multiplied by it, in the last pass */
typedef struct rtk_fft_job {
    const rtk_array *in;
    const rtk_array *out;
    const rtk_fft_pass *passes; /* no axis twice */
    size_t n_passes;            /* 0: copy and scale */
    long double scale;
} rtk_fft_job;

/* Run the passes, one after the other.
 *
 *   workers    by the grammar of workers.h
 *   effective  out, may be NULL: the most workers of any step
 *
 * Equal bits for any number of workers, alignment and stride. Returns RTK_OK,
 * RTK_EINVAL (workers), RTK_ENOMEM or RTK_ETHREAD (`out` is then undefined).
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_axes(const rtk_fft_job *job, int64_t workers,
                                    unsigned *effective);

#ifdef __cplusplus
}
#endif

#endif
