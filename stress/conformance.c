#include "stress/conformance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/progress.h"
#include "stress/again.h"
#include "stress/record_text.h"
#include "stress/scenario.h"
#include "stress/target.h"

enum { REPLAYS = 5, SLOW_REPLAYS = 2, SHOWN = 3, NAMES_ROOM = 200 };
enum { CELL_LEAST_MS = 200 };

/* More threads than there are CPUs. */
static const char many[] = "8";

static const struct {
    const char *interface, *name, *package, *path;
} flavours[] = {
#define RTK_FLAVOUR(interface, name, package, path)                            \
    {interface, name, package, path},
#include "stress/conformance.def"
};

static const struct {
    const char *interface, *title, *subject, *scenarios, *condition, *variables,
        *forbidden;
} uses[] = {
#define RTK_USE(interface, title, subject, scenarios, condition, variables,    \
                forbidden)                                                     \
    {interface, title, subject, scenarios, condition, variables, forbidden},
#include "stress/conformance.def"
};

enum {
    FLAVOURS = sizeof flavours / sizeof *flavours,
    USES = sizeof uses / sizeof *uses
};

/* Where Debian puts the libraries of this machine's kind. */
#if defined(__aarch64__)
#define FOLDER "/usr/lib/aarch64-linux-gnu"
#else
#define FOLDER "/usr/lib/x86_64-linux-gnu"
#endif

/* What the package manager says, or "". */
static void version_of(const char *package, char *text, size_t room) {
    char command[200];
    snprintf(command, sizeof command,
             "dpkg-query -W -f '${Version}' %s 2>/dev/null", package);
    text[0] = 0;
    FILE *said = popen(command, "re");
    if (!said) return;
    if (!fgets(text, (int)room, said)) text[0] = 0;
    pclose(said);
}

json_t *rtk_conformance_known(void) {
    json_t *list = json_array();
    for (size_t i = 0; i < FLAVOURS; i++) {
        char path[512], version[80];
        snprintf(path, sizeof path, "%s/%s", FOLDER, flavours[i].path);
        version_of(flavours[i].package, version, sizeof version);
        json_array_append_new(
            list,
            json_pack("{ss ss ss ss ss sb}", "interface", flavours[i].interface,
                      "name", flavours[i].name, "package", flavours[i].package,
                      "version", version, "path", path, "installed",
                      access(path, R_OK) == 0));
    }
    return list;
}

json_t *rtk_conformance_given(const char *interface, const char *path) {
    const char *slash = strrchr(path, '/');
    return json_pack("{ss ss ss sb}", "interface", interface, "name",
                     slash ? slash + 1 : path, "path", path, "installed",
                     access(path, R_OK) == 0);
}

/* ---- One cell -------------------------------------------------------------
 */

/* A matrix while it is made. */
typedef struct making {
    rtk_session *session;
    const rtk_plan *base;
    rtk_plan plan;     /* of the present cell */
    rtk_target target; /* the present library */
    uint64_t start_ns, cells, done;
    unsigned *refuted;
} making;

/* The words of a list with spaces, kept in `room`. */
static void split(const char *list, char room[NAMES_ROOM], rtk_names *names) {
    char *rest = NULL;
    snprintf(room, NAMES_ROOM, "%s", list ? list : "");
    names->n = 0;
    for (char *word = strtok_r(room, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest))
        names->name[names->n++] = word;
}

static void set_variables(const char *list) {
    char room[NAMES_ROOM];
    rtk_names names;
    split(list, room, &names);
    for (size_t i = 0; i < names.n; i++) setenv(names.name[i], many, 1);
}

/* Told by the time that passed alone: it may be stuck, or very slow. */
static bool slow(const json_t *finding) {
    return strcmp(rtk_text(finding, "oracle"), "hang") == 0 &&
           strcmp(rtk_text(finding, "kind"), "all threads are blocked") != 0;
}

static bool all_slow(const json_t *findings) {
    size_t i;
    const json_t *finding;
    json_array_foreach(findings, i, finding) if (!slow(finding)) return false;
    return json_array_size(findings) > 0;
}

