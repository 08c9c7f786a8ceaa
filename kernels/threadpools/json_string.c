#include <string.h>

#include "kernels/threadpools/pool_info.h"

/* The length of the UTF-8 character at `c`, or 0 if it is none (RFC 3629: no
 * longer than needed, no surrogates, nothing above U+10FFFF). */
static size_t character(const unsigned char *c) {
    static const struct {
        unsigned char first, last, least, most;
        size_t bytes;
    } forms[] = {{0x00, 0x7f, 0x80, 0xbf, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2},
                 {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                 {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                 {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
                 {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (c[0] < forms[i].first || c[0] > forms[i].last) continue;
        size_t n = 1;
        if (forms[i].bytes > 1 &&
            (c[1] < forms[i].least || c[1] > forms[i].most))
            return 0;
        while (n < forms[i].bytes && (n == 1 || (c[n] & 0xc0) == 0x80)) n++;
        return n == forms[i].bytes ? n : 0;
    }
    return 0;
}

static void one(const unsigned char *c, size_t bytes, FILE *to) {
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *at = bytes == 1 ? strchr(plain, *c) : NULL;
    if (at)
        fprintf(to, "\\%c", letters[at - plain]);
    else if (bytes == 0)
        fputs("\xef\xbf\xbd", to);
    else if (bytes == 1 && (*c < 0x20 || *c == 0x7f))
        fprintf(to, "\\u%04x", *c);
    else
        fwrite(c, 1, bytes, to);
}

void rtk_json_string(const char *text, FILE *to) {
    const unsigned char *c = (const unsigned char *)text;
    if (!text) {
        fputs("null", to);
        return;
    }
    fputc('"', to);
    while (*c) {
        size_t bytes = character(c);
        one(c, bytes, to);
        c += bytes ? bytes : 1;
    }
    fputc('"', to);
}
