#ifndef RTK_PEER_ARM_H
#define RTK_PEER_ARM_H

/* What the modules of kernel-peers hand to Python: one call of one library on
 * arrays that Python owns, ready to be repeated and timed without Python. */

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The name in a module's table of symbols. */
#define RTK_PEER_API __attribute__((visibility("default")))

/* The first member of each module's own struct. arms.py knows this layout. */
typedef struct rtk_peer_arm rtk_peer_arm;
struct rtk_peer_arm {
    /* One call; 0, or what went wrong. */
    int (*call)(rtk_peer_arm *arm);
    /* Before a sample, not timed: settings that other arms change. May be NULL.
     */
    void (*before)(rtk_peer_arm *arm);
    void (*drop)(rtk_peer_arm *arm); /* releases all but the arrays */
    double plan_ns;                  /* what making it took, once */
};

/* Arms of one module differ in the file that makes them; all are timed here.
 *
 *   calls  1 or more
 *
 * Returns the nanoseconds of all calls together, or minus what the first call
 * that failed returned.
 * MT-Unsafe race:arm. */
RTK_PEER_API double rtk_peer_time(rtk_peer_arm *arm, uint64_t calls);

/* Nanoseconds of CLOCK_MONOTONIC. MT-Safe. */
static inline double rtk_peer_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

#ifdef __cplusplus
}
#endif

#endif
