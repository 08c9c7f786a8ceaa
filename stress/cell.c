#include "stress/cell.h"

#include <stdlib.h>
#include <string.h>

#include "harness/supervise/symbols.h"
#include "stress/base.h"
#include "stress/command.h"
#include "stress/evidence.h"
#include "stress/fingerprint.h"
#include "stress/pieces.h"
#include "stress/record_text.h"
#include "stress/runner.h"
#include "stress/suppressions.h"
#include "stress/target.h"
#include "stress/tell.h"

enum { SLACK_MS = 30000 };

/* ---- What a trial says
 * -------------------------------------------------------- */

/* One trial while its lines come in. */
typedef struct trial_lines {
    json_t *begin, *end, *findings; /* findings: set of ids */
    json_t *pending;                /* findings that are not entered yet */
    const char *output;             /* what it printed last, or NULL */
    char id[24];
} trial_lines;

/* What a record says of the suppression that excuses its finding. */
static json_t *card(const json_t *entry) {
    if (!entry) return json_null();
    return json_pack("{ss ss ss ss ss ss}", "id", rtk_text(entry, "id"), "date",
                     rtk_text(entry, "since"), "reason",
                     rtk_text(entry, "reason"), "owner",
                     rtk_text(entry, "owner"), "link", rtk_text(entry, "link"),
                     "expires", rtk_text(entry, "expires"));
}

/* Say in `record` whether its finding is known or was seen before; its entry
 * among the session's findings. A planted one is neither. */
static json_t *excuse(rtk_session *session, const rtk_cell *cell,
                      json_t *record) {
    const json_t *known =
        cell->planted ? NULL
                      : rtk_suppressions_match(session->suppressions, record);
    bool seen = !cell->planted &&
                rtk_base_has(session->base, rtk_text(record, "fingerprint"));
    json_object_set_new(record, "known", card(known));
    json_object_set_new(record, "seen_before",
                        session->base ? json_boolean(seen) : json_null());
    if (!known && !seen && !cell->planted) session->fresh++;
    return json_pack("{ss sb sb}", "id", rtk_text(record, "id"), "known",
                     known != NULL, "seen", seen);
}

/* Write the record of a finding that this run has not seen before; its
 * entry. */
static json_t *enter(rtk_session *session, const rtk_cell *cell,
                     const trial_lines *t, const json_t *line, json_t *stacks,
                     const char *print) {
    char id[24], place[512], summary[1024];
    rtk_finding_place(stacks, place, sizeof place);
    snprintf(summary, sizeof summary, "%s%s", rtk_text(line, "summary"),
             strcmp(rtk_text(line, "oracle"), "hang") == 0 ? "" : place);
    snprintf(id, sizeof id, "f%u", ++session->records->findings);
    json_t *record = json_pack(
        "{ss ss ss ss ss ss ss ss ss ss sO sb so}", "record", "finding", "id",
        id, "trial", t->id, "subject", cell->subject, "scenario",
        cell->scenario, "lane", cell->lane, "oracle", rtk_text(line, "oracle"),
        "kind", rtk_text(line, "kind"), "fingerprint", print, "summary",
        summary, "stacks", stacks, "planted", cell->planted, "replay",
        rtk_command_replay(session->records_name, id));
    if (t->output)
        json_object_set_new(record, "output", json_string(t->output));
    json_t *entry = excuse(session, cell, record);
    json_object_set_new(session->findings, print, entry);
    if (session->tell && !cell->planted)
        rtk_finding_tell(record, session->tell);
    rtk_records_write(session->records, record);
    return entry;
}

static void on_finding(rtk_session *session, const rtk_cell *cell,
                       trial_lines *t, const json_t *line, rtk_tally *tally) {
    char print[17];
    json_t *stacks = rtk_symbols_resolve(json_object_get(line, "stacks"));
    rtk_fingerprint(rtk_text(line, "oracle"), rtk_text(line, "kind"),
                    cell->subject, stacks, print);
    json_t *entry = json_object_get(session->findings, print);
    if (!entry) entry = enter(session, cell, t, line, stacks, print);
    json_decref(stacks);
    const char *id = rtk_text(entry, "id");
    bool known = json_is_true(json_object_get(entry, "known"));
    bool seen = json_is_true(json_object_get(entry, "seen"));
    if (!json_object_get(tally->findings, id)) {
        json_object_set_new(tally->findings, id, json_integer(0));
        *(known ? &tally->known : seen ? &tally->seen : &tally->fresh) += 1;
    }
    json_object_set_new(t->findings, id, json_true());
    json_object_set_new(tally->spoke, rtk_text(line, "oracle"), json_true());
}

static json_t *value_or_null(const json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    return value ? json_incref(value) : json_null();
}

