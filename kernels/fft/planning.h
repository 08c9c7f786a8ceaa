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
    RTK_FFT_ESTIMATE, /* no measuring: below a millisecond, mostly. Uses no
                         wisdom, so equal lines have equal bits for ever */
    RTK_FFT_MEASURE,  /* tenths of a second for a line of 4096 */
    RTK_FFT_PATIENT
} rtk_fft_effort;

/* ---- Cache -----------------------------------------------------------------
 */

/* What the cache of lines has done since the process began. */
typedef struct rtk_fft_cache_counts {
    size_t size;    /* sizeof(rtk_fft_cache_counts) */
    size_t lines;   /* kept now */
    size_t bytes;   /* of theirs; what FFTW keeps is an estimate */
    size_t hits;    /* lookups that found their line without the list's lock */
    size_t planned; /* made */
    size_t evicted;
} rtk_fft_cache_counts;

/* Keep at most `most` lines, of `most_bytes` together: at first 256 and 2^28.
 * The one that was not looked for the longest goes first. What is in use is not
 * touched, but no longer kept than it is used. 0 keeps none. MT-Safe. */
void rtk_fft_cache_limit(size_t most, size_t most_bytes);

/* Let go of all lines; what is in use stays as long as it is. MT-Safe. */
void rtk_fft_cache_clear(void);

/* Count what the cache has done.
 *
 *   counts  out; its size is set by the caller
 *
 * Returns RTK_OK or RTK_EINVAL. MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_cache_count(rtk_fft_cache_counts *counts);

/* ---- Wisdom ----------------------------------------------------------------
 * What FFTW has learned by measuring. It is kept apart from the process's FFTW
 * and given to it only while a line is planned by RTK_FFT_MEASURE or _PATIENT;
 * what other code in the process taught FFTW is left there. */

/* Wisdom as text: of all precisions, in one string that
 * rtk_fft_wisdom_import() takes.
 *
 *   text  out, on success only; release it with free()
 *
 * Returns RTK_OK or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_wisdom_export(char **text);

/* Add wisdom. Lines that are already planned stay as they are.
 *
 *   text  from rtk_fft_wisdom_export() of the same version of FFTW
 *
 * Returns RTK_OK, RTK_ENOMEM, or RTK_EINVAL when a part of the text is not
 * wisdom; parts before it have been taken. MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_wisdom_import(const char *text);

/* Write wisdom to file `path`: beside it, then renamed, so that nobody sees
 * half of it. Returns RTK_OK, RTK_EINVAL (no path), RTK_EIO or RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_wisdom_save(const char *path);

/* Add the wisdom of file `path`. Returns as rtk_fft_wisdom_import(), or RTK_EIO
 * when it cannot be read. MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_wisdom_load(const char *path);

/* Forget all wisdom. MT-Safe. */
void rtk_fft_wisdom_forget(void);

/* ---- Upgrades --------------------------------------------------------------
 */

/* Planning lines that are used often by measuring, in the background. */
typedef struct rtk_fft_upgrade {
    size_t size;           /* sizeof(rtk_fft_upgrade) */
    size_t hot;            /* uses by one thread, from 1, after which a line is
                              planned again */
    rtk_fft_effort effort; /* RTK_FFT_MEASURE or RTK_FFT_PATIENT */
    int bits_may_change;   /* 0: a new plan is for those who ask for `effort`,
                              who find it planned; no result changes (tier A).
                              1: it also replaces the estimated one for calls to
                              come, whose results may differ in their last bits
                              (tier B) */
} rtk_fft_upgrade;

/* Start a thread that plans hot lines of RTK_FFT_ESTIMATE again. While it
 * measures a line, others wait that plan a new one, and so does fork(). There
 * is one such thread in a process; it does not follow into a forked child. A
 * process may exit while it runs; the library stays loaded from then on.
 *
 * Returns RTK_OK, RTK_EINVAL (also when one runs), RTK_ENOMEM or RTK_ETHREAD.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_fft_upgrade_start(const rtk_fft_upgrade *upgrade);

/* Wait for the line that is being planned, and end the thread. Without one, in
 * a forked child, or beside another call that stops it, it does nothing.
 * MT-Safe. */
void rtk_fft_upgrade_stop(void);

/* Lines that were planned again since the process began. MT-Safe. */
size_t rtk_fft_upgrade_count(void);

#ifdef __cplusplus
}
#endif

#endif
