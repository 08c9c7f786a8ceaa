/* A comparison for programs: --json, and the records "peer". */

#include "bench/peers/peers_tables.h"
#include "kernels/workers/workers.h"

static json_t *spread(const rtk_spread *s) {
    if (!s->n) return json_null();
    return json_pack("{sI sf sf sf sf}", "n", (json_int_t)s->n, "p10", s->p10,
                     "low", s->low, "median", s->median, "high", s->high);
}

static bool crowded(const rtk_side *s) {
    return s->workers > rtk_cpus_usable();
}

static json_t *arm(const rtk_result *r, const rtk_arm *a) {
    const rtk_arm *ours = rtk_arm_beside(r, a, RTK_KIND_OURS, NULL);
    rtk_spread ns = rtk_arm_ns(r, a), ratio = rtk_arm_ratio(r, a, ours);
    return json_pack(
        "{ss ss ss? ss? sf si sb ss? so so sI sI sI}", "case", a->side->title,
        "runtime", a->side->peer, "policy", a->side->policy, "rhythm",
        a->side->rhythm, "part_us", a->side->part_us, "workers",
        (int)a->side->workers, "oversubscribed", (int)crowded(a->side),
        "left_out", a->opened.status ? a->opened.sentence : NULL, "ns",
        spread(&ns), "times_ours", spread(&ratio), "dropped",
        (json_int_t)a->dropped, "loops_watched", (json_int_t)a->loops,
        "loops_shared", (json_int_t)a->shared);
}

json_t *rtk_json_of_stage(const rtk_result *r) {
    json_t *arms = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(arms, arm(r, &r->arms[i]));
    return json_pack("{ss sI s[ff] so}", "group", r->stage->name, "rounds",
                     (json_int_t)r->rounds, "load", r->load[0], r->load[1],
                     "arms", arms);
}

json_t *rtk_json_of_verdicts(const rtk_verdicts *verdicts) {
    json_t *list = json_array();
    for (size_t i = 0; i < verdicts->n; i++) {
        const rtk_verdict *v = &verdicts->list[i];
        json_t *limit = v->information ? json_null() : json_real(v->limit);
        json_array_append_new(
            list,
            json_pack("{ss ss so so sb ss sb}", "claim", v->id, "text", v->text,
                      "figure", spread(&v->figure), "limit", limit, "at_least",
                      (int)v->at_least, "holds", rtk_verdict_word(v),
                      "oversubscribed", (int)v->oversubscribed));
    }
    return list;
}

json_t *rtk_record_of_arm(const rtk_result *r, const rtk_arm *a) {
    double ratios[RTK_ROUNDS_MAX];
    char text[160];
    const rtk_arm *ours = rtk_arm_beside(r, a, RTK_KIND_OURS, NULL);
    if (!ours || a == ours || a->side->kind != RTK_KIND_PEER) return NULL;
    size_t n = rtk_arm_ratios(r, a, ours, ratios);
    if (!n) return NULL;
    rtk_spread s = rtk_spread_of(ratios, n);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_real(ratios[i]));
    return json_pack("{ss ss ss ss si sb so sf sf sf}", "record", "peer",
                     "group", a->side->group, "case", rtk_case_text(a, text),
                     "peer", a->side->peer, "workers", (int)a->side->workers,
                     "oversubscribed", (int)crowded(a->side), "ratios", list,
                     "median", s.median, "low", s.low, "high", s.high);
}
