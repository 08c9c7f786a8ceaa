#ifndef RTK_PLANNING_H
#define RTK_PLANNING_H

/* How lines are planned, and what the process keeps of it. */

#include <stddef.h>

#include "kernels/workers/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How long planning may search for a fast way. */
typedef enum rtk_fft_effort {
    RTK_FFT_ESTIMATE, /* no measuring: below a millisecond, mostly */
    RTK_FFT_MEASURE,  /* tenths of a second for a line of 4096 */
    RTK_FFT_PATIENT
} rtk_fft_effort;

/* What the cache of lines has done since the process began. */
typedef struct rtk_fft_cache_counts {
    size_t size;    /* sizeof(rtk_fft_cache_counts) */
    size_t lines;   /* kept now */
    size_t planned; /* made */
    size_t evicted;
} rtk_fft_cache_counts;

/* Keep at most `lines` lines that nobody uses; 256 at first, 0 keeps none.
 * Lines in use are not touched. MT-Safe. */
void rtk_fft_cache_limit(size_t lines);

/* Count what the cache has done.
 *
 *   counts  out; its size is set by the caller
 *
 * Returns RTK_OK or RTK_EINVAL. MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_cache_count(rtk_fft_cache_counts *counts);

/* What FFTW's planner has learned, as text: of all precisions, in one string
 * that rtk_fft_wisdom_import() takes.
 *
 *   text  out, on success only; release it with free()
 *
 * Returns RTK_OK or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_wisdom_export(char **text);

/* Add wisdom. Lines that are already planned stay as they are.
 *
 *   text  from rtk_fft_wisdom_export() of the same version of FFTW
 *
 * Returns RTK_OK, or RTK_EINVAL when a part of the text is not wisdom; parts
 * before it have been taken. MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_wisdom_import(const char *text);

/* Forget all wisdom. MT-Safe. */
void rtk_fft_wisdom_forget(void);

#ifdef __cplusplus
}
#endif

#endif
