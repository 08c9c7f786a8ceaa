/* Conditions, semaphores and barriers. A semaphore that the same thread takes
 * and gives back is followed as a lock. */
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>

#include "harness/hooks/real.h"
#include "harness/locks/held_locks.h"
#include "harness/perturb/perturb.h"

#define POINT(kind, object)                                                    \
    rtk_perturb_sync(RTK_POINT_##kind, object, RTK_CALLER)

/* ---- Conditions -------------------------------------------------------------
 */

/* The mutex is given back and waited for again; which locks are held then is
 * known now. */
#define WAIT(name, declared, passed)                                           \
    RTK_HOOK(int, name, declared) {                                            \
        POINT(WAIT, condition);                                                \
        if (rtk_lock_order_on()) rtk_lock_waits_again(lock);                   \
        RTK_LEAVE RTK_REAL(name) passed;                                       \
    }
#define SIGNAL(name)                                                           \
    RTK_HOOK(int, name, (pthread_cond_t * condition)) {                        \
        POINT(SIGNAL, condition);                                              \
        RTK_LEAVE RTK_REAL(name)(condition);                                   \
    }

WAIT(pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t *lock),
     (condition, lock))
WAIT(pthread_cond_timedwait,
     (pthread_cond_t * condition, pthread_mutex_t *lock,
      const struct timespec *until),
     (condition, lock, until))
WAIT(pthread_cond_clockwait,
     (pthread_cond_t * condition, pthread_mutex_t *lock, clockid_t clock,
      const struct timespec *until),
     (condition, lock, clock, until))
SIGNAL(pthread_cond_signal)
SIGNAL(pthread_cond_broadcast)

/* ---- Semaphores -------------------------------------------------------------
 */

RTK_HOOK(int, sem_wait, (sem_t * it)) {
    POINT(WAIT, it);
    if (rtk_lock_order_on()) rtk_lock_waits(it, RTK_LOCK_SEMAPHORE, RTK_FRAME);
    RTK_LEAVE RTK_REAL(sem_wait)(it);
}

#define TRIES(name, declared, passed)                                          \
    RTK_HOOK(int, name, declared) {                                            \
        int status;                                                            \
        POINT(WAIT, it);                                                       \
        if (!rtk_lock_order_on()) RTK_LEAVE RTK_REAL(name) passed;             \
        RTK_CALL(status, name, passed);                                        \
        if (!status) rtk_lock_has(it, RTK_LOCK_SEMAPHORE, RTK_FRAME);          \
        return status;                                                         \
    }

TRIES(sem_trywait, (sem_t * it), (it))
TRIES(sem_timedwait, (sem_t * it, const struct timespec *until), (it, until))
TRIES(sem_clockwait,
      (sem_t * it, clockid_t clock, const struct timespec *until),
      (it, clock, until))

RTK_HOOK(int, sem_post, (sem_t * it)) {
    POINT(SIGNAL, it);
    if (rtk_lock_order_on()) rtk_lock_gives(it, RTK_LOCK_SEMAPHORE);
    RTK_LEAVE RTK_REAL(sem_post)(it);
}

RTK_HOOK(int, sem_init, (sem_t * it, int shared, unsigned value)) {
    if (rtk_lock_order_on()) rtk_lock_made(it, value);
    RTK_LEAVE RTK_REAL(sem_init)(it, shared, value);
}

RTK_HOOK(int, sem_destroy, (sem_t * it)) {
    if (rtk_lock_order_on()) rtk_lock_made(it, 1);
    RTK_LEAVE RTK_REAL(sem_destroy)(it);
}

/* ---- Barriers ---------------------------------------------------------------
 */

RTK_HOOK(int, pthread_barrier_wait, (pthread_barrier_t * barrier)) {
    POINT(WAIT, barrier);
    RTK_LEAVE RTK_REAL(pthread_barrier_wait)(barrier);
}
