#include "harness/crash.h"

#include <execinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/report.h"

enum { STACK_BYTES = 256 * 1024, PCS = 48 };

static const rtk_team *watched;

static const char *signal_name(int number) {
    switch (number) {
    case SIGSEGV: return "segmentation fault";
    case SIGBUS: return "bus error";
    case SIGFPE: return "arithmetic fault";
    case SIGILL: return "illegal instruction";
    case SIGABRT: return "abort";
    default: return "fatal signal";
    }
}

/* Which array of which actor lies at `address`. */
static const char *locate(const void *address, bool *input, bool *guard) {
    const char *name = NULL;
    for (unsigned i = 0; !name && watched && i < watched->n; i++)
        for (unsigned k = 0; !name && k < watched->actor[i].tasks; k++)
            name = rtk_arrays_locate(&watched->actor[i].task[k].arrays, address,
                                     input, guard);
    return name;
}

/* The first thread that gets here; 0: none yet. */
static atomic_int reporter;

bool rtk_crash_tells(void) {
    return atomic_load_explicit(&reporter, memory_order_relaxed) != 0;
}

enum { STUCK_S = 2 };

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

/* A report that waits for a lock which the crash has left behind must not keep
 * the process for ever: SIGALRM ends it then, whatever has been made of that
 * signal. And another crash must get through, too. By system calls: the
 * sanitizers look on at those of libc. */
static void limit_report(void) {
    enum { MASK_BYTES = 8 };
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        unsigned long mask;
    } plain = {0};
    unsigned long mask = 1UL << (SIGALRM - 1);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        mask |= 1UL << (fatal[i] - 1);
    syscall(SYS_rt_sigaction, SIGALRM, &plain, NULL, MASK_BYTES);
    syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, MASK_BYTES);
    alarm(STUCK_S);
}

/* The others wait for the end of the process, or they would end it before the
 * first has told its story. That one comes again when what it looks at is
 * broken too: then it tells no more than that. */
static void be_the_reporter(int number) {
    int first = 0, self = (int)syscall(SYS_gettid);
    /* Relaxed: only who is first matters. */
    if (atomic_compare_exchange_strong_explicit(&reporter, &first, self,
                                                memory_order_relaxed,
                                                memory_order_relaxed))
        return;
    while (first != self) pause();
    rtk_line line;
    rtk_finding_begin(&line, "crash", signal_name(number),
                      "a fatal signal during the calls, and another one where "
                      "its stack was looked at");
    rtk_line_end(&line);
    _exit(128 + number);
}

static void on_signal(int number, siginfo_t *info, void *context) {
    (void)context;
    be_the_reporter(number);
    limit_report();
    char sentence[256];
    bool input = false, guard = false, memory = number == SIGSEGV;
    const char *array = memory ? locate(info->si_addr, &input, &guard) : NULL;
    const char *oracle = "crash", *kind = signal_name(number);
    snprintf(sentence, sizeof sentence, "%s during the calls", kind);
    if (array && guard) {
        oracle = "canary", kind = "access outside an array";
        snprintf(sentence, sizeof sentence, "access outside the array \"%s\"",
                 array);
    } else if (array && input) {
        oracle = "inputs", kind = "input modified";
        snprintf(sentence, sizeof sentence,
                 "write to the read-only input \"%s\"", array);
    }
    void *pcs[PCS];
    size_t n = (size_t)backtrace(pcs, PCS);
    /* The handler's own frame and the kernel's say nothing. */
    size_t skip = n > 2 ? 2 : 0;
    /* The faulting instruction itself, not one behind a call. */
    if (n > skip) pcs[skip] = (char *)pcs[skip] + 1;
    rtk_line line;
    rtk_finding_begin(&line, oracle, kind, sentence);
    rtk_finding_stack(&line, kind, pcs + skip, n - skip);
    rtk_line_end(&line);
    _exit(128 + number);
}

void rtk_crash_stack_give(rtk_crash_stack *stack) {
    stack_t own = {.ss_size = STACK_BYTES};
    stack->memory = NULL;
    own.ss_sp = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own.ss_sp == MAP_FAILED) return;
    if (sigaltstack(&own, &stack->before) == 0)
        stack->memory = own.ss_sp;
    else
        munmap(own.ss_sp, STACK_BYTES);
}

void rtk_crash_stack_take(rtk_crash_stack *stack) {
    stack_t now;
    if (!stack->memory) return;
    /* A sanitizer's own comes back, which it will free; one that the code under
     * test has set instead is not ours to take. */
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == stack->memory)
        sigaltstack(&stack->before, NULL);
    munmap(stack->memory, STACK_BYTES);
}

static void install(void) {
    struct sigaction how;
    memset(&how, 0, sizeof how);
    how.sa_sigaction = on_signal;
    how.sa_flags = SA_SIGINFO | SA_ONSTACK;
    /* The process's first thread keeps its own as long as it lives. */
    rtk_crash_stack stack;
    rtk_crash_stack_give(&stack);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigaction(fatal[i], &how, NULL);
}

void rtk_crash_watch(const rtk_team *team) {
    static bool installed;
    watched = team;
    if (!installed) install();
    installed = true;
}
