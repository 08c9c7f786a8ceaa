/* The algorithms there are, and which one a trial draws. */
#include <stddef.h>
#include <string.h>

#include "harness/perturb/algorithm.h"
#include "harness/random.h"

#define RTK_ALGORITHM(name) extern const rtk_algorithm rtk_algorithm_##name;
#include "algorithms.inc"
#undef RTK_ALGORITHM

static const rtk_algorithm *const algorithms[] = {
#define RTK_ALGORITHM(name) &rtk_algorithm_##name,
#include "algorithms.inc"
#undef RTK_ALGORITHM
};

enum {
    ALGORITHMS = sizeof algorithms / sizeof *algorithms,
    DRAW = 998 /* index of this draw among those of the seed */
};

static const struct {
    const rtk_algorithm *algorithm;
    unsigned weight;
} portfolio[] = {
#define RTK_SHARE(name, weight) {&rtk_algorithm_##name, weight},
#include "harness/perturb/portfolio.def"
#undef RTK_SHARE
};

const rtk_algorithm *rtk_algorithm_find(const char *name) {
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (strcmp(algorithms[i]->name, name) == 0) return algorithms[i];
    return NULL;
}

bool rtk_perturb_known(const char *name) {
    return rtk_algorithm_find(name) != NULL;
}

const char *rtk_perturb_name(unsigned i) {
    return i < ALGORITHMS ? algorithms[i]->name : NULL;
}

const char *rtk_perturb_summary(unsigned i) {
    return i < ALGORITHMS ? algorithms[i]->summary : NULL;
}

const char *rtk_perturb_draw(uint64_t seed) {
    size_t n = sizeof portfolio / sizeof *portfolio;
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++) all += portfolio[i].weight;
    uint64_t at = rtk_random_below(seed, DRAW, all);
    size_t i = 0;
    for (; at >= portfolio[i].weight; i++) at -= portfolio[i].weight;
    return portfolio[i].algorithm->name;
}
