#ifndef RTK_PROGRESS_H
#define RTK_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Show on the standard error what is being done and how long it will still
 * take, over the line before; nothing unless `shown` and it is a terminal.
 *
 *   done, all  steps; start_ns  rtk_clock_ns() at the first
 *
 * MT-Unsafe race:stderr. */
void rtk_progress(bool shown, uint64_t done, uint64_t all, uint64_t start_ns,
                  const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Remove the line. MT-Unsafe race:stderr. */
void rtk_progress_clear(bool shown);

#endif