static void write_trial(rtk_session *session, const rtk_cell *cell,
                        const trial_lines *t, const json_t *over,
                        const char *status) {
    /* What oracles tell of a trial beside findings. */
    static const char *const told[] = {"cpu_us",
                                       "oracle_us",
                                       "interrupted_calls",
                                       "outcome",
                                       "grade",
                                       "calls_that_set_errno",
                                       "calls_that_raised_flags",
                                       "lock_orders_lost"};
    double ms =
        (double)json_integer_value(json_object_get(over, "elapsed_us")) / 1e3;
    const char *reason = json_string_value(json_object_get(t->end, "reason"));
    json_t *oracles = json_object_get(t->end, "oracles");
    json_t *args = json_object_get(t->begin, "args");
    json_t *conditions = json_object_get(t->begin, "conditions");
    json_t *operations = json_object_get(t->begin, "operations");
    json_t *record = json_pack(
        "{ss ss ss ss ss ss so so so so so so so ss ss ss? sI sI sf so}",
        "record", "trial", "id", t->id, "subject", cell->subject, "scenario",
        cell->scenario, "lane", cell->lane, "plugin", cell->plugin, "args",
        args ? json_incref(args) : json_object(), "conditions",
        conditions ? json_incref(conditions) : json_object(), "operations",
        operations ? json_incref(operations) : json_array(), "workers",
        value_or_null(t->begin, "workers"), "seed",
        value_or_null(t->begin, "seed"), "actors",
        value_or_null(t->begin, "actors"), "perturb",
        value_or_null(t->begin, "perturb"), "start",
        cell->cold ? "cold" : "warm", "status", status, "reason", reason,
        "calls", json_integer_value(json_object_get(t->end, "calls")),
        "overlapping_calls",
        json_integer_value(json_object_get(t->end, "overlapping_calls")),
        "elapsed_ms", ms, "oracles",
        oracles ? json_incref(oracles) : json_array());
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        json_t *value = json_object_get(t->end, told[i]);
        if (value) json_object_set(record, told[i], value);
    }
    json_t *printed = json_object_get(over, "printed");
    if (printed) json_object_set(record, "printed", printed);
    json_t *environment = rtk_target_environment();
    if (environment) json_object_set_new(record, "environment", environment);
    rtk_records_write(session->records, record);
}

static void count_findings(trial_lines *t, rtk_tally *tally) {
    const char *id;
    json_t *one;
    json_object_foreach(t->findings, id, one) {
        json_t *before = json_object_get(tally->findings, id);
        json_object_set_new(tally->findings, id,
                            json_integer(json_integer_value(before) + 1));
    }
    if (json_object_size(t->findings)) tally->refuted++;
}

/* Enter what the trial found, now that all there is to say of it is known. */
static void enter_pending(rtk_session *session, const rtk_cell *cell,
                          trial_lines *t, rtk_tally *tally) {
    size_t i;
    const json_t *line;
    json_array_foreach(t->pending, i, line)
        on_finding(session, cell, t, line, tally);
    json_array_clear(t->pending);
}

/* The words of a trial that ended in a way it did not choose. */
static void on_bad_end(rtk_session *session, const rtk_cell *cell,
                       trial_lines *t, const json_t *over, const char *status,
                       rtk_tally *tally) {
    long long number = json_integer_value(json_object_get(over, "number"));
    if (strcmp(status, "killed") == 0) {
        tally->killed = true;
        snprintf(tally->reason, sizeof tally->reason,
                 "a trial was killed from outside (signal 9; out of memory?)");
    } else if (!json_object_size(t->findings)) {
        bool ended = strcmp(status, "completed") == 0;
        if (ended && t->end) return;
        if (!ended && strcmp(status, "crashed") != 0) return;
        json_t *line = json_pack(
            "{ss ss so so}", "oracle", "crash", "kind",
            ended ? "process ended" : "crash", "summary",
            ended ? json_string("a call ended the process")
                  : json_sprintf("the trial ended with %lld and no report",
                                 number),
            "stacks", json_array());
        on_finding(session, cell, t, line, tally);
        json_decref(line);
    }
}

/* Note which combination of conditions was tried. */
static void note_row(const trial_lines *t, rtk_tally *tally) {
    char row[24];
    snprintf(row, sizeof row, "%lld",
             json_integer_value(json_object_get(t->begin, "row")));
    if (t->begin) json_object_set_new(tally->rows, row, json_true());
    uint64_t of =
        (uint64_t)json_integer_value(json_object_get(t->begin, "rows"));
    if (of > tally->rows_of) tally->rows_of = of;
}

