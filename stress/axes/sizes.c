#include "stress/axis.h"

enum { CROWD = 32 };

/* Hundreds of callers are enough work with the usual arguments. */
static bool allows(size_t v, const rtk_usage *usage, const rtk_subject *s) {
    bool thresholds = false;
    if (usage->actors_fixed > CROWD && v != RTK_SIZES_LEAST) return false;
    for (size_t i = 0; i < s->n_params; i++)
        thresholds |= rtk_subject_param(s, i)->n_thresholds > 0;
    return v == RTK_SIZES_LEAST ? s->n_params > 0 : thresholds;
}

static const rtk_axis_value values[] = {
    {"drawn", "those for stress", 0, 0},
    {"least", "the least of each", 0, 0},
    {"below", "one below a threshold", 0, 0},
    {"at", "a threshold", 0, 0},
    {"above", "one above a threshold", 0, 0},
};

const rtk_axis rtk_axis_sizes = {.name = "sizes",
                                 .summary = "which arguments are drawn",
                                 .id = RTK_AXIS_SIZES,
                                 .values = values,
                                 .n = sizeof values / sizeof *values,
                                 .allows = allows};
