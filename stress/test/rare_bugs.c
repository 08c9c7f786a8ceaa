/* Eight bugs of the kinds that libraries have, each behind a narrow window: a
 * short run seldom shows them. What finds them, and how often, is measured by
 * ci/perturbation-power. With the parameter sound=1 each does the same rightly.
 *
 * As in a library, every call takes a lock of the library's own before and
 * after its work; that orders calls which do not overlap, and hides the bug
 * from ThreadSanitizer in them. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "harness/subject.h"

enum { N = 32, RARE = 64, PATIENCE_NS = 300000000, SECOND_NS = 1000000000 };

static const double WORTH = 7;

static const rtk_host *library_host;
static pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;
static long statistics; /* guarded by library */

static void count(void) {
    pthread_mutex_lock(&library);
    statistics++;
    pthread_mutex_unlock(&library);
}

/* Whether this call goes the way that few go. */
static bool rarely(const rtk_call *call) {
    return library_host->random_bits(call->seed, call->round) % RARE == 0;
}

/* ---- Each computes WORTH, unless it goes wrong */

static double lazy_init(bool sound, const rtk_call *call) {
    static double table[N];
    static bool flag;
    (void)call;
    if (sound) pthread_mutex_lock(&library);
    if (!flag) {
        for (size_t i = 0; i < N; i++) table[i] = WORTH;
        flag = true;
    }
    double value = table[N - 1];
    if (sound) pthread_mutex_unlock(&library);
    return value;
}

static double static_scratch(bool sound, const rtk_call *call) {
    static double shared[N];
    double own[N], *work = sound ? own : shared;
    if (!rarely(call)) return WORTH;
    for (size_t i = 0; i < N; i++) work[i] = call->actor + WORTH;
    return work[N - 1] - call->actor;
}

typedef struct plan {
    struct plan *next;
    uint64_t key;
} plan;

/* A new plan is put before the others; the plans stay. */
static double plan_cache(bool sound, const rtk_call *call) {
    static plan *plans;
    if (!rarely(call)) return WORTH;
    plan *made = malloc(sizeof *made);
    if (!made) return WORTH;
    if (sound) pthread_mutex_lock(&library);
    *made = (plan){plans, call->round};
    plans = made;
    if (sound) pthread_mutex_unlock(&library);
    return WORTH;
}

/* A slot is found free and taken in two steps, each atomic. */
static double atomicity(bool sound, const rtk_call *call) {
    static atomic_uint taken[2], owner[2];
    unsigned me = call->actor + 1;
    double value = WORTH;
    for (unsigned i = 0; i < 2; i++) {
        unsigned free = 0;
        bool got = sound ? atomic_compare_exchange_strong(&taken[i], &free, me)
                         : atomic_load(&taken[i]) == 0;
        if (!got) continue;
        atomic_store(&taken[i], me);
        atomic_store(&owner[i], me);
        if (atomic_load(&owner[i]) != me) value = NAN;
        atomic_store(&taken[i], 0);
        break;
    }
    return value;
}

typedef struct door {
    atomic_uint busy, waiting;
    pthread_mutex_t lock;
    pthread_cond_t left;
} door;

static bool counted_and_busy(door *d) {
    atomic_fetch_add(&d->waiting, 1);
    return atomic_load(&d->busy);
}

/* Sleep while it is busy. True: nobody woke the caller for a long time. In the
 * bug it looks before it has the lock: who leaves then signals to nobody. */
static bool wait_outside(door *d, bool sound) {
    struct timespec end;
    bool lost = false, look = !sound && counted_and_busy(d);
    pthread_mutex_lock(&d->lock);
    if (sound) look = counted_and_busy(d);
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += PATIENCE_NS;
    end.tv_sec += end.tv_nsec / SECOND_NS;
    end.tv_nsec %= SECOND_NS;
    if (look)
        lost = pthread_cond_timedwait(&d->left, &d->lock, &end) == ETIMEDOUT;
    else if (atomic_load(&d->waiting))
        atomic_fetch_sub(&d->waiting, 1);
    pthread_mutex_unlock(&d->lock);
    return lost;
}

/* One caller is let in at a time; who leaves wakes one of those outside. */
static double lost_wakeup(bool sound, const rtk_call *call) {
    static door d = {.lock = PTHREAD_MUTEX_INITIALIZER,
                     .left = PTHREAD_COND_INITIALIZER};
    double value = WORTH;
    (void)call;
    while (atomic_exchange(&d.busy, 1))
        if (wait_outside(&d, sound)) value = NAN;
    atomic_store(&d.busy, 0);
    if (!atomic_load(&d.waiting)) return value;
    pthread_mutex_lock(&d.lock);
    if (atomic_load(&d.waiting)) {
        atomic_fetch_sub(&d.waiting, 1);
        pthread_cond_signal(&d.left);
    }
    pthread_mutex_unlock(&d.lock);
    return value;
}

/* Two locks, and a path that takes them the other way round. */
static double lock_order(bool sound, const rtk_call *call) {
    static pthread_mutex_t plans = PTHREAD_MUTEX_INITIALIZER;
    static pthread_mutex_t memory = PTHREAD_MUTEX_INITIALIZER;
    bool other = rarely(call) && !sound;
    pthread_mutex_lock(other ? &memory : &plans);
    pthread_mutex_lock(other ? &plans : &memory);
    pthread_mutex_unlock(other ? &plans : &memory);
    pthread_mutex_unlock(other ? &memory : &plans);
    return WORTH;
}

