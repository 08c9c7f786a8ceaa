/* Products of whole numbers, which are exact. */
#include "kernels/linalg/test/linalg_lab.h"

#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>

#include "kernels/linalg/small_product.h"

static rtk_linalg_options split(int64_t workers, int threads) {
    return (rtk_linalg_options){.size = sizeof(rtk_linalg_options),
                                .workers = workers,
                                .blas_threads = threads};
}

static void assert_product(const rtk_array *a, const rtk_array *b,
                           const rtk_array *c) {
    for (size_t t = 0; t < c->shape[0]; t++)
        for (size_t i = 0; i < c->shape[1]; i++)
            for (size_t j = 0; j < c->shape[2]; j++)
                assert_true(lab_get(c, t, i, j) ==
                            lab_product(a, b, t, i, j, false));
}

static void multiply(rtk_number number, const lab_order *order,
                     const size_t *mnkt, rtk_linalg_options how) {
    rtk_array a = lab_new(number, order[0], mnkt[3], mnkt[0], mnkt[2]);
    rtk_array b = lab_new(number, order[1], mnkt[3], mnkt[2], mnkt[1]);
    rtk_array c = lab_new(number, order[2], mnkt[3], mnkt[0], mnkt[1]);
    lab_fill(&a, 1, true);
    lab_fill(&b, 2, true);
    for (size_t t = 0; t < mnkt[3]; t++)
        for (size_t i = 0; i < mnkt[0]; i++)
            for (size_t j = 0; j < mnkt[1]; j++) lab_put(&c, t, i, j, NAN, NAN);
    assert_int_equal(RTK_OK, rtk_matmul(&a, &b, &c, &how));
    assert_product(&a, &b, &c);
    lab_free(&a), lab_free(&b), lab_free(&c);
}

static void all_orders_of_memory_give_the_product(void **state) {
    static const size_t shapes[][4] = {
        {1, 1, 1, 2}, {3, 5, 4, 2}, {7, 1, 3, 2}, {1, 6, 2, 2}, {6, 4, 1, 2}};
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int number = 0; number < LAB_NUMBERS; number++)
            for (int o = 0; o < LAB_ORDERS * LAB_ORDERS * LAB_ORDERS; o++) {
                lab_order order[3] = {(lab_order)(o % LAB_ORDERS),
                                      (lab_order)(o / LAB_ORDERS % LAB_ORDERS),
                                      (lab_order)(o / LAB_ORDERS / LAB_ORDERS)};
                multiply(lab_numbers[number], order, shapes[s], split(1, 0));
            }
}

static void large_products_have_threads(void **state) {
    static const lab_order rows[3] = {LAB_ROWS, LAB_ROWS, LAB_ROWS};
    static const size_t shapes[][4] = {{65, 70, 50, 1}, {130, 120, 110, 1}};
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int threads = 0; threads <= 2; threads++)
            multiply(RTK_DOUBLE, rows, shapes[s], split(2, threads));
}

static void a_batch_is_a_product_each_for_any_workers(void **state) {
    static const lab_order rows[3] = {LAB_ROWS, LAB_COLUMNS, LAB_ROWS};
    static const size_t shape[4] = {16, 24, 20, 100};
    (void)state;
    for (int64_t workers = 1; workers <= 4; workers++)
        multiply(RTK_FLOAT_COMPLEX, rows, shape, split(workers, 1));
    multiply(RTK_FLOAT_COMPLEX, rows, shape, split(-1, 0));
}

/* Of more workers than matrices, some share one; the BLAS has one thread where
 * it is needed. */
static void one_matrix_has_equal_bits_for_any_workers(void **state) {
    enum { M = 211, N = 96, K = 130 };
    rtk_array a = lab_new(RTK_DOUBLE, LAB_COLUMNS, 1, M, K);
    rtk_array b = lab_new(RTK_DOUBLE, LAB_ROWS, 1, K, N);
    (void)state;
    bool own = rtk_small_product_takes(RTK_DOUBLE, M, N, K);
    lab_fill(&a, 1, false), lab_fill(&b, 2, false);
    for (lab_order order = LAB_ROWS; order < LAB_ORDERS; order++) {
        rtk_array c[2] = {lab_new(RTK_DOUBLE, order, 1, M, N),
                          lab_new(RTK_DOUBLE, order, 1, M, N)};
        for (int64_t workers = 1; workers <= 3; workers++) {
            rtk_linalg_options how = split(workers, own ? 0 : 1);
            assert_int_equal(RTK_OK, rtk_matmul(&a, &b, &c[workers > 1], &how));
            for (size_t e = 0; workers > 1 && e < (size_t)M * N; e++)
                assert_true(lab_get(&c[0], 0, e / N, e % N) ==
                            lab_get(&c[1], 0, e / N, e % N));
        }
        lab_free(&c[0]), lab_free(&c[1]);
    }
    lab_free(&a), lab_free(&b);
}

