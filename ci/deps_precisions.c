/* OpenBLAS in all precisions, and the reference LAPACK: see deps_proof.h.
 *
 * Matrices are of small whole numbers, so that products are exact. They are in
 * column order and belong to one thread, but for `common`, which all write in
 * the planted scenarios. */

#include "ci/deps_proof.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { N_MAX = 210, LAPACK_N = 60, SAVED_N = 2, ELEMENT = 16 };

/* Lengths of texts, which Fortran passes behind all else. */
typedef size_t len;
typedef const int *num;

/* Calls that differ between precisions only in what the pointers point to. */
typedef void product(const char *ta, const char *tb, num m, num n, num k,
                     const void *alpha, const void *a, num lda, const void *b,
                     num ldb, const void *beta, void *c, num ldc, len, len);
typedef void update(const char *uplo, const char *trans, num n, num k,
                    const void *alpha, const void *a, num lda, const void *beta,
                    void *c, num ldc, len, len);
typedef void lu(num n, num nrhs, void *a, num lda, int *pivots, void *b,
                num ldb, int *info);
typedef void cholesky(const char *uplo, num n, void *a, num lda, int *info,
                      len);
typedef void squares(const char *trans, num m, num n, num nrhs, void *a,
                     num lda, void *b, num ldb, void *work, num lwork,
                     int *info, len);
/* The last argument but the lengths is `info`; complex ones have more room
 * before it. */
typedef void eigen(const char *job, const char *uplo, num n, void *a, num lda,
                   void *w, void *work, num lwork, int *info, len, len);
typedef void complex_eigen(const char *job, const char *uplo, num n, void *a,
                           num lda, void *w, void *work, num lwork, void *rwork,
                           int *info, len, len);
typedef void svd(const char *ju, const char *jv, num m, num n, void *a, num lda,
                 void *s, void *u, num ldu, void *vt, num ldvt, void *work,
                 num lwork, int *info, len, len);
typedef void complex_svd(const char *ju, const char *jv, num m, num n, void *a,
                         num lda, void *s, void *u, num ldu, void *vt, num ldvt,
                         void *work, num lwork, void *rwork, int *info, len,
                         len);

product sgemm_, dgemm_, cgemm_, zgemm_;
update ssyrk_, dsyrk_, cherk_, zherk_;
lu sgesv_, dgesv_, cgesv_, zgesv_;
cholesky spotrf_, dpotrf_, cpotrf_, zpotrf_;
squares sgels_, dgels_, cgels_, zgels_;
eigen ssyev_, dsyev_;
complex_eigen cheev_, zheev_;
svd sgesvd_, dgesvd_;
complex_svd cgesvd_, zgesvd_;
void dlacon_(num n, double *v, double *x, int *isgn, double *est, int *kase);

typedef struct precision {
    bool wide, complex;
    product *gemm;
    update *herk;
    lu *gesv;
    cholesky *potrf;
    squares *gels;
    eigen *eigen; /* either of the two */
    complex_eigen *complex_eigen;
    svd *svd; /* either of the two */
    complex_svd *complex_svd;
} precision;

static const precision S = {false,  false,  sgemm_, ssyrk_,  sgesv_, spotrf_,
                            sgels_, ssyev_, NULL,   sgesvd_, NULL};
static const precision D = {true,   false,  dgemm_, dsyrk_,  dgesv_, dpotrf_,
                            dgels_, dsyev_, NULL,   dgesvd_, NULL};
static const precision C = {false,  true, cgemm_, cherk_, cgesv_, cpotrf_,
                            cgels_, NULL, cheev_, NULL,   cgesvd_};
static const precision Z = {true,   true, zgemm_, zherk_, zgesv_, zpotrf_,
                            zgels_, NULL, zheev_, NULL,   zgesvd_};

typedef struct number {
    double re, im;
} number;

static number get(const precision *p, const void *a, int at) {
    const double *d = a;
    const float *f = a;
    if (p->complex && p->wide) return (number){d[2 * at], d[2 * at + 1]};
    if (p->complex) return (number){f[2 * at], f[2 * at + 1]};
    return (number){p->wide ? d[at] : f[at], 0};
}

static void put(const precision *p, void *a, int at, number x) {
    double *d = a;
    float *f = a;
    const int first = p->complex ? 2 * at : at;
    if (p->wide) d[first] = x.re;
    if (!p->wide) f[first] = (float)x.re;
    if (p->complex && p->wide) d[first + 1] = x.im;
    if (p->complex && !p->wide) f[first + 1] = (float)x.im;
}

/* Element `at` of the matrix that all scenarios begin with. */
static number element(const precision *p, int at) {
    return (number){at * 37 % 7 - 3, p->complex ? at * 53 % 5 - 2 : 0};
}

static void *matrix(const precision *p, int n) {
    void *a = deps_memory((size_t)ELEMENT * (size_t)n * (size_t)n);
    for (int k = 0; k < n * n; k++) put(p, a, k, element(p, k));
    return a;
}

