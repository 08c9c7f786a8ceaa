/* A scope has a pick for each copy that its limits select, and an entry for
 * each setting of these. It first sees what all counts are, then changes them,
 * then sees what became of them: one library may pass its count on to another.
 */

#include "kernels/threadpools/pool_limits.h"

#include <stdlib.h>

#include "kernels/threadpools/limit_selection.h"
#include "kernels/threadpools/pool_holds.h"

static const unsigned all_flags = RTK_LIMIT_GROW | RTK_LIMIT_LATEST |
                                  RTK_LIMIT_EXCLUSIVE | RTK_LIMIT_STRICT |
                                  RTK_LIMIT_OVERWRITE | RTK_LIMIT_REFRESH;

/* Scopes that wait for their turn, oldest first. Guarded by the lock. */
static rtk_limits *first_waiting;

/* ---- Opening, with the lock -----------------------------------------------
 */

static bool overwrites(const rtk_limits *scope) {
    return scope->flags & RTK_LIMIT_OVERWRITE;
}

/* The i-th entry that a scope has of its own, or NULL. */
static rtk_entry *own(rtk_limits *scope, size_t i) {
    rtk_pick *p = &scope->pick[i];
    return p->entry == &p->memory ? p->entry : NULL;
}

static void forget(rtk_limits *scope) {
    for (size_t i = 0; i < scope->n; i++) {
        rtk_entry *e = own(scope, i);
        if (e && e->hold) rtk_hold_leave(e->hold);
    }
}

static rtk_status get_holds(rtk_limits *scope) {
    for (size_t i = 0; i < scope->n; i++) {
        rtk_entry *e = own(scope, i);
        if (!e) continue;
        e->hold = rtk_hold_of(e->setting);
        if (!e->hold) return RTK_ENOMEM;
        if (e->setting->scope == RTK_POOL_THREAD) scope->of_thread = true;
    }
    return RTK_OK;
}

static void undo(rtk_limits *scope) {
    for (size_t i = 0; i < scope->n; i++)
        if (own(scope, i)) rtk_hold_unlink(own(scope, i));
    for (size_t i = 0; i < scope->n; i++)
        if (own(scope, i)) (void)!rtk_hold_apply(own(scope, i)->hold);
    for (size_t i = 0; i < scope->n; i++)
        if (own(scope, i)) rtk_hold_read(own(scope, i)->hold);
}

static rtk_status apply(rtk_limits *scope) {
    rtk_status status = RTK_OK;
    for (size_t i = 0; i < scope->n; i++) {
        rtk_entry *e = own(scope, i);
        if (!e) continue;
        e->foreign = rtk_hold_note(e->hold, overwrites(scope));
        e->before = e->hold->applied;
        e->wanted = rtk_entry_wanted(e);
    }
    for (size_t i = 0; i < scope->n; i++)
        if (own(scope, i)) rtk_hold_link(own(scope, i));
    for (size_t i = 0; !status && i < scope->n; i++)
        if (own(scope, i)) status = rtk_hold_apply(own(scope, i)->hold);
    for (size_t i = 0; i < scope->n; i++)
        if (own(scope, i))
            own(scope, i)->effective = rtk_hold_read(own(scope, i)->hold);
    if (!status) status = rtk_limits_judge(scope);
    if (status) undo(scope);
    return status;
}

/* ---- Waiting, with the lock -----------------------------------------------
 */

typedef enum turn { GO, WAIT, NEVER } turn;

/* What the scopes that are open on the entry's setting let it do. */
static turn look(rtk_entry *entry, bool *nested) {
    turn t = GO;
    entry->wanted = rtk_entry_wanted(entry);
    for (const rtk_entry *o = entry->hold->oldest; o; o = o->newer) {
        bool clash = rtk_entries_clash(entry, o);
        if (o->owner == entry->owner) *nested = true;
        if (clash && o->owner == entry->owner) return NEVER;
        if (clash) t = WAIT;
    }
    return t;
}

static bool share(rtk_limits *a, rtk_limits *b) {
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; own(a, i) && j < b->n; j++)
            if (own(b, j) && own(b, j)->hold == own(a, i)->hold) return true;
    return false;
}

/* Whether somebody waits for one of its settings who came before. */
static bool overtakes(rtk_limits *scope) {
    for (rtk_limits *w = first_waiting; w && w != scope; w = w->next_waiting)
        if (share(w, scope)) return true;
    return false;
}

static turn ask(rtk_limits *scope) {
    turn worst = GO;
    bool nested = false;
    for (size_t i = 0; i < scope->n && worst != NEVER; i++) {
        turn t = own(scope, i) ? look(own(scope, i), &nested) : GO;
        if (t > worst) worst = t;
    }
    /* Who has one of them open goes first, or it would wait for itself. */
    bool queues = scope->flags & RTK_LIMIT_EXCLUSIVE && !nested;
    return worst == GO && queues && overtakes(scope) ? WAIT : worst;
}

static void queue(rtk_limits *scope) {
    rtk_limits **end = &first_waiting;
    while (*end) end = &(*end)->next_waiting;
    *end = scope;
}

static void leave(const rtk_limits *scope) {
    rtk_limits **link = &first_waiting;
    while (*link && *link != scope) link = &(*link)->next_waiting;
    if (*link) *link = scope->next_waiting;
}

/* Whoever ends a scope wakes us, and whoever has waited before us. */
static rtk_status wait_turn(rtk_limits *scope) {
    turn t = ask(scope);
    bool waits = t == WAIT;
    bool queues = waits && scope->flags & RTK_LIMIT_EXCLUSIVE;
    if (queues) queue(scope);
    while (t == WAIT) {
        rtk_pool_wait();
        t = ask(scope);
    }
    if (queues) leave(scope);
    if (waits) rtk_pool_wake();
    return t == GO ? RTK_OK : RTK_EINVAL;
}

