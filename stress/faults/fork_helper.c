/* An instance keeps a helper thread. After a fork the child has the instance
 * but no thread; it hands over its work and waits for ever. */
#include <stdlib.h>
#include <unistd.h>

#include "stress/faults/fault_helper.h"

typedef struct pool {
    rtk_helper *helper;
    pid_t owner; /* the process in which the helper runs */
} pool;

/* A helper in this process; that of another process is left alone. */
static rtk_status revive(pool *p) {
    if (p->owner == getpid()) return RTK_OK;
    rtk_status s = rtk_helper_new(&p->helper);
    if (!s) p->owner = getpid();
    return s;
}

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    pool *p = calloc(1, sizeof *p);
    (void)self, (void)args, (void)views, (void)workers;
    rtk_status s = p ? revive(p) : RTK_ENOMEM;
    if (s)
        free(p);
    else
        *instance = p;
    return s;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    pool *p = instance;
    (void)self, (void)call;
    rtk_status s = RTK_PLANT(fork_helper) ? RTK_OK : revive(p);
    if (!s) rtk_helper_work(p->helper, views);
    return s;
}

static void stop(void *self, void *instance) {
    pool *p = instance;
    (void)self;
    if (p->owner == getpid()) rtk_helper_free(p->helper);
    free(p);
}

RTK_TWIN(fork_helper, .run = run, .open = start, .close = stop,
         .mt_object = "instance", .promised = RTK_FORK_SAFE_IDLE)
