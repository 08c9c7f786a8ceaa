#ifndef RTK_LOADED_CODE_H
#define RTK_LOADED_CODE_H

/* What code a process had at one moment, to know of a function whether a
 * process that was forked then has it too. Internal to workers. */

#include <stdbool.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtk_loaded_code rtk_loaded_code;

/* List the executable parts of all loaded objects.
 *
 *   code  out, on success only; release it with rtk_loaded_code_free()
 *
 * Returns RTK_OK or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_loaded_code_list(rtk_loaded_code **code);

/* Whether `address` lies in an object that was there at the listing, and is the
 * same object still. Code that was generated while running never is.
 * MT-Unsafe race:code. */
bool rtk_loaded_code_has(rtk_loaded_code *code, const void *address);

/* Release the list; NULL is allowed. MT-Unsafe race:code. */
void rtk_loaded_code_free(rtk_loaded_code *code);

#ifdef __cplusplus
}
#endif

#endif
