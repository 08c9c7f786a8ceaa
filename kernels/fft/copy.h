#ifndef RTK_COPY_H
#define RTK_COPY_H

/* Copying arrays of any strides. Internal to fft/. */

#include "kernels/array/array.h"

#ifdef __cplusplus
extern "C" {
#endif

/* to = from * scale, element by element.
 *
 *   to, from  of equal shape and precision, apart or one and the same; real
 *             numbers become complex where `to` is
 *
 * MT-Safe. */
void rtk_array_copy(const rtk_array *to, const rtk_array *from,
                    long double scale);

#ifdef __cplusplus
}
#endif

#endif
