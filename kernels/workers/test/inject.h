#ifndef RTK_INJECT_H
#define RTK_INJECT_H

/* Calls of the system that are refused on demand, as if there were no memory
 * or no thread left. A test is linked with this file and with --wrap for each
 * of the functions that inject.c defines; only calls from code that is linked
 * into the test are counted, not those of shared libraries. */

#include <limits.h>

/* What can be refused; to be combined. */
typedef enum inject_kind {
    INJECT_THREADS = 1, /* pthread_create */
    INJECT_MEMORY = 2,  /* malloc and its kin */
    INJECT_LOCKS = 4,   /* pthread_mutex_init, _cond_init, _key_create */
    INJECT_LOADER = 8,  /* dlopen, pthread_atfork */
    INJECT_ALL = 15
} inject_kind;

enum { INJECT_ALWAYS = INT_MAX };

/* From now on count the calls of `kinds`, and refuse `count` of them from the
 * `first`-th on, whichever threads make them.
 *
 *   kinds  of inject_kind
 *   first  from 1; 0 refuses none
 *   count  INJECT_ALWAYS: all that come
 *
 * MT-Unsafe race:inject. */
void inject_arm(unsigned kinds, int first, int count);

/* Refuse nothing more. Returns how many calls were refused. MT-Safe. */
int inject_disarm(void);

#endif
