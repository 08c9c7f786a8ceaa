#ifndef RTK_CAMPAIGN_H
#define RTK_CAMPAIGN_H

/* A campaign: all cells of subjects × scenarios × lanes within a budget, and
 * their verdicts. */

#include "stress/cell.h"

enum { RTK_NAMES_MAX = 64 };

/* A list of names from the command line; empty: all. */
typedef struct rtk_names {
    const char *name[RTK_NAMES_MAX];
    size_t n;
} rtk_names;

/* What to try; read-only during the campaign. */
typedef struct rtk_plan {
    const char *runners, *plugin;
    const char *library; /* "--plugin PATH" or "--blas PATH", for a shell;
                            NULL: the reference kernels */
    rtk_names subjects, scenarios, lanes;
    rtk_names operations; /* of the subjects; empty: all */
    rtk_names oracles;    /* that are heard; empty: all */
    rtk_names conditions; /* AXIS=VALUE, to which trials are kept */
    bool plain;           /* other axes have their plain value */
    const char *perturb;  /* an algorithm; NULL: each trial draws its own */
    uint64_t seed;
    double budget_s;
    unsigned actors;     /* 0: as the scenario says */
    int64_t workers;     /* RTK_WORKERS_UNSET: drawn from the seed */
    unsigned timeout_ms; /* 0: by lane */
    bool declare, progress;
} rtk_plan;

/* What came of it; release with rtk_campaign_destroy(). */
typedef struct rtk_campaign {
    json_t *verdicts;  /* records "verdict", in order */
    json_t *libraries; /* of the lanes that were opened */
    unsigned seen;     /* refuted, but by nothing that is new since the base */
    double missed; /* of the claims held: largest rate of failing trials that
                      would have been missed with probability 5 % */
    unsigned refuted, known, held, inconclusive, could_not_run, not_claimed;
    unsigned unreached; /* of those inconclusive: for want of time */
    bool killed;        /* something outside ended a trial or a lane */
} rtk_campaign;

/* Check the names of `plan` against what the plug-in holds, and learn which
 * lanes there are.
 *
 *   lanes      out: names of the lanes to run
 *   libraries  out: as in the record "run"; the caller's
 *   sentence   out on failure, or when a lane is left out; else ""
 *
 * Returns RTK_OK; RTK_EINVAL for an unknown name or a bad plug-in; RTK_EIO when
 * no lane can be run; RTK_ECANCELLED. MT-Safe. */
RTK_CHECKED rtk_status rtk_plan_check(const rtk_plan *plan, rtk_names *lanes,
                                      json_t **libraries,
                                      char sentence[RTK_SENTENCE]);

/* Put the operations and conditions of a plan that was checked into a request
 * for a runner. MT-Unsafe race:request. */
void rtk_plan_restrict(const rtk_plan *plan, json_t *request);

/* Run `plan` in `lanes`, writing trials, findings and verdicts.
 *
 *   campaign  out, in every case
 *
 * Returns RTK_OK, RTK_ECANCELLED, or RTK_EIO when records cannot be written.
 * MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_campaign_run(rtk_session *session,
                                        const rtk_plan *plan,
                                        const rtk_names *lanes,
                                        rtk_campaign *campaign);

/* Print the matrix of verdicts; symbols and words, colour on a terminal.
 * MT-Safe. */
void rtk_campaign_print(const rtk_campaign *campaign, FILE *to);

/* Release; a zeroed struct is allowed. MT-Unsafe race:campaign. */
void rtk_campaign_destroy(rtk_campaign *campaign);

/* Whether `names` is empty or holds `name`. MT-Safe. */
bool rtk_names_allow(const rtk_names *names, const char *name);

#endif
