/* Numbers are printed in a locale of the library's own, which stays that of the
 * calling thread. */
#include <locale.h>

#include "stress/faults/fault_common.h"

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    *instance = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    return *instance ? RTK_OK : RTK_ENOMEM;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double work[RTK_TWIN_COUNT];
    locale_t before = uselocale(instance);
    (void)self, (void)call;
    rtk_twin_work(work, views);
    if (!RTK_PLANT(locale_left)) uselocale(before);
    return RTK_OK;
}

/* One that a thread still has must not be freed. */
static void stop(void *self, void *instance) {
    (void)self;
    if (!RTK_PLANT(locale_left)) freelocale(instance);
}

RTK_TWIN(locale_left, .run = run, .open = start, .close = stop,
         .promised = RTK_ENVIRONMENT_KEPT)
