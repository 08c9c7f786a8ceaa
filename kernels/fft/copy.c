/* Element by element, along the last axis; not for what must be fast. */

#include "kernels/fft/copy.h"

#include <string.h>

/* *to = *from * scale, for one real number; 0 without `from`. */
static void move(rtk_number real, char *to, const char *from,
                 long double scale) {
    switch (real) {
    case RTK_FLOAT: {
        float x = 0;
        if (from) memcpy(&x, from, sizeof x);
        x *= (float)scale;
        memcpy(to, &x, sizeof x);
        break;
    }
    case RTK_DOUBLE: {
        double x = 0;
        if (from) memcpy(&x, from, sizeof x);
        x *= (double)scale;
        memcpy(to, &x, sizeof x);
        break;
    }
    default: {
        long double x = 0;
        if (from) memcpy(&x, from, sizeof x);
        x *= scale;
        memcpy(to, &x, sizeof x);
        break;
    }
    }
}

static void move_element(const rtk_array *to, const rtk_array *from,
                         const size_t *index, long double scale) {
    char *t = to->data;
    const char *f = from->data;
    for (size_t d = 0; d < to->rank; d++) {
        t += (ptrdiff_t)index[d] * to->stride[d];
        f += (ptrdiff_t)index[d] * from->stride[d];
    }
    rtk_number real = rtk_number_real(to->number);
    size_t bytes = rtk_number_bytes(real);
    move(real, t, f, scale);
    if (rtk_number_is_complex(to->number))
        move(real, t + bytes,
             rtk_number_is_complex(from->number) ? f + bytes : NULL, scale);
}

void rtk_array_copy(const rtk_array *to, const rtk_array *from,
                    long double scale) {
    size_t index[RTK_ARRAY_RANK_MAX] = {0};
    for (size_t left = rtk_array_count(to); left; left--) {
        move_element(to, from, index, scale);
        for (size_t d = to->rank; d-- > 0;) {
            if (++index[d] < to->shape[d]) break;
            index[d] = 0;
        }
    }
}
