#ifndef RTK_STREAM_H
#define RTK_STREAM_H

/* Results that are larger than the caches are better written past them: else
 * each cache line is first read from memory. Not under ThreadSanitizer, which
 * sees neither such accesses nor wide ones. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RTK_PLAIN_ONLY 1
#endif
#endif
#ifndef RTK_PLAIN_ONLY
#define RTK_PLAIN_ONLY 0 /* 1: no wide accesses */
#endif

#if defined __SSE2__ && !RTK_PLAIN_ONLY
#include <emmintrin.h>
#endif

/* As memcpy(), past the caches where `to` is aligned to 16 bytes.
 * MT-Safe; other threads see it after rtk_stream_settle(). */
static inline void rtk_stream_copy(void *to, const void *from, size_t bytes) {
    size_t at = 0;
#if defined __SSE2__ && !RTK_PLAIN_ONLY
    if ((uintptr_t)to % sizeof(__m128i) == 0)
        for (; at + sizeof(__m128i) <= bytes; at += sizeof(__m128i)) {
            __m128i v;
            memcpy(&v, (const char *)from + at, sizeof v);
            _mm_stream_si128((__m128i *)(void *)((char *)to + at), v);
        }
#endif
    memcpy((char *)to + at, (const char *)from + at, bytes - at);
}

/* The fence behind copies, before another thread is told of them. MT-Safe. */
static inline void rtk_stream_settle(void) {
#if defined __SSE2__ && !RTK_PLAIN_ONLY
    _mm_sfence();
#endif
}

#endif
