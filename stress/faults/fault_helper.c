#include "stress/faults/fault_helper.h"

#include <stdlib.h>

/* With the lock held: a new state, of which all are told. */
static void enter(rtk_helper *h, rtk_helper_state state) {
    h->state = state;
    pthread_cond_broadcast(&h->changed);
}

/* With the lock held: wait until the state is no longer `state`. */
static void leave(rtk_helper *h, rtk_helper_state state) {
    while (h->state == state) pthread_cond_wait(&h->changed, &h->lock);
}

static void *helper_main(void *arg) {
    rtk_helper *h = arg;
    double work[RTK_TWIN_COUNT];
    pthread_mutex_lock(&h->lock);
    for (leave(h, RTK_HELPER_IDLE); h->state == RTK_HELPER_BUSY;
         leave(h, RTK_HELPER_IDLE)) {
        rtk_twin_work(work, h->views);
        enter(h, RTK_HELPER_IDLE);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

rtk_status rtk_helper_new(rtk_helper **helper) {
    rtk_helper *h = calloc(1, sizeof *h);
    if (!h) return RTK_ENOMEM;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->changed, NULL);
    if (pthread_create(&h->thread, NULL, helper_main, h) != 0) {
        free(h);
        return RTK_ETHREAD;
    }
    *helper = h;
    return RTK_OK;
}

void rtk_helper_work(rtk_helper *helper, const rtk_views *views) {
    pthread_mutex_lock(&helper->lock);
    leave(helper, RTK_HELPER_BUSY);
    helper->views = views;
    enter(helper, RTK_HELPER_BUSY);
    leave(helper, RTK_HELPER_BUSY);
    pthread_mutex_unlock(&helper->lock);
}

void rtk_helper_end(rtk_helper *helper) {
    pthread_mutex_lock(&helper->lock);
    enter(helper, RTK_HELPER_ENDED);
    pthread_mutex_unlock(&helper->lock);
}

void rtk_helper_free(rtk_helper *helper) {
    rtk_helper_end(helper);
    pthread_join(helper->thread, NULL);
    pthread_cond_destroy(&helper->changed);
    pthread_mutex_destroy(&helper->lock);
    free(helper);
}
