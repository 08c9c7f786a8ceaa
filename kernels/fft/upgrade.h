#ifndef RTK_UPGRADE_H
#define RTK_UPGRADE_H

/* Lines that are used often, on their way to the thread that plans them again.
 * Internal to fft/; what a caller may set is in fft/planning.h. */

#include "kernels/fft/line.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Uses of a line after which it should be offered; 0: nobody waits for any.
 * MT-Safe. */
size_t rtk_upgrade_hot(void);

/* Offer the line of `spec`. Forgotten when the thread has enough to do or is
 * busy taking one. MT-Safe. */
void rtk_upgrade_offer(const rtk_line_spec *spec);

#ifdef __cplusplus
}
#endif

#endif
