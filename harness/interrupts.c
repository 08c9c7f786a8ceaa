#include "harness/interrupts.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/random.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* What a library may want to be sent: not what tells of an error, ends the
 * process or stops it. Real-time signals follow. */
static const int usual[] = {SIGPROF, SIGALRM, SIGVTALRM, SIGUSR1,
                            SIGUSR2, SIGIO,   SIGURG};

/* Where the random numbers of each decision begin, and times. */
enum {
    DRAW_SIGNAL = 11000,
    DRAW_MOMENT = 12000,
    SOONEST_NS = 1000,
    FIRST_NS = 20000,     /* a first call is taken to last so long */
    LATEST_NS = 20000000, /* no call is taken to last longer */
    SECOND_NS = 1000000000,
    SIGNALS = 64
};

static void on_interrupt(int number) {
    (void)number;
}

static bool caught(int number) {
    struct sigaction how;
    return sigaction(number, NULL, &how) == 0 && how.sa_handler != SIG_DFL &&
           how.sa_handler != SIG_IGN;
}

void rtk_interrupts_prepare(const rtk_trial *trial) {
    struct sigaction how;
    if (!trial->usage->interrupts || caught(SIGPROF)) return;
    memset(&how, 0, sizeof how);
    how.sa_handler = on_interrupt;
    sigaction(SIGPROF, &how, NULL);
}

static uint64_t bit_of(int number) {
    return caught(number) ? UINT64_C(1) << (number - 1) : 0;
}

void rtk_interrupts_choose(rtk_actor *actor) {
    actor->signals = 0;
    if (!actor->trial->usage->interrupts) return;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        actor->signals |= bit_of(usual[i]);
    for (int n = SIGRTMIN; n <= SIGRTMAX && n <= SIGNALS; n++)
        actor->signals |= bit_of(n);
}

/* One of `signals`, which are not none. */
static int draw(uint64_t signals, uint64_t seed, uint64_t n) {
    unsigned many = (unsigned)__builtin_popcountll(signals);
    for (uint64_t skip = rtk_random_below(seed ^ DRAW_SIGNAL, n, many); skip;
         skip--)
        signals &= signals - 1;
    return 1 + __builtin_ctzll(signals);
}

static uint64_t moment(const rtk_actor *a, uint64_t seed, uint64_t n) {
    uint64_t most = FIRST_NS;
    if (n > 0) most = a->ended_ns[n - 1] - a->begun_ns[n - 1];
    if (most > LATEST_NS) most = LATEST_NS;
    return SOONEST_NS + rtk_random_below(seed ^ DRAW_MOMENT, n, most + 1);
}

/* By system calls: those of libc may allocate, which the library under test
 * could be in the middle of, or be counted. */
void rtk_interrupt_begin(const rtk_actor *actor, uint64_t n,
                         rtk_interrupt *one) {
    one->set = false;
    if (!actor->signals) return;
    int before = errno;
    uint64_t seed = actor->trial->seed + actor->index;
    struct sigevent to;
    memset(&to, 0, sizeof to);
    to.sigev_notify = SIGEV_THREAD_ID;
    to.sigev_signo = draw(actor->signals, seed, n);
    to.sigev_notify_thread_id = (int)syscall(SYS_gettid);
    uint64_t ns = moment(actor, seed, n);
    struct itimerspec at = {
        .it_value = {(time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS)}};
    one->set =
        syscall(SYS_timer_create, CLOCK_MONOTONIC, &to, &one->timer) == 0;
    if (one->set) syscall(SYS_timer_settime, one->timer, 0, &at, NULL);
    errno = before;
}

void rtk_interrupt_end(rtk_actor *actor, const rtk_interrupt *one) {
    struct itimerspec left;
    if (!one->set) return;
    int before = errno;
    /* Zero: it has come. */
    if (syscall(SYS_timer_gettime, one->timer, &left) == 0 &&
        !left.it_value.tv_sec && !left.it_value.tv_nsec)
        actor->interrupted++;
    syscall(SYS_timer_delete, one->timer);
    errno = before;
}
