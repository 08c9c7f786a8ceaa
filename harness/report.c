#include "harness/report.h"

#include <execinfo.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/lane.h"

/* What a line must have left for a title, and beside the path of a frame. */
enum { STACK_ROOM = 800, FRAME_ROOM = 64 };

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

const char *rtk_report_heard(size_t i) {
    return i < only.n ? only.name[i] : NULL;
}

bool rtk_report_hears(const char *oracle) {
    for (size_t i = 0; i < only.n; i++)
        if (strcmp(only.name[i], oracle) == 0) return true;
    return only.n == 0 || strcmp(oracle, "crash") == 0 ||
           strcmp(oracle, "hang") == 0;
}

/* Different for each finding of a trial's processes. */
static int64_t next_id(void) {
    static atomic_uint made;
    /* Relaxed: the numbers need only differ. */
    unsigned n = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
    return ((int64_t)getpid() << 20) + (n & 0xfffff);
}

void rtk_finding_begin(rtk_line *line, const char *oracle, const char *kind,
                       const char *summary) {
    rtk_line_begin(line, "finding");
    line->unheard = !rtk_report_hears(oracle);
    line->id = next_id();
    rtk_line_number(line, "id", line->id);
    rtk_line_text(line, "oracle", oracle);
    rtk_line_text(line, "kind", kind);
    rtk_line_number(line, "pid", getpid());
    rtk_line_text(line, "summary", summary);
    rtk_line_open(line, "stacks", '[');
}

/* Go on in another line. */
static void turn_over(rtk_line *line) {
    bool unheard = line->unheard;
    int64_t id = line->id;
    rtk_line_end(line);
    rtk_line_begin(line, "more");
    line->unheard = unheard;
    line->id = id;
    rtk_line_number(line, "of", id);
    rtk_line_open(line, "stacks", '[');
}

static void open_stack(rtk_line *line, const char *title) {
    rtk_line_open(line, NULL, '{');
    if (title)
        rtk_line_text(line, "title", title);
    else
        rtk_line_flag(line, "continued", true);
    rtk_line_open(line, "frames", '[');
}

void rtk_finding_stack_begin(rtk_line *line, const char *title) {
    if (rtk_line_room(line) < STACK_ROOM) turn_over(line);
    open_stack(line, title);
}

void rtk_finding_stack_end(rtk_line *line) {
    rtk_line_close(line);
    rtk_line_close(line);
}

void rtk_finding_frame(rtk_line *line, const char *module, uint64_t offset,
                       bool data) {
    if (rtk_line_room(line) < strlen(module) + FRAME_ROOM) {
        turn_over(line);
        open_stack(line, NULL);
    }
    rtk_line_open(line, NULL, '[');
    rtk_line_text(line, NULL, module);
    rtk_line_number(line, NULL, (int64_t)offset);
    if (data) rtk_line_flag(line, NULL, true);
    rtk_line_close(line);
}

static void frame(rtk_line *line, uintptr_t address, bool data) {
    char module[512];
    uintptr_t offset;
    if (rtk_lane_locate(address, module, sizeof module, &offset))
        rtk_finding_frame(line, module, offset, data);
}

void rtk_finding_stack(rtk_line *line, const char *title, void *const *pcs,
                       size_t n) {
    rtk_finding_stack_begin(line, title);
    /* A return address lies behind its call. */
    for (size_t i = 0; i < n && i < RTK_FRAMES_MAX && pcs[i]; i++)
        frame(line, (uintptr_t)pcs[i] - 1, false);
    rtk_finding_stack_end(line);
}

void rtk_finding_data(rtk_line *line, const char *title, const void *data) {
    rtk_finding_stack_begin(line, title);
    frame(line, (uintptr_t)data, true);
    rtk_finding_stack_end(line);
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
