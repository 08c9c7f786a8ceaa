#ifndef RTK_SHRINK_H
#define RTK_SHRINK_H

/* Shrinking: making the trial of a finding smaller as long as it still shows
 * the finding. */

#include <stdio.h>

#include "stress/again.h"

/* What shrinking came to; release with rtk_shrunk_destroy(). */
typedef struct rtk_shrunk {
    json_t *request;      /* of the smallest trial that still fails */
    json_t *steps;        /* [{"what", "kept", "seen", "trials"}] */
    unsigned seen, times; /* its rate, measured at the end */
    bool reproduced;      /* the trial showed its finding at all */
    bool complete;        /* no step is left that could be kept */
} rtk_shrunk;

/* Make the trial smaller, step by step: fewer actors, operations, sizes, calls
 * and workers, plain conditions, no perturbation. A step is kept if the finding
 * shows about as often as at the beginning, by a sequential test; what is kept
 * is printed to `to`, with what is not.
 *
 *   budget_s  seconds, all in all
 *   shrunk    out, in every case
 *
 * Returns RTK_OK, also when the budget ended it; RTK_EIO when the lane was
 * lost; RTK_ECANCELLED. MT-Unsafe race:again. */
RTK_CHECKED rtk_status rtk_shrink(rtk_again *again, double budget_s, FILE *to,
                                  rtk_shrunk *shrunk);

/* Write a file of records that holds the smallest trial and its finding as f1,
 * to be replayed, and how it came about in a record "shrunk".
 *
 *   path      of the file
 *   sentence  out on failure
 *
 * Returns RTK_OK or RTK_EIO. MT-Safe. */
RTK_CHECKED rtk_status rtk_shrunk_write(const rtk_shrunk *shrunk,
                                        const rtk_again *again,
                                        const char *path,
                                        char sentence[RTK_SENTENCE]);

/* Release; a zeroed struct is allowed. MT-Unsafe race:shrunk. */
void rtk_shrunk_destroy(rtk_shrunk *shrunk);

#endif