static void nothing_is_added_up_to_zero(void **state) {
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 3, (size_t[]){2, 3, 0}, NULL);
    rtk_array b = rtk_array_dense(RTK_DOUBLE, 3, (size_t[]){2, 0, 4}, NULL);
    rtk_array c = lab_new(RTK_DOUBLE, LAB_BACKWARDS, 2, 3, 4);
    rtk_linalg_options how = split(1, 0);
    unsigned effective = 9;
    (void)state;
    lab_fill(&c, 1, true);
    assert_int_equal(RTK_OK, rtk_matmul(&a, &b, &c, &how));
    for (size_t i = 0; i < 24; i++)
        assert_true(lab_get(&c, i / 12, i / 4 % 3, i % 4) == 0);
    lab_free(&c);
    a.shape[0] = b.shape[0] = 0;
    c = rtk_array_dense(RTK_DOUBLE, 3, (size_t[]){0, 3, 4}, NULL);
    how.effective = &effective;
    assert_int_equal(RTK_OK, rtk_matmul(&a, &b, &c, &how));
    assert_int_equal(1, effective);
}

static void one_matrix_for_all_is_a_stride_of_zero(void **state) {
    rtk_array a = lab_new(RTK_FLOAT, LAB_ROWS, 1, 5, 6);
    rtk_array b = lab_new(RTK_FLOAT, LAB_COLUMNS, 4, 6, 7);
    rtk_array c = lab_new(RTK_FLOAT, LAB_GAPS, 4, 5, 7);
    (void)state;
    lab_fill(&a, 3, true);
    lab_fill(&b, 4, true);
    a.shape[0] = 4;
    a.stride[0] = 0;
    a.stride[1] = 0; /* and one row for all */
    assert_int_equal(RTK_OK, rtk_matmul(&a, &b, &c, NULL));
    assert_product(&a, &b, &c);
    lab_free(&a), lab_free(&b), lab_free(&c);
}

static void an_output_may_be_an_input_and_meet_nothing_else(void **state) {
    rtk_array a = lab_new(RTK_DOUBLE, LAB_ROWS, 3, 6, 6);
    rtk_array b = lab_new(RTK_DOUBLE, LAB_ROWS, 3, 6, 6);
    rtk_array kept = lab_new(RTK_DOUBLE, LAB_ROWS, 3, 6, 6);
    (void)state;
    lab_fill(&a, 5, true);
    lab_fill(&kept, 5, true);
    lab_fill(&b, 6, true);
    assert_int_equal(RTK_OK, rtk_matmul(&a, &b, &a, NULL));
    assert_product(&kept, &b, &a);
    rtk_array shifted = a;
    shifted.data = (char *)a.data + sizeof(double);
    assert_int_equal(RTK_EINVAL, rtk_matmul(&a, &b, &shifted, NULL));
    shifted = a;
    shifted.stride[1] = a.stride[2];
    shifted.stride[2] = a.stride[1];
    assert_int_equal(RTK_EINVAL, rtk_matmul(&a, &b, &shifted, NULL));
    lab_free(&a), lab_free(&b), lab_free(&kept);
}

enum { CALLERS = 200, CALLS = 8, SIDE = 48 };

static pthread_barrier_t gate;
static rtk_array factors[2];

/* As many products at once as there are callers. NULL: all were right. */
static void *caller(void *arg) {
    static const size_t shape[] = {1, SIDE, SIDE};
    double *c = calloc((size_t)SIDE * SIDE, sizeof *c);
    bool right = c != NULL;
    rtk_array out = rtk_array_dense(RTK_DOUBLE, 3, shape, c);
    rtk_linalg_options how = split(1, (int)(intptr_t)arg % 3);
    pthread_barrier_wait(&gate);
    for (int i = 0; right && i < CALLS; i++)
        right =
            rtk_matmul(&factors[0], &factors[1], &out, &how) == RTK_OK &&
            (long double)c[SIDE] ==
                creall(lab_product(&factors[0], &factors[1], 0, 1, 0, false));
    free(c);
    return right ? NULL : &gate;
}

