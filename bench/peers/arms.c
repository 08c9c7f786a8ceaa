/* What the samples of arms say. */

#include <string.h>

#include "bench/peers/rounds.h"

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool rtk_same_case(const rtk_arm *a, const rtk_arm *b) {
    return a->side->workers == b->side->workers &&
           same_text(a->side->group, b->side->group) &&
           same_text(a->side->title, b->side->title) &&
           same_text(a->side->policy, b->side->policy) &&
           same_text(a->side->rhythm, b->side->rhythm);
}

const rtk_arm *rtk_arm_beside(const rtk_result *result, const rtk_arm *of,
                              rtk_kind kind, const char *name) {
    for (size_t i = 0; i < result->n; i++) {
        const rtk_arm *a = &result->arms[i];
        if (a->side->kind == kind && rtk_same_case(a, of) &&
            (!name || strcmp(a->side->peer, name) == 0))
            return a;
    }
    return NULL;
}

rtk_spread rtk_arm_ns(const rtk_result *result, const rtk_arm *arm) {
    double ns[RTK_ROUNDS_MAX];
    size_t n = 0;
    for (size_t r = 0; r < result->rounds; r++)
        if (arm->kept[r]) ns[n++] = arm->ns[r];
    return rtk_spread_of(ns, n);
}

size_t rtk_arm_ratios(const rtk_result *result, const rtk_arm *over,
                      const rtk_arm *under, double *ratios) {
    size_t n = 0;
    for (size_t r = 0; r < result->rounds; r++)
        if (over->kept[r] && under->kept[r])
            ratios[n++] = over->ns[r] / under->ns[r];
    if (n >= 3) return n;
    n = 0;
    for (size_t r = 0; r < result->rounds; r++)
        if (over->ns[r] > 0 && under->ns[r] > 0)
            ratios[n++] = over->ns[r] / under->ns[r];
    return n;
}

rtk_spread rtk_arm_ratio(const rtk_result *result, const rtk_arm *over,
                         const rtk_arm *under) {
    double ratios[RTK_ROUNDS_MAX];
    if (!over || !under) return (rtk_spread){0};
    return rtk_spread_of(ratios, rtk_arm_ratios(result, over, under, ratios));
}
