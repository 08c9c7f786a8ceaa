#ifndef RTK_COVERING_H
#define RTK_COVERING_H

/* Covering arrays of strength 2: rows of levels, one for each factor, such that
 * every pair of levels of two factors occurs in some row. */

#include <stddef.h>
#include <stdint.h>

enum { RTK_FACTORS_MAX = 12, RTK_LEVELS_MAX = 16 };

/* Make a covering array, row by row, each covering as many new pairs as a
 * greedy choice finds (Cohen, Dalal, Fredman, Patton: The AETG System, IEEE
 * TSE 23(7), 1997). Row 0 is all zeros. The same arguments give the same rows.
 *
 *   levels  of each factor, 1 .. RTK_LEVELS_MAX
 *   n       factors, 1 .. RTK_FACTORS_MAX
 *   row     out
 *   room    rows there is room for; pairs are left out when it is too small
 *
 * Returns the number of rows. MT-Safe. */
size_t rtk_covering_array(const unsigned *levels, size_t n,
                          uint8_t (*row)[RTK_FACTORS_MAX], size_t room);

#endif
