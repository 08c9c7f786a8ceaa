#ifndef RTK_KNOWN_H
#define RTK_KNOWN_H

#include <jansson.h>

#include "harness/plugin.h"

/* The list of known findings: a JSON array of objects with id, fingerprint,
 * date (of entry, YYYY-MM-DD) and reason, all texts and all required.
 *
 *   path      of the file; NULL: an empty list
 *   list      out, on success only; the caller's
 *   sentence  out on failure
 *
 * Returns RTK_OK or RTK_EINVAL. MT-Safe. */
RTK_CHECKED rtk_status rtk_known_load(const char *path, json_t **list,
                                      char sentence[RTK_SENTENCE]);

/* The entry for `fingerprint`, borrowed, or NULL. MT-Safe. */
const json_t *rtk_known_find(const json_t *list, const char *fingerprint);

#endif
