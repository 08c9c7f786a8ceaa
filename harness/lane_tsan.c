/* The tsan lane: ThreadSanitizer's reports taken as data through its own
 * interface, before it prints them: they are counted, deduplicated and judged
 * here. The callback runs under the report lock: write(2) only, no pthread
 * call. */
#include <fcntl.h>
#include <pthread.h>
#include <sanitizer/allocator_interface.h>
#include <sanitizer/tsan_interface.h>
#include <stdio.h>
#include <string.h>

#include "harness/crash.h"
#include "harness/lane.h"
#include "harness/perturb/worn_places.h"
#include "harness/report.h"

/* More reports of one trial than this say nothing new, nor more lines of one
 * pair of functions. */
enum { REPORTS_MAX = 24, PLACES_MAX = 4, PCS_MAX = RTK_FRAMES_MAX };

/* Frames that are told of each stack, so that all find room in one line: the
 * accesses are what counts. */
enum { ACCESS_FRAMES = 12, PLACE_FRAMES = 6, THREAD_FRAMES = 4 };

/* What the runtime calls for each report, suppressed ones too, before it is
 * printed: __tsan::OnReport(const ReportDesc *, bool). True: it is dealt with,
 * neither printed nor counted for the exit code. */
bool rtk_tsan_report(void *report, bool suppressed) __asm__(
    "_ZN6__tsan8OnReportEPKNS_10ReportDescEb");
void __tsan_read_range_pc(void *addr, unsigned long size, void *pc);
void __tsan_write_range_pc(void *addr, unsigned long size, void *pc);

__attribute__((visibility("default"))) const char *
__tsan_default_options(void) {
    /* Equal reports are counted here, where they wear an instruction out. */
    return "symbolize=0:atexit_sleep_ms=0:halt_on_error=0:"
           "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigill=0:"
           "handle_sigfpe=0:die_after_fork=0:second_deadlock_stack=1:"
           "suppress_equal_stacks=0:history_size=5:report_signal_unsafe=1:io_"
           "sync=0";
}

/* One report, as the runtime hands it over. */
typedef struct report {
    void *it;
    const char *type;
    int stacks, accesses, locations, mutexes, threads;
    void *sleep[PCS_MAX];
} report;

static void add(rtk_line *line, const char *title, void *const *pcs,
                size_t most) {
    size_t n = 0;
    while (n < most && pcs[n]) n++;
    if (n) rtk_finding_stack(line, title, pcs, n);
}

static void add_accesses(rtk_line *line, const report *r) {
    for (int i = 0; i < r->accesses; i++) {
        void *pcs[PCS_MAX] = {0}, *address;
        int thread, size, write, atomic;
        if (!__tsan_get_report_mop(r->it, (unsigned long)i, &thread, &address,
                                   &size, &write, &atomic, pcs, PCS_MAX))
            continue;
        char title[96];
        snprintf(title, sizeof title, "%s%s of %d bytes by thread T%d",
                 atomic ? "atomic " : "", write ? "write" : "read", size,
                 thread);
        add(line, title, pcs, ACCESS_FRAMES);
    }
}

/* What was accessed: a block and who made it, a variable, a thread's stack. */
static void add_location(rtk_line *line, void *it, int i) {
    void *pcs[PCS_MAX] = {0}, *address, *start;
    const char *type;
    unsigned long size;
    int thread, fd, suppressable;
    char title[96];
    if (!__tsan_get_report_loc(it, (unsigned long)i, &type, &address, &start,
                               &size, &thread, &fd, &suppressable, pcs,
                               PCS_MAX))
        return;
    if (strcmp(type, "global") == 0) return; /* see add_variable() */
    if (strcmp(type, "heap") == 0) {
        snprintf(title, sizeof title,
                 "the heap block of %lu bytes was made by thread T%d", size,
                 thread);
        add(line, title, pcs, PLACE_FRAMES);
    } else if (strcmp(type, "fd") == 0) {
        snprintf(title, sizeof title, "descriptor %d was opened", fd);
        add(line, title, pcs, PLACE_FRAMES);
    } else {
        snprintf(title, sizeof title, "the place is in the %s of thread T%d",
                 type, thread);
        rtk_finding_stack(line, title, NULL, 0);
    }
}

/* A global variable is named by the supervisor: the runtime knows of it only
 * when it symbolises by itself, which costs up to half a second. */
static void add_variable(rtk_line *line, const report *r) {
    void *pcs[1], *address;
    int thread, size, write, atomic;
    char path[512];
    uintptr_t offset;
    if (r->accesses &&
        __tsan_get_report_mop(r->it, 0, &thread, &address, &size, &write,
                              &atomic, pcs, 1) &&
        rtk_lane_locate((uintptr_t)address, path, sizeof path, &offset))
        rtk_finding_data(line, "the global variable", address);
}

static void add_mutex(rtk_line *line, void *it, int i, const char *role) {
    void *pcs[PCS_MAX] = {0}, *address;
    uint64_t id;
    int destroyed;
    char title[96];
    if (!__tsan_get_report_mutex(it, (unsigned long)i, &id, &address,
                                 &destroyed, pcs, PCS_MAX))
        return;
    snprintf(title, sizeof title, "mutex M%llu%s, %s, was made",
             (unsigned long long)id, destroyed ? " (destroyed since)" : "",
             role);
    if (pcs[0])
        add(line, title, pcs, THREAD_FRAMES);
    else
        rtk_finding_stack(line, title, NULL, 0);
}

