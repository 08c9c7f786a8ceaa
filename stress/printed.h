#ifndef RTK_PRINTED_H
#define RTK_PRINTED_H

/* What a trial and the library under test print: kept from the user's
 * terminal, and the last of it told, for it may say why a trial ended badly.
 * Who prints is never made to wait; what finds no room is lost. */

#include <stddef.h>
#include <stdint.h>

#include "harness/emit.h"

enum { RTK_PRINTED_KEPT = 1500 };

/* Of one trial; belongs to who watches it. */
typedef struct rtk_printed {
    int from, to; /* ends of a pipe; -1: closed, or nothing is kept */
    uint64_t bytes;
    char last[RTK_PRINTED_KEPT];
    size_t used;
} rtk_printed;

/* Get ready to keep what a child prints, unless RACETRACK_TRIAL_OUTPUT is set:
 * then, and when no pipe can be had, it is let through. End with
 * rtk_printed_close(), which may be called again. MT-Unsafe race:printed. */
void rtk_printed_open(rtk_printed *printed);
void rtk_printed_close(rtk_printed *printed);

/* In the child: print there from now on.
 * MT-Unsafe: call before threads are started. */
void rtk_printed_redirect(rtk_printed *printed);

/* In the parent, once there is a child. MT-Unsafe race:printed. */
void rtk_printed_started(rtk_printed *printed);

/* Take what was printed so far; never waits. MT-Unsafe race:printed. */
void rtk_printed_take(rtk_printed *printed);

/* Append the number of bytes and the last lines; nothing if there are none.
 * MT-Unsafe race:line. */
void rtk_printed_tell(const rtk_printed *printed, rtk_line *line);

#endif
