#ifndef RTK_LINE_H
#define RTK_LINE_H

/* One-dimensional transforms of contiguous lines: what everything in fft/ is
 * made of. A line is made once, by the cache of fft/line_cache.h, and only read
 * from then on: any number of threads may run one. Internal to fft/.
 *
 * Unnormalised, as FFTW defines them; a factor is applied by whoever moves the
 * result. */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "kernels/array/array.h"
#include "kernels/fft/planning.h"
#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rtk_line_kind {
    RTK_LINE_FORWARD,  /* n complex -> n complex, exp(-2 pi i j k / n) */
    RTK_LINE_BACKWARD, /* n complex -> n complex, exp(+2 pi i j k / n) */
    RTK_LINE_R2C,      /* n real -> n/2+1 complex, forward */
    RTK_LINE_C2R,      /* n/2+1 complex -> n real, backward; the imaginary parts
                          of the first and, for even n, the last are ignored */
    RTK_LINE_DCT1,     /* n real -> n real; n 2 or more */
    RTK_LINE_DCT2,
    RTK_LINE_DCT3,
    RTK_LINE_DCT4,
    RTK_LINE_DST1,
    RTK_LINE_DST2,
    RTK_LINE_DST3,
    RTK_LINE_DST4,
    RTK_LINE_KINDS
} rtk_line_kind;

/* What a line is made from: also the key of the cache. */
typedef struct rtk_line_spec {
    rtk_line_kind kind;
    rtk_number real; /* RTK_FLOAT, RTK_DOUBLE or RTK_LONG_DOUBLE */
    size_t n;        /* logical length, 1 .. RTK_LINE_MOST */
    bool weighted;   /* cosine and sine lines: the ends so that the matrix is
                        orthogonal up to a factor; false for the others */
    rtk_fft_effort effort;
} rtk_line_spec;

/* Every field is constant once the line is made. */
typedef struct rtk_line rtk_line;
struct rtk_line {
    rtk_line_spec spec;
    size_t in_bytes, out_bytes; /* of one line */
    size_t scratch_bytes; /* that one run needs, a multiple of RTK_LINE_ALIGN */
    bool keeps_input;     /* else `in` is destroyed */
    bool reads_once;  /* `in`, in order: it may be far, and of any alignment */
    bool writes_once; /* so `out` */
    size_t table_bytes; /* that it keeps; FFTW's share is an estimate */
    double flops;       /* estimate of one run, for splitting */
    /* Transform one line. in, out, scratch: apart from each other, aligned to
     * RTK_LINE_RUNS_ON bytes but for what is read or written once. Allocates
     * nothing. MT-Safe. */
    void (*run)(const rtk_line *line, void *in, void *out, void *scratch);
    const struct rtk_line_plan *plan; /* what `run` works with */
};

/* Scratch is laid out in cache lines; FFTW's plans need less. */
enum { RTK_LINE_ALIGN = 64, RTK_LINE_RUNS_ON = 16 };
enum { RTK_LINE_MOST = INT_MAX / 4 };

/* Make a line, or release what rtk_line_make() made: for the cache alone.
 *
 *   line  out, on success only
 *
 * Returns RTK_OK, RTK_EINVAL, RTK_EUNSUPPORTED or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_line_make(rtk_line *line, const rtk_line_spec *spec);

/* Release what rtk_line_make() filled. MT-Unsafe race:line. */
void rtk_line_release(rtk_line *line);

#ifdef __cplusplus
}
#endif

#endif
