#ifndef RTK_TELL_H
#define RTK_TELL_H

#include <jansson.h>
#include <stdio.h>

/* Print a finding for a person: what, where, the stacks with function, file
 * and line, and the command that replays it; a known one in one line.
 *
 *   finding  a record "finding"
 *
 * MT-Unsafe race:to. */
void rtk_finding_tell(const json_t *finding, FILE *to);

#endif
