#ifndef RTK_EVIDENCE_H
#define RTK_EVIDENCE_H

/* What the trials of a cell tell beside findings: what each oracle cost, and
 * which outcomes of a small scenario were seen how often. */

#include <jansson.h>

/* Begin with nothing; release with json_decref(). NULL: out of memory.
 * MT-Safe. */
json_t *rtk_evidence_new(void);

/* Add the line "trial" of one trial, or NULL when it wrote none.
 * MT-Unsafe race:evidence. */
void rtk_evidence_add(json_t *evidence, const json_t *trial);

/* {name: what that oracle used of the processor, over what the trials used}.
 * The caller's. MT-Safe. */
json_t *rtk_evidence_shares(const json_t *evidence);

/* {text: {"count", "grade"}}, or NULL when no outcome was told. Borrowed.
 * MT-Safe. */
json_t *rtk_evidence_outcomes(const json_t *evidence);

/* The first of the patterns `required` that no outcome fell to, or NULL.
 * Borrowed. MT-Safe. */
const char *rtk_evidence_missing(const json_t *evidence,
                                 const json_t *required);

#endif
