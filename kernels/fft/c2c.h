#ifndef RTK_C2C_H
#define RTK_C2C_H

/* Complex-to-complex Fourier transforms, batched and in up to three dimensions,
 * on FFTW3's one-dimensional lines.
 *
 * Plan once, run often: a plan is only read by a run, so any number of threads
 * may share one. Bits are equal for any number of workers and any alignment of
 * the arrays (tier A). */

#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_FFT_RANK_MAX = 3 };

/* Two double, or two float, are one element. */
typedef enum rtk_fft_type { RTK_FFT_DOUBLE, RTK_FFT_FLOAT } rtk_fft_type;

/* The sign in exp(sign * 2 pi i j k / n). */
typedef enum rtk_fft_sign {
    RTK_FFT_FORWARD = -1,
    RTK_FFT_BACKWARD = 1
} rtk_fft_sign;

/* What is transformed: `batch` arrays of shape n[0] x ... x n[rank-1], one
 * after the other in C order, all axes of each. */
typedef struct rtk_fft_spec {
    rtk_fft_type type;
    rtk_fft_sign sign;
    size_t rank, n[RTK_FFT_RANK_MAX], batch;
} rtk_fft_spec;

typedef struct rtk_fft_plan rtk_fft_plan;

/* Make a plan.
 *
 *   plan  out, on success only; release it with rtk_fft_plan_free()
 *   spec  rank 1 .. RTK_FFT_RANK_MAX; each n 1 .. INT_MAX; batch 1 or more
 *
 * Planning is by estimate, so equal specs give equal plans. FFTW's planner is
 * not thread-safe: one lock of this module, held across a fork, guards it; code
 * that plans beside this module must see to itself.
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_plan_new(rtk_fft_plan **plan,
                                        const rtk_fft_spec *spec);

/* Release `plan`; NULL is allowed. MT-Unsafe race:plan. */
void rtk_fft_plan_free(rtk_fft_plan *plan);

/* Transform, unnormalised: forward and backward give the input times the
 * number of points.
 *
 *   in, out    as the spec says; the same array or disjoint ones, of any
 *              alignment that the type allows; `in` is only read
 *   workers    by the grammar of workers.h, on the process-wide thread pool;
 *              they share the transforms of a batch, or the lines of each axis
 *              when a transform is large. A single line is one worker's
 *   effective  out, may be NULL: the most workers of any step
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM (`out` is then undefined).
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_run(const rtk_fft_plan *plan, const void *in,
                                   void *out, int64_t workers,
                                   unsigned *effective);

/* Name and version of the library underneath. MT-Safe. */
const char *rtk_fft_library(void);

#ifdef __cplusplus
}
#endif

#endif
