#include "kernels/workers/processes/process_board.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void rtk_process_sleep(_Atomic uint32_t *word, uint32_t value, uint64_t ns) {
    int saved = errno;
    struct timespec limit = {(time_t)(ns / 1000000000U),
                             (long)(ns % 1000000000U)};
    syscall(SYS_futex, word, FUTEX_WAIT, value, ns ? &limit : NULL, NULL, 0);
    errno = saved;
}

void rtk_process_wake(_Atomic uint32_t *word) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    errno = saved;
}

void rtk_process_tell(rtk_process_board *board) {
    /* Dekker with the caller: it says that it waits and then looks at the
     * board; we have written to the board and now look whether it waits. The
     * count is raised in any case, for a caller that is awake and looking. */
    atomic_fetch_add_explicit(&board->news, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&board->waiting, memory_order_seq_cst))
        rtk_process_wake(&board->news);
}

void rtk_process_rouse(rtk_process_seat *seat) {
    /* Dekker with the worker's doze(). */
    if (!atomic_load_explicit(&seat->asleep, memory_order_seq_cst)) return;
    /* Relaxed: the word orders nothing, the bell does. */
    if (!atomic_exchange_explicit(&seat->asleep, 0, memory_order_relaxed))
        return;
    rtk_process_wake(&seat->asleep);
}

void rtk_process_bury(rtk_process_board *board, rtk_process_seat *seat,
                      int ended) {
    atomic_store_explicit(&seat->ended, ended, memory_order_relaxed);
    if (!atomic_load_explicit(&seat->retire, memory_order_relaxed))
        atomic_fetch_add_explicit(&board->deaths, 1, memory_order_relaxed);
    /* Release the above, and all that the worker wrote; pairs with the caller's
     * look at its seats. */
    atomic_store_explicit(&seat->holds, SEAT_DEAD, memory_order_seq_cst);
    rtk_process_tell(board);
}

uint64_t rtk_process_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}
