/* The searches in trees of float, on any machine. */

#include <float.h>

#define LANES_DOUBLE 0
#define LANES_AVX2   0
#include "kernels/spatial/kdtree_lanes.inc"

#define WALKS_NAME rtk_kdtree_walks_float
#include "kernels/spatial/kdtree_walk.inc"
