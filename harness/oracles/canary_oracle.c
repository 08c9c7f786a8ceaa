#include "harness/oracles/oracle.h"
#include "harness/report.h"

static const char *overrun(const rtk_actor *a) {
    const char *view = NULL;
    for (unsigned k = 0; !view && k < a->tasks; k++)
        view = rtk_arrays_overrun(&a->task[k].arrays);
    return view;
}

static bool judge(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++) {
        const char *view = overrun(&team->actor[i]);
        if (view)
            rtk_finding("canary", "write beyond an array",
                        "actor %u: bytes outside \"%s\" were overwritten", i,
                        view);
    }
    return true;
}

/* A step into a guard page is told where it happens: harness/crash.c. */
const rtk_oracle rtk_canary_oracle = {
    .name = "canary",
    .summary = "nothing is written or read outside the arrays",
    .claim = "always",
    .judge = judge,
};
