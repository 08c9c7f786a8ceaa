#ifndef RTK_BLAS_SCOPE_H
#define RTK_BLAS_SCOPE_H

/* The number of threads of the BLAS that is linked, for the time of a call.
 *
 * It is one number for the whole process, and to change it while somebody
 * computes is a data race inside OpenBLAS. So calls that want the same number
 * go together, others wait until they have left, in order of arrival. Nothing
 * of a caller's own runs inside, so all that are waited for come out. Towards
 * other parts of the program it is a scope of threadpools that excludes nobody.
 * Internal to linalg/. */

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Enter with `threads`, 1 or more; waits for those who want another number.
 *
 *   exact  1: RTK_EUNSUPPORTED when the library has not so many; 0: what it
 *          has will do, as will what a scope of the calling thread says
 *
 * Returns RTK_OK, RTK_ENOMEM or RTK_EUNSUPPORTED. The child of a fork finds
 * nobody inside. MT-Safe. */
RTK_CHECKED rtk_status rtk_blas_scope_enter(int threads, int exact);

/* Leave; wakes those who wait. MT-Safe. */
void rtk_blas_scope_leave(void);

#ifdef __cplusplus
}
#endif

#endif