static void on_over(rtk_session *session, const rtk_cell *cell, trial_lines *t,
                    const json_t *over, rtk_tally *tally) {
    const char *status = rtk_text(over, "status");
    const char *reason = json_string_value(json_object_get(t->end, "reason"));
    t->output = json_string_value(json_object_get(over, "output"));
    enter_pending(session, cell, t, tally);
    on_bad_end(session, cell, t, over, status, tally);
    t->output = NULL;
    if (reason) {
        snprintf(tally->reason, sizeof tally->reason, "%s", reason);
        status = "could not run";
    }
    bool tried = !reason && !tally->killed;
    size_t i;
    const json_t *name;
    json_array_foreach(json_object_get(t->end, "oracles"), i, name)
        json_object_set_new(tally->oracles, json_string_value(name),
                            json_true());
    /* The record of each trial that found something, and of the first. */
    if (json_object_size(t->findings) || tally->trials == 0 ||
        strcmp(status, "completed") != 0)
        write_trial(session, cell, t, over, status);
    note_row(t, tally);
    tally->trials += tried;
    tally->calls +=
        (uint64_t)json_integer_value(json_object_get(t->end, "calls"));
    tally->overlapping += (uint64_t)json_integer_value(
        json_object_get(t->end, "overlapping_calls"));
    const json_t *interrupted = json_object_get(t->end, "interrupted_calls");
    tally->interrupts |= interrupted != NULL;
    tally->interrupted += (uint64_t)json_integer_value(interrupted);
    rtk_evidence_add(tally->evidence, t->end);
    count_findings(t, tally);
}

static void clear(trial_lines *t) {
    json_decref(t->begin);
    json_decref(t->end);
    json_decref(t->findings);
    json_decref(t->pending);
    memset(t, 0, sizeof *t);
}

static void next_trial(rtk_session *session, trial_lines *t) {
    clear(t);
    t->findings = json_object();
    t->pending = json_array();
    snprintf(t->id, sizeof t->id, "t%u", ++session->records->trials);
}

/* Handle one line. True: the request is done. */
static bool handle(rtk_session *session, const rtk_cell *cell, trial_lines *t,
                   json_t *line, rtk_tally *tally) {
    const char *raw = rtk_text(line, "raw");
    if (strcmp(raw, "begin") == 0) {
        json_decref(t->begin);
        t->begin = json_incref(line);
    } else if (strcmp(raw, "finding") == 0 || strcmp(raw, "more") == 0) {
        rtk_pieces_add(t->pending, line);
    } else if (strcmp(raw, "trial") == 0) {
        json_decref(t->end);
        t->end = json_incref(line);
    } else if (strcmp(raw, "over") == 0) {
        on_over(session, cell, t, line, tally);
        next_trial(session, t);
    }
    return strcmp(raw, "done") == 0;
}

/* What a lane's sanitizer says of code that was not built for it: it misses
 * the synchronisation, so its alarms are as void as its silence. */
static bool blind(const rtk_lane_servers *l, const json_t *line) {
    return l->why[0] && strcmp(rtk_text(line, "raw"), "finding") == 0 &&
           strcmp(rtk_text(line, "oracle"), l->lane) == 0;
}

rtk_status rtk_cell_run(rtk_session *session, rtk_lane_servers *servers,
                        const rtk_cell *cell, uint64_t seed, uint64_t repeat,
                        unsigned budget_ms, rtk_tally *tally) {
    rtk_server *server;
    rtk_status s = rtk_lane_server(servers, cell->cold, &server);
    json_t *request = json_deep_copy(cell->request);
    json_object_set_new(request, "subject", json_string(cell->subject));
    json_object_set_new(request, "scenario", json_string(cell->scenario));
    json_object_set_new(request, "seed", json_integer((json_int_t)seed));
    json_object_set_new(request, "repeat", json_integer((json_int_t)repeat));
    json_object_set_new(request, "budget_ms", json_integer(budget_ms));
    json_object_set_new(request, "timeout_ms", json_integer(cell->timeout_ms));
    if (json_array_size(session->oracles))
        json_object_set(request, "oracles",
                        (json_t *)(uintptr_t)session->oracles);
    if (!s) s = rtk_server_send(server, request);
    json_decref(request);
    trial_lines t = {0};
    next_trial(session, &t);
    for (bool done = false; !s && !done;) {
        json_t *line;
        s = rtk_server_next(
            server, RTK_SLOW_TIMES * cell->timeout_ms + SLACK_MS, &line);
        if (s) break;
        done = !blind(servers, line) && handle(session, cell, &t, line, tally);
        json_decref(line);
    }
    enter_pending(session, cell, &t, tally); /* if its end was not seen */
    session->records->trials--;              /* the last one was never used */
    clear(&t);
    if (s && s != RTK_ECANCELLED) {
        rtk_server_stop(server);
        snprintf(tally->reason, sizeof tally->reason,
                 s == RTK_EFAILED ? "a trial wrote what is no record"
                                  : "the lane's process was lost");
        tally->killed = true;
    }
    return s;
}

void rtk_tally_init(rtk_tally *tally) {
    memset(tally, 0, sizeof *tally);
    tally->oracles = json_object();
    tally->spoke = json_object();
    tally->findings = json_object();
    tally->evidence = rtk_evidence_new();
    tally->rows = json_object();
}

void rtk_tally_destroy(rtk_tally *tally) {
    json_decref(tally->oracles);
    json_decref(tally->spoke);
    json_decref(tally->findings);
    json_decref(tally->evidence);
    json_decref(tally->rows);
    memset(tally, 0, sizeof *tally);
}
