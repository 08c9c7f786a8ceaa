#include "harness/emit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Kept free for the closing brackets and the newline. */
enum { RESERVE = 32 };

static int emit_fd = -1;

void rtk_emit_to(int fd) {
    emit_fd = fd;
}

bool rtk_emit_heard(void) {
    return emit_fd >= 0;
}

int rtk_emit_descriptor(void) {
    return emit_fd;
}

static int hold_fd = -1;

void rtk_emit_hold(int fd) {
    hold_fd = fd;
}

void rtk_emit_wait(void) {
    char byte;
    ssize_t n = 1;
    if (hold_fd < 0) return;
    while ((n = read(hold_fd, &byte, 1)) < 0 && errno == EINTR) {
    }
    if (n != 1) _exit(0);
    hold_fd = -1;
}

size_t rtk_line_room(const rtk_line *line) {
    return sizeof line->text - RESERVE - line->used;
}

static void put(rtk_line *line, const char *text, size_t n) {
    memcpy(line->text + line->used, text, n);
    line->used += n;
}

/* Length of the UTF-8 sequence at `c` when it is well formed and beyond ASCII,
 * else 0 (RFC 3629). Lead bytes whose second byte has a narrower range are
 * left out, so nothing overlong and no surrogate passes. */
static size_t sequence(const unsigned char *c) {
    size_t n = *c >= 0xf1 && *c < 0xf4                ? 4
               : *c > 0xe0 && *c != 0xed && *c < 0xf0 ? 3
               : *c >= 0xc2 && *c < 0xe0              ? 2
                                                      : 0;
    for (size_t i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80) return 0;
    return n;
}

/* How the byte or sequence at `c` is written; the bytes it stands for. */
static size_t encode(const unsigned char *c, char out[6], size_t *length) {
    static const char hex[] = "0123456789abcdef";
    size_t n = sequence(c);
    *length = n ? n : 1;
    if (n) {
        memcpy(out, c, n);
    } else if (*c < 0x20 || *c >= 0x7f) {
        const char u[6] = {'\\', 'u', '0', '0', hex[*c >> 4], hex[*c & 15]};
        memcpy(out, u, *length = sizeof u);
    } else if (*c == '"' || *c == '\\') {
        out[0] = '\\';
        out[1] = (char)*c;
        *length = 2;
    } else {
        out[0] = (char)*c;
    }
    return n ? n : 1;
}

/* Bytes that `text` takes inside quotes. */
static size_t escaped_length(const char *text) {
    char out[6];
    size_t total = 0, length;
    for (const unsigned char *c = (const unsigned char *)text; *c;
         total += length)
        c += encode(c, out, &length);
    return total;
}

static void put_escaped(rtk_line *line, const char *text) {
    char out[6];
    size_t length;
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        c += encode(c, out, &length);
        put(line, out, length);
    }
}

/* Write the comma and the key when `need` more bytes fit. */
static bool start(rtk_line *line, const char *key, size_t need) {
    size_t keyed = key ? escaped_length(key) + 3 : 0;
    if (line->full || rtk_line_room(line) < keyed + need + 1) {
        line->full = true;
        return false;
    }
    if (line->comma) put(line, ",", 1);
    line->comma = true;
    if (key) {
        put(line, "\"", 1);
        put_escaped(line, key);
        put(line, "\":", 2);
    }
    return true;
}

void rtk_line_begin(rtk_line *line, const char *raw) {
    line->used = 0;
    line->depth = 0;
    line->comma = line->full = line->unheard = false;
    line->id = 0;
    rtk_line_open(line, NULL, '{');
    rtk_line_text(line, "raw", raw);
}

void rtk_line_text(rtk_line *line, const char *key, const char *text) {
    if (!text) {
        if (start(line, key, 4)) put(line, "null", 4);
        return;
    }
    if (!start(line, key, escaped_length(text) + 2)) return;
    put(line, "\"", 1);
    put_escaped(line, text);
    put(line, "\"", 1);
}

void rtk_line_number(rtk_line *line, const char *key, int64_t number) {
    char digits[24];
    size_t n = 0;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[sizeof digits - ++n] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0) digits[sizeof digits - ++n] = '-';
    if (start(line, key, n)) put(line, digits + sizeof digits - n, n);
}

void rtk_line_flag(rtk_line *line, const char *key, bool flag) {
    const char *word = flag ? "true" : "false";
    if (start(line, key, strlen(word))) put(line, word, strlen(word));
}

void rtk_line_open(rtk_line *line, const char *key, char bracket) {
    if (line->depth == sizeof line->closing || !start(line, key, 2)) return;
    put(line, &bracket, 1);
    line->closing[line->depth++] = bracket == '{' ? '}' : ']';
    line->comma = false;
}

void rtk_line_close(rtk_line *line) {
    if (!line->depth) return;
    put(line, &line->closing[--line->depth], 1);
    line->comma = true;
}

void rtk_line_end(rtk_line *line) {
    rtk_emit_wait();
    if (line->unheard) return;
    while (line->depth) rtk_line_close(line);
    put(line, "\n", 1);
    int saved = errno;
    size_t done = 0;
    while (done < line->used) {
        ssize_t n = write(emit_fd, line->text + done, line->used - done);
        if (n < 0 && errno != EINTR) break;
        if (n > 0) done += (size_t)n;
    }
    errno = saved;
}
