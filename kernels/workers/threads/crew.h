#ifndef RTK_CREW_H
#define RTK_CREW_H

/* Threads that share one loop at a time; a pool has several crews. Internal to
 * workers. Whoever holds a crew, by rtk_crew_take(), is its owner; all that is
 * marked race:crew is the owner's alone. */

#include <stdbool.h>
#include <stdint.h>

#include "kernels/workers/executors.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtk_crew rtk_crew;

/* A loop for a crew. Times in ticks. */
typedef struct rtk_crew_job {
    void (*range)(void *arg, size_t from, size_t to);
    void *arg;
    size_t parts; /* 2 or more */
    rtk_schedule schedule;
    unsigned seats; /* helpers that may take part, 1 or more */
    unsigned brisk; /* the first so many have a CPU each: they look for the
                       next loop before they sleep */
    uint64_t start; /* when the caller began */
    uint64_t total; /* what it takes alone; 0: not known */
    bool urgent;    /* wake all helpers at once */
    bool spins;     /* helpers that look do so for long */
    uint64_t look;  /* how long helpers look for the next loop */
    bool make_way;  /* helpers leave the caller's CPU */
    const rtk_cancel *cancel;
} rtk_crew_job;

/* What a crew has measured, in ticks; see rtk_crossover. */
typedef struct rtk_crew_costs {
    uint64_t asleep, awake;
    uint64_t wakes, last_wake; /* how often, and when last */
} rtk_crew_costs;

/* A crew without threads, or NULL when there is no memory. MT-Safe. */
rtk_crew *rtk_crew_new(void);

/* Release a crew without threads; NULL is allowed. MT-Unsafe race:crew. */
void rtk_crew_free(rtk_crew *crew);

/* Become the owner, unless there is one. MT-Safe. */
bool rtk_crew_take(rtk_crew *crew);

/* Become the owner, after those before. Whoever gives it back wakes us.
 * MT-Safe. */
void rtk_crew_await(rtk_crew *crew);

/* Give it back, after having stopped the helpers over the limit if one was
 * set. MT-Unsafe race:crew. */
void rtk_crew_give_back(rtk_crew *crew);

/* The helpers over `limit` shall end, as soon as no loop runs. MT-Safe. */
void rtk_crew_limit(rtk_crew *crew, unsigned limit);

/* Start helpers until there are `wanted`, or no more can be had. Returns how
 * many there are. MT-Unsafe race:crew. */
unsigned rtk_crew_grow(rtk_crew *crew, unsigned wanted);

/* End and join the helpers from index `kept` on. MT-Unsafe race:crew. */
void rtk_crew_shrink(rtk_crew *crew, unsigned kept);

/* Share a loop, and wait for all its parts.
 *
 *   mine  out: parts that the caller ran
 *
 * Returns RTK_OK, or RTK_ECANCELLED in a child that was forked inside a part;
 * then the child no longer owns the crew.
 * MT-Unsafe race:crew. */
RTK_CHECKED rtk_status rtk_crew_run(rtk_crew *crew, const rtk_crew_job *job,
                                    size_t *mine);

/* Whether the calling thread has a share of its loop. MT-Safe. */
bool rtk_crew_inside(const rtk_crew *crew);

/* Helpers there are. MT-Safe. */
unsigned rtk_crew_helpers(rtk_crew *crew);

/* Whether it has an owner, and with how many workers it was last run; 0 if it
 * has none. Already old when it returns. MT-Safe. */
unsigned rtk_crew_busy(rtk_crew *crew);

/* What was measured, or the defaults. MT-Safe. */
rtk_crew_costs rtk_crew_measured(rtk_crew *crew);

/* In a forked child, with one thread: the helpers and the owner are gone.
 * MT-Unsafe race:crew. */
void rtk_crew_forget(rtk_crew *crew);

#ifdef __cplusplus
}
#endif

#endif
