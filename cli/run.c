#include "cli/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/supervise/symbols.h"
#include "stress/known.h"

int rtk_run_begin(rtk_run *run, const rtk_options *options, json_t *lanes,
                  json_t *libraries) {
    char sentence[RTK_SENTENCE];
    memset(run, 0, sizeof *run);
    rtk_status s =
        rtk_known_load(options->known, &run->session.known, sentence);
    int code = s ? RTK_EXIT_USAGE : RTK_EXIT_AS_CLAIMED;
    if (!s) {
        s = rtk_records_open(&run->records, options->out, options->records,
                             sentence);
        code = s ? RTK_EXIT_NOT_MEASURED : RTK_EXIT_AS_CLAIMED;
    }
    if (s) {
        json_decref(lanes), json_decref(libraries);
        json_decref(run->session.known);
        return rtk_fail(code, "%s", sentence);
    }
    run->session.records = &run->records;
    run->session.findings = json_object();
    run->session.oracles = rtk_options_oracles(options);
    run->session.tell = options->json ? NULL : stdout;
    run->session.records_name = run->records.path;
    char plugin[4096];
    const char *real = realpath(options->plan.plugin, plugin);
    rtk_records_begin(&run->records, options->argc, options->argv,
                      options->plan.seed, real ? real : options->plan.plugin,
                      lanes, libraries);
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
    json_decref(run->session.known);
    json_decref(run->session.findings);
    json_decref((json_t *)(uintptr_t)run->session.oracles);
    rtk_symbols_close();
    return code;
}
