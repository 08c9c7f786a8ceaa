#ifndef RTK_RUN_H
#define RTK_RUN_H

#include "cli/options.h"

/* What the sub-commands that write records have in common. */

/* A run of a command: its records, and what came of it. */
typedef struct rtk_run {
    rtk_records records;
    rtk_session session;
    bool refuted, not_measured, detector, inconclusive;
    const char *reason; /* why it is partial, or NULL */
} rtk_run;

/* Open the records and the list of known findings and write the first record.
 *
 * Returns RTK_EXIT_AS_CLAIMED, or an exit code after a sentence was printed.
 * Takes over `lanes` and `libraries`. MT-Unsafe race:run. */
int rtk_run_begin(rtk_run *run, const rtk_options *options, json_t *lanes,
                  json_t *libraries);

/* Note how a step ended. False: nothing more can be done.
 * MT-Unsafe race:run. */
bool rtk_run_step(rtk_run *run, rtk_status status, const char *sentence);

/* Write the last record and choose the exit code, by the precedence of the
 * documentation. MT-Unsafe race:run. */
int rtk_run_end(rtk_run *run, bool strict);

/* The steps of the gate, each also a command of its own: run it, print what it
 * came to, and note that in `run`. False: nothing more can be done. */

/* Run the canary: the planted faults that every gate looks for. True: go on.
 * MT-Unsafe race:run. */
bool rtk_step_canary(rtk_run *run, const rtk_options *options);

/* Measure how often each planted fault is found. MT-Unsafe race:run. */
bool rtk_step_power(rtk_run *run, const rtk_options *options);

/* Try to refute all claims in `lanes`. MT-Unsafe race:run. */
bool rtk_step_stress(rtk_run *run, const rtk_options *options,
                     const rtk_names *lanes);

/* Sweep for `budget_s` seconds. MT-Unsafe race:run. */
bool rtk_step_bench(rtk_run *run, const rtk_options *options, double budget_s);

/* Compare the speed with `options->against`, or with the revision at which HEAD
 * left the main branch, where a tree says how revisions are built.
 * MT-Unsafe race:run. */
bool rtk_step_compare(rtk_run *run, const rtk_options *options,
                      double budget_s);

/* Run `racetrack compare` with these words, up to a NULL. Returns its exit
 * code, or RTK_EXIT_NOT_MEASURED after a sentence. MT-Unsafe race:run. */
int rtk_compare_run(const char *const *words);

/* What is made from records: paths of files, NULL for those not wanted. */
typedef struct rtk_outputs {
    const char *records, *html, *markdown, *junit, *sarif;
    const char *base; /* records to tell what is new; NULL: the run's own */
    bool github;      /* print annotations for a GitHub workflow */
} rtk_outputs;

/* Run the Python side. Returns its exit code, or RTK_EXIT_NOT_MEASURED after a
 * sentence. MT-Unsafe race:run. */
int rtk_report_write(const rtk_outputs *outputs);

#endif