typedef struct node {
    _Atomic(struct node *) next;
    long content;
} node;

/* A stack without locks whose nodes are freed: another may look at them. */
static double aba_stack(bool sound, const rtk_call *call) {
    static _Atomic(node *) head;
    (void)call;
    if (sound) pthread_mutex_lock(&library);
    node *mine = calloc(1, sizeof *mine), *top = atomic_load(&head);
    if (mine) {
        do atomic_store(&mine->next, top);
        while (!atomic_compare_exchange_strong(&head, &top, mine));
        top = atomic_load(&head);
        while (top && !atomic_compare_exchange_strong(&head, &top,
                                                      atomic_load(&top->next)))
            ;
        free(top);
    }
    if (sound) pthread_mutex_unlock(&library);
    return WORTH;
}

typedef struct shared {
    atomic_int users;
    double worth;
} shared;

/* The last user frees; whether one was the last is seen in two steps. */
static double double_free(bool sound, const rtk_call *call) {
    static shared *current; /* guarded by library, as is that users != 0 */
    (void)call;
    pthread_mutex_lock(&library);
    if (!current || !atomic_load(&current->users)) {
        current = calloc(1, sizeof *current);
        if (current) current->worth = WORTH;
    }
    shared *s = current;
    if (s) atomic_fetch_add(&s->users, 1);
    pthread_mutex_unlock(&library);
    if (!s) return WORTH;
    double value = s->worth;
    if (sound) pthread_mutex_lock(&library);
    int after = atomic_fetch_sub(&s->users, 1) - 1;
    if (!sound) after = atomic_load(&s->users);
    if (!after && sound) current = NULL;
    if (sound) pthread_mutex_unlock(&library);
    if (!after) {
        if (!sound) {
            pthread_mutex_lock(&library);
            if (current == s) current = NULL;
            pthread_mutex_unlock(&library);
        }
        free(s);
    }
    return value;
}

/* ---- The subjects */

typedef struct bug {
    double (*work)(bool sound, const rtk_call *call);
    rtk_subject subject;
} bug;

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    rtk_view *y = rtk_view_at(views, 0);
    (void)self, (void)args;
    *y = (rtk_view){.size = y->size,
                    .name = "y",
                    .type = RTK_FLOAT64,
                    .flow = RTK_OUT,
                    .rank = 1,
                    .shape = {N}};
    views->n = 1;
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args, (void)views, (void)seed;
    return RTK_OK;
}

/* The instance says whether it is the sound one. */
static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    static const bool kinds[] = {false, true};
    (void)self, (void)views, (void)workers;
    *instance = (void *)(uintptr_t)&kinds[args->value[0]];
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    (void)self, (void)instance;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const bug *b = self;
    const bool *sound = instance;
    double *y = rtk_view_at(views, 0)->data;
    count();
    double value = b->work(*sound, call);
    count();
    for (size_t i = 0; i < N; i++) y[i] = value;
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    const double *y = rtk_view_at(views, 0)->data;
    (void)self, (void)args, (void)call;
    truth->error = fabs(y[0] - WORTH);
    snprintf(truth->text, sizeof truth->text, "y[0] is %.17g, not %g", y[0],
             WORTH);
    return RTK_OK;
}

static bug bugs[] = {
#define BUG(id)                                                                \
    {                                                                          \
        id, {                                                                  \
            .name = "rare." #id                                                \
        }                                                                      \
    }
    BUG(lazy_init),   BUG(static_scratch), BUG(plan_cache), BUG(atomicity),
    BUG(lost_wakeup), BUG(lock_order),     BUG(aba_stack),  BUG(double_free),
#undef BUG
};

enum { BUGS = sizeof bugs / sizeof *bugs };

static const rtk_param sound = {.size = sizeof sound,
                                .name = "sound",
                                .summary = "1: without the bug",
                                .most = 1};
static const rtk_claims claims = {.size = sizeof claims};
static const rtk_subject *subjects[BUGS];

static const rtk_plugin plugin = {.size = sizeof plugin,
                                  .abi = RTK_ABI,
                                  .lane = RTK_BUILD_LANE,
                                  .name = "rare bugs",
                                  .version = "1",
                                  .subjects = subjects,
                                  .n_subjects = BUGS};

const rtk_plugin *racetrack_plugin(const rtk_host *host) {
    library_host = host;
    for (size_t i = 0; i < BUGS; i++) {
        rtk_subject *s = &bugs[i].subject;
        rtk_op *op = calloc(1, sizeof *op);
        if (!op) return NULL;
        *op = (rtk_op){
            .size = sizeof *op, .name = "run", .claims = &claims, .run = run};
        *s = (rtk_subject){.size = sizeof *s,
                           .name = s->name,
                           .summary = "a bug behind a narrow window",
                           .self = &bugs[i],
                           .params = &sound,
                           .n_params = 1,
                           .param_size = sizeof sound,
                           .describe = describe,
                           .fill = fill,
                           .open = start,
                           .close = stop,
                           .ops = op,
                           .n_ops = 1,
                           .op_size = sizeof *op,
                           .check = check};
        subjects[i] = s;
    }
    return &plugin;
}
