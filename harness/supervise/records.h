#ifndef RTK_RECORDS_H
#define RTK_RECORDS_H

/* The file of records of a run (docs/records.md): appended line by line. */

#include <jansson.h>
#include <stdio.h>

#include "harness/plugin.h"

/* An open file of records; belongs to one thread. */
typedef struct rtk_records {
    int fd;
    char path[4096];
    rtk_status failed; /* sticky: the first write that failed */
    int failed_errno;
    unsigned trials, findings; /* for their ids */
    uint64_t started_ns;
} rtk_records;

/* Make the folder `out` if need be and start its file of records.
 *
 *   out       folder
 *   file      NULL: <out>/records.jsonl; a former file becomes
 *             records.previous.jsonl
 *   records   out, on success only
 *   sentence  out on failure
 *
 * Returns RTK_OK or RTK_EIO. MT-Safe. */
RTK_CHECKED rtk_status rtk_records_open(rtk_records *records, const char *out,
                                        const char *file,
                                        char sentence[RTK_SENTENCE]);

/* Append one record; takes over `record`. After a failure nothing more is
 * written and `failed` stays set. MT-Unsafe race:records. */
void rtk_records_write(rtk_records *records, json_t *record);

/* Write the first record of a run. `command` is copied; takes over `lanes`,
 * `libraries` and `base` (as in the record; NULL: none).
 * MT-Unsafe race:records. */
void rtk_records_begin(rtk_records *records, int argc, char **argv,
                       uint64_t seed, const char *plugin, json_t *lanes,
                       json_t *libraries, json_t *base);

/* Write the last record and close. MT-Unsafe race:records. */
void rtk_records_end(rtk_records *records, bool complete, int exit_code,
                     const char *reason);

/* The first record in `path` whose member `key` has the text `value` and whose
 * type is `type`, or NULL; the caller's. MT-Safe. */
json_t *rtk_records_find(const char *path, const char *type, const char *key,
                         const char *value);

#endif
