#ifndef RTK_REPORT_H
#define RTK_REPORT_H

/* Findings, as a trial process words them: an oracle's name, what kind of
 * thing it saw, one sentence, and stacks as (module, offset), which the
 * supervisor turns into functions and lines. */

#include <stddef.h>
#include <stdint.h>

#include "harness/emit.h"

enum { RTK_FRAMES_MAX = 16 };

/* Install the lane's capture and load the unwinder now, so that stacks can be
 * taken in a signal handler later.
 * MT-Unsafe: call before threads are started. */
void rtk_report_prepare(void);

enum { RTK_HEARD_MAX = 64 };

/* Let only these oracles, and "crash" and "hang", which end a trial, make
 * findings; n 0: all. The names stay the caller's and are kept.
 * MT-Unsafe: call before threads are started. */
void rtk_report_only(const char *const *names, size_t n);

/* The i-th name given to rtk_report_only(), or NULL. MT-Safe. */
const char *rtk_report_heard(size_t i);

/* Whether findings of `oracle` are heard. MT-Safe, async-signal-safe. */
bool rtk_report_hears(const char *oracle);

/* Start the line of a finding; stacks may follow. Those for which it has no
 * room go into lines of their own, "more" of the same id. That of an oracle
 * which is not heard is never written. MT-Safe, async-signal-safe. */
void rtk_finding_begin(rtk_line *line, const char *oracle, const char *kind,
                       const char *summary);

/* Append a stack of `n` return addresses, innermost first.
 * MT-Unsafe race:line, async-signal-safe once prepared. */
void rtk_finding_stack(rtk_line *line, const char *title, void *const *pcs,
                       size_t n);

/* The same, frame by frame: begin a stack, append addresses as `offset` in the
 * file `module`, end it. `data`: it is the place of a variable.
 * MT-Unsafe race:line, async-signal-safe. */
void rtk_finding_stack_begin(rtk_line *line, const char *title);
void rtk_finding_frame(rtk_line *line, const char *module, uint64_t offset,
                       bool data);
void rtk_finding_stack_end(rtk_line *line);

/* Append the place of a variable instead, for the supervisor to name.
 * MT-Unsafe race:line, async-signal-safe once prepared. */
void rtk_finding_data(rtk_line *line, const char *title, const void *data);

/* A whole finding with the caller's own stack, `summary` in printf's format.
 * MT-Safe. */
void rtk_finding(const char *oracle, const char *kind, const char *summary, ...)
    __attribute__((format(printf, 3, 4)));

#endif
