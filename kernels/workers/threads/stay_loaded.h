#ifndef RTK_STAY_LOADED_H
#define RTK_STAY_LOADED_H

/* Keep the library that contains this code mapped until the process ends: its
 * threads may be running in it when somebody unloads it. Internal to workers.
 */

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Costs something the first time only. A main program, which cannot be
 * unloaded, is left alone. Returns whether it stays; if not, the next call
 * tries again. MT-Safe. */
bool rtk_stay_loaded(void);

#ifdef __cplusplus
}
#endif

#endif
