#ifndef RTK_CONFORMANCE_H
#define RTK_CONFORMANCE_H

/* How libraries may be used: libraries x uses, each cell a small campaign,
 * each refutation replayed. Lists and uses: stress/conformance.def. */

#include "stress/campaign.h"

/* The libraries of Debian that are known, as objects {"interface", "name",
 * "package", "path", "installed"}; the caller's. MT-Safe. */
json_t *rtk_conformance_known(void);

/* A library by its path, as such an object; the caller's. MT-Safe. */
json_t *rtk_conformance_given(const char *interface, const char *path);

/* Try every use of every one of `libraries`, which are filled in: with
 * "configuration", "core", "threads" as the library says, "refused" when it
 * could not be tried, and "cells" [{"use", "subject", "scenarios", "forbidden",
 * "verdict", "reason", "trials", "missed_rate", "findings" [{"id", "oracle",
 * "summary", "trials", "of", "seen", "times", "replay"}]}].
 *
 *   plan      seed, budget for all, lane (one), programs; what is tried is set
 *             here
 *   refuted   out: cells refuted that no documentation forbids
 *
 * Returns RTK_OK, RTK_ECANCELLED, or RTK_EIO when records cannot be written.
 * MT-Unsafe race:session race:environment. */
RTK_CHECKED rtk_status rtk_conformance_run(rtk_session *session,
                                           const rtk_plan *plan,
                                           json_t *libraries,
                                           unsigned *refuted);

/* Write the matrix with its evidence as Markdown: to `path`, beside it first,
 * or to the standard output when it is NULL.
 *
 *   command  that made it, as text
 *
 * Returns RTK_OK or RTK_EIO. MT-Safe. */
RTK_CHECKED rtk_status rtk_conformance_page(const json_t *libraries,
                                            const rtk_plan *plan,
                                            const char *command,
                                            const char *path);

#endif
