/* Callers keep a copy of a setting, with the version that it belongs to, and
 * look only whether the version is still the same. Who sets it counts the
 * version up first and then works the new value out: who takes its copy between
 * has the old value under the new version, and keeps it after the setting has
 * returned. Each value told was set once, and the last one is right. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "stress/faults/fault_common.h"

enum { SLOTS = 256, SET_EVERY = 8 };

typedef struct setting {
    pthread_mutex_t lock; /* the twin's, of all that follows */
    _Atomic uint64_t version, value;
    struct {
        _Alignas(64) uint64_t version, value;
    } copy[SLOTS]; /* each of its caller */
} setting;

static rtk_status start(void *self, const rtk_args *args,
                        const rtk_views *views, int64_t workers,
                        void **instance) {
    (void)self, (void)args, (void)views, (void)workers;
    setting *s = aligned_alloc(64, sizeof *s);
    if (!s) return RTK_ENOMEM;
    *s = (setting){.lock = PTHREAD_MUTEX_INITIALIZER};
    *instance = s;
    return RTK_OK;
}

static bool sets(const rtk_call *call) {
    return (call->round + call->actor) % SET_EVERY == 0;
}

/* No two calls set the same. */
static uint64_t value_of(const rtk_call *call) {
    return (call->round + 1) * RTK_TWIN_COUNT + call->actor;
}

/* What the library needs for the value; y is worked out anew afterwards. */
static uint64_t prepared(double *y, const double *x, uint64_t value) {
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) y[i] = x[i] / (double)value;
    return y[0] < 0 ? 0 : value;
}

/* Sequentially consistent: the calls have one order. */
static void set(setting *s, const rtk_views *views, uint64_t value) {
    atomic_fetch_add_explicit(&s->version, 1, memory_order_seq_cst);
    value = prepared(rtk_twin_y(views), rtk_twin_x(views), value);
    atomic_store_explicit(&s->value, value, memory_order_seq_cst);
}

static uint64_t get(setting *s, unsigned caller) {
    uint64_t version = atomic_load_explicit(&s->version, memory_order_seq_cst);
    if (s->copy[caller].version != version) {
        s->copy[caller].value =
            atomic_load_explicit(&s->value, memory_order_seq_cst);
        s->copy[caller].version = version;
    }
    return s->copy[caller].value;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    setting *s = instance;
    (void)self;
    if (!RTK_PLANT(stale_setting)) pthread_mutex_lock(&s->lock);
    if (sets(call))
        set(s, views, value_of(call));
    else
        call->result = get(s, call->actor % SLOTS);
    if (!RTK_PLANT(stale_setting)) pthread_mutex_unlock(&s->lock);
    rtk_twin_add_up(rtk_twin_y(views), rtk_twin_x(views), 0, RTK_TWIN_COUNT);
    return RTK_OK;
}

static void stop(void *self, void *instance) {
    setting *s = instance;
    pthread_mutex_destroy(&s->lock);
    rtk_twin_free(self, s);
}

static void model_start(void *self, const rtk_args *args, void *state) {
    (void)self, (void)args;
    *(uint64_t *)state = 0;
}

static rtk_status model(void *self, void *state, rtk_call *call) {
    uint64_t *value = state;
    (void)self;
    call->result = 0;
    if (sets(call))
        *value = value_of(call);
    else
        call->result = *value;
    return RTK_OK;
}

/* Results are told apart by their order. */
RTK_TWIN(stale_setting, .run = run, .open = start, .close = stop,
         .repeatable = RTK_TIER_C, .model = model,
         .model_bytes = sizeof(uint64_t), .model_start = model_start)
