#ifndef RTK_CLOCK_H
#define RTK_CLOCK_H

#include <stdint.h>

/* Nanoseconds of the monotonic clock, from an arbitrary start. MT-Safe. */
uint64_t rtk_clock_ns(void);

/* Nanoseconds of CPU time used by all threads of this process. MT-Safe. */
uint64_t rtk_clock_cpu_ns(void);

#endif
