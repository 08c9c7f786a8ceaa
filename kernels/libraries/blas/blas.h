#ifndef RTK_BLAS_H
#define RTK_BLAS_H

/* Any library with the C interface of BLAS, and LAPACK where it has one: its
 * functions by name, and the operations made of them, a file for each family.
 *
 * All matrices are in column order. What a routine writes over is copied
 * first, so that inputs are inputs. */

#include "kernels/libraries/library.h"

/* Integers of the library under test; one of 64 bits is refused. */
typedef int32_t rtk_blas_int;
enum { RTK_BLAS_FUNCTIONS = 3, RTK_BLAS_OPS_MAX = 64 };

/* Values of cblas.h that all libraries share. */
enum {
    RTK_COLUMNS = 102,
    RTK_NO_TRANS = 111,
    RTK_TRANS = 112,
    RTK_UPPER = 121,
    RTK_LOWER = 122,
    RTK_NON_UNIT = 131,
    RTK_LEFT = 141
};

/* Parameters of all subjects of this plug-in. */
enum {
    RTK_BLAS_N,
    RTK_BLAS_SHAPE,
    RTK_BLAS_THREADS,
    RTK_BLAS_DATA,
    RTK_BLAS_PARAMS
};
extern const rtk_param rtk_blas_params[RTK_BLAS_PARAMS];

/* What the arguments of a trial say. */
typedef struct rtk_blas_shape {
    size_t m, n, k;
    int threads; /* of the library's pool */
    bool pool;   /* whether it is asked for */
    bool whole;  /* inputs are small whole numbers: products are exact */
} rtk_blas_shape;

/* MT-Safe. */
rtk_blas_shape rtk_blas_shape_of(const rtk_args *args);

/* One operation, as its family's file states it. */
typedef struct rtk_blas_form rtk_blas_form;

/* An operation whose functions were found. */
typedef struct rtk_blas_op {
    const rtk_blas_form *form;
    rtk_function f[RTK_BLAS_FUNCTIONS];
} rtk_blas_op;

struct rtk_blas_form {
    const char *name;
    const char *symbol[RTK_BLAS_FUNCTIONS]; /* all of them are needed */
    rtk_type type;
    int variant; /* as the family's file likes */
    void (*describe)(const rtk_blas_form *form, const rtk_blas_shape *shape,
                     rtk_views *views);
    void (*fill)(const rtk_blas_form *form, const rtk_blas_shape *shape,
                 const rtk_views *views, uint64_t seed);
    rtk_status (*run)(const rtk_blas_op *op, const rtk_blas_shape *shape,
                      const rtk_views *views, rtk_call *call);
    /* The error in units of what rounding explains; sets the text, too. */
    rtk_status (*check)(const rtk_blas_form *form, const rtk_blas_shape *shape,
                        const rtk_views *views, rtk_truth *truth);
};

/* Families: arrays that end with a form without a name. MT-Safe. */
extern const rtk_blas_form rtk_blas_level1[], rtk_blas_level2[],
    rtk_blas_level3[], rtk_blas_factors[], rtk_blas_spectra[],
    rtk_blas_setters[], rtk_blas_queries[], rtk_blas_reloads[];

/* Make an operation of a contract from a form whose functions are all there.
 *
 *   claims  of the operation
 *   made    out, on success only
 *
 * Returns RTK_OK, or RTK_EUNSUPPORTED when the library lacks a function or
 * there are RTK_BLAS_OPS_MAX already. MT-Unsafe: while the plug-in is
 * loaded. */
rtk_status rtk_blas_op_make(const rtk_blas_form *form, const rtk_claims *claims,
                            rtk_op *made);

/* ---- The library --------------------------------------------------------- */

extern const rtk_host *rtk_blas_host; /* set first of all */

/* Load the library under test. Returns RTK_OK, or RTK_EINVAL with a sentence
 * of `room` bytes. MT-Unsafe: while the plug-in is loaded. */
rtk_status rtk_blas_open(char *sentence, size_t room);

/* The library under test. MT-Safe. */
rtk_library *rtk_blas_library(void);

/* Ask for `threads` in the library's pool, once in a process: the first to ask
 * decides. MT-Safe. */
void rtk_blas_pool(int threads);

/* Set the number of threads of the calling thread's OpenMP loops, where the
 * library uses OpenMP. MT-Safe. */
void rtk_blas_settle(void);

/* The functions that a library has for its number of threads; NULL: none. */
typedef struct rtk_blas_control {
    void (*set)(int);
    void (*wide)(int64_t); /* takes an integer of 64 bits */
    void (*loops)(int);    /* of the OpenMP loops of the calling thread */
} rtk_blas_control;

