#ifndef RTK_GROWTH_H
#define RTK_GROWTH_H

#include <stddef.h>
#include <stdint.h>

/* Whether something grows with every round, or nearly.
 *
 *   sample  amount after each round, `n` of them
 *
 * Returns how much a round adds, the median, when at least three rounds in
 * four added something; else 0. MT-Safe. */
uint64_t rtk_growth_each(const uint64_t *sample, size_t n);

#endif