void rtk_limits_after_fork(uint64_t thread) {
    first_waiting = NULL;
    rtk_holds_after_fork(thread);
}

static rtk_status enter(rtk_limits *scope) {
    rtk_status status = get_holds(scope);
    if (!status) status = wait_turn(scope);
    if (!status) status = apply(scope);
    if (status) forget(scope);
    return status;
}

/* ---- Beginning ------------------------------------------------------------
 */

static rtk_status check(const rtk_limit_request *r) {
    if (!r || r->size < sizeof *r || r->flags & ~all_flags ||
        (r->n_limits && !r->limits))
        return RTK_EINVAL;
    for (size_t i = 0; i < r->n_limits; i++)
        if (r->limits[i].threads < 1 || (int)r->limits[i].user_api < 0 ||
            r->limits[i].user_api > RTK_POOL_OTHER)
            return RTK_EINVAL;
    return RTK_OK;
}

/* With the lock: memory for a scope on `n` copies, which belongs to this
 * thread. */
static rtk_limits *make(rtk_pools *pools, size_t n, unsigned flags) {
    rtk_limits *scope = calloc(1, sizeof *scope + n * sizeof scope->pick[0]);
    if (!scope) return NULL;
    scope->pools = pools;
    scope->owner = rtk_thread_number();
    scope->flags = flags;
    pools->references++;
    return scope;
}

/* Without the lock. */
static void discard(rtk_limits *scope) {
    if (scope) rtk_pools_free(scope->pools);
    free(scope);
}

rtk_status rtk_limits_begin(rtk_pools *pools, const rtk_limit_request *request,
                            rtk_limits **scope) {
    rtk_status status = check(request);
    if (!status && request->flags & RTK_LIMIT_REFRESH)
        status = rtk_pools_refresh(pools, NULL);
    if (status) return status;
    rtk_pool_lock();
    rtk_limits *s = make(pools, pools->n, request->flags);
    status = s ? rtk_limits_select(s, request) : RTK_ENOMEM;
    if (!status) status = enter(s);
    rtk_pool_unlock();
    if (status)
        discard(s);
    else
        *scope = s;
    return status;
}

rtk_status rtk_limits_begin_api(rtk_pools *pools, rtk_pool_api user_api,
                                int threads, rtk_limits **scope) {
    const rtk_limit limit = {.threads = threads, .user_api = user_api};
    const rtk_limit_request request = {
        .size = sizeof request, .limits = &limit, .n_limits = 1};
    return rtk_limits_begin(pools, &request, scope);
}

rtk_status rtk_limits_apply_here(const rtk_limits *scope, rtk_limits **here) {
    rtk_pool_lock();
    rtk_limits *s = make(scope->pools, scope->n,
                         scope->flags & ~(unsigned)RTK_LIMIT_STRICT);
    rtk_status status = s ? RTK_OK : RTK_ENOMEM;
    for (size_t i = 0; s && i < scope->n; i++) {
        const rtk_pick *p = &scope->pick[i];
        if (p->entry && p->entry->setting->scope == RTK_POOL_THREAD)
            rtk_limits_pick(s, p->copy, p->report.asked);
    }
    if (!status) status = enter(s);
    rtk_pool_unlock();
    if (status)
        discard(s);
    else
        *here = s;
    return status;
}

/* ---- Ending ---------------------------------------------------------------
 */

/* What the count has become is what comes back later. */
static void stand(rtk_hold *hold, int wanted) {
    if (!hold->oldest) {
        hold->held = false;
        return;
    }
    hold->mark = hold->before = wanted;
    (void)!rtk_hold_apply(hold);
}

static size_t leave_holds(rtk_limits *scope, bool keep) {
    size_t foreign = 0;
    for (size_t i = 0; i < scope->n; i++)
        if (own(scope, i))
            foreign += rtk_hold_note(own(scope, i)->hold, overwrites(scope));
    for (size_t i = 0; i < scope->n; i++)
        if (own(scope, i)) rtk_hold_unlink(own(scope, i));
    for (size_t i = 0; i < scope->n; i++) {
        rtk_entry *e = own(scope, i);
        if (!e) continue;
        if (keep)
            stand(e->hold, e->wanted);
        else
            (void)!rtk_hold_apply(e->hold);
    }
    for (size_t i = 0; i < scope->n; i++)
        if (own(scope, i)) rtk_hold_read(own(scope, i)->hold);
    return foreign;
}

static rtk_status finish(rtk_limits *scope, bool keep, size_t *foreign) {
    rtk_copy *dead = NULL;
    if (foreign) *foreign = 0;
    if (!scope) return RTK_OK;
    if (scope->of_thread && scope->owner != rtk_thread_number())
        return RTK_EINVAL;
    rtk_pool_lock();
    size_t found = leave_holds(scope, keep);
    forget(scope);
    bool last = rtk_registry_release(scope->pools, &dead);
    rtk_pool_wake();
    rtk_pool_unlock();
    if (last) rtk_pools_bury(scope->pools, dead);
    free(scope);
    if (foreign) *foreign = found;
    return RTK_OK;
}

rtk_status rtk_limits_end(rtk_limits *scope, size_t *foreign) {
    return finish(scope, false, foreign);
}

rtk_status rtk_limits_keep(rtk_limits *scope) {
    return finish(scope, true, NULL);
}