/* Not within the tolerance, and a NaN never is. */
static int wrong(const precision *p, double got, double want) {
    return !(fabs(got - want) <= (p->wide ? 1e-9 : 2e-3) * (1 + fabs(want)));
}

/* Row i of the matrix of order n times the conjugate of row j. */
static number rows(const precision *p, int n, int i, int j) {
    number sum = {0, 0};
    for (int k = 0; k < n; k++) {
        const number x = element(p, k * n + i), y = element(p, k * n + j);
        sum.re += x.re * y.re + x.im * y.im;
        sum.im += x.im * y.re - x.re * y.im;
    }
    return sum;
}

/* How many of a few elements of the lower part of c are not (A A^H). */
static int product_errors(const precision *p, const void *c, int n) {
    int errors = 0;
    for (int s = 0; s < 16; s++) {
        const int i = (n - 1) - s * n / 32, j = i * s / 16;
        const number got = get(p, c, j * n + i), want = rows(p, n, i, j);
        errors += wrong(p, got.re, want.re) + wrong(p, got.im, want.im);
    }
    return errors;
}

/* One and zero of any precision, at an address for each. */
static const void *constant(const precision *p, bool one) {
    static const double wide[] = {1, 0, 0, 0};
    static const float narrow[] = {1, 0, 0, 0};
    const int at = one ? 0 : 2;
    return p->wide ? (const void *)&wide[at] : (const void *)&narrow[at];
}

static void multiply(const precision *p, int n, const void *a, void *c) {
    p->gemm("N", "C", &n, &n, &n, constant(p, true), a, &n, a, &n,
            constant(p, false), c, &n, 1, 1);
}

static int use_products(const precision *p, int n) {
    void *a = matrix(p, n), *c = matrix(p, n);
    multiply(p, n, a, c);
    int errors = product_errors(p, c, n);
    p->herk("L", "N", &n, &n, constant(p, true), a, &n, constant(p, false), c,
            &n, 1, 1);
    errors += product_errors(p, c, n);
    free(a);
    free(c);
    return errors;
}

static void add_diagonal(const precision *p, void *a, int n, double add) {
    for (int i = 0; i < n; i++) {
        number x = get(p, a, i * n + i);
        x.re += add;
        put(p, a, i * n + i, x);
    }
}

/* A vector for which the solution of a x = b is all ones. */
static void *row_sums(const precision *p, const void *a, int n) {
    void *b = deps_memory((size_t)ELEMENT * (size_t)n);
    for (int i = 0; i < n; i++) {
        number sum = {0, 0};
        for (int k = 0; k < n; k++) {
            const number x = get(p, a, k * n + i);
            sum.re += x.re;
            sum.im += x.im;
        }
        put(p, b, i, sum);
    }
    return b;
}

static int not_ones(const precision *p, const void *x, int n) {
    int errors = 0;
    for (int i = 0; i < n; i++)
        errors += wrong(p, get(p, x, i).re, 1) + wrong(p, get(p, x, i).im, 0);
    return errors;
}

static int use_lu(const precision *p, int n) {
    const int one = 1;
    int info, pivots[N_MAX];
    void *a = matrix(p, n);
    add_diagonal(p, a, n, 5 * n);
    void *x = row_sums(p, a, n);
    p->gesv(&n, &one, a, &n, pivots, x, &n, &info);
    const int errors = (info != 0) + not_ones(p, x, n);
    free(a);
    free(x);
    return errors;
}

/* The sum of squares of the last row of the factor. */
static int use_cholesky(const precision *p, int n) {
    int info;
    double sum = 0;
    void *a = matrix(p, n), *c = matrix(p, n);
    multiply(p, n, a, c);
    add_diagonal(p, c, n, n);
    const double want = get(p, c, n * n - 1).re;
    p->potrf("L", &n, c, &n, &info, 1);
    for (int k = 0; k < n; k++) {
        const number l = get(p, c, k * n + n - 1);
        sum += l.re * l.re + l.im * l.im;
    }
    free(a);
    free(c);
    return (info != 0) + wrong(p, sum, want);
}

/* Below and above the sizes at which OpenBLAS begins to use threads. */
static int use(const precision *p, unsigned id) {
    static const int orders[] = {16, 64, 110};
    int errors = use_lu(p, 100) + use_lu(p, N_MAX);
    for (unsigned k = 0; k < 3; k++) {
        const int n = orders[(k + id) % 3];
        errors += use_products(p, n) + use_cholesky(p, n);
    }
    return errors;
}

/* ---- The reference LAPACK ---- */

enum { WORK = 8 * LAPACK_N * LAPACK_N };

typedef struct bench {
    void *a, *values, *left, *right, *work, *more;
} bench;

static bench set_up(const precision *p) {
    void *room[5];
    for (int k = 0; k < 5; k++) room[k] = deps_memory(ELEMENT * WORK);
    return (bench){
        matrix(p, LAPACK_N), room[0], room[1], room[2], room[3], room[4]};
}

static void put_away(const bench *b) {
    free(b->a), free(b->values), free(b->left);
    free(b->right), free(b->work), free(b->more);
}

