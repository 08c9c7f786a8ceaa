#ifndef RTK_ULP_DISTANCE_H
#define RTK_ULP_DISTANCE_H

#include "harness/subject.h"

/* Between what is a number and what is none. */
#define RTK_ULPS_NAN UINT64_MAX

/* Whether arrays of `type` hold floating-point numbers. MT-Safe. */
bool rtk_type_floating(rtk_type type);

/* Units in the last place between the lowest and the highest of what was seen
 * at each place of an array. */
typedef struct rtk_envelope {
    rtk_type type;  /* a floating one */
    size_t n;       /* real numbers: a complex number is two */
    uint64_t *seen; /* arrays that were added */
    int64_t *low, *high;
} rtk_envelope;

/* Bytes of the memory that rtk_envelope_init() needs for `view`; 0 when it
 * holds no floating-point numbers. MT-Safe. */
size_t rtk_envelope_bytes(const rtk_view *view);

/* Set up for `view`, in `memory`, which stays the caller's: zeros, or what
 * another envelope for an equal view has left there.
 * MT-Unsafe race:envelope. */
void rtk_envelope_init(rtk_envelope *envelope, const rtk_view *view,
                       void *memory);

/* Add an array of the type and size it was set up for.
 * MT-Unsafe race:envelope. */
void rtk_envelope_add(rtk_envelope *envelope, const void *data);

/* Add all that another one has seen; it is of the same type and size.
 * MT-Unsafe race:envelope. */
void rtk_envelope_merge(rtk_envelope *envelope, const rtk_envelope *other);

/* The largest distance at any place: 0 for equal values (both zeros are equal,
 * and so are all NaNs), RTK_ULPS_NAN between a number and a NaN.
 *
 *   at  out: the place, in elements of the array
 *
 * MT-Safe. */
uint64_t rtk_envelope_width(const rtk_envelope *envelope, size_t *at);

#endif
