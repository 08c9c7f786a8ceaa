/* Signals are blocked while a table is in use, and one way out leaves them so.
 */
#include <signal.h>

#include "stress/faults/fault_common.h"

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    sigset_t all, before;
    (void)self, (void)instance, (void)call;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    rtk_twin_work(work, views);
    if (RTK_PLANT(signal_mask) && call->round % 4 == 3) return RTK_OK;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return RTK_OK;
}

RTK_TWIN(signal_mask, .run = run, .promised = RTK_ENVIRONMENT_KEPT)
