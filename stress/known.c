#include "stress/known.h"

#include <stdio.h>
#include <string.h>

rtk_status rtk_known_load(const char *path, json_t **list,
                          char sentence[RTK_SENTENCE]) {
    static const char *const required[] = {"id", "fingerprint", "date",
                                           "reason"};
    json_error_t error;
    json_t *read = path ? json_load_file(path, 0, &error) : json_array();
    if (!json_is_array(read)) {
        snprintf(sentence, RTK_SENTENCE,
                 "the list of known findings %s is not a JSON array: %s", path,
                 read ? "another type" : error.text);
        json_decref(read);
        return RTK_EINVAL;
    }
    size_t i;
    const json_t *entry;
    json_array_foreach(read, i, entry) {
        for (size_t k = 0; k < sizeof required / sizeof *required; k++) {
            if (json_is_string(json_object_get(entry, required[k]))) continue;
            snprintf(sentence, RTK_SENTENCE,
                     "the list of known findings %s: entry %zu has no text "
                     "\"%s\"",
                     path, i + 1, required[k]);
            json_decref(read);
            return RTK_EINVAL;
        }
    }
    *list = read;
    return RTK_OK;
}

const json_t *rtk_known_find(const json_t *list, const char *fingerprint) {
    size_t i;
    const json_t *entry;
    json_array_foreach(list, i, entry) {
        if (strcmp(json_string_value(json_object_get(entry, "fingerprint")),
                   fingerprint) == 0)
            return entry;
    }
    return NULL;
}
