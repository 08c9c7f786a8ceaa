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

/* Whether `word` is one of the words in `list`. */
static bool listed(const char *list, const char *word, size_t length) {
    for (const char *at = list; at && *at;) {
        size_t n = strcspn(at, " ");
        if (n == length && strncmp(at, word, n) == 0) return true;
        at += n + strspn(at + n, " ");
    }
    return false;
}

bool rtk_ops_conflict(const rtk_op *x, const rtk_op *y) {
    for (const char *at = x->conflicts; at && *at;) {
        size_t n = strcspn(at, " ");
        if (listed(y->needs, at, n)) return true;
        at += n + strspn(at + n, " ");
    }
    return false;
}

const char *rtk_scenario_declined(const rtk_scenario *scenario,
                                  const rtk_op *op) {
    const rtk_usage *u = &scenario->usage;
    const rtk_claims *claims = op->claims;
    if (u->promise & ~claims->promises)
        return "the subject does not promise what this scenario needs";
    if (u->actors != RTK_THREADS && u->threads_each < 2) return NULL;
    if (claims->mt == RTK_MT_INIT && u->instance == RTK_INSTANCE_AFTER)
        return "the subject claims safety only after a first call";
    if (exclusive(claims, "all"))
        return "the subject claims nothing for several threads";
    if (!u->mixed && rtk_ops_conflict(op, op))
        return "the operation is documented not to be used at the same time";
    if (u->instance == RTK_INSTANCE_SHARED && exclusive(claims, "instance"))
        return "the subject claims nothing for a shared instance";
    if (u->share_inputs && exclusive(claims, "inputs"))
        return "the subject claims nothing for shared inputs";
    return NULL;
}

/* Whether the operations and arguments of `subject` can differ. */
static bool varies(const rtk_subject *subject) {
    for (size_t i = 0; i < subject->n_params; i++)
        if (rtk_subject_param(subject, i)->n_stress > 1) return true;
    return subject->n_ops > 1;
}

const char *rtk_scenario_declined_by(const rtk_scenario *scenario,
                                     const rtk_subject *subject) {
    const char *why = NULL;
    if (scenario->usage.mixed && !varies(subject))
        return "the subject has one operation with one set of arguments";
    if (scenario->usage.mixed && scenario->usage.share_inputs &&
        (subject->n_ops < 2 || !subject->open))
        return "the subject has no instance with several operations";
    for (size_t i = 0; i < subject->n_ops; i++) {
        const char *one =
            rtk_scenario_declined(scenario, rtk_subject_op(subject, i));
        if (!one) return NULL;
        if (!why) why = one;
    }
    return why;
}
