/* Processes publish a factor and the divisor that belongs to it, in shared
 * memory, in two stores; who reads between them has one half of each. The twin
 * publishes both in one word. */
#include <stdatomic.h>
#include <sys/mman.h>

#include "stress/faults/fault_common.h"

enum { BLOCK = 30, LARGEST = 1000, HALF = 32 };

typedef struct published {
    _Atomic uint64_t word;            /* factor << HALF, divisor */
    _Atomic uint64_t factor, divisor; /* the same in two words */
} published;

/* Made when the plug-in is loaded: one for all processes forked after it. */
static published *everyones;

typedef struct pair {
    uint64_t factor, divisor;
} pair;

/* Relaxed: nothing but the numbers is handed over. */
static void publish(pair p) {
    if (!RTK_PLANT(torn_pair)) {
        atomic_store_explicit(&everyones->word, p.factor << HALF | p.divisor,
                              memory_order_relaxed);
        return;
    }
    atomic_store_explicit(&everyones->factor, p.factor, memory_order_relaxed);
    atomic_store_explicit(&everyones->divisor, p.divisor, memory_order_relaxed);
}

static pair latest(void) {
    if (RTK_PLANT(torn_pair))
        return (pair){
            atomic_load_explicit(&everyones->factor, memory_order_relaxed),
            atomic_load_explicit(&everyones->divisor, memory_order_relaxed)};
    uint64_t word =
        atomic_load_explicit(&everyones->word, memory_order_relaxed);
    return (pair){word >> HALF, word & UINT32_MAX};
}

__attribute__((constructor)) static void map(void) {
    void *made = mmap(NULL, sizeof *everyones, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    everyones = made == MAP_FAILED ? NULL : made;
    if (everyones) publish((pair){RTK_TWIN_PASSES, 1});
}

/* Each block is scaled by what holds at the moment: the quotient is always the
 * same, and exact. */
static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    const rtk_twin *twin = self;
    (void)instance;
    call->message = "there is no shared memory";
    if (!everyones) return RTK_ENOMEM;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) {
        pair now = latest();
        rtk_twin_y(views)[i] =
            rtk_twin_x(views)[i] * (double)now.factor / (double)now.divisor;
        if (i % BLOCK) continue;
        uint64_t bits = twin->host->random_bits(call->seed, call->round + i);
        uint64_t divisor = 1 + bits % LARGEST;
        publish((pair){RTK_TWIN_PASSES * divisor, divisor});
    }
    return RTK_OK;
}

RTK_TWIN(torn_pair, .run = run)
