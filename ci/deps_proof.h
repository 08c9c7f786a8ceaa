#ifndef DEPS_PROOF_H
#define DEPS_PROOF_H

/* Scenarios of deps_proof.c that are in files of their own. Each is called by
 * all threads at once, with an `id` of their own from 0, and returns the number
 * of wrong results. */

#include <stddef.h>

/* As malloc(), cleared; ends the process when there is no memory. MT-Safe. */
void *deps_memory(size_t bytes);

/* Correct use of what OpenBLAS has for other precisions than double: products,
 * LU and Cholesky. MT-Safe. */
int deps_single(unsigned id);
int deps_complex(unsigned id);
int deps_double_complex(unsigned id);

/* Correct use of the reference LAPACK: least squares, eigenvalues and singular
 * values. MT-Safe. */
int deps_lapack_single(unsigned id);
int deps_lapack_double(unsigned id);
int deps_lapack_complex(unsigned id);
int deps_lapack_double_complex(unsigned id);

/* Fill what the planted scenarios below share. MT-Unsafe: before there are
 * threads. */
void deps_prepare(void);

/* Planted: all threads give one matrix to a routine that writes over it, the
 * first three to one of OpenBLAS. MT-Unsafe, which is the fault. */
int deps_plant_single(unsigned id);
int deps_plant_complex(unsigned id);
int deps_plant_double_complex(unsigned id);
int deps_plant_lapack_single(unsigned id);
int deps_plant_lapack_double(unsigned id);
int deps_plant_lapack_complex(unsigned id);
int deps_plant_lapack_double_complex(unsigned id);

/* Planted: a routine that keeps its state between calls in static variables.
 * MT-Unsafe, which is the fault. */
int deps_plant_saved(unsigned id);

#endif
