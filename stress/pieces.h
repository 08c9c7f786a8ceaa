#ifndef RTK_PIECES_H
#define RTK_PIECES_H

/* Findings put together from their lines: "finding" begins one, "more" with the
 * same id goes on with its stacks. */

#include <jansson.h>

/* Add `line` to the array `findings`; a line that goes on with none of them is
 * left out. The caller keeps `line`.
 * MT-Unsafe race:findings. */
void rtk_pieces_add(json_t *findings, const json_t *line);

#endif
