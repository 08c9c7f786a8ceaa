#ifndef RTK_CONTEST_H
#define RTK_CONTEST_H

/* Threads that begin together and are timed together, without a pool: what
 * waking them costs is no part of it. */

#ifdef __cplusplus
extern "C" {
#endif

enum { RTK_CONTEST_THREADS = 64 };

/* What each thread does.
 *
 *   arg      as given
 *   self     0 .. threads - 1
 *   threads  of the contest */
typedef void rtk_contest_share(void *arg, unsigned self, unsigned threads);

/* Run share() on `threads` threads, of which the caller is number 0.
 *
 *   threads  1 .. RTK_CONTEST_THREADS
 *
 * Returns the nanoseconds from when all threads were there until the last was
 * done, or -1 if they could not be started. MT-Safe. */
double rtk_contest_run(unsigned threads, rtk_contest_share *share, void *arg);

#ifdef __cplusplus
}
#endif

#endif
