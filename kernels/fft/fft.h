#ifndef RTK_FFT_H
#define RTK_FFT_H

/* Fourier, cosine and sine transforms of arrays: the 26 of scipy.fft, with its
 * names, definitions, norms and rules for lengths, in float, double and long
 * double.
 *
 * Any number of threads may call at once, also with one and the same plan. Bits
 * are equal for any number of workers, any strides and any alignment (tier A),
 * with RTK_FFT_ESTIMATE whatever this library planned before; but for upgrades
 * that were allowed to change them (planning.h).
 *
 * FFTW is underneath. It ends the process when it gets no memory while it
 * plans, or, for a few lengths, while it transforms: before planning it is
 * tried whether there is enough, and RTK_ENOMEM returned if not, but another
 * thread may take it in the meantime. */

#include <stddef.h>
#include <stdint.h>

#include "kernels/array/array.h"
#include "kernels/fft/planning.h"
#include "kernels/workers/status.h"
#include "kernels/workers/workers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name): along one axis, the last two, any; then the cosine and sine
 * transforms along one axis and along any. */
#define RTK_FFT_TRANSFORMS(X)                                                  \
    X(fft)                                                                     \
    X(ifft)                                                                    \
    X(rfft)                                                                    \
    X(irfft)                                                                   \
    X(hfft)                                                                    \
    X(ihfft)                                                                   \
    X(fft2)                                                                    \
    X(ifft2)                                                                   \
    X(rfft2)                                                                   \
    X(irfft2)                                                                  \
    X(hfft2)                                                                   \
    X(ihfft2)                                                                  \
    X(fftn)                                                                    \
    X(ifftn)                                                                   \
    X(rfftn)                                                                   \
    X(irfftn)                                                                  \
    X(hfftn)                                                                   \
    X(ihfftn)                                                                  \
    X(dct)                                                                     \
    X(idct)                                                                    \
    X(dst)                                                                     \
    X(idst)                                                                    \
    X(dctn)                                                                    \
    X(idctn)                                                                   \
    X(dstn)                                                                    \
    X(idstn)

/* Which transform: RTK_FFT_fft, RTK_FFT_ifft, ... */
typedef enum rtk_fft_transform {
#define RTK_FFT_ENUMERATOR(name) RTK_FFT_##name,
    RTK_FFT_TRANSFORMS(RTK_FFT_ENUMERATOR)
#undef RTK_FFT_ENUMERATOR
        RTK_FFT_TRANSFORM_COUNT
} rtk_fft_transform;

/* Where 1/n goes, n being the product of the logical lengths: to the inverse,
 * its root to both, or to the transform itself. */
typedef enum rtk_fft_norm {
    RTK_FFT_NORM_BACKWARD,
    RTK_FFT_NORM_ORTHO,
    RTK_FFT_NORM_FORWARD
} rtk_fft_norm;

/* Whether the ends of cosine and sine transforms are weighted so that their
 * matrix is orthogonal up to a factor. */
typedef enum rtk_fft_ends {
    RTK_FFT_ENDS_BY_NORM, /* weighted with RTK_FFT_NORM_ORTHO alone */
    RTK_FFT_ENDS_WEIGHTED,
    RTK_FFT_ENDS_PLAIN
} rtk_fft_ends;

/* How to transform; start it as RTK_FFT_OPTIONS. */
typedef struct rtk_fft_options {
    size_t size;     /* sizeof(rtk_fft_options) */
    const int *axes; /* n_axes of them, negative ones counted from the end;
                        NULL: the last axis, the last two, or all, as the
                        name says, and the last ones when lengths are given */
    size_t n_axes;   /* 1 for names without a number, 2 for those with 2 */
    const int64_t *lengths; /* of the transform along each of these axes: the
                               input is cropped or padded with zeros. NULL, or
                               -1 for one: the input's; a real result from m
                               complex numbers has 2 (m - 1) */
    rtk_fft_norm norm;
    int type; /* of cosine and sine transforms, 1 .. 4; 0: 2 */
    rtk_fft_ends ends;
    int64_t workers;       /* by the grammar of workers.h */
    rtk_fft_effort effort; /* of planning lines that are new */
    unsigned *effective;   /* out, may be NULL: the most workers of any step */
} rtk_fft_options;

