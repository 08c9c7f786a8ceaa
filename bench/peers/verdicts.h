#ifndef RTK_VERDICTS_H
#define RTK_VERDICTS_H

/* What we claim of our runtime, and whether these measurements bear it out. No
 * exit code depends on it: a busy machine would decide. */

#include "bench/peers/rounds.h"

enum { RTK_VERDICTS_MAX = 128 };

typedef struct rtk_verdict {
    const char *id;    /* of the claim */
    char text[200];    /* the case */
    rtk_spread figure; /* n = 0: not measured */
    double limit;
    bool at_least;    /* else at most */
    bool information; /* nothing is claimed */
    bool oversubscribed;
} rtk_verdict;

typedef struct rtk_verdicts {
    rtk_verdict list[RTK_VERDICTS_MAX];
    size_t n;
} rtk_verdicts;

/* Add what the results of a stage decide. MT-Unsafe race:verdicts. */
void rtk_verdicts_add(rtk_verdicts *verdicts, const rtk_result *result);

/* Whether it is as claimed: "yes" when the median is, "no" when the whole
 * interval of the median is not, "level" when it cannot be told from the limit,
 * "not measured", or "-" when nothing is claimed. MT-Safe. */
const char *rtk_verdict_word(const rtk_verdict *verdict);

#endif