static void add_thread(rtk_line *line, void *it, int i) {
    void *pcs[PCS_MAX] = {0};
    uint64_t os_id;
    int thread, running, parent;
    const char *name;
    char title[128];
    /* The main thread was started by nobody. */
    if (!__tsan_get_report_thread(it, (unsigned long)i, &thread, &os_id,
                                  &running, &name, &parent, pcs, PCS_MAX) ||
        !pcs[0])
        return;
    snprintf(title, sizeof title, "thread T%d%s%s%s (%s) was started by T%d",
             thread, name && *name ? " \"" : "", name ? name : "",
             name && *name ? "\"" : "", running ? "running" : "ended", parent);
    add(line, title, pcs, THREAD_FRAMES);
}

/* Reports without accesses (lock order, misuse) have stacks of their own. */
static void add_stacks(rtk_line *line, const report *r) {
    for (int i = 0; i < r->stacks; i++) {
        void *pcs[PCS_MAX] = {0};
        if (__tsan_get_report_stack(r->it, (unsigned long)i, pcs, PCS_MAX))
            add(line,
                r->mutexes > 1 ? "a lock of the cycle was taken"
                               : "it happened",
                pcs, ACCESS_FRAMES);
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

/* ---- The same again --------------------------------------------------------
 */

/* Where the two sides of a report are: the instruction, and the call of the
 * function that it is in. */
typedef struct place {
    uintptr_t at[2], function[2];
} place;

static place place_of(const report *r) {
    place p = {{0}, {0}};
    for (unsigned long i = 0; i < 2; i++) {
        void *pcs[PCS_MAX] = {0}, *address;
        int thread, size, write, atomic;
        if (i < (unsigned long)r->accesses)
            __tsan_get_report_mop(r->it, i, &thread, &address, &size, &write,
                                  &atomic, pcs, PCS_MAX);
        else if (i < (unsigned long)r->stacks)
            __tsan_get_report_stack(r->it, i, pcs, PCS_MAX);
        p.at[i] = (uintptr_t)pcs[0];
        p.function[i] = (uintptr_t)pcs[1];
    }
    return p;
}

/* Two sides in either order. */
static bool same(const uintptr_t x[2], const uintptr_t y[2]) {
    return (x[0] == y[0] && x[1] == y[1]) || (x[0] == y[1] && x[1] == y[0]);
}

/* Note that a report says nothing new; the answer to fresh(). */
static bool stale(const report *r, const place *p) {
    for (int i = 0; i < 2 && i < r->accesses; i++) rtk_worn_note(p->at[i]);
    return false;
}

/* Whether a report says something that none before it said. Guarded by TSan's
 * report lock. */
static bool fresh(const report *r) {
    static struct {
        const char *type;
        place place;
    } told[REPORTS_MAX];
    static unsigned n;
    place p = place_of(r);
    unsigned alike = 0;
    for (unsigned i = 0; i < n; i++) {
        if (strcmp(told[i].type, r->type) != 0) continue;
        if (same(told[i].place.at, p.at)) return stale(r, &p);
        alike += same(told[i].place.function, p.function);
    }
    if (n == REPORTS_MAX || alike >= PLACES_MAX) return stale(r, &p);
    /* The runtime's own literal: it stays. */
    told[n].type = r->type;
    told[n++].place = p;
    return true;
}

static void tell(const report *r) {
    const char *kind = kind_of(r->type);
    rtk_line line;
    rtk_finding_begin(&line, "tsan", kind, kind);
    add_accesses(&line, r);
    if (!r->accesses) add_stacks(&line, r);
    add_variable(&line, r);
    for (int i = 0; i < r->locations; i++) add_location(&line, r->it, i);
    for (int i = 0; i < r->mutexes; i++)
        add_mutex(&line, r->it, i,
                  r->accesses ? "held during an access" : "involved");
    for (int i = 0; i < r->threads; i++) add_thread(&line, r->it, i);
    add(&line, "as if synchronised by a sleep", r->sleep, PLACE_FRAMES);
    rtk_line_end(&line);
}

/* Set once there is somebody to tell; a program without, such as a unit test,
 * keeps the runtime's own text and exit code. */
static bool captured;

/* Set by the thread that ends the process, before it reports leaks. */
static bool left;

__attribute__((visibility("default"))) bool rtk_tsan_report(void *it,
                                                            bool suppressed) {
    report r = {.it = it};
    int count, unique;
    if (!captured || suppressed) return suppressed;
    __tsan_get_report_data(it, &r.type, &count, &r.stacks, &r.accesses,
                           &r.locations, &r.mutexes, &r.threads, &unique,
                           r.sleep, PCS_MAX);
    /* What the harness's own handler does then is no matter any more. */
    if (strcmp(r.type, "signal-unsafe-call") == 0 && rtk_crash_tells())
        return true;
    if (fresh(&r) && !(left && strcmp(r.type, "thread-leak") == 0)) tell(&r);
    return true;
}

void rtk_lane_leave(void) {
    left = true;
}

void rtk_lane_prepare(void) {
    /* What the runtime has to say beside its reports is not needed. It opens a
     * file of its own in a forked process, unless it is told there again. */
    static int nowhere = -1;
    captured = rtk_emit_heard();
    if (!captured) return;
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

uint64_t rtk_lane_allocated(void) {
    return __sanitizer_get_current_allocated_bytes();
}
