#include "harness/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/clock.h"

void rtk_progress(bool shown, uint64_t done, uint64_t all, uint64_t start_ns,
                  const char *format, ...) {
    if (!shown || !isatty(STDERR_FILENO)) return;
    double used = (double)(rtk_clock_ns() - start_ns) / 1e9;
    double left = done ? used / (double)done * (double)(all - done) : 0;
    va_list more;
    va_start(more, format);
    fprintf(stderr, "\r\033[K[%llu/%llu] ", (unsigned long long)done,
            (unsigned long long)all);
    vfprintf(stderr, format, more);
    if (done) fprintf(stderr, ", %.0f s left", left);
    va_end(more);
    fflush(stderr);
}

void rtk_progress_clear(bool shown) {
    if (shown && isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K");
}
