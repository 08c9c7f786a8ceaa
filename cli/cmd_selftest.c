#include "cli/run.h"
#include "stress/overhead.h"
#include "stress/power.h"
#include "stress/selftest.h"

/* How long a fault is looked for, unless told: once; in a gate; and from each
 * of the seeds that its power is measured with, of which there are so many. */
static const double fault_budget_s = 20, canary_budget_s = 5,
                    power_budget_s = 10, quick_budget_s = 5;
enum { POWER_SEEDS = 20, QUICK_SEEDS = 5 };

static rtk_status try_once(rtk_run *run, const rtk_plan *plan, bool canary,
                           char sentence[RTK_SENTENCE]) {
    rtk_selftest result;
    rtk_status s =
        rtk_selftest_run(&run->session, plan, canary, &result, sentence);
    run->detector |= result.missed;
    printf("%u/%u planted faults found, %u/%u sound twins held\n", result.found,
           result.faults, result.held, result.faults);
    fflush(stdout);
    return s;
}

static rtk_status measure(rtk_run *run, const rtk_options *options,
                          rtk_plan *plan, char sentence[RTK_SENTENCE]) {
    rtk_power power;
    unsigned seeds = options->quick ? QUICK_SEEDS : POWER_SEEDS;
    if (options->seeds) seeds = options->seeds;
    rtk_status s = rtk_power_run(&run->session, plan, seeds, &power, sentence);
    run->detector |= power.found < power.faults || power.accused;
    return s;
}

bool rtk_step_canary(rtk_run *run, const rtk_options *options) {
    char sentence[RTK_SENTENCE];
    rtk_plan plan = options->plan;
    plan.plugin = options->faults;
    plan.subjects = (rtk_names){0};
    plan.budget_s = canary_budget_s;
    rtk_status s = try_once(run, &plan, true, sentence);
    printf("\n");
    return rtk_run_step(run, s, sentence);
}

bool rtk_step_power(rtk_run *run, const rtk_options *options) {
    char sentence[RTK_SENTENCE];
    rtk_plan plan = options->plan;
    plan.plugin = options->faults;
    plan.subjects = (rtk_names){0};
    plan.budget_s = power_budget_s;
    rtk_status s = measure(run, options, &plan, sentence);
    printf("\n");
    return rtk_run_step(run, s, sentence);
}

static rtk_status tell_cost(rtk_run *run, const rtk_options *options,
                            char sentence[RTK_SENTENCE]) {
    rtk_plan plan = options->plan;
    plan.plugin = options->plugin;
    snprintf(sentence, RTK_SENTENCE,
             "the cost of a trial could not be measured");
    return rtk_overhead_run(&run->session, &plan);
}

static bool step(rtk_run *run, const rtk_options *options) {
    char sentence[RTK_SENTENCE];
    rtk_plan plan = options->plan;
    if (options->power) {
        if (!options->budget_given)
            plan.budget_s = options->quick ? quick_budget_s : power_budget_s;
        return rtk_run_step(run, measure(run, options, &plan, sentence),
                            sentence);
    }
    if (options->cost)
        return rtk_run_step(run, tell_cost(run, options, sentence), sentence);
    if (!options->budget_given) plan.budget_s = fault_budget_s;
    rtk_status s = try_once(run, &plan, false, sentence);
    if (!s && !options->words.n) s = tell_cost(run, options, sentence);
    printf("\n");
    return rtk_run_step(run, s, sentence);
}

int rtk_cmd_selftest(rtk_options *options) {
    rtk_run run;
    char sentence[RTK_SENTENCE];
    options->plan.plugin = options->faults;
    options->plan.subjects = options->words;
    if (rtk_faults_check(&options->words, sentence))
        return rtk_fail(RTK_EXIT_USAGE, "%s", sentence);
    if (!options->power && (options->seeds || options->quick))
        return rtk_fail(RTK_EXIT_USAGE,
                        "--%s is for selftest --power, which measures how "
                        "often each fault is found",
                        options->seeds ? "seeds" : "quick");
    int code = rtk_run_begin(&run, options, json_array(), json_array());
    if (code) return code;
    step(&run, options);
    return rtk_run_end(&run, false);
}
