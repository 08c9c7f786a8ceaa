#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "stress/command.h"
#include "stress/export.h"
#include "stress/record_text.h"
#include "stress/replay.h"
#include "stress/shrink.h"

/* The address names a file of records or its folder: shrunk-f1.jsonl lies
 * beside the records. */
static void place(const rtk_options *o, const rtk_again *again, char *path,
                  size_t room) {
    const char *slash = strrchr(again->path, '/');
    int folder = slash ? (int)(slash - again->path) + 1 : 0;
    if (o->records)
        snprintf(path, room, "%s", o->records);
    else
        snprintf(path, room, "%.*sshrunk-%s.jsonl", folder, again->path,
                 rtk_text(again->finding, "id"));
}

static void print_trial(const rtk_again *again, const json_t *request) {
    static const char *const told[] = {"actors", "operations", "args",
                                       "calls",  "workers",    "conditions",
                                       "perturb"};
    printf("the smallest trial: %s %s %s", rtk_text(again->trial, "subject"),
           rtk_text(again->trial, "scenario"), rtk_text(again->trial, "lane"));
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const json_t *value = json_object_get(request, told[i]);
        char *text =
            value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        if (text) printf(", %s %s", told[i], text);
        free(text);
    }
    putchar('\n');
}

static void print_command(const char *path) {
    json_t *command = rtk_command_replay(path, "f1");
    puts(json_string_value(command));
    json_decref(command);
}

static int shrink(const rtk_options *o, rtk_again *again) {
    char path[4200], sentence[RTK_SENTENCE], rate[300];
    rtk_shrunk shrunk;
    rtk_status s = rtk_shrink(again, o->plan.budget_s, stdout, &shrunk);
    rtk_status wrote = RTK_OK;
    if (shrunk.reproduced) {
        place(o, again, path, sizeof path);
        print_trial(again, shrunk.request);
        wrote = rtk_shrunk_write(&shrunk, again, path, sentence);
        rtk_again_rate(shrunk.seen, shrunk.times, rate, sizeof rate);
        printf("%s\n%s\n", rate,
               shrunk.complete ? "no smaller step is left that keeps it"
                               : "not all steps were tried: more --budget may "
                                 "make it smaller");
        if (!wrote) print_command(path);
    } else if (!s) {
        puts("the trial did not show its finding again, so there is nothing "
             "to shrink");
    }
    bool reproduced = shrunk.reproduced;
    rtk_shrunk_destroy(&shrunk);
    if (s == RTK_ECANCELLED) return RTK_EXIT_SIGNAL + rtk_interrupted();
    if (s) return rtk_fail(RTK_EXIT_NOT_MEASURED, "the lane was lost");
    if (wrote) return rtk_fail(RTK_EXIT_NOT_MEASURED, "%s", sentence);
    return reproduced ? RTK_EXIT_REFUTED : RTK_EXIT_AS_CLAIMED;
}

static int export(const rtk_options *o, const rtk_again *again) {
    char sentence[RTK_SENTENCE];
    rtk_status s = rtk_export(again, o->export_to, o->source, sentence);
    if (s == RTK_EUNSUPPORTED || s == RTK_EINVAL)
        return rtk_fail(RTK_EXIT_USAGE, "%s", sentence);
    if (s) return rtk_fail(RTK_EXIT_NOT_MEASURED, "%s", sentence);
    printf("%s: compile and run it as its first lines say\n", o->export_to);
    return RTK_EXIT_AS_CLAIMED;
}

static int replay(const rtk_options *o, rtk_again *again) {
    char rate[300];
    rtk_replay result;
    rtk_status s = rtk_replay_run(again, o->times, &result);
    if (result.times) {
        rtk_again_rate(result.seen, result.times, rate, sizeof rate);
        printf("%s\n%s\n", rtk_text(again->finding, "summary"), rate);
    }
    if (s == RTK_ECANCELLED) return RTK_EXIT_SIGNAL + rtk_interrupted();
    if (s) return rtk_fail(RTK_EXIT_NOT_MEASURED, "the lane was lost");
    return result.seen ? RTK_EXIT_REFUTED : RTK_EXIT_AS_CLAIMED;
}

int rtk_cmd_replay(rtk_options *options) {
    char sentence[RTK_SENTENCE];
    if (options->words.n != 1)
        return rtk_fail(RTK_EXIT_USAGE,
                        "racetrack replay takes one finding, as RECORDS#f1");
    if (options->shrink && options->export_to)
        return rtk_fail(RTK_EXIT_USAGE,
                        "--shrink and --export are two steps: export the "
                        "finding of the file that --shrink writes");
    /* What a replay writes is of no use later. */
    rtk_records records = {.fd = -1, .failed = RTK_EIO};
    json_t *oracles = rtk_options_oracles(options);
    rtk_session session = {.records = &records,
                           .suppressions = json_array(),
                           .oracles = oracles,
                           .findings = json_object(),
                           .records_name = options->words.name[0]};
    rtk_again again;
    rtk_status s = rtk_again_open(&session, options->bin,
                                  options->words.name[0], &again, sentence);
    int code = s == RTK_ECANCELLED ? RTK_EXIT_SIGNAL + rtk_interrupted()
               : s == RTK_EINVAL   ? rtk_fail(RTK_EXIT_USAGE, "%s", sentence)
               : s ? rtk_fail(RTK_EXIT_NOT_MEASURED, "%s", sentence)
               : options->export_to ? export(options, &again)
               : options->shrink    ? shrink(options, &again)
                                    : replay(options, &again);
    if (!s) rtk_again_close(&again);
    json_decref(oracles);
    json_decref(session.suppressions);
    json_decref(session.findings);
    return code;
}
