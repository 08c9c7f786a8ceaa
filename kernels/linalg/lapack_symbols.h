#ifndef RTK_LAPACK_SYMBOLS_H
#define RTK_LAPACK_SYMBOLS_H

/* LAPACK by the names that Fortran gives it: the distribution's OpenBLAS comes
 * without a header for C. Each routine in its four precisions; numbers are
 * passed by address, and the lengths of texts behind all else, as size_t.
 * Internal to linalg/. */

#include <stddef.h>

#include "kernels/array/array.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef const int *rtk_fixed; /* a number that is only read */

/* RTK_ROUTINES(s, d, c, z, arguments): the same type for four symbols. */
#define RTK_ROUTINES(type, s, d, c, z, ...)                                    \
    typedef void type(__VA_ARGS__);                                            \
    type s, d, c, z;
/* Two that take the same, for real or complex numbers alone. */
#define RTK_ROUTINE_PAIR(type, one, two, ...)                                  \
    typedef void type(__VA_ARGS__);                                            \
    type one, two;

/* m n a lda ipiv info */
RTK_ROUTINES(rtk_getrf, sgetrf_, dgetrf_, cgetrf_, zgetrf_, rtk_fixed,
             rtk_fixed, void *, rtk_fixed, int *, int *)
/* trans n nrhs a lda ipiv b ldb info */
RTK_ROUTINES(rtk_getrs, sgetrs_, dgetrs_, cgetrs_, zgetrs_, const char *,
             rtk_fixed, rtk_fixed, const void *, rtk_fixed, rtk_fixed, void *,
             rtk_fixed, int *, size_t)
/* uplo n a lda info */
RTK_ROUTINES(rtk_potrf, spotrf_, dpotrf_, cpotrf_, zpotrf_, const char *,
             rtk_fixed, void *, rtk_fixed, int *, size_t)
/* m n a lda tau work lwork info */
RTK_ROUTINES(rtk_geqrf, sgeqrf_, dgeqrf_, cgeqrf_, zgeqrf_, rtk_fixed,
             rtk_fixed, void *, rtk_fixed, void *, void *, rtk_fixed, int *)
/* m n k a lda tau work lwork info */
RTK_ROUTINES(rtk_orgqr, sorgqr_, dorgqr_, cungqr_, zungqr_, rtk_fixed,
             rtk_fixed, rtk_fixed, void *, rtk_fixed, const void *, void *,
             rtk_fixed, int *)
/* jobz uplo n a lda w work lwork iwork liwork info */
RTK_ROUTINE_PAIR(rtk_syevd, ssyevd_, dsyevd_, const char *, const char *,
                 rtk_fixed, void *, rtk_fixed, void *, void *, rtk_fixed, int *,
                 rtk_fixed, int *, size_t, size_t)
/* jobz uplo n a lda w work lwork rwork lrwork iwork liwork info */
RTK_ROUTINE_PAIR(rtk_heevd, cheevd_, zheevd_, const char *, const char *,
                 rtk_fixed, void *, rtk_fixed, void *, void *, rtk_fixed,
                 void *, rtk_fixed, int *, rtk_fixed, int *, size_t, size_t)
/* jobvl jobvr n a lda wr wi vl ldvl vr ldvr work lwork info */
RTK_ROUTINE_PAIR(rtk_geev_real, sgeev_, dgeev_, const char *, const char *,
                 rtk_fixed, void *, rtk_fixed, void *, void *, void *,
                 rtk_fixed, void *, rtk_fixed, void *, rtk_fixed, int *, size_t,
                 size_t)
/* jobvl jobvr n a lda w vl ldvl vr ldvr work lwork rwork info */
RTK_ROUTINE_PAIR(rtk_geev_complex, cgeev_, zgeev_, const char *, const char *,
                 rtk_fixed, void *, rtk_fixed, void *, void *, rtk_fixed,
                 void *, rtk_fixed, void *, rtk_fixed, void *, int *, size_t,
                 size_t)
/* jobz m n a lda s u ldu vt ldvt work lwork iwork info */
RTK_ROUTINE_PAIR(rtk_gesdd_real, sgesdd_, dgesdd_, const char *, rtk_fixed,
                 rtk_fixed, void *, rtk_fixed, void *, void *, rtk_fixed,
                 void *, rtk_fixed, void *, rtk_fixed, int *, int *, size_t)
/* jobz m n a lda s u ldu vt ldvt work lwork rwork iwork info */
RTK_ROUTINE_PAIR(rtk_gesdd_complex, cgesdd_, zgesdd_, const char *, rtk_fixed,
                 rtk_fixed, void *, rtk_fixed, void *, void *, rtk_fixed,
                 void *, rtk_fixed, void *, rtk_fixed, void *, int *, int *,
                 size_t)
/* m n nrhs a lda b ldb s rcond rank work lwork iwork info */
RTK_ROUTINE_PAIR(rtk_gelsd_real, sgelsd_, dgelsd_, rtk_fixed, rtk_fixed,
                 rtk_fixed, void *, rtk_fixed, void *, rtk_fixed, void *,
                 const void *, int *, void *, rtk_fixed, int *, int *)
/* m n nrhs a lda b ldb s rcond rank work lwork rwork iwork info */
RTK_ROUTINE_PAIR(rtk_gelsd_complex, cgelsd_, zgelsd_, rtk_fixed, rtk_fixed,
                 rtk_fixed, void *, rtk_fixed, void *, rtk_fixed, void *,
                 const void *, int *, void *, rtk_fixed, void *, int *, int *)

/* Initialisers of tables that are indexed by rtk_number. */
#define RTK_OF_NUMBER(s, d, c, z)                                              \
    {                                                                          \
        [RTK_FLOAT] = s, [RTK_DOUBLE] = d, [RTK_FLOAT_COMPLEX] = c,            \
        [RTK_DOUBLE_COMPLEX] = z                                               \
    }

#ifdef __cplusplus
}
#endif

#endif
