#include <stdio.h>
#include <string.h>

#include "cli/run.h"

/* The tiers: the budget that stress and sweep share, which the canary comes on
 * top of; that of the comparison, beside what building takes; and whether the
 * power of the whole catalogue is measured as well. */
static const struct {
    const char *name;
    double budget_s, compare_s;
    bool power;
} tiers[] = {{"pr", 150, 120, false},
             {"merge", 840, 300, false},
             {"nightly", 7200, 600, true}};

/* How much of the budget is for stress. */
static const double stress_share = 0.75;

static void say_verdict(int code, const char *html) {
    const char *verdict = code == RTK_EXIT_AS_CLAIMED ? "as claimed"
                          : code == RTK_EXIT_REFUTED  ? "REFUTED"
                          : code == RTK_EXIT_DETECTOR
                              ? "a detector missed its planted fault: no pass "
                                "counts"
                          : code == RTK_EXIT_NOT_MEASURED ? "could not measure"
                                                          : "interrupted";
    printf("verdict: %s (exit code %d); %s\n", verdict, code, html);
}

static int begin(rtk_run *run, rtk_options *options, rtk_names *lanes) {
    char sentence[RTK_SENTENCE] = "";
    json_t *libraries, *names = json_array();
    rtk_status s = rtk_plan_check(&options->plan, lanes, &libraries, sentence);
    if (s == RTK_ECANCELLED) return RTK_EXIT_SIGNAL + rtk_interrupted();
    if (s)
        return rtk_fail(s == RTK_EIO ? RTK_EXIT_NOT_MEASURED : RTK_EXIT_USAGE,
                        "%s", sentence);
    if (sentence[0]) rtk_fail(0, "a lane is left out: %s", sentence);
    for (size_t i = 0; i < lanes->n; i++)
        json_array_append_new(names, json_string(lanes->name[i]));
    return rtk_run_begin(run, options, names, libraries);
}

/* The tier that was asked for; the first unless told. */
static bool find_tier(const rtk_options *options, size_t *tier) {
    size_t n = sizeof tiers / sizeof *tiers;
    *tier = 0;
    while (options->tier && *tier < n &&
           strcmp(tiers[*tier].name, options->tier) != 0)
        ++*tier;
    if (*tier < n) return true;
    rtk_fail(RTK_EXIT_USAGE,
             "--tier does not take \"%s\"; it takes pr, merge or nightly",
             options->tier);
    return false;
}

int rtk_cmd_gate(rtk_options *options) {
    size_t tier;
    char html[4200], markdown[4200], junit[4200], sarif[4200];
    rtk_names lanes;
    rtk_run run;
    if (!find_tier(options, &tier)) return RTK_EXIT_USAGE;
    double budget =
        options->budget_given ? options->plan.budget_s : tiers[tier].budget_s;
    options->plan.budget_s = budget * stress_share;
    options->plan.subjects = options->words;
    int code = begin(&run, options, &lanes);
    if (code) return code;
    if (rtk_step_canary(&run, options) &&
        rtk_step_stress(&run, options, &lanes) &&
        rtk_step_bench(&run, options, budget * (1 - stress_share)) &&
        rtk_step_compare(&run, options, tiers[tier].compare_s) &&
        tiers[tier].power)
        rtk_step_power(&run, options);
    code = rtk_run_end(&run, options->strict);
    snprintf(html, sizeof html, "%s/report.html", options->out);
    snprintf(markdown, sizeof markdown, "%s/summary.md", options->out);
    snprintf(junit, sizeof junit, "%s/junit.xml", options->out);
    snprintf(sarif, sizeof sarif, "%s/racetrack.sarif", options->out);
    rtk_outputs outputs = {.records = run.records.path,
                           .html = html,
                           .markdown = markdown,
                           .junit = junit,
                           .sarif = sarif,
                           .github = options->github};
    int reported = rtk_report_write(&outputs);
    /* The report's exit code is the run's, unless it could not be written. */
    if (code == RTK_EXIT_AS_CLAIMED && reported == RTK_EXIT_NOT_MEASURED)
        code = RTK_EXIT_NOT_MEASURED;
    say_verdict(code, html);
    return code;
}
