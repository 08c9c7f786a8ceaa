/* Mutexes, rwlocks and spin locks: a point of perturbation before each call,
 * and the order in which they are taken. */
#include <pthread.h>

#include "harness/hooks/real.h"

/* A spin lock is volatile, which says nothing here. */
#define OBJECT      ((void *)(uintptr_t)lock)
#define POINT(kind) rtk_perturb_sync(RTK_POINT_##kind, OBJECT, RTK_CALLER)

/* ---- Taking, with a wait that has no end ------------------------------------
 */

/* Normally the lock is followed before it is waited for. One that the thread
 * has already may be refused: then it was not taken once more. */
#define WAITS(type, name, kind)                                                \
    RTK_HOOK(int, name, (type * lock), (lock)) {                               \
        if (!rtk_real_watched()) RTK_LEAVE real_##name(lock);                  \
        POINT(LOCK);                                                           \
        if (!rtk_lock_held(OBJECT)) {                                          \
            rtk_lock_waits(OBJECT, kind, RTK_FRAME);                           \
            RTK_LEAVE real_##name(lock);                                       \
        }                                                                      \
        int status;                                                            \
        RTK_CALL(status, name, (lock));                                        \
        if (!status) rtk_lock_has(OBJECT, kind, RTK_FRAME);                    \
        return status;                                                         \
    }

WAITS(pthread_mutex_t, pthread_mutex_lock, RTK_LOCK_MUTEX)
WAITS(pthread_rwlock_t, pthread_rwlock_rdlock, RTK_LOCK_READ)
WAITS(pthread_rwlock_t, pthread_rwlock_wrlock, RTK_LOCK_WRITE)
WAITS(pthread_spinlock_t, pthread_spin_lock, RTK_LOCK_SPIN)

/* ---- Taking without a wait, or with one that ends ---------------------------
 */

#define TRIES(type, name, kind, declared, passed)                              \
    RTK_HOOK(int, name, declared, passed) {                                    \
        if (!rtk_real_watched()) RTK_LEAVE real_##name passed;                 \
        POINT(LOCK);                                                           \
        int status;                                                            \
        RTK_CALL(status, name, passed);                                        \
        if (!status) rtk_lock_has(OBJECT, kind, RTK_FRAME);                    \
        return status;                                                         \
    }
#define TRY(type, name, kind) TRIES(type, name, kind, (type * lock), (lock))
#define TIMED(type, name, kind)                                                \
    TRIES(type, name, kind, (type * lock, const struct timespec *until),       \
          (lock, until))
#define CLOCK(type, name, kind)                                                \
    TRIES(type, name, kind,                                                    \
          (type * lock, clockid_t clock, const struct timespec *until),        \
          (lock, clock, until))

TRY(pthread_mutex_t, pthread_mutex_trylock, RTK_LOCK_MUTEX)
TIMED(pthread_mutex_t, pthread_mutex_timedlock, RTK_LOCK_MUTEX)
CLOCK(pthread_mutex_t, pthread_mutex_clocklock, RTK_LOCK_MUTEX)
TRY(pthread_rwlock_t, pthread_rwlock_tryrdlock, RTK_LOCK_READ)
TIMED(pthread_rwlock_t, pthread_rwlock_timedrdlock, RTK_LOCK_READ)
CLOCK(pthread_rwlock_t, pthread_rwlock_clockrdlock, RTK_LOCK_READ)
TRY(pthread_rwlock_t, pthread_rwlock_trywrlock, RTK_LOCK_WRITE)
TIMED(pthread_rwlock_t, pthread_rwlock_timedwrlock, RTK_LOCK_WRITE)
CLOCK(pthread_rwlock_t, pthread_rwlock_clockwrlock, RTK_LOCK_WRITE)
TRY(pthread_spinlock_t, pthread_spin_trylock, RTK_LOCK_SPIN)

/* ---- Giving back ------------------------------------------------------------
 */

#define GIVES(type, name, kind)                                                \
    RTK_HOOK(int, name, (type * lock), (lock)) {                               \
        if (!rtk_real_watched()) RTK_LEAVE real_##name(lock);                  \
        POINT(UNLOCK);                                                         \
        rtk_lock_gives(OBJECT, kind);                                          \
        RTK_LEAVE real_##name(lock);                                           \
    }

GIVES(pthread_mutex_t, pthread_mutex_unlock, RTK_LOCK_MUTEX)
GIVES(pthread_rwlock_t, pthread_rwlock_unlock, RTK_LOCK_WRITE)
GIVES(pthread_spinlock_t, pthread_spin_unlock, RTK_LOCK_SPIN)

/* ---- Making and destroying: another lock from then on -----------------------
 */

#define MADE(name, declared, passed)                                           \
    RTK_HOOK(int, name, declared, passed) {                                    \
        if (rtk_lock_order_on()) rtk_lock_made(OBJECT, 1);                     \
        RTK_LEAVE real_##name passed;                                          \
    }

MADE(pthread_mutex_init,
     (pthread_mutex_t * lock, const pthread_mutexattr_t *attributes),
     (lock, attributes))
MADE(pthread_mutex_destroy, (pthread_mutex_t * lock), (lock))
MADE(pthread_rwlock_init,
     (pthread_rwlock_t * lock, const pthread_rwlockattr_t *attributes),
     (lock, attributes))
MADE(pthread_rwlock_destroy, (pthread_rwlock_t * lock), (lock))
MADE(pthread_spin_init, (pthread_spinlock_t * lock, int shared), (lock, shared))
MADE(pthread_spin_destroy, (pthread_spinlock_t * lock), (lock))
