/* The asan lane: AddressSanitizer's and UndefinedBehaviorSanitizer's reports
 * taken as data through their own interfaces. */
#include <execinfo.h>
#include <fcntl.h>
#include <sanitizer/allocator_interface.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <stdio.h>

#include "harness/lane.h"
#include "harness/report.h"

enum { REPORTS_MAX = 24 };

void __asan_on_error(void);
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
void __ubsan_on_report(void);
void __ubsan_get_current_report_data(const char **kind, const char **message,
                                     const char **file, unsigned *line,
                                     unsigned *column, char **address);

__attribute__((visibility("default"))) const char *
__asan_default_options(void) {
    return "symbolize=0:detect_leaks=0:handle_segv=0:handle_abort=0:"
           "handle_sigbus=0:handle_sigill=0:handle_sigfpe=0:exitcode=86:"
           "allocator_may_return_null=1";
}

__attribute__((visibility("default"))) const char *
__ubsan_default_options(void) {
    return "symbolize=0:print_stacktrace=0";
}

/* The stack from the frame at `top` outwards; the whole when it is not there.
 */
static void add_stack(rtk_line *line, const char *title, void *top) {
    void *pcs[48];
    size_t n = (size_t)backtrace(pcs, 48), from = 0;
    for (size_t i = 0; i < n; i++)
        if (pcs[i] == top) from = i;
    rtk_finding_stack(line, title, pcs + from, n - from);
}

__attribute__((visibility("default"))) void __asan_on_error(void) {
    char summary[200], title[96];
    const char *what = __asan_get_report_description();
    snprintf(title, sizeof title, "%s of %zu bytes",
             __asan_get_report_access_type() ? "write" : "read",
             __asan_get_report_access_size());
    snprintf(summary, sizeof summary, "AddressSanitizer: %s, %s", what, title);
    rtk_line line;
    rtk_finding_begin(&line, "asan", what, summary);
    add_stack(&line, title, __asan_get_report_pc());
    rtk_line_end(&line);
}

__attribute__((visibility("default"))) void __ubsan_on_report(void) {
    /* Guarded by the sanitizer's report lock. */
    static int reports;
    if (reports++ >= REPORTS_MAX) return;
    const char *kind, *message, *file;
    unsigned row, column;
    char *address, summary[300];
    __ubsan_get_current_report_data(&kind, &message, &file, &row, &column,
                                    &address);
    snprintf(summary, sizeof summary, "undefined behaviour: %s at %s:%u",
             message, file, row);
    rtk_line line;
    rtk_finding_begin(&line, "asan", kind, summary);
    add_stack(&line, "undefined behaviour", NULL);
    rtk_line_end(&line);
}

void rtk_lane_prepare(void) {
    /* The text is not needed. The runtime opens a file of its own in a forked
     * process, unless it is told there again. */
    static int nowhere = -1;
    if (nowhere < 0) nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    __sanitizer_set_report_fd((void *)(intptr_t)nowhere);
}

void rtk_lane_settle(void) {}

void rtk_lane_declare_read(const void *data, size_t bytes, uintptr_t code) {
    (void)data, (void)bytes, (void)code;
}

void rtk_lane_declare_write(void *data, size_t bytes, uintptr_t code) {
    (void)data, (void)bytes, (void)code;
}

bool rtk_lane_locate(uintptr_t pc, char *path, size_t room, uintptr_t *offset) {
    void *at;
    if (!__sanitizer_get_module_and_offset_for_pc((void *)pc, path, room, &at))
        return false;
    *offset = (uintptr_t)at;
    return true;
}

void rtk_lane_leave(void) {}

const char *rtk_lane_oracle(void) {
    return "asan";
}

bool rtk_lane_forks_threaded(void) {
    return true;
}

uint64_t rtk_lane_allocated(void) {
    return __sanitizer_get_current_allocated_bytes();
}