#define RTK_FFT_OPTIONS                                                        \
    { .size = sizeof(rtk_fft_options), .workers = RTK_WORKERS_DEFAULT }

/* Transform `in` to `out`. There is a function for each name, rtk_fft(),
 * rtk_ifft(), ... rtk_idstn(): it is this with its own `which`.
 *
 *   in       only read. Real for rfft.. and ihfft..; real or complex for the
 *            others
 *   out      of in's precision; its shape is what rtk_fft_shape() says. Real
 *            for irfft.., hfft.., and for cosine and sine transforms of real
 *            input; else complex. It may be `in`, element for element, or
 * overlap it anyhow, when `in` is copied first options  NULL: RTK_FFT_OPTIONS
 *
 * Returns RTK_OK, RTK_EINVAL (an array, axis, length, type or number of workers
 * outside its range; a length of 0), RTK_EUNSUPPORTED (a length beyond INT_MAX)
 * or RTK_ENOMEM; after the last `out` is undefined, else it is untouched.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_apply(rtk_fft_transform which,
                                     const rtk_array *in, const rtk_array *out,
                                     const rtk_fft_options *options);

/* What rtk_fft_apply() would write: number and shape, described as contiguous
 * without data.
 *
 *   in   its data is not looked at, and may be NULL
 *   out  on success only
 *
 * Returns as rtk_fft_apply(). MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_shape(rtk_fft_transform which,
                                     const rtk_array *in,
                                     const rtk_fft_options *options,
                                     rtk_array *out);

#define RTK_FFT_FUNCTION(name)                                                 \
    RTK_CHECKED static inline rtk_status rtk_##name(                           \
        const rtk_array *in, const rtk_array *out,                             \
        const rtk_fft_options *options) {                                      \
        return rtk_fft_apply(RTK_FFT_##name, in, out, options);                \
    }
RTK_FFT_TRANSFORMS(RTK_FFT_FUNCTION)
#undef RTK_FFT_FUNCTION

/* A transform that is checked and planned once and run often. A run only reads
 * it. */
typedef struct rtk_fft_plan rtk_fft_plan;

/* Make a plan, as rtk_fft_apply() would run it.
 *
 *   plan     out, on success only; release it with rtk_fft_plan_free()
 *   in, out  number, shape and strides; the data is not looked at, and may be
 *            NULL
 *
 * Returns as rtk_fft_apply(). MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_plan_new(rtk_fft_plan **plan,
                                        rtk_fft_transform which,
                                        const rtk_array *in,
                                        const rtk_array *out,
                                        const rtk_fft_options *options);

/* Run `plan` on arrays like those it was made for.
 *
 *   in, out    their data
 *   workers    by the grammar of workers.h
 *   effective  out, may be NULL: the most workers of any step
 *
 * Returns RTK_OK, RTK_EINVAL or RTK_ENOMEM (`out` is then undefined).
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_plan_run(const rtk_fft_plan *plan,
                                        const void *in, void *out,
                                        int64_t workers, unsigned *effective);

/* Release `plan`; NULL is allowed. MT-Unsafe race:plan. */
void rtk_fft_plan_free(rtk_fft_plan *plan);

/* The least length from `least` on that lines are computed fast for: 2^a times
 * 1, 3, 5, 9 or 15. What is padded with zeros anyway is best padded to it.
 *
 *   least  up to SIZE_MAX / 4
 *
 * MT-Safe. */
size_t rtk_fft_fast_length(size_t least);

/* The name of a transform, such as "rfft2"; NULL for none. MT-Safe. */
const char *rtk_fft_name(rtk_fft_transform which);

/* Name and version of the library underneath. MT-Safe. */
const char *rtk_fft_library(void);

#ifdef __cplusplus
}
#endif

#endif
