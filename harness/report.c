#include "harness/report.h"

#include <execinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/lane.h"

void rtk_report_prepare(void) {
    void *pcs[2];
    /* The first call loads libgcc, which no signal handler may do. */
    backtrace(pcs, 2);
    rtk_lane_prepare();
}

/* Set before threads are started. */
static struct {
    const char *name[RTK_HEARD_MAX];
    size_t n;
} only;

void rtk_report_only(const char *const *names, size_t n) {
    only.n = n < RTK_HEARD_MAX ? n : RTK_HEARD_MAX;
    for (size_t i = 0; i < only.n; i++) only.name[i] = names[i];
}

bool rtk_report_hears(const char *oracle) {
    for (size_t i = 0; i < only.n; i++)
        if (strcmp(only.name[i], oracle) == 0) return true;
    return only.n == 0 || strcmp(oracle, "crash") == 0 ||
           strcmp(oracle, "hang") == 0;
}

void rtk_finding_begin(rtk_line *line, const char *oracle, const char *kind,
                       const char *summary) {
    rtk_line_begin(line, "finding");
    line->unheard = !rtk_report_hears(oracle);
    rtk_line_text(line, "oracle", oracle);
    rtk_line_text(line, "kind", kind);
    rtk_line_number(line, "pid", getpid());
    rtk_line_text(line, "summary", summary);
    rtk_line_open(line, "stacks", '[');
}

static void frame(rtk_line *line, uintptr_t address, bool data) {
    char module[512];
    uintptr_t offset;
    if (!rtk_lane_locate(address, module, sizeof module, &offset) ||
        rtk_line_room(line) < strlen(module) + 64)
        return;
    rtk_line_open(line, NULL, '[');
    rtk_line_text(line, NULL, module);
    rtk_line_number(line, NULL, (int64_t)offset);
    if (data) rtk_line_flag(line, NULL, true);
    rtk_line_close(line);
}

static bool open_stack(rtk_line *line, const char *title) {
    if (rtk_line_room(line) < 256) return false;
    rtk_line_open(line, NULL, '{');
    rtk_line_text(line, "title", title);
    rtk_line_open(line, "frames", '[');
    return true;
}

void rtk_finding_stack(rtk_line *line, const char *title, void *const *pcs,
                       size_t n) {
    if (!open_stack(line, title)) return;
    /* A return address lies behind its call. */
    for (size_t i = 0; i < n && i < RTK_FRAMES_MAX && pcs[i]; i++)
        frame(line, (uintptr_t)pcs[i] - 1, false);
    rtk_line_close(line);
    rtk_line_close(line);
}

void rtk_finding_data(rtk_line *line, const char *title, const void *data) {
    if (!open_stack(line, title)) return;
    frame(line, (uintptr_t)data, true);
    rtk_line_close(line);
    rtk_line_close(line);
}

void rtk_finding(const char *oracle, const char *kind, const char *summary,
                 ...) {
    char sentence[400];
    va_list more;
    va_start(more, summary);
    vsnprintf(sentence, sizeof sentence, summary, more);
    va_end(more);
    rtk_line line;
    rtk_finding_begin(&line, oracle, kind, sentence);
    rtk_line_end(&line);
}
