#ifndef RTK_ENVIRONMENT_H
#define RTK_ENVIRONMENT_H

/* What a call must leave to its caller as it was, on the calling thread. */

#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* What can have changed; bits of a set. */
typedef enum rtk_change {
    RTK_CHANGED_ROUNDING = 1,
    RTK_CHANGED_DENORMALS = 2, /* flush to zero, denormals are zero */
    RTK_CHANGED_TRAPS = 4,
    RTK_CHANGED_PRECISION = 8, /* of the x87 */
    RTK_CHANGED_FLAGS = 16,    /* some that were raised are so no more */
    RTK_CHANGED_ERRNO = 32,    /* set to 0, which no library function may do */
    RTK_CHANGED_SIGNALS = 64,  /* the thread's mask */
    RTK_CHANGED_LOCALE = 128,
    RTK_CHANGED_CANCEL = 256 /* state or type */
} rtk_change;
enum { RTK_CHANGES = 9 };

enum { RTK_LOCALE_PARTS = 5 };

/* How it stands on one thread; belongs to that thread. */
typedef struct rtk_environment {
    uint32_t modes, x87, flags;
    int error;
    sigset_t mask;
    locale_t locale;
    const char *part[RTK_LOCALE_PARTS]; /* compared, never read */
    int cancel_state, cancel_type;
} rtk_environment;

/* Note how it stands on the calling thread. MT-Safe. */
void rtk_environment_note(rtk_environment *environment);

/* Raise all floating-point flags and set errno to a number that no call sets,
 * so that it shows when one clears them, then note; or clear the flags, so that
 * it shows when one raises them.
 *
 *   known  *environment was noted by this thread, and only modes, flags and
 *          errno can have changed since: the rest is not asked for anew
 *
 * MT-Unsafe race:environment. */
void rtk_environment_arm(rtk_environment *environment, bool raised, bool known);

/* What differs: a set of rtk_change. MT-Safe. */
unsigned rtk_environment_changes(const rtk_environment *before,
                                 const rtk_environment *after);

/* What differs from how a process starts, of what can be told from outside:
 * modes of arithmetic. MT-Safe. */
unsigned rtk_environment_unusual(const rtk_environment *environment);

/* Set `changes` back on the calling thread to how they stood in `before`.
 * MT-Safe. */
void rtk_environment_restore(const rtk_environment *before, unsigned changes);

/* A change in words: a kind for a finding. MT-Safe. */
const char *rtk_change_text(rtk_change change);

#endif
