/* The making of trees of double. */
#include "kernels/spatial/kdtree_build.h"

typedef double real;
#define NEXT  nextafter
#define MAKER rtk_kdtree_maker_double
#include "kernels/spatial/kdtree_cut.inc"
