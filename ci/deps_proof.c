/* Use OpenBLAS, LAPACK and FFTW from eight threads, correctly or not.
 *
 * ci/test-deps runs this under ThreadSanitizer, a process a scenario, and
 * counts the reports: none in correct use, at least one for a planted race of
 * ours.
 *
 * Shared by the threads: `in` (read only once they run), the two FFT plans
 * (only executed), `common` and `plan` in the planted scenarios, which is the
 * fault. All else belongs to one thread. No lock or atomic here: it would hide
 * races.
 *
 * Exit: 0 right results, 1 a wrong one (planted scenarios hardly look), 2
 * usage, and what TSAN_OPTIONS says if there was a report. */

#define _POSIX_C_SOURCE 200809L

/* Before cblas.h: that one includes complex.h, which changes fftw_complex. */
#include <fftw3.h>

#include "ci/deps_proof.h"

#include <cblas.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, N_MAX = 300, SAMPLES = 16, FFT_N = 1024 };

/* cblas.h has no LAPACK. */
void dgesv_(const int *n, const int *nrhs, double *a, const int *lda, int *ipiv,
            double *b, const int *ldb, int *info);
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda,
             int *info);

static double in[N_MAX * N_MAX]; /* row i of a matrix of order n: in + i n */
static double common[N_MAX * N_MAX];
static fftw_plan plan;
static fftwf_plan plan_float;
static fftw_complex *common_in, *common_out;

void *deps_memory(size_t bytes) {
    void *p = calloc(1, bytes);
    if (p) return p;
    perror("deps_proof");
    exit(2);
}

static void *need(void *p) {
    if (p) return p;
    perror("deps_proof");
    exit(2);
}

static double *matrix(void) {
    return need(malloc(sizeof(double) * N_MAX * N_MAX));
}

/* Not within the tolerance, and a NaN never is. */
static int wrong(double got, double want) {
    return !(fabs(got - want) <= 1e-9 * (1 + fabs(want)));
}

/* Row i times row j. */
static double rows(const double *a, int n, int i, int j) {
    double sum = 0;
    for (int k = 0; k < n; k++) sum += a[i * n + k] * a[j * n + k];
    return sum;
}

/* How many of a few elements of the lower part of c are not (A A^T). */
static int product_errors(const double *c, int n) {
    int errors = 0;
    for (int s = 0; s < SAMPLES; s++) {
        const int i = (n - 1) - s * n / SAMPLES / 2, j = i * s / SAMPLES;
        errors += wrong(c[i * n + j], rows(in, n, i, j));
    }
    return errors;
}

static void gemm(double *c, int n) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, n, 1, in, n, in,
                n, 0, c, n);
}

static int use_gemm(unsigned id) {
    static const int orders[] = {16, 33, 64, 100, 200, 300};
    double *c = matrix();
    int errors = 0;
    for (int round = 0; round < 2; round++) {
        for (unsigned k = 0; k < 6; k++) {
            /* Different orders at a time, and all of them in the end. */
            const int n = orders[(k + id) % 6];
            gemm(c, n);
            errors += product_errors(c, n);
        }
    }
    free(c);
    return errors;
}

static int use_syrk(unsigned id) {
    static const int orders[] = {16, 50, 130, 250};
    double *c = matrix();
    int errors = 0;
    for (int round = 0; round < 3; round++) {
        for (unsigned k = 0; k < 4; k++) {
            const int n = orders[(k + id) % 4];
            cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, n, n, 1, in, n,
                        0, c, n);
            errors += product_errors(c, n);
        }
    }
    free(c);
    return errors;
}

static int use_dot(unsigned id) {
    int errors = 0;
    for (int n = 100 + (int)id; n < N_MAX * N_MAX; n *= 3) {
        double want = 0;
        for (int k = 0; k < n; k++) want += in[k] * in[k];
        for (int round = 0; round < 10; round++)
            errors += wrong(cblas_ddot(n, in, 1, in, 1), want);
    }
    return errors;
}

