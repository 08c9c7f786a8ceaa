#ifndef RTK_PULSE_H
#define RTK_PULSE_H

/* How far the actors of a trial are, for who watches it from outside: a page
 * that the watcher and the trial share, a line of it for each actor, written
 * by that actor alone. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

enum { RTK_PULSE_LINE = 64 };

/* Of one actor. Relaxed: nothing is read because of it, and an ordering would
 * hide races from ThreadSanitizer. */
typedef struct rtk_pulse_beat {
    _Alignas(RTK_PULSE_LINE) atomic_uint_least64_t calls; /* that have ended */
    atomic_int thread; /* that makes them; 0: not begun */
    atomic_bool over;  /* no more calls */
} rtk_pulse_beat;

/* Of all actors of a trial. */
typedef struct rtk_pulse_page {
    size_t n;
    int fd; /* of its file, in the process that made it and its children */
    rtk_pulse_beat beat[];
} rtk_pulse_page;

/* Map a page for up to `n` actors; all children share it, and who is given its
 * descriptor. Unmap it with
 * rtk_pulse_free(), which takes NULL.
 *
 *   page  out, on success only
 *
 * Returns RTK_OK or RTK_ENOMEM. MT-Safe. */
RTK_CHECKED rtk_status rtk_pulse_new(rtk_pulse_page **page, size_t n);
void rtk_pulse_free(rtk_pulse_page *page);

/* Make it ready for another trial. MT-Unsafe race:page. */
void rtk_pulse_reset(rtk_pulse_page *page);

/* The actors of this process, and of those that it forks, write to `page`;
 * NULL: nowhere. MT-Unsafe: call before threads are started. */
void rtk_pulse_use(rtk_pulse_page *page);

/* The descriptor of the page that is written to, or -1; closed on exec.
 * MT-Safe. */
int rtk_pulse_descriptor(void);

/* Write to the page that another process has given as descriptor `fd`, which
 * is closed; -1: nowhere. MT-Unsafe: call before threads are started. */
void rtk_pulse_join(int fd);

/* The calling thread is actor `index` from now on; it has made one more call;
 * it will make no more. MT-Safe. */
void rtk_pulse_begin(unsigned index);
void rtk_pulse(unsigned index);
void rtk_pulse_end(unsigned index);

#endif
