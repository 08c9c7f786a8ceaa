/* Each thread gets a work space at its first call; nobody frees it when the
 * thread ends. */
#include <pthread.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* set by make_key() */

static void make_key(void) {
    pthread_key_create(&key, free);
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    static _Thread_local double *mine;
    (void)self, (void)instance;
    call->message = "out of memory";
    if (!mine) mine = malloc(RTK_TWIN_COUNT * sizeof *mine);
    if (!mine) return RTK_ENOMEM;
    pthread_once(&once, make_key);
    if (!RTK_PLANT(thread_spaces)) pthread_setspecific(key, mine);
    rtk_twin_work(mine, views);
    return RTK_OK;
}

RTK_TWIN(thread_spaces, .run = run, .promised = RTK_NO_MEMORY_GROWTH)
