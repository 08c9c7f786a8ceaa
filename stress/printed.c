#include "stress/printed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The pipe is emptied now and then: it has room for what comes in between. */
enum { PIPE_BYTES = 256 * 1024, LINES = 12 };

void rtk_printed_open(rtk_printed *printed) {
    int fds[2];
    *printed = (rtk_printed){.from = -1, .to = -1};
    if (getenv("RACETRACK_TRIAL_OUTPUT") ||
        pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
        return;
    fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES);
    printed->from = fds[0];
    printed->to = fds[1];
}

static void shut(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

void rtk_printed_close(rtk_printed *printed) {
    shut(&printed->from);
    shut(&printed->to);
}

void rtk_printed_redirect(rtk_printed *printed) {
    if (printed->to < 0) return;
    dup2(printed->to, STDOUT_FILENO);
    dup2(printed->to, STDERR_FILENO);
    /* A trial ends without a last flush. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    rtk_printed_close(printed);
}

void rtk_printed_started(rtk_printed *printed) {
    shut(&printed->to);
}

/* Add to the end, and forget as much of the beginning. */
static void keep(rtk_printed *p, const char *text, size_t n) {
    if (n > sizeof p->last) {
        text += n - sizeof p->last;
        n = sizeof p->last;
    }
    size_t room = sizeof p->last - p->used, over = n > room ? n - room : 0;
    memmove(p->last, p->last + over, p->used - over);
    p->used -= over;
    memcpy(p->last + p->used, text, n);
    p->used += n;
}

void rtk_printed_take(rtk_printed *printed) {
    char text[4096];
    ssize_t n;
    /* No more than the pipe holds, however fast it is filled. */
    for (size_t taken = 0; printed->from >= 0 && taken < PIPE_BYTES &&
                           (n = read(printed->from, text, sizeof text)) > 0;
         taken += (size_t)n) {
        printed->bytes += (uint64_t)n;
        keep(printed, text, (size_t)n);
    }
}

/* Bytes that one takes in a line, at most. */
static size_t cost(unsigned char c) {
    return c < 0x20 || c >= 0x7f ? 6 : c == '"' || c == '\\' ? 2 : 1;
}

void rtk_printed_tell(const rtk_printed *printed, rtk_line *line) {
    char text[RTK_PRINTED_KEPT + 1];
    size_t from = printed->used, lines = 0, room = rtk_line_room(line);
    if (!printed->bytes) return;
    rtk_line_number(line, "printed", (int64_t)printed->bytes);
    /* From the end backwards, as long as there is room for it. */
    for (size_t left = room > 64 ? room - 64 : 0; from > 0; from--) {
        unsigned char c = (unsigned char)printed->last[from - 1];
        lines += c == '\n' && from < printed->used;
        if (cost(c) > left || lines == LINES) break;
        left -= cost(c);
    }
    size_t n = printed->used - from;
    for (size_t i = 0; i < n; i++) {
        char c = printed->last[from + i];
        text[i] = c ? c : ' ';
    }
    text[n] = 0;
    rtk_line_text(line, "output", text);
}