/* How often a finding shows again: seen of times. */
static void replay(const making *m, const char *address, json_t *finding) {
    char sentence[RTK_SENTENCE];
    rtk_records nowhere = {.fd = -1, .failed = RTK_EIO};
    rtk_session session = {.records = &nowhere,
                           .suppressions = json_array(),
                           .findings = json_object(),
                           .records_name = address};
    rtk_again again;
    unsigned seen = 0, times = 0;
    rtk_status s =
        rtk_again_open(&session, m->base->runners, address, &again, sentence);
    bool opened = !s;
    bool hangs = strcmp(rtk_text(finding, "oracle"), "hang") == 0;
    unsigned most = hangs ? SLOW_REPLAYS : REPLAYS;
    for (bool shown; !s && times < most; times += !s) {
        s = rtk_again_try(&again, again.request, &shown);
        seen += !s && shown;
    }
    if (opened) {
        json_object_set(finding, "seed", json_object_get(again.trial, "seed"));
        rtk_again_close(&again);
    }
    json_object_set_new(finding, "seen", json_integer(seen));
    json_object_set_new(finding, "times", json_integer(times));
    json_decref(session.suppressions);
    json_decref(session.findings);
}

/* The same trial for who has no records of this run. */
static json_t *command_for(const making *m, const json_t *verdict,
                           const json_t *finding) {
    return rtk_command_stress(
        &m->plan, rtk_text(verdict, "subject"), rtk_text(verdict, "scenario"),
        rtk_text(verdict, "lane"),
        (uint64_t)json_integer_value(json_object_get(finding, "seed")));
}

/* Whether another scenario of the cell has shown it already. */
static bool listed(const json_t *list, const char *id) {
    size_t i;
    const json_t *finding;
    json_array_foreach(list, i, finding) if (strcmp(rtk_text(finding, "id"),
                                                    id) == 0) return true;
    return false;
}

/* The findings of `verdict`, with their evidence, appended to `list`. */
static void gather(const making *m, const json_t *verdict, json_t *list) {
    const char *path = m->session->records->path;
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(verdict, "findings"), i, one) {
        char address[4200];
        const char *id = rtk_text(one, "id");
        if (listed(list, id)) continue;
        json_t *record = rtk_records_find(path, "finding", "id", id);
        snprintf(address, sizeof address, "%s#%s", path, id);
        json_t *finding = json_pack(
            "{ss ss ss ss ss ss sO sO}", "id", id, "address", address,
            "scenario", rtk_text(verdict, "scenario"), "oracle",
            rtk_text(record, "oracle"), "kind", rtk_text(record, "kind"),
            "summary", rtk_text(record, "summary"), "trials",
            json_object_get(one, "trials"), "of",
            json_object_get(verdict, "trials"));
        if (json_array_size(list) < SHOWN && !slow(finding))
            replay(m, address, finding);
        json_object_set_new(finding, "replay",
                            command_for(m, verdict, finding));
        json_array_append_new(list, finding);
        json_decref(record);
    }
}

/* The verdict of a cell from those of its scenarios: the worst that is one. */
static const char *worst(const json_t *verdicts, json_t *cell) {
    static const char *const order[] = {"refuted", "as claimed", "inconclusive",
                                        "could not run", "not claimed"};
    double missed = 0;
    json_int_t trials = 0;
    size_t rank = 4, i;
    const json_t *v;
    json_array_foreach(verdicts, i, v) {
        size_t k = 0;
        while (k < 4 && strcmp(order[k], rtk_text(v, "verdict")) != 0) k++;
        trials += json_integer_value(json_object_get(v, "trials"));
        missed =
            fmax(missed, json_number_value(json_object_get(v, "missed_rate")));
        if (k > rank) continue;
        rank = k;
        json_object_set(cell, "reason", json_object_get(v, "reason"));
    }
    json_object_set_new(cell, "trials", json_integer(trials));
    json_object_set_new(cell, "missed_rate", json_real(missed));
    return order[rank];
}

static unsigned share_ms(const making *m) {
    double used = (double)(rtk_clock_ns() - m->start_ns) / 1e6;
    double left = m->base->budget_s * 1000 - used;
    double share = left / (double)(m->cells - m->done);
    unsigned least = CELL_LEAST_MS;
    return share > least ? (unsigned)share : least;
}

/* A plug-in leaves out subjects for which its library has no function. */
static void give_up(json_t *cell, const char *sentence) {
    bool missing = strncmp(sentence, "there is no subject", 19) == 0;
    json_object_set_new(cell, "verdict",
                        json_string(missing ? "not claimed" : "could not run"));
    json_object_set_new(cell, "reason",
                        json_string(missing
                                        ? "the library has no function for this"
                                        : sentence));
    json_object_set_new(cell, "findings", json_array());
}

