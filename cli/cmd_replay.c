#include "cli/run.h"
#include "stress/replay.h"

int rtk_cmd_replay(rtk_options *options) {
    char sentence[RTK_SENTENCE];
    if (options->words.n != 1)
        return rtk_fail(RTK_EXIT_USAGE,
                        "racetrack replay takes one finding, as RECORDS#f1");
    /* What a replay writes is of no use later. */
    rtk_records records = {.fd = -1, .failed = RTK_EIO};
    json_t *oracles = rtk_options_oracles(options);
    rtk_session session = {.records = &records,
                           .suppressions = json_array(),
                           .oracles = oracles,
                           .findings = json_object(),
                           .records_name = options->words.name[0]};
    rtk_replay result;
    rtk_status s =
        rtk_replay_run(&session, options->bin, options->words.name[0],
                       options->times, &result, sentence);
    json_decref(oracles);
    json_decref(session.suppressions);
    json_decref(session.findings);
    if (result.times)
        printf("%s\nseen again in %u of %u trials with the same seed (%.0f "
               "%%)\n",
               result.summary, result.seen, result.times,
               100.0 * result.seen / result.times);
    if (s == RTK_ECANCELLED) return RTK_EXIT_SIGNAL + rtk_interrupted();
    if (s == RTK_EINVAL) return rtk_fail(RTK_EXIT_USAGE, "%s", sentence);
    if (s) return rtk_fail(RTK_EXIT_NOT_MEASURED, "the lane was lost");
    return result.seen ? RTK_EXIT_REFUTED : RTK_EXIT_AS_CLAIMED;
}