/* Values are real numbers of the precision. */
static double value(const precision *p, const void *values, int at) {
    const precision *real = p->wide ? &D : &S;
    return get(real, values, at).re;
}

static int use_eigen(const precision *p, const bench *b, void *a) {
    const int n = LAPACK_N, size = WORK;
    int info = 0;
    if (p->eigen)
        p->eigen("V", "L", &n, a, &n, b->values, b->work, &size, &info, 1, 1);
    else
        p->complex_eigen("V", "L", &n, a, &n, b->values, b->work, &size,
                         b->more, &info, 1, 1);
    return info;
}

static int use_svd(const precision *p, const bench *b, void *a) {
    const int n = LAPACK_N, size = WORK;
    int info = 0;
    if (p->svd)
        p->svd("A", "A", &n, &n, a, &n, b->values, b->left, &n, b->right, &n,
               b->work, &size, &info, 1, 1);
    else
        p->complex_svd("A", "A", &n, &n, a, &n, b->values, b->left, &n,
                       b->right, &n, b->work, &size, b->more, &info, 1, 1);
    return info;
}

/* The sum of the eigenvalues of A A^H is its trace, which is the sum of the
 * squares of the singular values of A. */
static int use_spectra(const precision *p, const bench *b) {
    const int n = LAPACK_N;
    double trace = 0, eigenvalues = 0, squares = 0;
    void *c = matrix(p, n);
    multiply(p, n, b->a, c);
    for (int i = 0; i < n; i++) trace += get(p, c, i * n + i).re;
    int errors = use_eigen(p, b, c) != 0;
    for (int i = 0; i < n; i++) eigenvalues += value(p, b->values, i);
    errors += use_svd(p, b, b->a) != 0;
    for (int i = 0; i < n; i++)
        squares += value(p, b->values, i) * value(p, b->values, i);
    free(c);
    return errors + wrong(p, eigenvalues, trace) + wrong(p, squares, trace);
}

static int use_squares(const precision *p, const bench *b) {
    const int n = LAPACK_N, one = 1, size = WORK;
    int info;
    add_diagonal(p, b->a, n, 5 * n);
    void *x = row_sums(p, b->a, n);
    p->gels("N", &n, &n, &one, b->a, &n, x, &n, b->work, &size, &info, 1);
    const int errors = (info != 0) + not_ones(p, x, n);
    free(x);
    return errors;
}

static int use_lapack(const precision *p) {
    int errors = 0;
    for (int round = 0; round < 3; round++) {
        const bench b = set_up(p);
        errors += use_squares(p, &b);
        put_away(&b);
        const bench again = set_up(p);
        errors += use_spectra(p, &again);
        put_away(&again);
    }
    return errors;
}

/* ---- Planted ---- */

/* A matrix a precision, large enough, and aligned, for any. */
static double common[4][2 * LAPACK_N * LAPACK_N];
static const precision *const all[] = {&S, &D, &C, &Z};

void deps_prepare(void) {
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < LAPACK_N * LAPACK_N; k++)
            put(all[i], common[i], k, element(all[i], k));
}

static int lu_in_place(const precision *p, const bench *b, void *a) {
    const int n = LAPACK_N, one = 1;
    int info, pivots[LAPACK_N];
    p->gesv(&n, &one, a, &n, pivots, b->work, &n, &info);
    return info;
}

static int plant(int which,
                 int (*run)(const precision *, const bench *, void *)) {
    const bench b = set_up(all[which]);
    for (int round = 0; round < 20; round++) run(all[which], &b, common[which]);
    put_away(&b);
    return 0;
}

static int plant_saved(void) {
    double v[SAVED_N], x[SAVED_N], estimate;
    const int n = SAVED_N;
    for (int round = 0; round < 2000; round++) {
        int sign[SAVED_N], kase = 0;
        dlacon_(&n, v, x, sign, &estimate, &kase);
    }
    return 0;
}

/* ---- What all threads call ---- */

#define SCENARIO(name, call)                                                   \
    int deps_##name(unsigned id) {                                             \
        return (void)id, call;                                                 \
    }

SCENARIO(single, use(&S, id))
SCENARIO(complex, use(&C, id))
SCENARIO(double_complex, use(&Z, id))
SCENARIO(lapack_single, use_lapack(&S))
SCENARIO(lapack_double, use_lapack(&D))
SCENARIO(lapack_complex, use_lapack(&C))
SCENARIO(lapack_double_complex, use_lapack(&Z))
SCENARIO(plant_single, plant(0, lu_in_place))
SCENARIO(plant_complex, plant(2, lu_in_place))
SCENARIO(plant_double_complex, plant(3, lu_in_place))
SCENARIO(plant_lapack_single, plant(0, use_svd))
SCENARIO(plant_lapack_double, plant(1, use_eigen))
SCENARIO(plant_lapack_complex, plant(2, use_eigen))
SCENARIO(plant_lapack_double_complex, plant(3, use_svd))
SCENARIO(plant_saved, plant_saved())
