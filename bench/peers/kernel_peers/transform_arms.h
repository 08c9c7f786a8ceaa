#ifndef RTK_TRANSFORM_ARMS_H
#define RTK_TRANSFORM_ARMS_H

/* Fourier and cosine transforms: ours, and those of FFTW's interface with its
 * own threads, from a library found by path: FFTW itself, or MKL. */

#include "bench/peers/kernel_peers/peer_arm.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_TRANSFORM_RANK_MAX = 3 };

typedef enum rtk_transform_kind {
    RTK_TRANSFORM_C2C,
    RTK_TRANSFORM_R2C,
    RTK_TRANSFORM_DCT2
} rtk_transform_kind;

/* A transform of contiguous arrays in C order. */
typedef struct rtk_transform_spec {
    int kind;       /* rtk_transform_kind */
    int is_float;   /* 1: single precision */
    int rank;       /* of the array, 1 .. RTK_TRANSFORM_RANK_MAX */
    int axes;       /* bit i: axis i is transformed */
    int measure;    /* 0: ESTIMATE; 1: MEASURE */
    int threads;    /* FFTW's own */
    double at_most; /* seconds for planning, about */
    uint64_t shape[RTK_TRANSFORM_RANK_MAX];
} rtk_transform_spec;

/* Plan on arrays of its own, as measuring destroys them.
 *
 *   path     of the library, loaded once and kept
 *   in, out  aligned to 64 bytes, read and written by each call
 *
 * Returns the arm, or NULL: the library or its plan is not to be had; planning
 * leaves no wisdom behind.
 * MT-Unsafe race:planner. */
RTK_PEER_API rtk_peer_arm *rtk_fftw_arm(const char *path,
                                        const rtk_transform_spec *spec,
                                        void *in, void *out);

/* Ours.
 *
 *   one_call  1: nothing is kept from call to call but by the cache of lines
 *   fresh     1: planned from nothing, as all that this cache keeps is
 * forgotten first. Wisdom is in every case
 *
 * Returns the arm, or NULL: no memory, or refused. MT-Unsafe race:planner. */
RTK_PEER_API rtk_peer_arm *rtk_fft_arm(const rtk_transform_spec *spec,
                                       int one_call, int fresh, void *in,
                                       void *out);

#ifdef __cplusplus
}
#endif

#endif
