#include "harness/oracles/ulp_distance.h"

#include <string.h>

/* Above all numbers, and alone there. */
static const int64_t nan_key = INT64_MAX;

bool rtk_type_floating(rtk_type type) {
    return type <= RTK_COMPLEX128;
}

static bool narrow(rtk_type type) {
    return type == RTK_FLOAT32 || type == RTK_COMPLEX64;
}

/* Real numbers in one element. */
static size_t parts(rtk_type type) {
    return type == RTK_COMPLEX64 || type == RTK_COMPLEX128 ? 2 : 1;
}

/* Neighbouring numbers have neighbouring keys; both zeros have key 0. */
static int64_t key_of(uint64_t bits, uint64_t sign, uint64_t infinity) {
    int64_t magnitude = (int64_t)(bits & ~sign);
    if ((bits & ~sign) > infinity) return nan_key;
    return bits & sign ? -magnitude : magnitude;
}

static int64_t key_at(const rtk_envelope *e, const void *data, size_t i) {
    if (narrow(e->type)) {
        uint32_t bits;
        memcpy(&bits, (const char *)data + i * sizeof bits, sizeof bits);
        return key_of(bits, UINT64_C(1) << 31, UINT64_C(0xff) << 23);
    }
    uint64_t bits;
    memcpy(&bits, (const char *)data + i * sizeof bits, sizeof bits);
    return key_of(bits, UINT64_C(1) << 63, UINT64_C(0x7ff) << 52);
}

size_t rtk_envelope_bytes(const rtk_view *view) {
    if (!rtk_type_floating(view->type)) return 0;
    size_t n = rtk_view_count(view) * parts(view->type);
    return sizeof(uint64_t) + 2 * n * sizeof(int64_t);
}

void rtk_envelope_init(rtk_envelope *envelope, const rtk_view *view,
                       void *memory) {
    size_t n = rtk_view_count(view) * parts(view->type);
    *envelope = (rtk_envelope){.type = view->type,
                               .n = n,
                               .seen = memory,
                               .low = (int64_t *)memory + 1,
                               .high = (int64_t *)memory + 1 + n};
}

static void widen(rtk_envelope *e, size_t i, int64_t low, int64_t high) {
    if (low < e->low[i]) e->low[i] = low;
    if (high > e->high[i]) e->high[i] = high;
}

void rtk_envelope_add(rtk_envelope *envelope, const void *data) {
    bool first = (*envelope->seen)++ == 0;
    for (size_t i = 0; i < envelope->n; i++) {
        int64_t key = key_at(envelope, data, i);
        if (first)
            envelope->low[i] = envelope->high[i] = key;
        else
            widen(envelope, i, key, key);
    }
}

void rtk_envelope_merge(rtk_envelope *envelope, const rtk_envelope *other) {
    bool first = *envelope->seen == 0;
    if (!*other->seen) return;
    *envelope->seen += *other->seen;
    for (size_t i = 0; i < envelope->n; i++) {
        if (first)
            envelope->low[i] = other->low[i],
            envelope->high[i] = other->high[i];
        else
            widen(envelope, i, other->low[i], other->high[i]);
    }
}

static uint64_t width(int64_t low, int64_t high) {
    if (low == high) return 0;
    return high == nan_key ? RTK_ULPS_NAN : (uint64_t)high - (uint64_t)low;
}

uint64_t rtk_envelope_width(const rtk_envelope *envelope, size_t *at) {
    uint64_t widest = 0;
    *at = 0;
    for (size_t i = 0; *envelope->seen && i < envelope->n; i++) {
        uint64_t w = width(envelope->low[i], envelope->high[i]);
        if (w > widest) widest = w, *at = i / parts(envelope->type);
    }
    return widest;
}
