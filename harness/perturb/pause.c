/* Holding a thread. System calls are made directly: the sanitizers intercept
 * the functions of libc, and errno is not ours to change. */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/perturb/algorithm.h"

enum { NS_PER_S = 1000000000 };

static struct timespec span(uint64_t ns) {
    return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

uint64_t rtk_pause_clock(void) {
    struct timespec now = {0, 0};
    int before = errno;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    errno = before;
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void rtk_pause_yield(void) {
    int before = errno;
    syscall(SYS_sched_yield);
    errno = before;
}

void rtk_pause(rtk_perturbed *self, uint64_t ns) {
    struct timespec length = span(ns);
    int before = errno;
    syscall(SYS_nanosleep, &length, NULL);
    errno = before;
    self->held_ns += ns;
}

void rtk_pause_while(rtk_perturbed *self, _Atomic uint32_t *word,
                     uint32_t value, uint64_t ns) {
    struct timespec length = span(ns);
    uint64_t begun = rtk_pause_clock();
    int before = errno;
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &length, NULL, 0);
    errno = before;
    self->held_ns += rtk_pause_clock() - begun;
}

void rtk_pause_wake(_Atomic uint32_t *word) {
    int before = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = before;
}

bool rtk_pause_allowed(const rtk_perturbed *self, unsigned percent) {
    uint64_t age = rtk_pause_clock() - self->since_ns;
    return self->held_ns * 100 < age * percent;
}
