#ifndef RTK_SIDES_H
#define RTK_SIDES_H

/* What is compared. A side is one case done by one library; the sides of a
 * case are racetrack's own and its peers'. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/workers/status.h"

enum { RTK_SIDE_SENTENCE = 200 };
#define RTK_OURS "racetrack"

/* One side; read only. open() and run() are called in its co-process. */
typedef struct rtk_side {
    const char *group, *title, *peer; /* peer RTK_OURS: what others are compared
                                         with */
    unsigned workers;
    /* Sides that name the same process share it: a runtime whose idle threads
     * spin must not disturb another. */
    const char *process;
    const void *self; /* what open() needs to know */
    /* Make ready and, on our side, compare the answer with the peer's.
     * RTK_EFAILED: it was wrong. The sentence says why not RTK_OK. */
    rtk_status (*open)(const struct rtk_side *side, void **state,
                       char sentence[RTK_SIDE_SENTENCE]);
    void (*run)(void *state, uint64_t calls);
} rtk_side;

typedef struct rtk_sides {
    const rtk_side *side;
    size_t n;
} rtk_sides;

/* The sides of each group; they live for ever. MT-Unsafe: first call. */
rtk_sides rtk_dispatch_sides(void);
rtk_sides rtk_fft_sides(void);
rtk_sides rtk_gemm_sides(void);

#endif
