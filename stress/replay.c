#include "stress/replay.h"

#include <string.h>
#include <sys/stat.h>

#include "stress/record_text.h"

enum { TIMEOUT_MS = 20000, HANG_TIMEOUT_MS = 4000 };

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

static rtk_status find(const char *address, json_t **finding, json_t **trial,
                       char sentence[RTK_SENTENCE]) {
    char path[4096];
    const char *id;
    struct stat at;
    if (!split(address, path, sizeof path, &id)) {
        snprintf(sentence, RTK_SENTENCE,
                 "\"%s\" is not the address of a finding; it has the form "
                 "RECORDS#f1",
                 address);
        return RTK_EINVAL;
    }
    if (stat(path, &at) != 0) {
        snprintf(sentence, RTK_SENTENCE, "there are no records in %.400s",
                 path);
        return RTK_EINVAL;
    }
    *finding = rtk_records_find(path, "finding", "id", id);
    *trial = *finding ? rtk_records_find(path, "trial", "id",
                                         rtk_text(*finding, "trial"))
                      : NULL;
    if (*trial) return RTK_OK;
    snprintf(sentence, RTK_SENTENCE, "there is no finding %.40s in %.400s", id,
             path);
    json_decref(*finding);
    return RTK_EINVAL;
}

/* The trial's own arguments, so that nothing is drawn again. */
static json_t *request_of(const json_t *trial) {
    static const char *const same[] = {"args",       "workers",    "actors",
                                       "conditions", "operations", "perturb"};
    json_t *request =
        json_pack("{si si sb}", "trial_ms", 150, "calls", 400, "plain", 1);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        json_t *value = json_object_get(trial, same[i]);
        if (value && !json_is_null(value))
            json_object_set(request, same[i], value);
    }
    return request;
}

static rtk_status repeat(rtk_session *session, rtk_lane_servers *servers,
                         const json_t *finding, const json_t *trial,
                         unsigned times, rtk_replay *result) {
    json_t *request = request_of(trial);
    bool hang = strcmp(rtk_text(finding, "oracle"), "hang") == 0;
    rtk_cell cell = {.subject = rtk_text(trial, "subject"),
                     .scenario = rtk_text(trial, "scenario"),
                     .lane = rtk_text(trial, "lane"),
                     .plugin = rtk_text(trial, "plugin"),
                     .request = request,
                     .cold = strcmp(rtk_text(trial, "start"), "cold") == 0,
                     .timeout_ms = hang ? HANG_TIMEOUT_MS : TIMEOUT_MS};
    uint64_t seed =
        (uint64_t)json_integer_value(json_object_get(trial, "seed"));
    rtk_status s = RTK_OK;
    while (!s && result->times < times) {
        rtk_tally tally;
        rtk_tally_init(&tally);
        s = rtk_cell_run(session, servers, &cell, seed, 1, 0, &tally);
        const json_t *entry = json_object_get(session->findings,
                                              rtk_text(finding, "fingerprint"));
        result->seen +=
            json_object_get(tally.findings, rtk_text(entry, "id")) != NULL;
        result->times++;
        rtk_tally_destroy(&tally);
    }
    json_decref(request);
    return s;
}

rtk_status rtk_replay_run(rtk_session *session, const char *runners,
                          const char *address, unsigned times,
                          rtk_replay *result, char sentence[RTK_SENTENCE]) {
    json_t *finding = NULL, *trial = NULL;
    rtk_lane_servers servers;
    *result = (rtk_replay){0};
    rtk_status s = find(address, &finding, &trial, sentence);
    if (s) return s;
    snprintf(result->summary, sizeof result->summary, "%s",
             rtk_text(finding, "summary"));
    s = rtk_lane_open(&servers, runners, rtk_text(trial, "plugin"),
                      rtk_text(trial, "lane"), sentence);
    if (!s) {
        s = repeat(session, &servers, finding, trial, times, result);
        rtk_lane_close(&servers);
    }
    json_decref(finding);
    json_decref(trial);
    return s;
}
