#ifndef RTK_RECORD_TEXT_H
#define RTK_RECORD_TEXT_H

#include <jansson.h>

/* The text of member `key`, or "" when there is none; borrowed. MT-Safe. */
static inline const char *rtk_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

#endif