static rtk_status try_use(making *m, size_t use, json_t *cell) {
    char sentence[RTK_SENTENCE] = "", room[NAMES_ROOM];
    rtk_names lanes;
    json_t *libraries = NULL;
    rtk_campaign campaign = {0};
    m->plan.subjects = (rtk_names){{uses[use].subject}, 1};
    m->plan.conditions = (rtk_names){{uses[use].condition}, 1};
    split(uses[use].scenarios, room, &m->plan.scenarios);
    m->plan.budget_s = share_ms(m) / 1000.0;
    /* A finding of this cell is one, whatever was found in others. */
    json_object_clear(m->session->findings);
    rtk_status s = rtk_plan_check(&m->plan, &lanes, &libraries, sentence);
    if (s) {
        give_up(cell, sentence);
        return s == RTK_ECANCELLED ? s : RTK_OK;
    }
    s = rtk_campaign_run(m->session, &m->plan, &lanes, &campaign);
    json_object_set_new(cell, "verdict",
                        json_string(worst(campaign.verdicts, cell)));
    json_t *findings = json_array();
    size_t i;
    const json_t *v;
    json_array_foreach(campaign.verdicts, i, v) if (s != RTK_ECANCELLED)
        gather(m, v, findings);
    json_object_set_new(cell, "findings", findings);
    if (all_slow(findings))
        json_object_set_new(cell, "verdict", json_string("no progress"));
    rtk_campaign_destroy(&campaign);
    json_decref(libraries);
    return s;
}

static rtk_status make_cell(making *m, const json_t *library, size_t use,
                            json_t *cells) {
    json_t *cell = json_pack(
        "{ss ss ss ss?}", "use", uses[use].title, "subject", uses[use].subject,
        "scenarios", uses[use].scenarios, "forbidden", uses[use].forbidden);
    json_array_append_new(cells, cell);
    rtk_progress(m->base->progress, m->done, m->cells, m->start_ns, "%s, %s",
                 rtk_text(library, "name"), uses[use].title);
    json_t *before = rtk_target_environment();
    set_variables(uses[use].variables);
    rtk_status s = try_use(m, use, cell);
    rtk_target_restore(before);
    json_decref(before);
    m->done++;
    bool refuted = strcmp(rtk_text(cell, "verdict"), "refuted") == 0;
    if (refuted && !uses[use].forbidden) ++*m->refuted;
    return s;
}

/* ---- One library ------------------------------------------------------------
 */

/* What it says of itself, asked in a process of its own. */
static rtk_status ask(making *m, json_t *library, char *sentence) {
    rtk_lane_servers servers;
    const char *lane = m->plan.lanes.name[0];
    rtk_status s = rtk_lane_open(&servers, m->base->runners, m->plan.plugin,
                                 lane, sentence);
    if (s) return s;
    size_t i;
    const json_t *said;
    json_array_foreach(json_object_get(servers.hello, "libraries"), i, said)
        json_object_set(library,
                        strcmp(rtk_text(said, "name"), "library") == 0
                            ? "loaded"
                            : rtk_text(said, "name"),
                        json_object_get(said, "value"));
    rtk_lane_close(&servers);
    return RTK_OK;
}

static rtk_status make_row(making *m, json_t *library) {
    char sentence[RTK_SENTENCE] = "";
    json_t *cells = json_array();
    json_object_set_new(library, "cells", cells);
    m->plan = *m->base;
    rtk_target_take(&m->target, &m->plan, rtk_text(library, "interface"),
                    rtk_text(library, "path"));
    rtk_status s = ask(m, library, sentence);
    if (s) json_object_set_new(library, "refused", json_string(sentence));
    if (s == RTK_ECANCELLED) return s;
    const char *interface = rtk_text(library, "interface");
    rtk_status going = RTK_OK;
    for (size_t i = 0; !going && i < USES; i++) {
        if (strcmp(uses[i].interface, interface) != 0) continue;
        if (s)
            m->done++;
        else
            going = make_cell(m, library, i, cells);
    }
    return going;
}

static bool installed(const json_t *library) {
    return json_is_true(json_object_get(library, "installed"));
}

rtk_status rtk_conformance_run(rtk_session *session, const rtk_plan *plan,
                               json_t *libraries, unsigned *refuted) {
    making m = {.session = session,
                .base = plan,
                .start_ns = rtk_clock_ns(),
                .refuted = refuted};
    rtk_status s = RTK_OK;
    size_t i;
    json_t *library;
    *refuted = 0;
    json_array_foreach(libraries, i, library) for (size_t u = 0; u < USES; u++)
        m.cells +=
        installed(library) &&
        strcmp(uses[u].interface, rtk_text(library, "interface")) == 0;
    json_array_foreach(libraries, i, library) {
        if (!installed(library) || s) continue;
        s = make_row(&m, library);
    }
    rtk_progress_clear(plan->progress);
    return s;
}
