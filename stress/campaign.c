#include "stress/campaign.h"

#include <math.h>
#include <string.h>

#include "harness/clock.h"
#include "harness/progress.h"
#include "stress/command.h"
#include "stress/evidence.h"
#include "stress/record_text.h"
#include "stress/scenario.h"

/* Calls of one actor: so many that they do not fit into one time slice. */
enum {
    CALLS = 400,
    TRIALS_MOST = 400,
    TRIALS_LEAST = 8, /* of a cell, if its share allows it */
    TRIALS_MORE = 3,  /* when no calls have overlapped */
    TRIAL_LEAST_MS = 5,
    NATIVE_TRIAL_MS = 30,
    SLOW_TRIAL_MS = 100,
    NATIVE_TIMEOUT_MS = 20000,
    SLOW_TIMEOUT_MS = 60000
};

/* Part of its share that a cell leaves to later ones. */
static const double kept_back = 0.5;

/* ---- One cell
 * ------------------------------------------------------------------ */

/* A campaign while it runs. */
typedef struct running {
    rtk_session *session;
    const rtk_plan *plan;
    rtk_campaign *campaign;
    rtk_lane_servers servers;
    uint64_t start_ns, cells, done;
    double lane_end_s;      /* since the start */
    uint64_t cell_ns;       /* when the present cell was begun */
    const json_t *required; /* outcomes of the present subject */
} running;

/* Largest rate of failing trials that would have gone unseen in `trials` with
 * probability 5 %: the exact binomial bound for zero of n. */
static double missed(uint64_t trials) {
    return 1 - pow(0.05, 1.0 / (double)trials);
}

static json_t *missed_rate(uint64_t trials) {
    return trials ? json_real(missed(trials)) : json_null();
}

/* Whether nothing that was found is new since the base; null without one. */
static json_t *seen_before(const running *r, const rtk_tally *t) {
    if (!r->session->base) return json_null();
    return json_boolean(!t->fresh && (t->seen || t->known));
}

/* Whether an oracle that was asked for by name could have spoken. */
static bool judged_by_chosen(const rtk_plan *plan, const rtk_tally *t) {
    bool judged = plan->oracles.n == 0;
    for (size_t i = 0; i < plan->oracles.n; i++)
        judged |= json_object_get(t->oracles, plan->oracles.name[i]) != NULL;
    return judged;
}

/* Choose the word and the reason for what a cell came to. */
static const char *judge(running *r, const rtk_tally *t, char *reason,
                         size_t room) {
    rtk_campaign *c = r->campaign;
    reason[0] = 0;
    if (t->fresh || t->seen || t->known) {
        snprintf(reason, room, "%llu of %llu trials",
                 (unsigned long long)t->refuted,
                 (unsigned long long)(t->trials ? t->trials : 1));
        *(t->fresh ? &c->refuted : t->seen ? &c->seen : &c->known) += 1;
        return "refuted";
    }
    if (!t->trials || r->servers.why[0]) {
        snprintf(reason, room, "%s",
                 r->servers.why[0] ? r->servers.why : t->reason);
        c->could_not_run++;
        return "could not run";
    }
    if (!judged_by_chosen(r->plan, t)) {
        snprintf(reason, room, "none of the oracles asked for judges here");
        c->could_not_run++;
        return "could not run";
    }
    const char *missing = json_object_get(t->oracles, "outcome")
                              ? rtk_evidence_missing(t->evidence, r->required)
                              : NULL;
    if (missing) {
        snprintf(reason, room,
                 "the required outcome \"%s\" was not seen in %llu trials",
                 missing, (unsigned long long)t->trials);
        c->inconclusive++;
        return "inconclusive";
    }
    if (!t->overlapping) {
        snprintf(reason, room, "no call overlapped another");
        c->inconclusive++;
        return "inconclusive";
    }
    if (t->interrupts && !t->interrupted) {
        snprintf(reason, room, "no call was interrupted by a signal");
        c->inconclusive++;
        return "inconclusive";
    }
    c->held++;
    if (missed(t->trials) > c->missed) c->missed = missed(t->trials);
    return "as claimed";
}

static json_t *names_in(const json_t *set) {
    json_t *list = json_array();
    const char *name;
    json_t *one;
    json_object_foreach((json_t *)(uintptr_t)set, name, one)
        json_array_append_new(list, json_string(name));
    return list;
}

static json_t *findings_in(const json_t *map) {
    json_t *list = json_array();
    const char *id;
    json_t *trials;
    json_object_foreach((json_t *)(uintptr_t)map, id, trials)
        json_array_append_new(list,
                              json_pack("{ss sO}", "id", id, "trials", trials));
    return list;
}

