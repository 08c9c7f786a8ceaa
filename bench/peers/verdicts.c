#include "bench/peers/verdicts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/peers/floor_sides.h"

#define SHARING "racetrack, always shared"
#define STAYING "racetrack, on any CPU"
#define SERIAL  "serial loop"

static bool holds(const rtk_verdict *v, double x) {
    return v->at_least ? x >= v->limit : x <= v->limit;
}

const char *rtk_verdict_word(const rtk_verdict *v) {
    if (!v->figure.n) return "not measured";
    if (v->information) return "-";
    if (holds(v, v->figure.median)) return "yes";
    return holds(v, v->at_least ? v->figure.most : v->figure.least) ? "level"
                                                                    : "no";
}

__attribute__((format(printf, 3, 4))) static void
say(rtk_verdicts *all, rtk_verdict v, const char *format, ...) {
    if (all->n == RTK_VERDICTS_MAX) return;
    va_list more;
    va_start(more, format);
    vsnprintf(v.text, sizeof v.text, format, more);
    va_end(more);
    all->list[all->n++] = v;
}

static bool titled(const rtk_arm *a, const rtk_body *body) {
    return strcmp(a->side->title, body->title) == 0;
}

static bool empty_loop(const rtk_arm *a) {
    return titled(a, &rtk_body_empty);
}

static bool crowded(const rtk_arm *a) {
    return a->side->workers > rtk_cpus_usable();
}

/* The peer of the smallest median in the case of `a`, or NULL. */
static const rtk_arm *fastest(const rtk_result *r, const rtk_arm *a) {
    const rtk_arm *best = NULL;
    double least = INFINITY;
    for (size_t i = 0; i < r->n; i++) {
        const rtk_arm *b = &r->arms[i];
        if (b->side->kind != RTK_KIND_PEER || !rtk_same_case(a, b)) continue;
        rtk_spread ns = rtk_arm_ns(r, b);
        if (ns.n && ns.median < least) {
            least = ns.median;
            best = b;
        }
    }
    return best;
}

/* ---- Dispatch --------------------------------------------------------------
 */

/* An empty loop may well end before a helper has come; how often one took part
 * is said beside. */
static void against_floor(rtk_verdicts *all, const rtk_result *r,
                          const rtk_arm *a) {
    bool meeting = titled(a, &rtk_body_meeting);
    bool apart = strcmp(a->side->rhythm, "back to back") != 0;
    const rtk_arm *floor =
        rtk_arm_beside(r, a, RTK_KIND_BASE, RTK_FLOOR_PINNED);
    if (!floor) return;
    say(all,
        (rtk_verdict){.id = meeting ? "meeting" : "floor",
                      .figure = rtk_arm_ratio(r, a, floor),
                      .limit = 1.2,
                      .information =
                          meeting || apart || a->side->kind != RTK_KIND_OURS},
        "%s / one cache line there and back: %s, %s, %s; helpers took part in "
        "%.0f %% of the loops",
        a->side->peer, a->side->title, a->side->policy, a->side->rhythm,
        a->loops ? 100 * (double)a->shared / (double)a->loops : 0);
}

static void against_fastest(rtk_verdicts *all, const rtk_result *r,
                            const rtk_arm *a) {
    const rtk_arm *peer = fastest(r, a);
    say(all,
        (rtk_verdict){.id = "fastest",
                      .figure = rtk_arm_ratio(r, peer, a),
                      .limit = 1,
                      .at_least = true,
                      .oversubscribed = crowded(a)},
        "%s / racetrack, the fastest peer: %s, %u worker%s, %s, %s",
        peer ? peer->side->peer : "no peer", a->side->title, a->side->workers,
        a->side->workers == 1 ? "" : "s", a->side->policy, a->side->rhythm);
}

/* The geometric mean over cases of the fastest peer against `name`. */
static void mean(rtk_verdicts *all, const rtk_result *r, const char *name,
                 bool empty) {
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const rtk_arm *a = &r->arms[i];
        if (strcmp(a->side->peer, name) != 0 || empty_loop(a) != empty ||
            titled(a, &rtk_body_meeting))
            continue;
        rtk_spread ratio = rtk_arm_ratio(r, fastest(r, a), a);
        if (!ratio.n) continue;
        sum += log(ratio.median);
        n++;
    }
    double value = n ? exp(sum / (double)n) : 0;
    say(all,
        (rtk_verdict){.id = "mean",
                      .figure = {n, value, value, value, value, value, value},
                      .limit = 1.5,
                      .at_least = true,
                      .information = !empty || strcmp(name, RTK_OURS) != 0},
        "fastest peer / %s, geometric mean over the cases of %s", name,
        empty ? "the empty loop" : "loops with work");
}

/* The smallest work that gains 1.5 times, with all larger ones. */
static void smallest(rtk_verdicts *all, const rtk_result *r, const rtk_arm *a) {
    double us = 0;
    for (size_t i = 0; i < r->n; i++) {
        const rtk_arm *b = &r->arms[i];
        const rtk_arm *serial = rtk_arm_beside(r, b, RTK_KIND_BASE, SERIAL);
        if (strcmp(a->side->peer, b->side->peer) != 0 ||
            b->side->part_us <= 0 ||
            strcmp(a->side->policy, b->side->policy) != 0 ||
            strcmp(a->side->rhythm, b->side->rhythm) != 0)
            continue;
        rtk_spread gain = rtk_arm_ratio(r, serial, b);
        if (!(gain.n && gain.median >= 1.5))
            us = 0;
        else if (us <= 0)
            us = b->side->part_us;
    }
    say(all,
        (rtk_verdict){.id = "smallest",
                      .figure = {1, us, us, us, us, us, us},
                      .information = true},
        "%s, smallest work in us a part from which two workers gain 1.5 "
        "times%s: %s, %s",
        a->side->peer, us > 0 ? "" : " (none did)", a->side->policy,
        a->side->rhythm);
}

