#ifndef RTK_LINE_CACHE_H
#define RTK_LINE_CACHE_H

/* The lines that this process has planned, shared by all its threads. A line
 * that is in use outlives its eviction. A hit takes no lock that all threads
 * share. Internal to fft/; what a caller may set is in fft/planning.h. */

#include "kernels/fft/line.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A line for `spec`, from the cache or made now; hand it back with
 * rtk_line_put().
 *
 *   line  out, on success only
 *
 * Returns RTK_OK, RTK_EINVAL (a field outside its range), RTK_EUNSUPPORTED or
 * RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_line_get(const rtk_line **line,
                                    const rtk_line_spec *spec);

/* Hand back what rtk_line_get() gave; NULL is allowed. MT-Safe. */
void rtk_line_put(const rtk_line *line);

/* Plan the line for `spec` anew by `effort` and keep it for those who ask so;
 * if it `replaces` the one that there is, also for those who ask for `spec`.
 * Returns as rtk_line_get(). MT-Safe. */
RTK_CHECKED rtk_status rtk_line_upgrade(const rtk_line_spec *spec,
                                        rtk_fft_effort effort, bool replaces);

#ifdef __cplusplus
}
#endif

#endif
