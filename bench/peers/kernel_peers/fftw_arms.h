#ifndef RTK_FFTW_ARMS_H
#define RTK_FFTW_ARMS_H

/* FFTW's interface with its own threads, from a library found by path: FFTW
 * itself, or MKL, which has it, too. */

#include "bench/peers/kernel_peers/peer_arm.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_FFTW_RANK_MAX = 3 };

typedef enum rtk_fftw_kind {
    RTK_FFTW_C2C,
    RTK_FFTW_R2C,
    RTK_FFTW_DCT2
} rtk_fftw_kind;

/* A transform of contiguous arrays in C order. */
typedef struct rtk_fftw_spec {
    int kind;       /* rtk_fftw_kind */
    int is_float;   /* 1: single precision */
    int rank;       /* of the array, 1 .. RTK_FFTW_RANK_MAX */
    int axes;       /* bit i: axis i is transformed */
    int measure;    /* 0: ESTIMATE; 1: MEASURE */
    int threads;    /* FFTW's own */
    double at_most; /* seconds for planning, about */
    uint64_t shape[RTK_FFTW_RANK_MAX];
} rtk_fftw_spec;

/* Plan on arrays of its own, as measuring destroys them.
 *
 *   path     of the library, loaded once and kept
 *   in, out  aligned to 64 bytes, read and written by each call
 *
 * Returns the arm, or NULL: the library or its plan is not to be had; planning
 * leaves no wisdom behind.
 * MT-Unsafe race:planner. */
RTK_PEER_API rtk_peer_arm *
rtk_fftw_arm(const char *path, const rtk_fftw_spec *spec, void *in, void *out);

#ifdef __cplusplus
}
#endif

#endif
