#ifndef RTK_LINE_PLAN_H
#define RTK_LINE_PLAN_H

/* What a line works with, and how each way of transforming fills it. Internal
 * to fft/. */

#include "kernels/fft/line.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of the precision of its line. Never changed once made. */
typedef struct rtk_line_plan rtk_line_plan;
struct rtk_line_plan {
    void *fftw;            /* FFTW's plan, or NULL */
    const rtk_line *inner; /* lines that this one is made of, or NULL */
    const rtk_line *back;
    size_t length; /* of the inner line */
    void *table;   /* roots of unity, or NULL */
    void *kernel;  /* Bluestein: the transformed chirp */
};

/* The ways for one precision. */
typedef struct rtk_line_ways {
    size_t real_bytes;
    /* Plan by FFTW: a Fourier line of any length. NULL: it could not. Called
     * with the planner's lock. */
    void *(*plan)(rtk_line_kind kind, int n, rtk_fft_effort effort, void *in,
                  void *out);
    void (*destroy)(void *fftw); /* with the planner's lock */
    /* table[k] = exp(-i pi (step k + shift) / turn), k < count; step and shift
     * below 2 turn. */
    void (*roots)(void *table, size_t count, size_t step, size_t shift,
                  size_t turn);
    /* table[k] = exp(sign i pi k^2 / n), k < n. */
    void (*chirp)(void *table, size_t n, int sign);
    /* The transform of the chirp's conjugate, over its length. */
    void (*kernel)(const rtk_line_plan *plan, size_t n, void *room);
    /* How each kind runs: by FFTW, by a step from a shorter line, by Bluestein,
     * or from a Fourier line. */
    void (*fftw[RTK_LINE_KINDS])(const rtk_line *, void *, void *, void *);
    void (*step[RTK_LINE_KINDS])(const rtk_line *, void *, void *, void *);
    void (*bluestein[RTK_LINE_KINDS])(const rtk_line *, void *, void *, void *);
    void (*cosine[RTK_LINE_KINDS])(const rtk_line *, void *, void *, void *);
} rtk_line_ways;

extern const rtk_line_ways rtk_line_ways_float;
extern const rtk_line_ways rtk_line_ways_float_avx2;
extern const rtk_line_ways rtk_line_ways_double;
extern const rtk_line_ways rtk_line_ways_double_avx2;
extern const rtk_line_ways rtk_line_ways_long_double;

#ifdef __cplusplus
}
#endif

#endif