/* Who wants one BLAS thread, two, or does not care, all at once. */
static void more_callers_than_the_library_has_work_spaces_for(void **state) {
    pthread_t thread[CALLERS];
    void *wrong;
    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        factors[i] = lab_new(RTK_DOUBLE, LAB_ROWS, 1, SIDE, SIDE);
        lab_fill(&factors[i], i, true);
    }
    pthread_barrier_init(&gate, NULL, CALLERS);
    for (intptr_t i = 0; i < CALLERS; i++)
        assert_int_equal(0,
                         pthread_create(&thread[i], NULL, caller, (void *)i));
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(thread[i], &wrong);
        assert_null(wrong);
    }
    pthread_barrier_destroy(&gate);
    lab_free(&factors[0]), lab_free(&factors[1]);
}

static void what_does_not_fit_is_refused(void **state) {
    rtk_array a = lab_new(RTK_DOUBLE, LAB_ROWS, 2, 3, 4);
    rtk_array b = lab_new(RTK_DOUBLE, LAB_ROWS, 2, 4, 5);
    rtk_array c = lab_new(RTK_DOUBLE, LAB_ROWS, 2, 3, 5);
    rtk_linalg_options how = split(1, 0);
    rtk_array bad[] = {c, c, c, c, c};
    (void)state;
    lab_fill(&c, 1, true);
    bad[0].shape[0] = 1;
    bad[1].shape[1] = 4;
    bad[2].number = RTK_FLOAT;
    bad[3].rank = 2;
    bad[4].data = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(RTK_EINVAL, rtk_matmul(&a, &b, &bad[i], NULL));
    assert_int_equal(RTK_EINVAL, rtk_matmul(&a, &b, NULL, NULL));
    assert_int_equal(RTK_EINVAL, rtk_matmul(NULL, &b, &c, NULL));
    how.blas_threads = -1;
    assert_int_equal(RTK_EINVAL, rtk_matmul(&a, &b, &c, &how));
    how = split(0, 0);
    assert_int_equal(RTK_EINVAL, rtk_matmul(&a, &b, &c, &how));
    lab_free(&a), lab_free(&b), lab_free(&c);
    a = b = c = rtk_array_dense(RTK_LONG_DOUBLE, 3, (size_t[]){0, 4, 4}, NULL);
    assert_int_equal(RTK_EUNSUPPORTED, rtk_matmul(&a, &b, &c, NULL));
}

/* Matrices that lie 2^33 elements apart; only few of their pages are there. */
static void offsets_beyond_two_to_the_31_are_reached(void **state) {
    enum { MATRICES = 3 };
    const size_t apart = (size_t)1 << 33, n = 4;
    size_t bytes = ((MATRICES - 1) * apart + n * n) * sizeof(float);
    char *room = mmap(NULL, 3 * bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    (void)state;
    if (room == MAP_FAILED) {
        print_message("skipped: no address space of %zu bytes\n", 3 * bytes);
        skip();
    }
    rtk_array at[3];
    for (size_t i = 0; i < 3; i++) {
        at[i] = rtk_array_dense(RTK_FLOAT, 3, (size_t[]){MATRICES, n, n}, NULL);
        at[i].data = room + i * (bytes / 64 * 64);
        at[i].stride[0] = (ptrdiff_t)(apart * sizeof(float));
    }
    lab_fill(&at[0], 1, true);
    lab_fill(&at[1], 2, true);
    rtk_linalg_options how = split(2, 0);
    assert_int_equal(RTK_OK, rtk_matmul(&at[0], &at[1], &at[2], &how));
    assert_product(&at[0], &at[1], &at[2]);
    munmap(room, 3 * bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_orders_of_memory_give_the_product),
        cmocka_unit_test(large_products_have_threads),
        cmocka_unit_test(a_batch_is_a_product_each_for_any_workers),
        cmocka_unit_test(one_matrix_has_equal_bits_for_any_workers),
        cmocka_unit_test(nothing_is_added_up_to_zero),
        cmocka_unit_test(one_matrix_for_all_is_a_stride_of_zero),
        cmocka_unit_test(an_output_may_be_an_input_and_meet_nothing_else),
        cmocka_unit_test(more_callers_than_the_library_has_work_spaces_for),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(offsets_beyond_two_to_the_31_are_reached),
    };
    return RTK_RUN(tests);
}
