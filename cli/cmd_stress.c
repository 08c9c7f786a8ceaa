#include "cli/run.h"

bool rtk_step_stress(rtk_run *run, const rtk_options *options,
                     const rtk_names *lanes) {
    rtk_campaign c;
    rtk_status s = rtk_campaign_run(&run->session, &options->plan, lanes, &c);
    run->refuted |= c.refuted > 0;
    run->inconclusive |= c.inconclusive > 0;
    run->not_measured |=
        c.killed || c.held + c.refuted + c.known + c.inconclusive == 0;
    if (options->json) {
        json_dumpf(c.verdicts, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        rtk_campaign_print(&c, stdout);
        printf("\n%u as claimed, %u refuted, %u known, %u inconclusive, %u "
               "could not run, %u not claimed\n",
               c.held, c.refuted, c.known, c.inconclusive, c.could_not_run,
               c.not_claimed);
    }
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