static void write_verdict(running *r, const rtk_cell *cell, const char *word,
                          const char *reason, const rtk_tally *t) {
    json_t *replay = rtk_command_stress(r->plan, cell->subject, cell->scenario,
                                        cell->lane, r->plan->seed);
    json_t *verdict = json_pack(
        "{ss ss ss ss ss sb so ss? so sI sI sI so so s{sI sI} sf so}", "record",
        "verdict", "subject", cell->subject, "scenario", cell->scenario, "lane",
        cell->lane, "verdict", word, "known",
        !t->fresh && !t->seen && t->known > 0, "seen_before", seen_before(r, t),
        "reason", reason[0] ? reason : NULL, "oracles", names_in(t->oracles),
        "trials", (json_int_t)t->trials, "calls", (json_int_t)t->calls,
        "overlapping_calls", (json_int_t)t->overlapping, "missed_rate",
        missed_rate(t->refuted ? 0 : t->trials), "findings",
        findings_in(t->findings), "conditions", "tried",
        (json_int_t)json_object_size(t->rows), "of", (json_int_t)t->rows_of,
        "elapsed_s", (double)(rtk_clock_ns() - r->cell_ns) / 1e9, "replay",
        replay);
    json_object_set_new(verdict, "oracle_share",
                        rtk_evidence_shares(t->evidence));
    if (rtk_evidence_outcomes(t->evidence))
        json_object_set(verdict, "outcomes",
                        rtk_evidence_outcomes(t->evidence));
    json_array_append(r->campaign->verdicts, verdict);
    rtk_records_write(r->session->records, verdict);
}

static void decline(running *r, const rtk_cell *cell, unsigned *count,
                    const char *word, const char *reason) {
    rtk_tally none;
    rtk_tally_init(&none);
    ++*count;
    write_verdict(r, cell, word, reason, &none);
    rtk_tally_destroy(&none);
}

/* What a cell gets, as parts of the budget: instrumented code is slower, and
 * some scenarios take long to begin. */
static unsigned weight(const char *lane, const rtk_scenario *scenario) {
    unsigned own = scenario->usage.weight ? scenario->usage.weight : 1;
    return strcmp(lane, "native") == 0 ? own : 2 * own;
}

static double used_s(const running *r) {
    return (double)(rtk_clock_ns() - r->start_ns) / 1e9;
}

/* This cell's share of what is left of the budget. Cells whose least takes
 * longer live on what the others leave; the last ones get what stays. */
static unsigned share_ms(const running *r, const rtk_scenario *scenario) {
    double left = r->plan->budget_s - used_s(r);
    double cells =
        (double)(r->cells - r->done) / weight(r->servers.lane, scenario);
    if (left <= 0 || cells <= 0) return 0;
    return (unsigned)(1000 * left / (cells + kept_back * (cells - 1)));
}

/* When this lane has to leave the rest of the budget to those that follow. */
static double lane_end(const running *r, uint64_t lane_weight) {
    double used = used_s(r), cells = (double)(r->cells - r->done);
    double left = r->plan->budget_s - used;
    return cells <= 0 ? r->plan->budget_s
                      : used + left * (double)lane_weight / cells;
}

/* Whether the lane's time is used up; a single cell is tried in any case. */
static bool over(const running *r) {
    return r->done > 0 && used_s(r) >= r->lane_end_s;
}

/* A trial takes no more than its part of what its cell has. */
static unsigned trial_ms(unsigned share, bool native) {
    unsigned most = native ? NATIVE_TRIAL_MS : SLOW_TRIAL_MS;
    unsigned part = share / TRIALS_LEAST;
    return part > most ? most : part < TRIAL_LEAST_MS ? TRIAL_LEAST_MS : part;
}

static json_t *request_of(const rtk_plan *plan, unsigned share, bool native) {
    json_t *request =
        json_pack("{si si sb}", "trial_ms", trial_ms(share, native), "calls",
                  CALLS, "declare", plan->declare);
    rtk_plan_restrict(plan, request);
    if (plan->actors)
        json_object_set_new(request, "actors", json_integer(plan->actors));
    if (plan->workers != RTK_WORKERS_UNSET)
        json_object_set_new(request, "workers", json_integer(plan->workers));
    return request;
}

static rtk_status try_cell(running *r, const rtk_cell *cell, unsigned share) {
    char reason[RTK_SENTENCE];
    rtk_tally tally;
    rtk_tally_init(&tally);
    rtk_status s = rtk_cell_run(r->session, &r->servers, cell, r->plan->seed,
                                TRIALS_MOST, share, &tally);
    /* A cell in which nothing met is not given up at the first try. */
    if (!s && tally.trials && tally.trials < TRIALS_LEAST &&
        !tally.overlapping && !tally.refuted)
        s = rtk_cell_run(r->session, &r->servers, cell,
                         r->plan->seed + tally.trials, TRIALS_MORE, share / 2,
                         &tally);
    if (s != RTK_ECANCELLED || tally.trials || tally.fresh) {
        const char *word = judge(r, &tally, reason, sizeof reason);
        write_verdict(r, cell, word, reason, &tally);
    }
    r->campaign->killed |= tally.killed;
    rtk_tally_destroy(&tally);
    if (r->session->records->failed) return RTK_EIO;
    /* A lost lane is started again by the next cell. */
    return s == RTK_ECANCELLED ? s : RTK_OK;
}