static void dispatch(rtk_verdicts *all, const rtk_result *r) {
    for (size_t i = 0; i < r->n; i++) {
        const rtk_arm *a = &r->arms[i];
        bool ours = a->side->kind == RTK_KIND_OURS;
        bool mine = ours || a->side->kind == RTK_KIND_VARIANT;
        bool base = a->side->kind == RTK_KIND_BASE;
        if (empty_loop(a) ? mine : titled(a, &rtk_body_meeting) && !base)
            against_floor(all, r, a);
        if (ours) against_fastest(all, r, a);
    }
    mean(all, r, RTK_OURS, true);
    mean(all, r, SHARING, true);
    mean(all, r, RTK_OURS, false);
    mean(all, r, SHARING, false);
    for (size_t i = 0; i < r->n; i++)
        if (titled(&r->arms[i], &rtk_body_2) &&
            r->arms[i].side->kind != RTK_KIND_BASE)
            smallest(all, r, &r->arms[i]);
}

/* ---- The others ------------------------------------------------------------
 */

static void idle(rtk_verdicts *all, const rtk_result *r, const rtk_arm *a) {
    bool first = titled(a, &rtk_body_first);
    const rtk_arm *wake = rtk_arm_beside(r, a, RTK_KIND_BASE, RTK_WAKE);
    if (first) {
        say(all,
            (rtk_verdict){.id = "blocked",
                          .figure = rtk_arm_ratio(r, a, wake),
                          .limit = 1},
            "from the call to the caller's first part / a futex wake: %s",
            a->side->policy);
        return;
    }
    rtk_spread ns = rtk_arm_ns(r, a);
    rtk_spread ms = {
        ns.n,          ns.p10 / 1e6,   ns.low / 1e6, ns.median / 1e6,
        ns.high / 1e6, ns.least / 1e6, ns.most / 1e6};
    say(all,
        (rtk_verdict){.id = "idle",
                      .figure = ms,
                      .limit = 1,
                      .information = strcmp(a->side->policy, "sleeping") != 0},
        "CPU time in ms of the second after a loop: %s", a->side->policy);
}

static void foreign(rtk_verdicts *all, const rtk_result *r, const rtk_arm *a) {
    const rtk_arm *staying = rtk_arm_beside(r, a, RTK_KIND_VARIANT, STAYING);
    const rtk_arm *serial = rtk_arm_beside(r, a, RTK_KIND_BASE, SERIAL);
    say(all,
        (rtk_verdict){.id = "foreign",
                      .figure = rtk_arm_ratio(r, staying, a),
                      .limit = 1.5,
                      .at_least = true},
        "beside a busy process, speed-up / that of helpers on any CPU: %s, %s",
        a->side->title, a->side->policy);
    say(all,
        (rtk_verdict){.id = "foreign",
                      .figure = rtk_arm_ratio(r, serial, a),
                      .information = true},
        "beside a busy process, speed-up: %s, %s", a->side->title,
        a->side->policy);
    say(all,
        (rtk_verdict){.id = "foreign",
                      .figure = rtk_arm_ratio(r, serial, staying),
                      .information = true},
        "beside a busy process, speed-up with helpers on any CPU: %s, %s",
        a->side->title, a->side->policy);
}

static void confined(rtk_verdicts *all, const rtk_result *r, const rtk_arm *a) {
    if (a->side->workers == 1) return;
    for (size_t i = 0; i < r->n; i++) {
        const rtk_arm *alone = &r->arms[i];
        if (alone->side->workers != 1 || alone->side->kind != RTK_KIND_OURS ||
            strcmp(alone->side->title, a->side->title) != 0 ||
            strcmp(alone->side->policy, a->side->policy) != 0)
            continue;
        say(all,
            (rtk_verdict){.id = "confined",
                          .figure = rtk_arm_ratio(r, a, alone),
                          .limit = 1.05},
            "on one CPU, 2 workers / 1 worker: %s, %s", a->side->title,
            a->side->policy);
    }
}

static void oversubscribed(rtk_verdicts *all, const rtk_result *r,
                           const rtk_arm *a) {
    say(all,
        (rtk_verdict){.id = "oversubscribed",
                      .figure = rtk_arm_ratio(
                          r, rtk_arm_beside(r, a, RTK_KIND_BASE, SERIAL), a),
                      .limit = 0.9,
                      .at_least = true,
                      .oversubscribed = true},
        "%u workers, speed-up over the serial loop: %s, %s", a->side->workers,
        a->side->title, a->side->policy);
}

void rtk_verdicts_add(rtk_verdicts *verdicts, const rtk_result *result) {
    static const struct {
        const char *stage;
        void (*add)(rtk_verdicts *all, const rtk_result *r, const rtk_arm *a);
    } each[] = {{"idle", idle},
                {"foreign", foreign},
                {"confined", confined},
                {"oversubscribed", oversubscribed}};
    if (strcmp(result->stage->name, "dispatch") == 0)
        dispatch(verdicts, result);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        for (size_t j = 0;
             strcmp(result->stage->name, each[i].stage) == 0 && j < result->n;
             j++)
            if (result->arms[j].side->kind == RTK_KIND_OURS)
                each[i].add(verdicts, result, &result->arms[j]);
}
