#include "kernels/threadpools/limit_selection.h"

#include <string.h>

/* ---- Selecting ------------------------------------------------------------
 */

static bool is(const char *wanted, const char *is) {
    return !wanted || strcmp(wanted, is) == 0;
}

static bool selects(const rtk_limit *l, const rtk_copy *copy) {
    rtk_pool_info info;
    if (l->user_api && l->user_api != copy->user_api) return false;
    if (l->id && l->id != copy->id) return false;
    if (!is(l->internal_api, copy->internal_api)) return false;
    if (!is(l->prefix, copy->file_prefix) && !is(l->prefix, copy->prefix))
        return false;
    if (l->not_openmp_blas && copy->user_api == RTK_POOL_BLAS && copy->layer &&
        strcmp(copy->layer, "openmp") == 0)
        return false;
    if (!l->selects) return true;
    rtk_copy_info(copy, &info);
    return l->selects(l->arg, &info);
}

/* Somebody who says "all" means what can be set; who says "FFT" is mistaken. */
static bool names(const rtk_limit *l) {
    return l->threads != RTK_NO_LIMIT &&
           (l->user_api || l->id || l->internal_api || l->prefix);
}

static rtk_status choose(rtk_limits *scope, rtk_copy *copy,
                         const rtk_limit_request *request) {
    bool any = false;
    int least = RTK_NO_LIMIT;
    for (size_t i = 0; i < request->n_limits; i++) {
        const rtk_limit *l = &request->limits[i];
        if (!selects(l, copy)) continue;
        if (copy->scope == RTK_POOL_PLAN) {
            if (names(l)) return RTK_EUNSUPPORTED;
            continue;
        }
        any = true;
        if (l->threads < least) least = l->threads;
    }
    if (any) rtk_limits_pick(scope, copy, least);
    return RTK_OK;
}

static bool finds(const rtk_pools *pools, const rtk_limit *limit) {
    for (size_t i = 0; i < pools->n; i++)
        if (selects(limit, pools->copy[i])) return true;
    return false;
}

rtk_status rtk_limits_select(rtk_limits *scope,
                             const rtk_limit_request *request) {
    const rtk_pools *pools = scope->pools;
    rtk_status status = RTK_OK;
    for (size_t i = 0; !status && i < pools->n; i++)
        status = choose(scope, pools->copy[i], request);
    if (status || !(scope->flags & RTK_LIMIT_STRICT)) return status;
    for (size_t i = 0; i < request->n_limits; i++)
        if (!finds(pools, &request->limits[i])) return RTK_EUNSUPPORTED;
    return RTK_OK;
}

void rtk_limits_pick(rtk_limits *scope, rtk_copy *copy, int asked) {
    rtk_pick *p = &scope->pick[scope->n];
    *p = (rtk_pick){.copy = copy,
                    .report = {.id = copy->id, .asked = asked},
                    .memory = {.setting = copy->setting,
                               .asked = asked,
                               .flags = scope->flags,
                               .owner = scope->owner}};
    if (asked != RTK_NO_LIMIT && copy->controllable && copy->setting)
        p->entry = &p->memory;
    for (size_t i = 0; p->entry && i < scope->n; i++) {
        rtk_entry *e = scope->pick[i].entry;
        if (!e || e->setting != copy->setting) continue;
        if (asked < e->asked) e->asked = asked;
        p->entry = e;
    }
    scope->n++;
}

/* ---- Reporting ------------------------------------------------------------
 */

/* A library whose count is unknown is not known to obey. */
static bool obeys(const rtk_limits *scope, const rtk_limit_report *r) {
    if (scope->flags & RTK_LIMIT_EXCLUSIVE) return r->effective == r->asked;
    return r->effective > 0 && r->effective <= r->asked;
}

rtk_status rtk_limits_judge(rtk_limits *scope) {
    rtk_status status = RTK_OK;
    for (size_t i = 0; i < scope->n; i++) {
        rtk_pick *p = &scope->pick[i];
        rtk_limit_report *r = &p->report;
        r->effective = rtk_copy_threads(p->copy);
        r->before = r->effective;
        if (p->entry) {
            r->before = p->entry->before;
            r->foreign = p->entry->foreign;
        }
        if (p->copy->max_threads > 0 && r->before > p->copy->max_threads)
            r->before = p->copy->max_threads;
        r->status = RTK_OK;
        if (r->asked == RTK_NO_LIMIT)
            r->status = RTK_ESKIPPED;
        else if (!obeys(scope, r))
            r->status = status = RTK_EUNSUPPORTED;
    }
    return scope->flags & RTK_LIMIT_STRICT ? status : RTK_OK;
}

size_t rtk_limits_count(const rtk_limits *scope) {
    return scope->n;
}

rtk_status rtk_limits_report(const rtk_limits *scope, size_t i,
                             rtk_limit_report *report) {
    if (i >= scope->n) return RTK_EINVAL;
    *report = scope->pick[i].report;
    return RTK_OK;
}

void rtk_limits_before(const rtk_limits *scope, rtk_pool_api user_api,
                       int *least, int *most) {
    int low = 0, high = 0;
    for (size_t i = 0; i < scope->n; i++) {
        const rtk_pick *p = &scope->pick[i];
        int before = p->report.before;
        if ((user_api && p->copy->user_api != user_api) || before < 1) continue;
        if (!low || before < low) low = before;
        if (before > high) high = before;
    }
    *least = low;
    if (most) *most = high;
}
