/* The searches in trees of double, on any machine. */

#include <float.h>

#define LANES_DOUBLE 1
#define LANES_AVX2   0
#include "kernels/spatial/kdtree_lanes.inc"

#define WALKS_NAME rtk_kdtree_walks_double
#include "kernels/spatial/kdtree_walk.inc"