/* Look them up in `of`. MT-Safe. */
rtk_blas_control rtk_blas_control_of(const rtk_library *of);

/* Set the number; false: there is no function for it. MT-Unsafe race:threads,
 * as far as the library says so. */
bool rtk_blas_control_set(const rtk_blas_control *control, int threads);

/* Set the number of threads of the library, whoever computes; false: it has
 * no function for it. MT-Unsafe race:threads, as far as the
 * library says so. */
bool rtk_blas_set_threads(int threads);

/* Let go of the library, as rtk_plugin.unload; never when the process ends,
 * where others may be in their calls. MT-Unsafe race:library. */
void rtk_blas_unload(void);

/* Say name, version, configuration. MT-Safe. */
void rtk_blas_about(void (*say)(void *to, const char *key, const char *value),
                    void *to);

/* ---- Truths: blas_truth.c ------------------------------------------------ */

/* Not C's complex: its multiplication looks for NaN each time. */
typedef struct rtk_number {
    long double re, im;
} rtk_number;

typedef enum rtk_part {
    RTK_FULL,
    RTK_PART_LOWER,
    RTK_PART_UPPER,
    RTK_SYMMETRIC /* only the lower triangle is looked at */
} rtk_part;

/* A matrix in column order. */
typedef struct rtk_matrix {
    const void *data;
    rtk_type type;
    size_t rows, columns, stride;
    bool transposed; /* after all else */
    bool unit;       /* the diagonal counts as ones */
    rtk_part part;
} rtk_matrix;

/* The whole of view `i`: its first dimension are columns. MT-Safe. */
rtk_matrix rtk_matrix_of(const rtk_views *views, size_t i);
rtk_matrix rtk_matrix_part(rtk_matrix matrix, rtk_part part);
rtk_matrix rtk_matrix_transposed(rtk_matrix matrix);

/* A vector, and for each element the sum of sizes that went into it. */
typedef struct rtk_vector {
    rtk_number *at;
    long double *size;
    size_t n;
} rtk_vector;

/* Vectors of one check, which go together; belongs to one thread. */
typedef struct rtk_lab {
    void *room[24];
    size_t used;
    bool failed; /* no memory: results mean nothing */
} rtk_lab;

/* A vector of zeros; it and all made below live until rtk_lab_free(), and have
 * no elements when there is no memory. MT-Unsafe race:lab. */
rtk_vector rtk_vector_new(rtk_lab *lab, size_t n);

/* +1 or -1 each, so that no error in one element of a matrix is missed.
 * MT-Unsafe race:lab. */
rtk_vector rtk_vector_signs(rtk_lab *lab, size_t n, uint64_t seed);

/* The elements of view `i`. MT-Unsafe race:lab. */
rtk_vector rtk_vector_of(rtk_lab *lab, const rtk_views *views, size_t i);

/* a x. MT-Unsafe race:lab. */
rtk_vector rtk_vector_apply(rtk_lab *lab, rtk_matrix a, rtk_vector x);

/* a x + b y, of numbers a and b. MT-Unsafe race:lab. */
rtk_vector rtk_vector_sum(rtk_lab *lab, double a, rtk_vector x, double b,
                          rtk_vector y);

/* Release all vectors. MT-Unsafe race:lab. */
void rtk_lab_free(rtk_lab *lab);

/* Largest difference of two vectors, in units of `type`'s rounding, of the
 * size of both and of `terms`; with `exact` any difference is infinite. NaN
 * counts. MT-Safe. */
double rtk_vector_error(rtk_vector got, rtk_vector want, rtk_type type,
                        size_t terms, bool exact);

/* Fill view `i` from the random stream `seed`, and add `diagonal` to the
 * diagonal. MT-Unsafe race:views. */
void rtk_fill(const rtk_views *views, size_t i, uint64_t seed, bool whole,
              double diagonal);

/* Make the matrix of view `i` symmetric. MT-Unsafe race:views. */
void rtk_mirror(const rtk_views *views, size_t i);

/* Copy view `from` to view `to`, of the same size. MT-Unsafe race:views. */
void *rtk_copy_view(const rtk_views *views, size_t to, size_t from);

/* Close a check: free the lab, and say what was compared. Returns RTK_OK or
 * RTK_ENOMEM. MT-Unsafe race:lab. */
rtk_status rtk_judge(rtk_lab *lab, rtk_truth *truth, double error,
                     const char *what);

#endif
