#ifndef RTK_PROCESS_STATE_H
#define RTK_PROCESS_STATE_H

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What belongs to a whole process, and a library should leave alone. */
typedef struct rtk_process_state {
    mode_t mask; /* of new files */
    char folder[512], locale[512];
    uint64_t variables; /* a hash of the environment */
    struct sigaction action[NSIG];
} rtk_process_state;

/* Note how it stands. MT-Unsafe: the process must have no other thread that
 * uses any of it. */
void rtk_process_note(rtk_process_state *state);

/* What differs, the first of it, as a kind for a finding, or NULL.
 *
 *   signal  out: the number, when a signal's action was changed; else 0
 *
 * MT-Safe. */
const char *rtk_process_change(const rtk_process_state *before,
                               const rtk_process_state *after, int *signal);

enum { RTK_KEYS = 12 };

/* The keys for thread-specific data that would be given out next. MT-Safe. */
void rtk_process_next_keys(pthread_key_t key[RTK_KEYS]);

/* How many of the keys `before` are not among `after`: they were taken.
 * MT-Safe. */
unsigned rtk_process_keys_taken(const pthread_key_t before[RTK_KEYS],
                                const pthread_key_t after[RTK_KEYS]);

#endif
