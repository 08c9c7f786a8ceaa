#ifndef RTK_PEERS_TABLES_H
#define RTK_PEERS_TABLES_H

/* What people and programs read of a comparison. */

#include <jansson.h>

#include "bench/peers/verdicts.h"

/* Print a stage: in full, or as one row for each case in Markdown.
 * MT-Unsafe race:stdout. */
void rtk_print_stage(const rtk_result *result, bool markdown);

/* Print the verdicts. MT-Unsafe race:stdout. */
void rtk_print_verdicts(const rtk_verdicts *verdicts, bool markdown);

/* A stage and the verdicts, for --json; the caller's. MT-Safe. */
json_t *rtk_json_of_stage(const rtk_result *result);
json_t *rtk_json_of_verdicts(const rtk_verdicts *verdicts);

/* The record "peer" of an arm against ours, or NULL if there is none; the
 * caller's. MT-Safe. */
json_t *rtk_record_of_arm(const rtk_result *result, const rtk_arm *arm);

/* The words for an arm's case. Returns `text`. MT-Safe. */
char *rtk_case_text(const rtk_arm *arm, char text[160]);

#endif