/* Solve A x = (sums of A's columns, as LAPACK sees them): all ones. */
static int use_gesv(unsigned id) {
    static const int orders[] = {20, 100, 210, 250}, one = 1;
    double *a = matrix(), x[N_MAX];
    int errors = 0, pivots[N_MAX], info;
    for (int round = 0; round < 2; round++) {
        const int n = orders[((unsigned)round + id) % 4];
        memcpy(a, in, sizeof(double) * (size_t)(n * n));
        for (int i = 0; i < n; i++) a[i * n + i] += n;
        memset(x, 0, sizeof x);
        for (int k = 0; k < n * n; k++) x[k % n] += a[k];
        dgesv_(&n, &one, a, &n, pivots, x, &n, &info);
        errors += info != 0;
        for (int i = 0; i < n; i++) errors += wrong(x[i], 1);
    }
    free(a);
    return errors;
}

/* LAPACK's upper factor, by columns, is our lower one by rows: L L^T = S. */
static int use_potrf(unsigned id) {
    static const int orders[] = {20, 100, 220, 300};
    double *l = matrix();
    int errors = 0, info;
    for (int round = 0; round < 3; round++) {
        const int n = orders[((unsigned)round + id) % 4], last = n - 1;
        gemm(l, n);
        for (int i = 0; i < n; i++) l[i * n + i] += n;
        dpotrf_("U", &n, l, &n, &info);
        double sum = 0;
        for (int k = 0; k < n; k++) sum += l[last * n + k] * l[last * n + k];
        errors += info != 0;
        errors += wrong(sum, rows(in, n, last, last) + n);
    }
    free(l);
    return errors;
}

/* The transform of an impulse is all ones. */
static int impulse_errors(const fftw_complex *x, int n) {
    int errors = 0;
    for (int k = 0; k < n; k++) errors += wrong(x[k][0], 1) + wrong(x[k][1], 0);
    return errors;
}

static int use_plan(unsigned id) {
    (void)id;
    fftw_complex *x = need(fftw_alloc_complex(FFT_N));
    fftw_complex *y = need(fftw_alloc_complex(FFT_N));
    int errors = 0;
    memset(x, 0, sizeof *x * FFT_N);
    x[0][0] = 1;
    for (int round = 0; round < 50; round++) {
        fftw_execute_dft(plan, x, y);
        errors += impulse_errors(y, FFT_N);
    }
    fftw_free(x);
    fftw_free(y);
    return errors;
}

static int use_float_plan(unsigned id) {
    (void)id;
    fftwf_complex *x = need(fftwf_alloc_complex(FFT_N));
    fftwf_complex *y = need(fftwf_alloc_complex(FFT_N));
    int errors = 0;
    memset(x, 0, sizeof *x * FFT_N);
    x[0][0] = 1;
    for (int round = 0; round < 50; round++) {
        fftwf_execute_dft(plan_float, x, y);
        for (int k = 0; k < FFT_N; k++) errors += y[k][0] != 1 || y[k][1] != 0;
    }
    fftwf_free(x);
    fftwf_free(y);
    return errors;
}

static int make_plans(unsigned id) {
    int errors = 0;
    for (int n = 60 + (int)id; n < 200; n += 45) {
        fftw_complex *x = need(fftw_alloc_complex((size_t)n));
        fftw_plan own = fftw_plan_dft_1d(n, x, x, FFTW_FORWARD, FFTW_ESTIMATE);
        memset(x, 0, sizeof *x * (size_t)n);
        x[0][0] = 1;
        fftw_execute(need(own));
        errors += impulse_errors(x, n);
        fftw_destroy_plan(own);
        fftw_free(x);
    }
    return errors;
}

/* Planted: all write one matrix. Small, as the lock that a threaded dgemm holds
 * would order the writes of large ones. */
static int plant_gemm(unsigned id) {
    (void)id;
    for (int round = 0; round < 2000; round++) gemm(common, 16);
    return 0;
}

/* Planted: one thread writes a matrix, its workers too, and the others read. */
static int plant_read(unsigned id) {
    double sum = 0;
    for (int round = 0; round < 20; round++) {
        if (id == 0) gemm(common, 100);
        for (int k = 0; k < 100 * 100 && id; k++) sum += common[k];
    }
    return isnan(sum);
}

/* Planted: a plan's own arrays, by all. */
static int plant_execute(unsigned id) {
    (void)id;
    for (int round = 0; round < 200; round++) fftw_execute(plan);
    return 0;
}

