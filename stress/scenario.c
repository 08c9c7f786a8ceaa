#include "stress/scenario.h"

#include <string.h>

#define RTK_SCENARIO(name) extern const rtk_scenario rtk_scenario_##name;
#include "scenarios.inc"
#undef RTK_SCENARIO

const rtk_scenario *const rtk_scenarios[] = {
#define RTK_SCENARIO(name) &rtk_scenario_##name,
#include "scenarios.inc"
#undef RTK_SCENARIO
    NULL};

const rtk_scenario *rtk_scenario_find(const char *name) {
    for (const rtk_scenario *const *s = rtk_scenarios; *s; s++)
        if (strcmp((*s)->name, name) == 0) return *s;
    return NULL;
}

/* Whether the claims say that the named object must not be shared. */
static bool exclusive(const rtk_claims *claims, const char *object) {
    return claims->mt == RTK_MT_UNSAFE && claims->mt_object &&
           (strcmp(claims->mt_object, object) == 0 ||
            strcmp(claims->mt_object, "all") == 0);
}

const char *rtk_scenario_declined(const rtk_scenario *scenario,
                                  const rtk_claims *claims) {
    const rtk_usage *u = &scenario->usage;
    if (u->promise & ~claims->promises)
        return "the subject does not promise what this scenario needs";
    if (u->actors == RTK_PROCESSES) return NULL;
    if (claims->mt == RTK_MT_INIT && u->instance == RTK_INSTANCE_AFTER)
        return "the subject claims safety only after a first call";
    if (exclusive(claims, "all"))
        return "the subject claims nothing for several threads";
    if (u->instance == RTK_INSTANCE_SHARED && exclusive(claims, "instance"))
        return "the subject claims nothing for a shared instance";
    if (u->share_inputs && exclusive(claims, "inputs"))
        return "the subject claims nothing for shared inputs";
    return NULL;
}
