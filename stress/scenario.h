#ifndef RTK_SCENARIO_H
#define RTK_SCENARIO_H

/* A scenario is a file in stress/scenarios/ that defines one value of this
 * type, called rtk_scenario_<file's base name>; the list is made from the
 * folder. */

#include "harness/trial.h"

typedef struct rtk_scenario {
    const char *name, *summary;
    rtk_usage usage;
} rtk_scenario;

/* All scenarios, in order of name; NULL behind the last. MT-Safe. */
extern const rtk_scenario *const rtk_scenarios[];

/* The scenario called `name`, or NULL. MT-Safe. */
const rtk_scenario *rtk_scenario_find(const char *name);

/* Whether the claims of `op` promise anything that `scenario` could refute; if
 * not, a sentence that says why, else NULL. MT-Safe. */
const char *rtk_scenario_declined(const rtk_scenario *scenario,
                                  const rtk_op *op);

/* The same for all operations of `subject`: NULL when one can be tried.
 * MT-Safe. */
const char *rtk_scenario_declined_by(const rtk_scenario *scenario,
                                     const rtk_subject *subject);

/* Whether `x` is documented not to be used while `y` is. MT-Safe. */
bool rtk_ops_conflict(const rtk_op *x, const rtk_op *y);

#endif
