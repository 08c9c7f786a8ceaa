#ifndef RTK_PART_COST_H
#define RTK_PART_COST_H

/* What parts cost, as earlier loops have shown. Internal to workers. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What `parts` parts of the kind `key` cost.
 *
 *   ticks  out, on success only; UINT64_MAX when that is too small
 *
 * Returns whether anything is known.
 * MT-Safe. */
bool rtk_part_cost(const void *key, size_t parts, uint64_t *ticks);

/* `parts` of them, 1 or more, were seen to cost `ticks`. A dearer cost is
 * believed at once, unless it is far dearer than known: they may have been
 * interrupted. A cheaper one counts by and by, because sharing too much costs
 * less than sharing too little.
 * MT-Safe. */
void rtk_part_cost_learn(const void *key, size_t parts, uint64_t ticks);

#ifdef __cplusplus
}
#endif

#endif
