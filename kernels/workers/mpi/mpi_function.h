#ifndef RTK_MPI_FUNCTION_H
#define RTK_MPI_FUNCTION_H

/* Functions by names that other processes understand: a module and an offset in
 * it. Internal to the MPI executor. */

#include <stdint.h>

#include "kernels/workers/apply.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_MODULE_NAME = 256 };

typedef struct rtk_mpi_function {
    uint64_t offset;              /* from where the module is loaded */
    uint64_t print;               /* of the module and the function's code */
    char module[RTK_MODULE_NAME]; /* without folders; "" is the program */
} rtk_mpi_function;

/* Name `fn`.
 *
 *   name  out, on success only
 *
 * Returns RTK_OK, or RTK_EUNSUPPORTED for code that is in no module, such as
 * that of a just-in-time compiler.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_mpi_function_name(rtk_apply_fn fn,
                                             rtk_mpi_function *name);

/* Find the function of that name here.
 *
 *   fn  out, on success only; valid while its module stays loaded
 *
 * Returns RTK_OK, or RTK_EUNSUPPORTED when its module is not loaded or is
 * another build.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_mpi_function_find(const rtk_mpi_function *name,
                                             rtk_apply_fn *fn);

#ifdef __cplusplus
}
#endif

#endif
