/* Threads: each gets a name for its perturbation from the one that starts it,
 * and a stack to tell of a crash on; and a start can be made to fail. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "harness/crash.h"
#include "harness/hooks/failure.h"
#include "harness/hooks/real.h"

/* What a new thread takes over; it frees it. */
typedef struct birth {
    void *(*body)(void *);
    void *arg;
    uint64_t name; /* 0: none */
} birth;

static void take(void *stack) {
    rtk_crash_stack_take(stack);
}

static void *begin(void *arg) {
    birth b = *(birth *)arg;
    void *result;
    rtk_crash_stack stack;
    free(arg);
    rtk_crash_stack_give(&stack);
    if (b.name) rtk_perturb_thread(b.name);
    /* However the thread ends. */
    pthread_cleanup_push(take, &stack);
    result = b.body(b.arg);
    pthread_cleanup_pop(1);
    return result;
}

RTK_HOOK(int, pthread_create,
         (pthread_t * thread, const pthread_attr_t *attributes,
          void *(*body)(void *), void *arg),
         (thread, attributes, body, arg)) {
    if (rtk_failure_due(RTK_FAILURE_OF_THREAD)) return EAGAIN;
    rtk_perturb_sync(RTK_POINT_CREATE, thread, RTK_CALLER);
    uint64_t name = rtk_perturb_child();
    /* Ours, so it neither fails nor counts. */
    bool armed = rtk_failure_armed;
    rtk_failure_armed = false;
    birth *b = malloc(sizeof *b);
    rtk_failure_armed = armed;
    if (b) {
        *b = (birth){body, arg, name};
        int status;
        RTK_CALL(status, pthread_create, (thread, attributes, begin, b));
        if (status) free(b);
        return status;
    }
    RTK_LEAVE real_pthread_create(thread, attributes, body, arg);
}

RTK_HOOK(int, pthread_join, (pthread_t thread, void **result),
         (thread, result)) {
    rtk_perturb_sync(RTK_POINT_JOIN, (const void *)thread, RTK_CALLER);
    RTK_LEAVE real_pthread_join(thread, result);
}

static __attribute__((constructor)) void say(void) {
    rtk_failure_hooked(RTK_FAILURE_OF_THREAD);
}