static rtk_status run_cell(running *r, const json_t *table,
                           const rtk_scenario *scenario) {
    const rtk_plan *plan = r->plan;
    const char *subject = rtk_text(table, "name");
    bool native = strcmp(r->servers.lane, "native") == 0;
    rtk_cell cell = {.subject = subject,
                     .scenario = scenario->name,
                     .lane = r->servers.lane,
                     .plugin = plan->plugin,
                     .cold = scenario->usage.cold,
                     .timeout_ms =
                         native ? NATIVE_TIMEOUT_MS : SLOW_TIMEOUT_MS};
    if (plan->timeout_ms) cell.timeout_ms = plan->timeout_ms;
    const char *why = json_string_value(
        json_object_get(json_object_get(table, "declined"), scenario->name));
    rtk_progress(plan->progress, r->done, r->cells, r->start_ns, "%s %s %s",
                 subject, scenario->name, r->servers.lane);
    rtk_status s = RTK_OK;
    r->cell_ns = rtk_clock_ns();
    r->required = json_object_get(table, "required");
    if (why) {
        decline(r, &cell, &r->campaign->not_claimed, "not claimed", why);
    } else if (scenario->usage.fork != RTK_FORK_NONE &&
               strcmp(r->servers.lane, "tsan") == 0) {
        decline(r, &cell, &r->campaign->could_not_run, "could not run",
                "ThreadSanitizer is off in the children of a process with "
                "threads");
    } else if (over(r)) {
        r->campaign->unreached++;
        decline(r, &cell, &r->campaign->inconclusive, "inconclusive",
                "the budget was used up before its turn");
    } else {
        unsigned share = share_ms(r, scenario);
        cell.request = request_of(plan, share, native);
        s = try_cell(r, &cell, share);
        json_decref(cell.request);
    }
    r->done += weight(r->servers.lane, scenario);
    return s;
}

/* ---- All cells
 * ------------------------------------------------------------------ */

/* Whether `subject` of a lane is to be tried. */
static bool wanted(const rtk_plan *plan, const json_t *subject) {
    bool named = plan->subjects.n > 0;
    return rtk_names_allow(&plan->subjects, rtk_text(subject, "name")) &&
           (named || !json_is_true(json_object_get(subject, "only_by_name")));
}

/* What all cells of `lane` weigh. */
static uint64_t weigh(const rtk_plan *plan, const json_t *hello,
                      const char *lane) {
    uint64_t subjects = 0, scenarios = 0;
    size_t i;
    const json_t *s;
    json_array_foreach(json_object_get(hello, "subjects"), i, s) subjects +=
        wanted(plan, s);
    for (const rtk_scenario *const *k = rtk_scenarios; *k; k++)
        if (rtk_names_allow(&plan->scenarios, (*k)->name))
            scenarios += weight(lane, *k);
    return subjects * scenarios;
}

static rtk_status run_subject(running *r, const json_t *subject) {
    rtk_status s = RTK_OK;
    for (const rtk_scenario *const *k = rtk_scenarios; !s && *k; k++)
        if (rtk_names_allow(&r->plan->scenarios, (*k)->name))
            s = run_cell(r, subject, *k);
    return s;
}

static rtk_status run_lane(running *r, const char *lane,
                           const rtk_names *lanes) {
    char sentence[RTK_SENTENCE];
    rtk_status s = rtk_lane_open(&r->servers, r->plan->runners, r->plan->plugin,
                                 lane, sentence);
    if (s) return s;
    for (size_t i = 0; !r->done && i < lanes->n; i++)
        r->cells += weigh(r->plan, r->servers.hello, lanes->name[i]);
    r->lane_end_s = lane_end(r, weigh(r->plan, r->servers.hello, lane));
    size_t i;
    const json_t *subject;
    json_array_foreach(json_object_get(r->servers.hello, "subjects"), i,
                       subject) {
        if (!wanted(r->plan, subject)) continue;
        s = run_subject(r, subject);
        if (s) break;
    }
    rtk_lane_close(&r->servers);
    return s;
}

rtk_status rtk_campaign_run(rtk_session *session, const rtk_plan *plan,
                            const rtk_names *lanes, rtk_campaign *campaign) {
    *campaign = (rtk_campaign){.verdicts = json_array()};
    running r = {.session = session,
                 .plan = plan,
                 .campaign = campaign,
                 .start_ns = rtk_clock_ns()};
    rtk_status s = RTK_OK;
    for (size_t i = 0; !s && i < lanes->n; i++)
        s = run_lane(&r, lanes->name[i], lanes);
    rtk_progress_clear(plan->progress);
    return s;
}

void rtk_campaign_destroy(rtk_campaign *campaign) {
    json_decref(campaign->verdicts);
    json_decref(campaign->libraries);
    memset(campaign, 0, sizeof *campaign);
}
