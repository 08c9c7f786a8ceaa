#include "cli/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/supervise/symbols.h"
#include "stress/base.h"
#include "stress/record_text.h"
#include "stress/suppressions.h"

/* Say what the run is held against. */
static void tell_base(const json_t *card) {
    size_t i;
    const json_t *sentence;
    if (!json_is_object(card)) return;
    printf("base: run %s with %lld findings\n", rtk_text(card, "run"),
           (long long)json_integer_value(json_object_get(card, "findings")));
    json_array_foreach(json_object_get(card, "unlike"), i, sentence)
        printf("unlike the base: %s\n", json_string_value(sentence));
}

int rtk_run_begin(rtk_run *run, const rtk_options *options, json_t *lanes,
                  json_t *libraries) {
    char sentence[RTK_SENTENCE];
    memset(run, 0, sizeof *run);
    rtk_status s =
        rtk_suppressions_load(options->suppressions, rtk_suppressions_today(),
                              &run->session.suppressions, sentence);
    /* Before the records: the base may be what they take the place of. */
    if (!s && options->base)
        s = rtk_base_load(options->base, &run->session.base, sentence);
    int code = s ? RTK_EXIT_USAGE : RTK_EXIT_AS_CLAIMED;
    if (!s) {
        s = rtk_records_open(&run->records, options->out, options->records,
                             sentence);
        code = s ? RTK_EXIT_NOT_MEASURED : RTK_EXIT_AS_CLAIMED;
    }
    if (s) {
        json_decref(lanes), json_decref(libraries);
        json_decref(run->session.suppressions);
        json_decref(run->session.base);
        return rtk_fail(code, "%s", sentence);
    }
    run->session.records = &run->records;
    run->session.findings = json_object();
    run->session.oracles = rtk_options_oracles(options);
    run->session.tell = options->json ? NULL : stdout;
    run->session.records_name = run->records.path;
    char plugin[4096];
    const char *real = realpath(options->plan.plugin, plugin);
    if (!real) real = options->plan.plugin;
    json_t *card = rtk_base_card(run->session.base, real, lanes, libraries);
    if (!options->json) tell_base(card);
    rtk_records_begin(&run->records, options->argc, options->argv,
                      options->plan.seed, real, lanes, libraries, card);
    return code;
}

bool rtk_run_step(rtk_run *run, rtk_status status, const char *sentence) {
    if (rtk_interrupted()) status = RTK_ECANCELLED;
    if (!status && !run->records.failed) return true;
    if (status == RTK_ECANCELLED) {
        run->reason = "interrupted";
    } else if (run->records.failed) {
        run->not_measured = true;
        run->reason = "records could not be written";
    } else {
        run->not_measured = true;
        run->reason = "a step could not be run";
        rtk_fail(0, "%s", sentence);
    }
    return false;
}

int rtk_run_end(rtk_run *run, bool strict) {
    int signal_number = rtk_interrupted();
    int code = signal_number   ? RTK_EXIT_SIGNAL + signal_number
               : run->detector ? RTK_EXIT_DETECTOR
               : run->refuted || run->session.fresh ? RTK_EXIT_REFUTED
               : run->not_measured || (strict && run->inconclusive)
                   ? RTK_EXIT_NOT_MEASURED
                   : RTK_EXIT_AS_CLAIMED;
    rtk_records_end(&run->records, !run->reason, code, run->reason);
    if (run->records.failed) {
        if (!signal_number)
            code = code == RTK_EXIT_AS_CLAIMED ? RTK_EXIT_NOT_MEASURED : code;
        rtk_fail(code,
                 "records could not be written to %s: %s; what stands "
                 "there is kept",
                 run->records.path, strerror(run->records.failed_errno));
    } else if (signal_number) {
        rtk_fail(code, "interrupted; the results so far are in %s",
                 run->records.path);
    }
    json_decref(run->session.suppressions);
    json_decref(run->session.base);
    json_decref(run->session.findings);
    json_decref((json_t *)(uintptr_t)run->session.oracles);
    rtk_symbols_close();
    return code;
}
