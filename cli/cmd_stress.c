#include "cli/run.h"
#include "stress/record_text.h"
#include "stress/suppressions.h"

/* Hold the list of suppressions against what was found; a fault of the list
 * fails the run. */
static void police(rtk_run *run, const json_t *verdicts, bool quiet) {
    static const char *const told[] = {
        "id",        "reason", "owner",    "link",       "expires",
        "days_left", "hits",   "max_hits", "must_match", "fault"};
    json_t *list = run->session.suppressions;
    run->refuted |= rtk_suppressions_check(list, verdicts) > 0;
    size_t i, k;
    const json_t *entry;
    json_array_foreach(list, i, entry) {
        json_t *record = json_pack("{ss}", "record", "suppression");
        for (k = 0; k < sizeof told / sizeof *told; k++)
            json_object_set(record, told[k], json_object_get(entry, told[k]));
        rtk_records_write(run->session.records, record);
        if (!quiet && *rtk_text(entry, "fault"))
            printf("suppression %s: %s\n", rtk_text(entry, "id"),
                   rtk_text(entry, "fault"));
    }
}

static void print_sum(const rtk_campaign *c, bool based, double budget_s) {
    printf("\n%u as claimed, %u refuted, ", c->held, c->refuted);
    if (based) printf("%u by nothing new since the base, ", c->seen);
    printf("%u known, %u inconclusive, %u could not run, %u not claimed\n",
           c->known, c->inconclusive, c->could_not_run, c->not_claimed);
    if (c->held)
        printf("each claim held is worth at least: a failure in %.2g %% of its "
               "trials or more would have been seen with 95 %% probability\n",
               100 * c->missed);
    if (c->unreached)
        printf("%u cells were not reached within %g s; they want more time "
               "(--budget), or fewer scenarios and lanes\n",
               c->unreached, budget_s);
}

bool rtk_step_stress(rtk_run *run, const rtk_options *options,
                     const rtk_names *lanes) {
    rtk_campaign c;
    rtk_status s = rtk_campaign_run(&run->session, &options->plan, lanes, &c);
    run->refuted |= c.refuted > 0;
    run->inconclusive |= c.inconclusive > 0;
    run->not_measured |=
        c.killed || c.held + c.refuted + c.seen + c.known + c.inconclusive == 0;
    if (options->json) {
        json_dumpf(c.verdicts, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        rtk_campaign_print(&c, stdout);
        print_sum(&c, run->session.base != NULL, options->plan.budget_s);
    }
    if (!s) police(run, c.verdicts, options->json);
    fflush(stdout);
    rtk_campaign_destroy(&c);
    return rtk_run_step(run, s, "a lane could not be started");
}

int rtk_cmd_stress(rtk_options *options) {
    char sentence[RTK_SENTENCE] = "";
    rtk_names lanes;
    json_t *libraries, *names = json_array();
    rtk_run run;
    options->plan.subjects = options->words;
    rtk_status s = rtk_plan_check(&options->plan, &lanes, &libraries, sentence);
    if (s == RTK_ECANCELLED) return RTK_EXIT_SIGNAL + rtk_interrupted();
    if (s)
        return rtk_fail(s == RTK_EIO ? RTK_EXIT_NOT_MEASURED : RTK_EXIT_USAGE,
                        "%s", sentence);
    if (sentence[0]) rtk_fail(0, "a lane is left out: %s", sentence);
    for (size_t i = 0; i < lanes.n; i++)
        json_array_append_new(names, json_string(lanes.name[i]));
    int code = rtk_run_begin(&run, options, names, libraries);
    if (code) return code;
    rtk_step_stress(&run, options, &lanes);
    return rtk_run_end(&run, options->strict);
}
