#ifndef RTK_RUNNER_H
#define RTK_RUNNER_H

/* The parts of racetrack-runner, the fork server of one lane. It reads
 * requests from its standard input, one JSON object a line, and writes lines
 * to descriptor RTK_LINES_FD. It never has a second thread: ThreadSanitizer is
 * off in the children of a process with threads. */

#include <jansson.h>
#include <sys/types.h>

#include "harness/emit.h"
#include "harness/plugin.h"
#include "harness/pulse.h"
#include "harness/trial.h"
#include "stress/axis.h"
#include "stress/group_look.h"
#include "stress/printed.h"
#include "stress/scenario.h"

/* A trial that gets on is given so many times its time-out. */
enum { RTK_LINES_FD = 3, RTK_SLOW_TIMES = 3 };

/* What the command line of the runner says. */
typedef struct rtk_runner {
    const char *plugin, *lane;
    bool cold;         /* the plug-in is loaded by each trial */
    rtk_loaded loaded; /* when not cold */
} rtk_runner;

/* One request: a trial, to be repeated with consecutive seeds. */
typedef struct rtk_request {
    json_t *json; /* owns the texts */
    const char *subject;
    const char *perturb; /* NULL: drawn from the seed */
    const rtk_scenario *scenario;
    uint64_t seed, repeat;
    int64_t actors, workers; /* RTK_WORKERS_UNSET: drawn from the seed */
    bool workers_given;
    unsigned calls, trial_ms, timeout_ms, budget_ms;
    const rtk_rows *rows; /* NULL: to be made */
    bool declare, plain;  /* plain: all conditions are, unless given */
} rtk_request;

/* Tell what is in `loaded`, and how it was started, in one line on `fd`.
 * Returns RTK_OK or RTK_EIO. MT-Unsafe. */
RTK_CHECKED rtk_status rtk_runner_hello(int fd, const rtk_loaded *loaded,
                                        bool cold, bool instrumented,
                                        const char *sentence);

/* Parse one line. Returns RTK_OK or RTK_EINVAL; release request->json.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_request_parse(const char *text,
                                         rtk_request *request);

/* Combine the conditions for the request's subject and scenario, into `rows`:
 * for all its trials at once, as that takes longer than a small trial.
 *
 * Returns RTK_OK, or RTK_EINVAL when there is no such subject. MT-Safe. */
RTK_CHECKED rtk_status rtk_request_rows(const rtk_request *request,
                                        const rtk_loaded *loaded,
                                        rtk_rows *rows);

/* Turn the request into the trial with seed `seed`, whose jobs stay allocated.
 *
 * Returns RTK_OK, RTK_ENOMEM, or RTK_EINVAL when there is no such subject,
 * operation, parameter or condition. MT-Safe. */
RTK_CHECKED rtk_status rtk_request_resolve(const rtk_request *request,
                                           const rtk_loaded *loaded,
                                           uint64_t seed, rtk_trial *trial);

/* Let only the oracles that the request names make findings in this process.
 * MT-Unsafe: call before threads are started. */
void rtk_request_hear(const rtk_request *request);

/* Draw what the actors of `trial` do; it may come out with fewer actors, when
 * no more operations are allowed at the same time.
 * Returns as rtk_request_resolve(). MT-Safe. */
RTK_CHECKED rtk_status rtk_request_jobs(const rtk_request *request,
                                        rtk_trial *trial);

/* Wait until `child` ends, all its threads are blocked, or `timeout_ms` have
 * passed in which no actor got on, three times that in all; then emit a finding
 * with the stacks of all its threads and kill it and all it started.
 *
 *   pulse    of the actors; NULL: it has none
 *   printed  takes what it prints; NULL: nothing does
 *   number   out: its exit code or signal
 *
 * Returns "completed", "crashed", "hung" or "killed".
 * MT-Unsafe. */
const char *rtk_runner_watch(pid_t child, unsigned timeout_ms,
                             const rtk_pulse_page *pulse, rtk_printed *printed,
                             int *number);

/* Append the stacks of all threads of `group`.
 * MT-Unsafe race:line. */
void rtk_runner_stacks(rtk_line *line, const rtk_group *group);

#endif
