#ifndef RTK_BASE_H
#define RTK_BASE_H

/* The base: the records of an earlier run, against which findings are new or
 * were seen before. A JSON object: "run", "plugin", "lanes", "libraries",
 * "partial", and "fingerprints", a set. */

#include <jansson.h>

#include "harness/plugin.h"

/* Read the records of a base.
 *
 *   path      a file of records, or a folder with a records.jsonl
 *   base      out, on success only; the caller's
 *   sentence  out on failure
 *
 * Returns RTK_OK, or RTK_EINVAL when these are no records. MT-Safe. */
RTK_CHECKED rtk_status rtk_base_load(const char *path, json_t **base,
                                     char sentence[RTK_SENTENCE]);

/* What the record "run" says of the base: its run, how many findings it has,
 * and a sentence for each thing in which the two runs are unlike; null without
 * a base.
 *
 *   base              rtk_base_load(), or NULL
 *   lanes, libraries  of this run, as in the record "run"
 *
 * Returns a new value; the caller's. MT-Safe. */
json_t *rtk_base_card(const json_t *base, const char *plugin,
                      const json_t *lanes, const json_t *libraries);

/* Whether the base has a finding with this fingerprint; false without a base.
 * MT-Safe. */
bool rtk_base_has(const json_t *base, const char *fingerprint);

#endif
