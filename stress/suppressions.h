#ifndef RTK_SUPPRESSIONS_H
#define RTK_SUPPRESSIONS_H

/* The list of suppressions, docs/suppressions.md: findings that are known and
 * accepted until a date. It is a JSON array of the file's entries; beside what
 * the file says each has "days_left", "hits" (distinct findings that it fits)
 * and "fault" (why it fails the gate, or null). Belongs to one thread. */

#include <jansson.h>

#include "harness/plugin.h"

/* Read the list, and find the faults that show without a run: expired, or too
 * broad.
 *
 *   path      of a TOML file; NULL: an empty list
 *   today     as days since 1970-01-01, UTC
 *   list      out, on success only; the caller's
 *   sentence  out on failure
 *
 * Returns RTK_OK or RTK_EINVAL. MT-Safe. */
RTK_CHECKED rtk_status rtk_suppressions_load(const char *path, long today,
                                             json_t **list,
                                             char sentence[RTK_SENTENCE]);

/* The entry that excuses a finding, borrowed, or NULL. An entry excuses nothing
 * that is expired, too broad or used up, and never code of racetrack itself.
 *
 *   finding  a record "finding" with resolved stacks
 *
 * MT-Unsafe race:list. */
const json_t *rtk_suppressions_match(json_t *list, const json_t *finding);

/* After all trials: find the entries that had to match and did not, though a
 * cell that they name was run.
 *
 *   verdicts  records "verdict"
 *
 * Returns how many entries have a fault. MT-Unsafe race:list. */
unsigned rtk_suppressions_check(json_t *list, const json_t *verdicts);

/* Days since 1970-01-01 of today, UTC. MT-Safe. */
long rtk_suppressions_today(void);

#endif
