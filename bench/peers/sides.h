#ifndef RTK_SIDES_H
#define RTK_SIDES_H

/* What is compared. A side is one case done by one library; the sides of a
 * case are racetrack's own, its peers', and what both are measured by. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

enum { RTK_SIDE_SENTENCE = 200, RTK_SIDES_MAX = 512 };
#define RTK_OURS "racetrack"

/* Who a side is. */
typedef enum rtk_kind {
    RTK_KIND_PEER,
    RTK_KIND_OURS,    /* what peers are compared with */
    RTK_KIND_VARIANT, /* ours with an option */
    RTK_KIND_BASE     /* no runtime: a floor, or the serial loop */
} rtk_kind;

/* Whose waiting for a core makes a sample unclean. */
typedef enum rtk_waits {
    RTK_WAITS_CALLER, /* a helper that was woken waits by nature */
    RTK_WAITS_ALL,
    RTK_WAITS_NONE /* waiting is what is measured */
} rtk_waits;

/* What one sample says. */
typedef struct rtk_sample {
    rtk_status status;
    char sentence[RTK_SIDE_SENTENCE]; /* why not RTK_OK */
    uint64_t calls;
    double ns;     /* of one call; of an idle second's CPU time */
    double waited; /* largest part of the time that a thread waited for a CPU */
    unsigned loops;  /* that were looked into, while warming up */
    unsigned shared; /* of these, with a part that a helper ran */
} rtk_sample;

/* One side; read only. The functions are called in its co-process. All fields
 * may be left zero but group, title, peer, workers, process, open and either
 * run or measure. */
typedef struct rtk_side {
    const char *group, *title, *peer;
    const char *policy, *rhythm; /* how helpers and the caller wait, or NULL */
    double part_us;
    unsigned workers;
    rtk_kind kind;
    rtk_waits waits;
    /* Sides that name the same process share it: a runtime whose idle threads
     * spin must not disturb another. The first to name it says how it starts:
     * with "NAME=value" in the environment, on one CPU. */
    const char *process, *env;
    bool confined;
    uint64_t calls;   /* of a sample; 0: as many as take sample_ns */
    double sample_ns; /* 0: a few milliseconds */
    size_t rounds;    /* at most, where a sample takes long; 0: all */
    const void *self; /* what open() needs to know */
    /* Make ready and, on our side, compare the answer with the peer's.
     * RTK_EFAILED: it was wrong. The sentence says why not RTK_OK. */
    rtk_status (*open)(const struct rtk_side *side, void **state,
                       char sentence[RTK_SIDE_SENTENCE]);
    void (*run)(void *state, uint64_t calls);
    /* Before each sample, and what it saw: loops and shared. */
    void (*warm)(void *state, rtk_sample *sample);
    /* Instead of the clock around run(): sets ns and, if fewer, calls. */
    void (*measure)(void *state, uint64_t calls, rtk_sample *sample);
} rtk_side;

typedef struct rtk_sides {
    const rtk_side *side;
    size_t n;
} rtk_sides;

/* The sides of each group; they live for ever. MT-Unsafe: first call. */
rtk_sides rtk_dispatch_sides(void);
rtk_sides rtk_idle_sides(void);
rtk_sides rtk_foreign_sides(void);
rtk_sides rtk_confined_sides(void);
rtk_sides rtk_oversubscribed_sides(void);

#endif
