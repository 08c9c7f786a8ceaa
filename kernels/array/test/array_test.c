/* Descriptions of arrays: what is refused, what overlaps. */

#include "kernels/array/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void a_dense_array_is_dense_and_counted(void **state) {
    (void)state;
    double data[24];
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 3, (size_t[]){2, 3, 4}, data);
    assert_int_equal(rtk_array_check(&a), RTK_OK);
    assert_int_equal(rtk_array_count(&a), 24);
    assert_true(rtk_array_is_dense(&a));
    assert_int_equal(a.stride[0], 96);
    a.stride[1] *= -1;
    assert_false(rtk_array_is_dense(&a));
}

static void strides_may_be_zero_or_negative(void **state) {
    (void)state;
    double data[8];
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, (size_t[]){3, 4}, data + 4);
    a.stride[0] = 0;
    a.stride[1] = -8;
    assert_int_equal(rtk_array_check(&a), RTK_OK);
    const char *low, *high;
    rtk_array_extent(&a, &low, &high);
    assert_ptr_equal(low, data + 1);
    assert_ptr_equal(high, data + 5);
}

static void offsets_beyond_the_address_space_are_refused(void **state) {
    (void)state;
    double one;
    size_t half = (size_t)1 << 31;
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 2, (size_t[]){half, half}, &one);
    assert_int_equal(rtk_array_check(&a), RTK_EINVAL);
    a = rtk_array_dense(RTK_DOUBLE, 2, (size_t[]){half, 4}, &one);
    assert_int_equal(rtk_array_check(&a), RTK_OK);
    a.stride[0] = PTRDIFF_MIN;
    assert_int_equal(rtk_array_check(&a), RTK_EINVAL);
}

static void a_missing_address_or_alignment_is_refused(void **state) {
    (void)state;
    double data[3];
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 1, (size_t[]){2}, NULL);
    assert_int_equal(rtk_array_check(&a), RTK_EINVAL);
    a.data = (char *)data + 1;
    assert_int_equal(rtk_array_check(&a), RTK_EINVAL);
    a.data = data;
    a.stride[0] = 9;
    assert_int_equal(rtk_array_check(&a), RTK_EINVAL);
    a.shape[0] = 0;
    a.stride[0] = 8;
    a.data = NULL;
    assert_int_equal(rtk_array_check(&a), RTK_OK);
}

static void overlap_is_of_extents(void **state) {
    (void)state;
    float data[8];
    rtk_array a = rtk_array_dense(RTK_FLOAT, 1, (size_t[]){4}, data);
    rtk_array b = rtk_array_dense(RTK_FLOAT, 1, (size_t[]){4}, data + 4);
    assert_false(rtk_array_overlap(&a, &b));
    b.data = data + 3;
    assert_true(rtk_array_overlap(&a, &b));
    b.shape[0] = 0;
    assert_false(rtk_array_overlap(&a, &b));
}

static void each_precision_has_its_partner(void **state) {
    (void)state;
    assert_int_equal(rtk_number_complex(RTK_LONG_DOUBLE),
                     RTK_LONG_DOUBLE_COMPLEX);
    assert_int_equal(rtk_number_real(RTK_FLOAT_COMPLEX), RTK_FLOAT);
    assert_int_equal(rtk_number_bytes(RTK_FLOAT_COMPLEX), 8);
    assert_true(rtk_number_is_complex(RTK_DOUBLE_COMPLEX));
    assert_false(rtk_number_is_complex(RTK_DOUBLE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dense_array_is_dense_and_counted),
        cmocka_unit_test(strides_may_be_zero_or_negative),
        cmocka_unit_test(offsets_beyond_the_address_space_are_refused),
        cmocka_unit_test(a_missing_address_or_alignment_is_refused),
        cmocka_unit_test(overlap_is_of_extents),
        cmocka_unit_test(each_precision_has_its_partner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
