#ifndef RTK_PART_COST_H
#define RTK_PART_COST_H

/* What parts cost, as earlier loops have shown. Internal to workers. */

#ifdef __cplusplus
extern "C" {
#endif

/* The cost of a part of the kind `key`, in ticks, or a negative number when
 * nothing is known. MT-Safe. */
double rtk_part_cost(const void *key);

/* One was seen to cost `ticks`. A dearer one is believed at once, unless it is
 * far dearer than known: it may have been interrupted. A cheaper one counts by
 * and by, because sharing too much costs less than sharing too little.
 * MT-Safe. */
void rtk_part_cost_learn(const void *key, double ticks);

#ifdef __cplusplus
}
#endif

#endif
