#ifndef RTK_MACHINE_H
#define RTK_MACHINE_H

#include <jansson.h>

/* What this machine is and how busy it is now, as in the record "run"; the
 * caller's. MT-Safe. */
json_t *rtk_machine_card(void);

#endif
