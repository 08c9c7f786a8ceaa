#include "stress/axis.h"

/* A process closes what it has opened; a call what was opened for it. */
static bool allows(size_t v, const rtk_usage *usage, const rtk_subject *s) {
    (void)v;
    return s->open && usage->actors == RTK_THREADS &&
           (usage->instance == RTK_INSTANCE_OWN ||
            usage->instance == RTK_INSTANCE_AFTER);
}

static const rtk_axis_value values[] = {
    {"owner", "the actor that opened it", 0, 0},
    {"other", "another thread, after all have ended", 0, 0},
};

const rtk_axis rtk_axis_end = {.name = "end",
                               .summary = "who closes an instance",
                               .id = RTK_AXIS_END,
                               .values = values,
                               .n = sizeof values / sizeof *values,
                               .allows = allows};
