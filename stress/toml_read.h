#ifndef RTK_TOML_READ_H
#define RTK_TOML_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Read a TOML file as JSON; dates and times become texts.
 *
 *   path      of the file
 *   table     out, on success only: an object; the caller's
 *   sentence  out on failure: what is wrong, and in which line
 *   room      bytes of `sentence`
 *
 * Returns whether it could be read. MT-Safe. */
bool rtk_toml_read(const char *path, json_t **table, char *sentence,
                   size_t room);

#ifdef __cplusplus
}
#endif

#endif
