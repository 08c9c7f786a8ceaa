/* The tsan lane: ThreadSanitizer's reports taken as data through its own
 * interface, not from its text. The callback runs under the report lock:
 * write(2) only, no pthread call. */
#include <fcntl.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <stdio.h>
#include <string.h>

#include "harness/lane.h"
#include "harness/report.h"

/* More reports of one trial than this say nothing new. */
enum { REPORTS_MAX = 24, PCS_MAX = RTK_FRAMES_MAX };

void __tsan_on_report(void *report);
void __tsan_read_range_pc(void *addr, unsigned long size, void *pc);
void __tsan_write_range_pc(void *addr, unsigned long size, void *pc);

__attribute__((visibility("default"))) const char *
__tsan_default_options(void) {
    return "symbolize=0:atexit_sleep_ms=0:exitcode=0:halt_on_error=0:"
           "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigill=0:"
           "handle_sigfpe=0:die_after_fork=0:second_deadlock_stack=1:"
           "history_size=5:report_signal_unsafe=0:io_sync=0";
}

static size_t depth(void *const *pcs) {
    size_t n = 0;
    while (n < PCS_MAX && pcs[n]) n++;
    return n;
}

static void add_accesses(rtk_line *line, void *report, int count) {
    for (int i = 0; i < count; i++) {
        void *pcs[PCS_MAX] = {0}, *address;
        int thread, size, write, atomic;
        if (!__tsan_get_report_mop(report, (unsigned long)i, &thread, &address,
                                   &size, &write, &atomic, pcs, PCS_MAX))
            continue;
        char title[96];
        snprintf(title, sizeof title, "%s%s of %d bytes by thread T%d",
                 atomic ? "atomic " : "", write ? "write" : "read", size,
                 thread);
        rtk_finding_stack(line, title, pcs, depth(pcs));
    }
}

static void add_location(rtk_line *line, void *report, int count) {
    for (int i = 0; i < count; i++) {
        void *pcs[PCS_MAX] = {0}, *address;
        const char *type;
        void *start;
        unsigned long size;
        int thread, fd, suppressable;
        if (!__tsan_get_report_loc(report, (unsigned long)i, &type, &address,
                                   &start, &size, &thread, &fd, &suppressable,
                                   pcs, PCS_MAX) ||
            !depth(pcs))
            continue;
        char title[96];
        snprintf(title, sizeof title, "the %s block of %lu bytes was made",
                 type, size);
        rtk_finding_stack(line, title, pcs, depth(pcs));
    }
}

static void add_locks(rtk_line *line, void *report, int mutexes, int stacks) {
    for (int i = 0; i < stacks; i++) {
        void *pcs[PCS_MAX] = {0};
        if (!__tsan_get_report_stack(report, (unsigned long)i, pcs, PCS_MAX))
            continue;
        rtk_finding_stack(line, "a lock of the cycle was taken", pcs,
                          depth(pcs));
    }
    for (int i = 0; i < mutexes; i++) {
        void *pcs[PCS_MAX] = {0}, *address;
        uint64_t id;
        int destroyed;
        if (!__tsan_get_report_mutex(report, (unsigned long)i, &id, &address,
                                     &destroyed, pcs, PCS_MAX) ||
            !depth(pcs))
            continue;
        rtk_finding_stack(line, "a mutex involved was made", pcs, depth(pcs));
    }
}

/* What TSan calls it, in our words. */
static const char *kind_of(const char *type) {
    static const char *const words[][2] = {
        {"data-race", "data race"},
        {"data-race-vptr", "data race"},
        {"heap-use-after-free", "use after free, by another thread"},
        {"external-race", "race on an object"},
        {"thread-leak", "thread leak"},
        {"lock-order-inversion", "lock-order inversion"},
        {"mutex-destroy-locked", "destroyed a locked mutex"},
        {"mutex-double-lock", "double lock"},
        {"mutex-invalid-access", "use of an invalid mutex"},
        {"mutex-bad-unlock", "unlock of a mutex not held"},
        {"signal-unsafe-call", "signal-unsafe call"},
        {"errno-in-signal-handler", "errno changed in a signal handler"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], type) == 0) return words[i][1];
    return type;
}

__attribute__((visibility("default"))) void __tsan_on_report(void *report) {
    /* Guarded by TSan's report lock. */
    static int reports;
    if (reports++ >= REPORTS_MAX) return;
    const char *type;
    int count, stacks, accesses, locations, mutexes, threads, unique;
    void *sleep[1];
    __tsan_get_report_data(report, &type, &count, &stacks, &accesses,
                           &locations, &mutexes, &threads, &unique, sleep, 1);
    rtk_line line;
    rtk_finding_begin(&line, "tsan", kind_of(type), kind_of(type));
    add_accesses(&line, report, accesses);
    if (accesses)
        add_location(&line, report, locations);
    else
        add_locks(&line, report, mutexes, stacks);
    rtk_line_end(&line);
}

void rtk_lane_prepare(void) {
    /* The text is not needed. The runtime opens a file of its own in a forked
     * process, unless it is told there again. */
    static int nowhere = -1;
    if (nowhere < 0) nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    __sanitizer_set_report_fd((void *)(intptr_t)nowhere);
}

static void *nothing(void *arg) {
    return arg;
}

void rtk_lane_settle(void) {
    pthread_t thread;
    /* A forked process gets TSan's own thread with its first other one. */
    if (pthread_create(&thread, NULL, nothing, NULL) == 0)
        pthread_join(thread, NULL);
}

void rtk_lane_declare_read(const void *data, size_t bytes, uintptr_t code) {
    __tsan_read_range_pc((void *)(uintptr_t)data, bytes, (void *)(code + 1));
}

void rtk_lane_declare_write(void *data, size_t bytes, uintptr_t code) {
    __tsan_write_range_pc(data, bytes, (void *)(code + 1));
}

bool rtk_lane_locate(uintptr_t pc, char *path, size_t room, uintptr_t *offset) {
    void *at;
    if (!__sanitizer_get_module_and_offset_for_pc((void *)pc, path, room, &at))
        return false;
    *offset = (uintptr_t)at;
    return true;
}

const char *rtk_lane_oracle(void) {
    return "tsan";
}

bool rtk_lane_forks_threaded(void) {
    return false;
}
