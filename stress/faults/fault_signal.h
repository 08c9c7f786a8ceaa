#ifndef RTK_FAULT_SIGNAL_H
#define RTK_FAULT_SIGNAL_H

/* For twins that catch a signal, as a library that can be asked for its
 * statistics does: the scenario `signals` sends what is caught. */

#include "harness/subject.h"

/* Have `handler` called for SIGUSR1 from now on, in this process; calls that
 * wait are restarted. MT-Safe. */
void rtk_twin_catch(void (*handler)(int number));

#endif
