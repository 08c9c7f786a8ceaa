/* Memory and threads that cannot be had, at every place: a status, nothing left
 * behind (the asan lane sees leaks), and outputs as they were. And that the
 * setting of the BLAS is what it was, whatever came of a call. */
#include "kernels/linalg/test/linalg_lab.h"

#include <cblas.h>

#include "kernels/linalg/toeplitz.h"
#include "kernels/workers/test/inject.h"

enum { BATCH = 40, N = 5, FIRST_MOST = 200 };

static rtk_array a, b, c, w;
static int info[BATCH], pivots[BATCH * N];

typedef rtk_status run(const rtk_linalg_options *how);

static rtk_status product(const rtk_linalg_options *how) {
    return rtk_matmul(&a, &b, &c, how);
}

static rtk_status solve(const rtk_linalg_options *how) {
    return rtk_solve(&a, &b, &c, how);
}

static rtk_status factor(const rtk_linalg_options *how) {
    return rtk_lu(&a, &c, pivots, how);
}

static rtk_status eigh(const rtk_linalg_options *how) {
    return rtk_eigh(&a, &w, &c, how);
}

/* The first column of each matrix is the matrix. */
static rtk_array column(void) {
    rtk_array first = a;
    first.rank = 2;
    return first;
}

static rtk_status product_toeplitz(const rtk_linalg_options *how) {
    rtk_array first = column();
    return rtk_matmul_toeplitz(&first, NULL, &b, &c, how);
}

static rtk_status solve_toeplitz(const rtk_linalg_options *how) {
    rtk_array first = column();
    return rtk_solve_toeplitz(&first, NULL, &b, &c, how);
}

static rtk_status solve_circulant(const rtk_linalg_options *how) {
    rtk_array first = column();
    return rtk_solve_circulant(&first, &b, &c, NULL, how);
}

static run *const runs[] = {
    product,          solve,          factor,         eigh,
    product_toeplitz, solve_toeplitz, solve_circulant};
enum { RUNS = sizeof runs / sizeof *runs };

static rtk_linalg_options two(void) {
    return (rtk_linalg_options){.size = sizeof(rtk_linalg_options),
                                .workers = 2,
                                .blas_threads = 1,
                                .info = info};
}

/* From the first call, which makes what is kept, and from later ones. */
static void try_all(run *f, unsigned kinds, bool fresh) {
    int refusals = 0;
    for (int first = 1; first < FIRST_MOST; first++) {
        rtk_linalg_options how = two();
        if (fresh) rtk_linalg_release();
        info[0] = -7;
        lab_put(&c, 0, 0, 0, 77, 0);
        inject_arm(kinds, first, 1);
        rtk_status s = f(&how);
        int refused = inject_disarm();
        refusals += refused;
        if (s) {
            assert_int_equal(RTK_ENOMEM, s);
            assert_int_equal(-7, info[0]);
            assert_true(lab_get(&c, 0, 0, 0) == 77);
        } else {
            assert_int_equal(0, info[0]);
            assert_false(lab_get(&c, 0, 0, 0) == 77);
        }
        if (!refused) break;
    }
    if (kinds == INJECT_MEMORY) assert_true(refusals > 0);
}

static void refused_memory_is_a_status_and_changes_nothing(void **state) {
    (void)state;
    for (int i = 0; i < RUNS; i++)
        for (int fresh = 0; fresh < 2; fresh++)
            try_all(runs[i], INJECT_MEMORY, fresh);
}

static void refused_threads_leave_the_work_to_the_caller(void **state) {
    (void)state;
    for (int i = 0; i < RUNS; i++) try_all(runs[i], INJECT_THREADS, false);
}

static void the_setting_of_the_blas_comes_back(void **state) {
    rtk_linalg_options how = two();
    int before = openblas_get_num_threads();
    (void)state;
    for (how.blas_threads = 0; how.blas_threads < 4; how.blas_threads++) {
        for (int i = 0; i < RUNS; i++) {
            rtk_status s = runs[i](&how);
            assert_true(s == RTK_OK || s == RTK_EUNSUPPORTED);
            assert_int_equal(before, openblas_get_num_threads());
        }
    }
}

static int set_up(void **state) {
    (void)state;
    a = lab_new(RTK_DOUBLE, LAB_ROWS, BATCH, N, N);
    b = lab_new(RTK_DOUBLE, LAB_ROWS, BATCH, N, N);
    c = lab_new(RTK_DOUBLE, LAB_ROWS, BATCH, N, N);
    w = lab_vectors(RTK_DOUBLE, BATCH, N);
    lab_fill(&a, 1, false);
    lab_mirror(&a, 9);
    lab_fill(&b, 2, false);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    lab_free(&a), lab_free(&b), lab_free(&c), free(w.data);
    rtk_linalg_release();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_memory_is_a_status_and_changes_nothing),
        cmocka_unit_test(refused_threads_leave_the_work_to_the_caller),
        cmocka_unit_test(the_setting_of_the_blas_comes_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
