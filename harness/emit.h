#ifndef RTK_EMIT_H
#define RTK_EMIT_H

/* The lines that a trial process writes to its supervisor: one JSON object
 * each, in one write() of at most PIPE_BUF bytes, so lines of several
 * processes never mix. No allocation and no lock: lines are written from
 * signal handlers and from inside the sanitizers' report callbacks. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line in the making; belongs to one thread. What no longer fits is left
 * out whole, and the line stays valid JSON. */
typedef struct rtk_line {
    char text[4096];
    size_t used;
    unsigned depth;   /* open braces and brackets */
    char closing[16]; /* what closes them */
    bool comma, full;
    bool unheard; /* nobody wants it: it is not written */
    int64_t id;   /* of the finding that it tells of; else 0 */
} rtk_line;

/* Where lines go: a file descriptor that stays open. Set once, before threads
 * are started; children inherit it. MT-Unsafe race:emit. */
void rtk_emit_to(int fd);

/* Whether lines go anywhere. MT-Safe, async-signal-safe. */
bool rtk_emit_heard(void);

/* The descriptor that lines go to, or -1. MT-Safe. */
int rtk_emit_descriptor(void);

/* Keep this process's lines back until a byte can be read from `fd`; at its
 * end without one, the process ends. So lines of a trial that is being made
 * ready never mix with those of the one that runs, not even if it crashes.
 * MT-Unsafe race:emit. */
void rtk_emit_hold(int fd);

/* Wait until lines need not be kept back any more; at once, if they are not.
 * The process that made the pipe wakes it. MT-Unsafe race:emit,
 * async-signal-safe. */
void rtk_emit_wait(void);

/* Start a line of type `raw`. MT-Safe, async-signal-safe. */
void rtk_line_begin(rtk_line *line, const char *raw);

/* Append a member (key NULL: an array element). Text is escaped, NULL text is
 * null; a number that is not finite is null.
 * MT-Unsafe race:line, async-signal-safe. */
void rtk_line_text(rtk_line *line, const char *key, const char *text);
void rtk_line_number(rtk_line *line, const char *key, int64_t number);
void rtk_line_flag(rtk_line *line, const char *key, bool flag);

/* Open and close an array ('[') or object ('{').
 * MT-Unsafe race:line, async-signal-safe. */
void rtk_line_open(rtk_line *line, const char *key, char bracket);
void rtk_line_close(rtk_line *line);

/* Room left before elements are dropped, in bytes. MT-Safe. */
size_t rtk_line_room(const rtk_line *line);

/* Close what is open and write the line. MT-Safe, async-signal-safe. */
void rtk_line_end(rtk_line *line);

#endif
