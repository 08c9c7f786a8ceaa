#ifndef RTK_THREADPOOLS_H
#define RTK_THREADPOOLS_H

/* All of kernels/threadpools, which needs pthread and the C library alone:
 *
 *   pool_info.h    which libraries there are, with how many threads
 *   pool_limits.h  scopes that limit them
 *   plan_scope.h   threads of FFTW's plans
 *   custom_pool.h  libraries of your own */

#include "kernels/threadpools/custom_pool.h"
#include "kernels/threadpools/plan_scope.h"
#include "kernels/threadpools/pool_info.h"
#include "kernels/threadpools/pool_limits.h"

#endif
