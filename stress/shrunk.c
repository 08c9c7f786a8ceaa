/* The records of a trial that was shrunk. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "stress/binomial.h"
#include "stress/command.h"
#include "stress/record_text.h"
#include "stress/shrink.h"

/* The trial as the request has it now. */
static json_t *trial_of(const rtk_shrunk *shrunk, const rtk_again *again) {
    static const char *const changed[] = {
        "args", "workers", "actors", "conditions", "operations", "perturb"};
    json_t *trial = json_deep_copy(again->trial);
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        json_t *value = json_object_get(shrunk->request, changed[i]);
        if (value) json_object_set(trial, changed[i], value);
    }
    json_object_set_new(trial, "id", json_string("t1"));
    json_object_set(trial, "calls_most",
                    json_object_get(shrunk->request, "calls"));
    return trial;
}

static json_t *finding_of(const rtk_again *again, const char *path) {
    json_t *finding = json_deep_copy(again->finding);
    json_object_set_new(finding, "id", json_string("f1"));
    json_object_set_new(finding, "trial", json_string("t1"));
    json_object_set_new(finding, "replay", rtk_command_replay(path, "f1"));
    return finding;
}

static json_t *story_of(const rtk_shrunk *shrunk, const rtk_again *again) {
    unsigned k = shrunk->seen, n = shrunk->times;
    return json_pack(
        "{ss so sO sO sO sb s{si si sf sf}}", "record", "shrunk", "finding",
        json_sprintf("%s#%s", again->path, rtk_text(again->finding, "id")),
        "from", again->request, "to", shrunk->request, "steps", shrunk->steps,
        "complete", shrunk->complete, "rate", "seen", (int)k, "trials", (int)n,
        "low", rtk_binomial_low(k, n, 0.975), "high",
        rtk_binomial_high(k, n, 0.975));
}

rtk_status rtk_shrunk_write(const rtk_shrunk *shrunk, const rtk_again *again,
                            const char *path, char sentence[RTK_SENTENCE]) {
    rtk_records records;
    char beside[4200];
    /* It may be the very file that the trial came from. */
    snprintf(beside, sizeof beside, "%s.%d.tmp", path, getpid());
    rtk_status s = rtk_records_open(&records, ".", beside, sentence);
    if (s) return s;
    rtk_records_write(&records, json_deep_copy(again->run));
    rtk_records_write(&records, trial_of(shrunk, again));
    rtk_records_write(&records, finding_of(again, path));
    rtk_records_write(&records, story_of(shrunk, again));
    rtk_records_end(&records, true, 1, NULL);
    if (!records.failed && rename(beside, path) == 0) return RTK_OK;
    snprintf(sentence, RTK_SENTENCE, "%.400s cannot be written: %s", path,
             strerror(records.failed ? records.failed_errno : errno));
    unlink(beside);
    return RTK_EIO;
}
