#include <string.h>
#include <unistd.h>

#include "cli/info.h"
#include "cli/options.h"
#include "kernels/workers/workers.h"

/* How long is measured, unless told. */
static const double calibrate_s = 4;

static bool program_given(const rtk_options *o) {
    return o->program && o->program[0];
}

/* What does not go together, in one sentence. */
static bool consistent(const rtk_options *o) {
    const char *wrong = NULL;
    if (o->words.n)
        wrong =
            "a program is given after --, as in racetrack info -- ./program";
    else if (o->program && !o->program[0])
        wrong = "after -- a program is missing";
    else if (program_given(o) && o->loads.n)
        wrong = "--load and a program are looked at one at a time";
    else if (o->calibrate && (program_given(o) || o->loads.n))
        wrong = "--calibrate measures this machine, and takes no --load and no "
                "program";
    else if (o->budget_given && !o->calibrate)
        wrong = "--budget is the time for --calibrate";
    else if (o->timeout_given && !o->loads.n)
        wrong = "--timeout is the time for --load";
    else if (o->callers && !program_given(o) && !o->loads.n)
        wrong = "--callers tells who calls the pools of --load or of a program";
    if (wrong) rtk_fail(RTK_EXIT_USAGE, "%s; see racetrack info --help", wrong);
    return !wrong;
}

static int code_of(rtk_status s, const char *sentence) {
    if (rtk_interrupted()) {
        rtk_fail(0, "%s",
                 !s ? "interrupted; told is what was seen until then"
                 : s == RTK_ECANCELLED ? "interrupted"
                                       : sentence);
        return RTK_EXIT_SIGNAL + rtk_interrupted();
    }
    return s ? rtk_fail(RTK_EXIT_NOT_MEASURED, "%s", sentence)
             : RTK_EXIT_AS_CLAIMED;
}

/* The libraries or the program, into the document. */
static int look(const rtk_options *o, json_t *document) {
    char probe[4200], sentence[RTK_INFO_SENTENCE] = "";
    snprintf(probe, sizeof probe, "%s/%s", o->bin, RTK_PROBE);
    rtk_info_target target = {.argv = o->program,
                              .loads = o->loads.name,
                              .n_loads = o->loads.n,
                              .probe = probe,
                              .timeout_ms = o->plan.timeout_ms};
    json_t *result = NULL;
    if (o->program && access(probe, R_OK))
        return rtk_fail(RTK_EXIT_NOT_MEASURED,
                        "%s, which is preloaded into the program, is not there",
                        probe);
    rtk_status s = o->program ? rtk_info_run(&target, &result, sentence)
                              : rtk_info_load(&target, &result, sentence);
    if (result) {
        rtk_info_estimate(result, rtk_cpus_usable(), o->callers);
        json_object_set_new(document, "target", result);
    }
    return code_of(s, sentence);
}

static int calibrate(const rtk_options *o, json_t *document) {
    char sentence[RTK_INFO_SENTENCE] = "";
    json_t *result = NULL;
    rtk_status s = rtk_info_calibrate(
        o->budget_given ? o->plan.budget_s : calibrate_s, &result, sentence);
    if (result) json_object_set_new(document, "calibration", result);
    return code_of(s, sentence);
}

static json_t *about_here(void) {
    return json_pack("{ss so s{sI sI} so sn}", "racetrack", RTK_VERSION, "cpus",
                     rtk_info_cpus(), "workers", "default",
                     (json_int_t)rtk_workers_default(), "all",
                     (json_int_t)rtk_cpus_usable(), "variables",
                     rtk_info_variables(), "target");
}

static void put(const rtk_options *o, const json_t *document, FILE *to) {
    if (o->json) {
        json_dumpf(document, to, JSON_INDENT(2));
        fputc('\n', to);
    } else {
        rtk_info_print(document, to);
    }
}

static int put_somewhere(const rtk_options *o, const json_t *document) {
    /* What the standard output takes is looked at when all is done. */
    if (!o->output) return put(o, document, stdout), RTK_EXIT_AS_CLAIMED;
    FILE *to = fopen(o->output, "w");
    bool failed = !to;
    if (to) {
        put(o, document, to);
        failed = ferror(to);
        failed |= fclose(to) != 0;
    }
    if (!failed) return RTK_EXIT_AS_CLAIMED;
    return rtk_fail(RTK_EXIT_NOT_MEASURED, "%s cannot be written", o->output);
}

int rtk_cmd_info(rtk_options *options) {
    if (!consistent(options)) return RTK_EXIT_USAGE;
    json_t *document = about_here();
    int code = RTK_EXIT_AS_CLAIMED;
    if (options->calibrate) code = calibrate(options, document);
    if (program_given(options) || options->loads.n)
        code = look(options, document);
    /* Half a document is none, but a program's end is worth telling. */
    if (code == RTK_EXIT_AS_CLAIMED ||
        json_is_object(json_object_get(document, "target"))) {
        int written = put_somewhere(options, document);
        if (code == RTK_EXIT_AS_CLAIMED) code = written;
    }
    json_decref(document);
    return code;
}
