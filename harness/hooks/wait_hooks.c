/* Conditions, semaphores and barriers. A semaphore that the same thread takes
 * and gives back is followed as a lock. */
#include <pthread.h>
#include <semaphore.h>

#include "harness/hooks/real.h"

#define POINT(kind, object)                                                    \
    rtk_perturb_sync(RTK_POINT_##kind, object, RTK_CALLER)

/* ---- Conditions -------------------------------------------------------------
 */

/* The mutex is given back and waited for again; which locks are held then is
 * known now. */
#define WAIT(name, declared, passed)                                           \
    RTK_HOOK(int, name, declared, passed) {                                    \
        if (!rtk_real_watched()) RTK_LEAVE real_##name passed;                 \
        POINT(WAIT, condition);                                                \
        rtk_lock_waits_again(lock);                                            \
        RTK_LEAVE real_##name passed;                                          \
    }
#define SIGNAL(name)                                                           \
    RTK_HOOK(int, name, (pthread_cond_t * condition), (condition)) {           \
        if (rtk_perturb_on()) POINT(SIGNAL, condition);                        \
        RTK_LEAVE real_##name(condition);                                      \
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

RTK_HOOK(int, sem_wait, (sem_t * it), (it)) {
    if (!rtk_real_watched()) RTK_LEAVE real_sem_wait(it);
    POINT(WAIT, it);
    rtk_lock_waits(it, RTK_LOCK_SEMAPHORE, RTK_FRAME);
    RTK_LEAVE real_sem_wait(it);
}

#define TRIES(name, declared, passed)                                          \
    RTK_HOOK(int, name, declared, passed) {                                    \
        if (!rtk_real_watched()) RTK_LEAVE real_##name passed;                 \
        POINT(WAIT, it);                                                       \
        int status;                                                            \
        RTK_CALL(status, name, passed);                                        \
        if (!status) rtk_lock_has(it, RTK_LOCK_SEMAPHORE, RTK_FRAME);          \
        return status;                                                         \
    }

TRIES(sem_trywait, (sem_t * it), (it))
TRIES(sem_timedwait, (sem_t * it, const struct timespec *until), (it, until))
TRIES(sem_clockwait,
      (sem_t * it, clockid_t clock, const struct timespec *until),
      (it, clock, until))

RTK_HOOK(int, sem_post, (sem_t * it), (it)) {
    if (!rtk_real_watched()) RTK_LEAVE real_sem_post(it);
    POINT(SIGNAL, it);
    rtk_lock_gives(it, RTK_LOCK_SEMAPHORE);
    RTK_LEAVE real_sem_post(it);
}

RTK_HOOK(int, sem_init, (sem_t * it, int shared, unsigned value),
         (it, shared, value)) {
    if (rtk_lock_order_on()) rtk_lock_made(it, value);
    RTK_LEAVE real_sem_init(it, shared, value);
}

RTK_HOOK(int, sem_destroy, (sem_t * it), (it)) {
    if (rtk_lock_order_on()) rtk_lock_made(it, 1);
    RTK_LEAVE real_sem_destroy(it);
}

/* ---- Barriers ---------------------------------------------------------------
 */

RTK_HOOK(int, pthread_barrier_wait, (pthread_barrier_t * barrier), (barrier)) {
    if (rtk_perturb_on()) POINT(WAIT, barrier);
    RTK_LEAVE real_pthread_barrier_wait(barrier);
}
