#ifndef RTK_CATALOGUE_H
#define RTK_CATALOGUE_H

/* The catalogue of planted faults. */

#include "stress/campaign.h"

/* One planted fault: a line of stress/faults/faults.def. */
typedef struct rtk_fault {
    const char *name;
    unsigned category; /* number of an rtk_category */
    const char *kind, *summary, *lane, *oracle, *scenario;
    bool canary; /* every gate runs it */
    /* Of a fault in our own kernels, else NULL: the subject in its own plug-in,
     * whose twin is in the reference plug-in. */
    const char *subject;
} rtk_fault;

/* A line of stress/faults/categories.def. */
typedef struct rtk_category {
    unsigned number;
    const char *name;
    unsigned least; /* faults that the catalogue must have of it */
} rtk_category;

/* All planted faults; name NULL behind the last. MT-Safe. */
extern const rtk_fault rtk_faults[];

/* All categories, in order of number; name NULL behind the last. MT-Safe. */
extern const rtk_category rtk_categories[];

/* The name of the category of `fault`. MT-Safe. */
const char *rtk_fault_category(const rtk_fault *fault);

/* Check that `names` are names of faults.
 * Returns RTK_OK, or RTK_EINVAL with a sentence for an unknown one.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_faults_check(const rtk_names *names,
                                        char sentence[RTK_SENTENCE]);

/* Which faults are meant: those of `names`, or all when it is empty; only
 * canaries on demand. */
typedef struct rtk_fault_choice {
    const rtk_names *names;
    bool canary;
} rtk_fault_choice;

/* Whether `fault` is meant, in `lane`; NULL: in any. MT-Safe. */
bool rtk_fault_chosen(const rtk_fault_choice *choice, const rtk_fault *fault,
                      const char *lane);

/* How many are meant in `lane`; NULL: in any. MT-Safe. */
unsigned rtk_faults_count(const rtk_fault_choice *choice, const char *lane);

#endif
