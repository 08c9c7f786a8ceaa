#ifndef RTK_FUTEX_H
#define RTK_FUTEX_H

/* Sleeping on a word, by the kernel's own means. Internal to workers. Order
 * comes from the atomics around it, never from here. */

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Sleep while *word is `value`, until a wake; it may also just return. The
 * word belongs to this process. Keeps errno. MT-Safe. */
static inline void rtk_futex_wait(_Atomic uint32_t *word, uint32_t value) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
    errno = saved;
}

/* The same, for `ns` nanoseconds at most, less than a second. MT-Safe. */
static inline void rtk_futex_wait_for(_Atomic uint32_t *word, uint32_t value,
                                      uint32_t ns) {
    int saved = errno;
    struct timespec limit = {.tv_nsec = (long)ns};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &limit, NULL, 0);
    errno = saved;
}

/* Wake at most `count` that sleep on `word`, which may be gone by now. Keeps
 * errno. MT-Safe. */
static inline void rtk_futex_wake(_Atomic uint32_t *word, int count) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
    errno = saved;
}

#endif
