/* Descriptions of strided arrays. All offsets are checked once, here, so that
 * kernels may add and multiply them freely. */

#include "kernels/array/array.h"

#include <stdint.h>

static const struct {
    size_t bytes, alignment;
    rtk_number real, complex;
} numbers[] = {
#define KIND(name, type, real, complex)                                        \
    [name] = {sizeof(type), _Alignof(type), real, complex}
#define PRECISION(name, type)                                                  \
    KIND(name, type, name, name##_COMPLEX),                                    \
        KIND(name##_COMPLEX, type _Complex, name, name##_COMPLEX)
    PRECISION(RTK_FLOAT, float),
    PRECISION(RTK_DOUBLE, double),
    PRECISION(RTK_LONG_DOUBLE, long double),
#undef PRECISION
#undef KIND
};

size_t rtk_number_bytes(rtk_number number) {
    return numbers[number].bytes;
}

bool rtk_number_is_complex(rtk_number number) {
    return numbers[number].complex == number;
}

rtk_number rtk_number_real(rtk_number number) {
    return numbers[number].real;
}

rtk_number rtk_number_complex(rtk_number number) {
    return numbers[number].complex;
}

rtk_array rtk_array_dense(rtk_number number, size_t rank, const size_t *shape,
                          void *data) {
    rtk_array a = {
        .size = sizeof a, .number = number, .rank = rank, .data = data};
    if (rank > RTK_ARRAY_RANK_MAX) return a;
    /* What wraps round is refused by rtk_array_check(), by its count. */
    size_t step = rtk_number_bytes(number);
    for (size_t d = rank; d-- > 0;) {
        a.shape[d] = shape[d];
        a.stride[d] = (ptrdiff_t)step;
        step *= shape[d] ? shape[d] : 1;
    }
    return a;
}

/* *sum += (n - 1) * |stride|, unless that is beyond ptrdiff_t. */
static bool reach(ptrdiff_t *sum, size_t n, ptrdiff_t stride) {
    ptrdiff_t way;
    return n - 1 <= PTRDIFF_MAX && stride > -PTRDIFF_MAX &&
           !__builtin_mul_overflow((ptrdiff_t)(n - 1),
                                   stride < 0 ? -stride : stride, &way) &&
           !__builtin_add_overflow(*sum, way, sum);
}

rtk_status rtk_array_check(const rtk_array *a) {
    if (!a || a->size < sizeof *a || a->rank > RTK_ARRAY_RANK_MAX ||
        (size_t)a->number >= sizeof numbers / sizeof *numbers)
        return RTK_EINVAL;
    size_t alignment = numbers[rtk_number_real(a->number)].alignment;
    ptrdiff_t bytes = (ptrdiff_t)rtk_number_bytes(a->number), span = bytes;
    bool fits = true, empty = false;
    for (size_t d = 0; d < a->rank; d++) {
        if (a->shape[d] == 0) {
            empty = true;
            continue;
        }
        fits &= a->stride[d] % (ptrdiff_t)alignment == 0 || a->shape[d] == 1;
        fits &= reach(&span, a->shape[d], a->stride[d]) &&
                a->shape[d] <= PTRDIFF_MAX &&
                !__builtin_mul_overflow(bytes, (ptrdiff_t)a->shape[d], &bytes);
    }
    if (!fits) return RTK_EINVAL;
    if (empty) return RTK_OK;
    return a->data && (uintptr_t)a->data % alignment == 0 ? RTK_OK : RTK_EINVAL;
}

size_t rtk_array_count(const rtk_array *a) {
    size_t count = 1;
    for (size_t d = 0; d < a->rank; d++) count *= a->shape[d];
    return count;
}

bool rtk_array_is_dense(const rtk_array *a) {
    ptrdiff_t step = (ptrdiff_t)rtk_number_bytes(a->number);
    if (rtk_array_count(a) == 0) return true;
    for (size_t d = a->rank; d-- > 0;) {
        if (a->shape[d] != 1 && a->stride[d] != step) return false;
        step *= (ptrdiff_t)a->shape[d];
    }
    return true;
}

void rtk_array_extent(const rtk_array *a, const char **low, const char **high) {
    *low = *high = a->data;
    if (rtk_array_count(a) == 0) return;
    *high += rtk_number_bytes(a->number);
    for (size_t d = 0; d < a->rank; d++) {
        ptrdiff_t way = (ptrdiff_t)(a->shape[d] - 1) * a->stride[d];
        if (way < 0)
            *low += way;
        else
            *high += way;
    }
}

bool rtk_array_overlap(const rtk_array *a, const rtk_array *b) {
    const char *low[2], *high[2];
    rtk_array_extent(a, &low[0], &high[0]);
    rtk_array_extent(b, &low[1], &high[1]);
    return low[0] != high[0] && low[1] != high[1] &&
           (uintptr_t)low[0] < (uintptr_t)high[1] &&
           (uintptr_t)low[1] < (uintptr_t)high[0];
}
