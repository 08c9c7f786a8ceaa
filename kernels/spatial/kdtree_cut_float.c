/* The making of trees of float. */
#include "kernels/spatial/kdtree_build.h"

typedef float real;
#define NEXT  nextafterf
#define MAKER rtk_kdtree_maker_float
#include "kernels/spatial/kdtree_cut.inc"
