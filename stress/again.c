#include "stress/again.h"

#include <string.h>
#include <sys/stat.h>

#include "stress/binomial.h"
#include "stress/record_text.h"
#include "stress/target.h"

enum { TIMEOUT_MS = 20000, HANG_TIMEOUT_MS = 4000, TRIAL_MS = 150 };
enum { CALLS = 400 };

/* Split FILE#ID; a folder means its records.jsonl. */
static bool split(const char *address, char *path, size_t room,
                  const char **id) {
    const char *hash = strrchr(address, '#');
    struct stat at;
    if (!hash || (size_t)(hash - address) >= room) return false;
    snprintf(path, room, "%.*s", (int)(hash - address), address);
    *id = hash + 1;
    if (stat(path, &at) == 0 && S_ISDIR(at.st_mode)) {
        size_t used = strlen(path);
        snprintf(path + used, room - used, "/records.jsonl");
    }
    return true;
}

static rtk_status find(rtk_again *a, const char *address,
                       char sentence[RTK_SENTENCE]) {
    const char *id;
    struct stat at;
    if (!split(address, a->path, sizeof a->path, &id)) {
        snprintf(sentence, RTK_SENTENCE,
                 "\"%s\" is not the address of a finding; it has the form "
                 "RECORDS#f1",
                 address);
        return RTK_EINVAL;
    }
    if (stat(a->path, &at) != 0) {
        snprintf(sentence, RTK_SENTENCE, "there are no records in %.400s",
                 a->path);
        return RTK_EINVAL;
    }
    a->finding = rtk_records_find(a->path, "finding", "id", id);
    if (a->finding)
        a->trial = rtk_records_find(a->path, "trial", "id",
                                    rtk_text(a->finding, "trial"));
    a->run = rtk_records_find(a->path, "run", "", "");
    if (a->trial) return RTK_OK;
    snprintf(sentence, RTK_SENTENCE, "there is no finding %.40s in %.400s", id,
             a->path);
    return RTK_EINVAL;
}

/* The trial's own arguments, so that nothing is drawn again. */
static json_t *request_of(const json_t *trial) {
    static const char *const same[] = {"args",       "workers",    "actors",
                                       "conditions", "operations", "perturb"};
    json_int_t calls = json_integer_value(json_object_get(trial, "calls_most"));
    json_t *request = json_pack("{si sI sb}", "trial_ms", TRIAL_MS, "calls",
                                calls ? calls : CALLS, "plain", 1);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        json_t *value = json_object_get(trial, same[i]);
        if (value && !json_is_null(value))
            json_object_set(request, same[i], value);
    }
    return request;
}

static void release(rtk_again *a) {
    json_decref(a->run);
    json_decref(a->finding);
    json_decref(a->trial);
    json_decref(a->request);
}

rtk_status rtk_again_open(rtk_session *session, const char *runners,
                          const char *address, rtk_again *again,
                          char sentence[RTK_SENTENCE]) {
    rtk_again a = {.session = session};
    rtk_status s = find(&a, address, sentence);
    if (!s) a.request = request_of(a.trial);
    /* The library that the plug-in works on is the trial's. */
    if (!s) rtk_target_restore(json_object_get(a.trial, "environment"));
    if (!s)
        s = rtk_lane_open(&a.servers, runners, rtk_text(a.trial, "plugin"),
                          rtk_text(a.trial, "lane"), sentence);
    if (s)
        release(&a);
    else
        *again = a;
    return s;
}

rtk_status rtk_again_try(rtk_again *again, json_t *request, bool *seen) {
    const json_t *trial = again->trial;
    bool hang = strcmp(rtk_text(again->finding, "oracle"), "hang") == 0;
    rtk_cell cell = {.subject = rtk_text(trial, "subject"),
                     .scenario = rtk_text(trial, "scenario"),
                     .lane = rtk_text(trial, "lane"),
                     .plugin = rtk_text(trial, "plugin"),
                     .request = request,
                     .cold = strcmp(rtk_text(trial, "start"), "cold") == 0,
                     .timeout_ms = hang ? HANG_TIMEOUT_MS : TIMEOUT_MS};
    uint64_t seed =
        (uint64_t)json_integer_value(json_object_get(trial, "seed"));
    rtk_session *session = again->session;
    rtk_tally tally;
    rtk_tally_init(&tally);
    rtk_status s =
        rtk_cell_run(session, &again->servers, &cell, seed, 1, 0, &tally);
    const json_t *entry = json_object_get(
        session->findings, rtk_text(again->finding, "fingerprint"));
    if (!s)
        *seen = json_object_get(tally.findings, rtk_text(entry, "id")) != NULL;
    rtk_tally_destroy(&tally);
    return s;
}

void rtk_again_close(rtk_again *again) {
    rtk_lane_close(&again->servers);
    release(again);
    memset(again, 0, sizeof *again);
}

void rtk_again_rate(unsigned seen, unsigned times, char *text, size_t room) {
    double low = rtk_binomial_low(seen, times, 0.975);
    double high = rtk_binomial_high(seen, times, 0.975);
    snprintf(text, room,
             "seen again in %u of %u trials with the same seed (%.0f %%; 95 %% "
             "interval of the rate: %.0f %% to %.0f %%)%s",
             seen, times, times ? 100.0 * seen / times : 0, 100 * low,
             100 * high,
             seen == 0       ? ": not reproduced"
             : seen == times ? ""
                             : ": flaky, it depends on timing too");
}
