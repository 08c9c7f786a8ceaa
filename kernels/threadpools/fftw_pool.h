#ifndef RTK_FFTW_POOL_H
#define RTK_FFTW_POOL_H

/* The functions of an FFTW's copy. Internal to kernels/threadpools. */

#include "kernels/threadpools/pool_copy.h"

enum { RTK_FFTW_SET, RTK_FFTW_GET, RTK_FFTW_INIT };

/* The planner's count, or 0 as long as nobody may ask. With the module's lock.
 * MT-Unsafe race:planner. */
int rtk_fftw_threads(const rtk_copy *copy);

#endif
