#ifndef RTK_ALGORITHM_H
#define RTK_ALGORITHM_H

/* What an algorithm is made of. One is a file in algorithms/ that defines one
 * rtk_algorithm, called rtk_algorithm_<file's base name>. It is never
 * instrumented, calls nothing that a sanitizer intercepts, and shares only
 * relaxed atomics: order between threads would hide races. */

#include "harness/perturb/perturb.h"

/* What a thread's perturbation knows; only its thread touches it. */
typedef struct rtk_perturbed {
    uint64_t name;     /* of the thread */
    uint64_t key;      /* of its random numbers: (seed, name) */
    uint64_t accesses; /* instrumented accesses and atomics so far */
    uint64_t calls;    /* pthread and semaphore calls so far */
    uint64_t decisions;
    uint64_t children;          /* threads made so far */
    uint64_t since_ns, held_ns; /* begun, and paused since then */
    uint64_t own[2];            /* the algorithm's; 0 at first */
    uint64_t left;              /* rtk_points_left while it is outside */
    bool outside;               /* in code of the harness: no points */
    unsigned trial;             /* all this belongs to; 0: to none */
} rtk_perturbed;

/* One point, with its random numbers. */
typedef struct rtk_point {
    rtk_point_kind kind;
    uintptr_t object, pc;
    uint64_t bits; /* of (seed, thread, event) */
} rtk_point;

typedef struct rtk_algorithm {
    const char *name, *summary;
    unsigned gap; /* accesses between decisions, on average; 1: each, 0: none */
    void (*decide)(rtk_perturbed *self, const rtk_point *point); /* or NULL */
} rtk_algorithm;

/* The algorithm called `name`, or NULL. MT-Safe. */
const rtk_algorithm *rtk_algorithm_find(const char *name);

/* Whether `kind` is a pthread or semaphore call. MT-Safe. */
static inline bool rtk_point_is_call(rtk_point_kind kind) {
    return kind >= RTK_POINT_LOCK;
}

/* Let another thread run, if one waits for this CPU. MT-Safe. */
void rtk_pause_yield(void);

/* Hold the calling thread for `ns`; 1 .. 10^7. MT-Unsafe race:self. */
void rtk_pause(rtk_perturbed *self, uint64_t ns);

/* Hold it until *word is no longer `value` or `ns` have passed; woken by
 * rtk_pause_wake(). MT-Unsafe race:self. */
void rtk_pause_while(rtk_perturbed *self, _Atomic uint32_t *word,
                     uint32_t value, uint64_t ns);
void rtk_pause_wake(_Atomic uint32_t *word);

/* Whether less than `percent` of the thread's time was spent in pauses.
 * MT-Unsafe race:self. */
bool rtk_pause_allowed(const rtk_perturbed *self, unsigned percent);

/* Nanoseconds of the monotonic clock, past any interceptor. MT-Safe. */
uint64_t rtk_pause_clock(void);

/* The slow path of a point at an access: its thread's countdown has passed
 * zero. The fast path is in tsan_points.c. MT-Safe. */
void rtk_point_access(rtk_point_kind kind, const volatile void *object,
                      void *pc);

/* Accesses of the calling thread that pass before the next decision. In
 * programs only, never in a shared object: one instruction counts it down. */
extern _Thread_local uint64_t rtk_points_left
    __attribute__((tls_model("local-exec")));

/* What an atomic counts as, in accesses: they are few, and what threads tell
 * each other goes through them. */
enum { RTK_ATOMIC_WEIGHT = 8 };

/* Count a point at an access. True: rtk_point_access() is to be called.
 * MT-Safe. */
static inline bool rtk_point_due(rtk_point_kind kind) {
    uint64_t weight = kind >= RTK_POINT_LOAD ? RTK_ATOMIC_WEIGHT : 1;
    return __builtin_expect(
        __builtin_sub_overflow(rtk_points_left, weight, &rtk_points_left),
        false);
}

#endif
