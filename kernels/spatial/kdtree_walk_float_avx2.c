/* The searches in trees of float, with AVX2. */
#if defined(__x86_64__)

#include <float.h>

#define LANES_DOUBLE 0
#define LANES_AVX2   1
#include "kernels/spatial/kdtree_lanes.inc"

#define WALKS_NAME rtk_kdtree_walks_float_avx2
#include "kernels/spatial/kdtree_walk.inc"

#endif
