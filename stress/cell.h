#ifndef RTK_CELL_H
#define RTK_CELL_H

/* Running the trials of one cell, subject × scenario × lane, on a lane's
 * server, and turning what it says into records. */

#include "harness/supervise/records.h"
#include "stress/lane_servers.h"

/* What one command works with; belongs to one thread. */
typedef struct rtk_session {
    rtk_records *records;
    json_t *suppressions;     /* rtk_suppressions_load() */
    json_t *base;             /* rtk_base_load(), or NULL */
    json_t *findings;         /* fingerprint: {"id", "known", "seen"}; over all
                                 cells */
    const char *records_name; /* as it shall stand in replay commands */
    unsigned fresh;           /* findings that are new, and not planted */
    FILE *tell;               /* where new findings are shown; NULL: nowhere */
    const json_t *oracles;    /* names that are heard; NULL or empty: all */
} rtk_session;

/* A cell, and what to try in it. */
typedef struct rtk_cell {
    const char *subject, *scenario, *lane, *plugin;
    json_t *request; /* members of the runner's request; borrowed */
    bool cold;       /* the scenario starts cold */
    bool planted;    /* findings are those of planted faults */
    unsigned timeout_ms;
} rtk_cell;

/* What the trials of a cell came to; release with rtk_tally_destroy(). */
typedef struct rtk_tally {
    uint64_t trials, calls, overlapping, refuted; /* refuted: trials */
    uint64_t interrupted; /* calls, where `interrupts`: where they should be */
    bool interrupts;
    /* Distinct findings: new ones, those that the base has, too, and those of
     * the list of suppressions. */
    unsigned fresh, seen, known;
    json_t *oracles;           /* set of names: {name: true} */
    json_t *spoke;             /* set of oracles that found something */
    json_t *findings;          /* {id: trials} */
    json_t *evidence;          /* costs and outcomes: evidence.h */
    json_t *rows;              /* set of combinations of conditions tried */
    uint64_t rows_of;          /* how many there are */
    char reason[RTK_SENTENCE]; /* why a trial could not run, or "" */
    bool killed;               /* a trial was killed from outside */
} rtk_tally;

/* Run trials with seeds `seed`, `seed`+1, ... until `repeat` have run or
 * `budget_ms` have passed, adding to `tally`.
 *
 * Returns RTK_OK; RTK_EIO when the server was lost (the tally says why);
 * RTK_ECANCELLED. MT-Unsafe race:session. */
RTK_CHECKED rtk_status rtk_cell_run(rtk_session *session,
                                    rtk_lane_servers *servers,
                                    const rtk_cell *cell, uint64_t seed,
                                    uint64_t repeat, unsigned budget_ms,
                                    rtk_tally *tally);

/* Set an empty tally up, and release one. MT-Unsafe race:tally. */
void rtk_tally_init(rtk_tally *tally);
void rtk_tally_destroy(rtk_tally *tally);

#endif
