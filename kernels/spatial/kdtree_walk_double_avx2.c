/* The searches in trees of double, with AVX2. */
#if defined(__x86_64__)

#include <float.h>

#define LANES_DOUBLE 1
#define LANES_AVX2   1
#include "kernels/spatial/kdtree_lanes.inc"

#define WALKS_NAME rtk_kdtree_walks_double_avx2
#include "kernels/spatial/kdtree_walk.inc"

#endif