static void plan_with(int nthreads) {
    fftw_plan_with_nthreads(nthreads);
    fftwf_plan_with_nthreads(nthreads);
    common_in = need(fftw_alloc_complex(FFT_N));
    common_out = need(fftw_alloc_complex(FFT_N));
    plan = need(fftw_plan_dft_1d(FFT_N, common_in, common_out, FFTW_FORWARD,
                                 FFTW_ESTIMATE));
    /* The new-array calls need arrays that are aligned alike, not these. */
    plan_float = need(fftwf_plan_dft_1d(FFT_N, (fftwf_complex *)common_in,
                                        (fftwf_complex *)common_out,
                                        FFTW_FORWARD, FFTW_ESTIMATE));
    memset(common_in, 0, sizeof *common_in * FFT_N);
}

typedef struct {
    const char *name;
    int (*run)(unsigned id); /* returns the number of wrong results */
} scenario;

static const scenario scenarios[] = {
    {"dgemm", use_gemm},
    {"dsyrk", use_syrk},
    {"ddot", use_dot},
    {"dgesv", use_gesv},
    {"dpotrf", use_potrf},
    {"single", deps_single},
    {"complex", deps_complex},
    {"double-complex", deps_double_complex},
    {"lapack-single", deps_lapack_single},
    {"lapack-double", deps_lapack_double},
    {"lapack-complex", deps_lapack_complex},
    {"lapack-double-complex", deps_lapack_double_complex},
    {"fft-shared-plan", use_plan},
    {"fftf-shared-plan", use_float_plan},
    {"fft-make-plans", make_plans},
    {"planted-dgemm", plant_gemm},
    {"planted-read", plant_read},
    {"planted-execute", plant_execute},
    {"planted-single", deps_plant_single},
    {"planted-complex", deps_plant_complex},
    {"planted-double-complex", deps_plant_double_complex},
    {"planted-lapack-single", deps_plant_lapack_single},
    {"planted-lapack-double", deps_plant_lapack_double},
    {"planted-lapack-complex", deps_plant_lapack_complex},
    {"planted-lapack-double-complex", deps_plant_lapack_double_complex},
    {"planted-saved", deps_plant_saved},
};

typedef struct {
    const scenario *what;
    pthread_barrier_t *gate;
    unsigned id;
    int errors; /* written by the thread, read after the join */
} actor;

static void *act(void *arg) {
    actor *a = arg;
    pthread_barrier_wait(a->gate);
    a->errors = a->what->run(a->id);
    return NULL;
}

static int all_act(const scenario *what) {
    pthread_t thread[THREADS];
    actor actors[THREADS];
    pthread_barrier_t gate;
    int errors = 0;
    pthread_barrier_init(&gate, NULL, THREADS);
    for (unsigned t = 0; t < THREADS; t++) {
        actors[t] = (actor){.what = what, .gate = &gate, .id = t};
        if (pthread_create(&thread[t], NULL, act, &actors[t])) exit(2);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(thread[t], NULL);
        errors += actors[t].errors;
    }
    pthread_barrier_destroy(&gate);
    return errors;
}

int main(int argc, char **argv) {
    const scenario *what = NULL;
    const int nthreads = argc == 3 ? atoi(argv[2]) : 0;
    for (size_t k = 0; k < sizeof scenarios / sizeof *scenarios; k++)
        if (nthreads && !strcmp(scenarios[k].name, argv[1]))
            what = &scenarios[k];
    if (!what) {
        fputs("usage: deps_proof SCENARIO LIBRARY_THREADS\n", stderr);
        return 2;
    }
    for (int k = 0; k < N_MAX * N_MAX; k++)
        in[k] = (k * 37 % 101) / 101.0 - 0.5;
    deps_prepare();
    /* OpenBLAS initialises at the first call. If a worker comes first,
     * openblas_set_num_threads() races with it, on blas_num_threads: a defect
     * of the library, met here only without OPENBLAS_NUM_THREADS=1. */
    gemm(common, 16);
    openblas_set_num_threads(nthreads);
    fftw_init_threads();
    fftwf_init_threads();
    fftw_make_planner_thread_safe();
    plan_with(nthreads);

    const int errors = all_act(what);
    printf("%s: %d wrong results\n", what->name, errors);
    return errors != 0;
}
