/* Libraries under test that stand for those which are not packaged: built once
 * for each AS_..., they have the functions of the real ones and keep a count.
 * Nothing of the control over them is replaced. */

#include <stddef.h>
#include <string.h>

#define FUNCTION(type, name, ...)                                              \
    __attribute__((visibility("default"))) type name(__VA_ARGS__);             \
    type name(__VA_ARGS__)

#ifdef AS_OPENBLAS /* with symbols PREFIX openblas_... SUFFIX */

#define JOIN(a, b, c) a##b##c
#define NAME(a, b, c) JOIN(a, b, c)
#define OWN(stem)     NAME(PREFIX, stem, SUFFIX)
/* What the compiler for Fortran calls it. */
#define FORTRAN(stem) NAME(PREFIX, stem##_, SUFFIX)

static int count = 5;

FUNCTION(int, OWN(openblas_get_num_threads), void) {
    return count;
}
FUNCTION(void, OWN(openblas_set_num_threads), int threads) {
    count = threads < 1 ? 8 : threads > 8 ? 8 : threads;
}
FUNCTION(int, FORTRAN(openblas_get_num_threads), void) {
    return count + 100;
}
FUNCTION(char *, OWN(openblas_get_config), void) {
    static char text[64];
    strcpy(text, "OpenBLAS 0.3.99.dev NO_AFFINITY MAX_THREADS=8");
    return text;
}
#ifdef WITH_OPENMP /* linked with one: asks it, as the real one does */
int omp_get_max_threads(void);
FUNCTION(int, OWN(openblas_get_parallel), void) {
    count = omp_get_max_threads();
    return 2;
}
#else
FUNCTION(int, OWN(openblas_get_parallel), void) {
    return 1;
}
#endif
#ifdef WITH_FORTRAN_NAME
FUNCTION(void, dgemm_, void) {}
#endif
FUNCTION(void, OWN(cblas_dgemm), void) {}
#endif

#ifdef AS_MKL
static int count = 6;
static _Thread_local int local;

FUNCTION(int, MKL_Get_Max_Threads, void) {
    return local ? local : count;
}
FUNCTION(void, MKL_Set_Num_Threads, int threads) {
    count = threads;
}
FUNCTION(int, MKL_Set_Num_Threads_Local, int threads) {
    int before = local;
    local = threads;
    return before;
}
FUNCTION(void, MKL_Get_Version_String, char *text, int room) {
    strncpy(text, "Math Kernel Library Version 2024.0   ", (size_t)room);
}
FUNCTION(int, MKL_Set_Threading_Layer, int layer) {
    return layer == -1 ? 3 : layer;
}
FUNCTION(void, dgemm_, void) {}
#endif

#ifdef AS_FLEXIBLAS
static int count = -1;

FUNCTION(int, flexiblas_get_num_threads, void) {
    return count;
}
FUNCTION(void, flexiblas_set_num_threads, int threads) {
    count = threads;
}
FUNCTION(void, flexiblas_get_version, int *major, int *minor, int *patch) {
    *major = 3;
    *minor = 4;
    *patch = 2;
}
FUNCTION(int, flexiblas_current_backend, char *name, size_t room) {
    strncpy(name, "NETLIB", room);
    return 6;
}
FUNCTION(void, dgemm_, void) {}
#endif

#ifdef AS_HIDDEN /* a BLAS that says nothing of its threads */
FUNCTION(void, cblas_dgemm, void) {}
#endif

#ifdef AS_THIN /* linked with another that does */
extern int openblas_get_num_threads(void);
FUNCTION(void, cblas_dgemm, void) {
    (void)openblas_get_num_threads();
}
#endif

#ifdef AS_READ_ONLY /* an OpenMP runtime whose count cannot be set */
FUNCTION(int, omp_get_max_threads, void) {
    return 7;
}
#endif

#ifdef AS_OPENMP
static _Thread_local int count = 5;

FUNCTION(int, omp_get_max_threads, void) {
    return count;
}
FUNCTION(void, omp_set_num_threads, int threads) {
    count = threads;
}
#endif

#ifdef AS_STRANGER /* for a custom controller: found by stranger_threads */
static int count = 42;

FUNCTION(int, stranger_threads, void) {
    return count;
}
FUNCTION(void, stranger_use, int threads) {
    count = threads;
}
#endif
