#include <stdlib.h>

#include "harness/oracles/oracle.h"
#include "harness/report.h"

static bool judge(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++) {
        const rtk_actor *a = &team->actor[i];
        if (a->status && a->status != RTK_EUNSUPPORTED &&
            a->status != RTK_ESKIPPED)
            rtk_finding("status", "call failed", "actor %u: %s (%s)", i,
                        a->message, rtk_status_text(a->status));
        if (a->lost)
            rtk_finding("crash", "process died",
                        "the process of actor %u died after %llu calls, %s %d",
                        i, (unsigned long long)a->calls,
                        a->lost_to > 0 ? "of signal" : "with exit code",
                        abs(a->lost_to));
    }
    return true;
}

const rtk_oracle rtk_status_oracle = {
    .name = "status",
    .summary = "every call succeeds, and every process of an actor ends well",
    .claim = "always",
    .judge = judge,
};
