#include "cli/run.h"
#include "stress/overhead.h"
#include "stress/selftest.h"

/* How long a fault is looked for, unless told. */
static const double fault_budget_s = 20;

bool rtk_step_selftest(rtk_run *run, const rtk_options *options,
                       const rtk_names *faults) {
    char sentence[RTK_SENTENCE];
    rtk_plan plan = options->plan;
    plan.plugin = options->faults;
    plan.subjects = *faults;
    if (!options->budget_given || !faults->n) plan.budget_s = fault_budget_s;
    rtk_selftest result;
    rtk_status s = rtk_selftest_run(&run->session, &plan, &result, sentence);
    run->detector |= result.missed;
    printf("%u/%u planted faults found, %u/%u sound twins held\n", result.found,
           result.faults, result.held, result.faults);
    fflush(stdout);
    if (!s && !faults->n) {
        plan.plugin = options->plugin;
        s = rtk_overhead_run(&run->session, &plan);
        snprintf(sentence, sizeof sentence,
                 "the cost of a trial could not be measured");
    }
    printf("\n");
    return rtk_run_step(run, s, sentence);
}

int rtk_cmd_selftest(rtk_options *options) {
    rtk_run run;
    char sentence[RTK_SENTENCE];
    options->plan.plugin = options->faults;
    options->plan.subjects = options->words;
    if (rtk_selftest_check(&options->plan, sentence))
        return rtk_fail(RTK_EXIT_USAGE, "%s", sentence);
    int code = rtk_run_begin(&run, options, json_array(), json_array());
    if (code) return code;
    rtk_step_selftest(&run, options, &options->words);
    return rtk_run_end(&run, false);
}
