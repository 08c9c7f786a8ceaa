#ifndef RTK_COMMAND_H
#define RTK_COMMAND_H

/* Command lines for a person to paste into a shell. */

#include "stress/campaign.h"

enum { RTK_QUOTED_ROOM = 8400 };

/* Write `text` as one word for a shell, cut to the room there is.
 * MT-Safe. */
void rtk_command_quote(const char *text, char quoted[RTK_QUOTED_ROOM]);

/* The command that replays the finding `id` of the records at `path`; the
 * caller's, NULL when there is no memory. MT-Safe. */
json_t *rtk_command_replay(const char *path, const char *id);

/* The command that tries one cell of `plan` again, with all that decides what
 * its trials do: the library under test, the conditions, the environment, and
 * a seed; the caller's, NULL when there is no memory.
 * MT-Unsafe race:environment. */
json_t *rtk_command_stress(const rtk_plan *plan, const char *subject,
                           const char *scenario, const char *lane,
                           uint64_t seed);

#endif
