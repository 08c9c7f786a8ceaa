/* Processes take the first free place in a shared mapping; a place is looked
 * at, cleared and then marked as taken, so that two of them may work in it. */
#include <stdatomic.h>
#include <sys/mman.h>

#include "stress/faults/fault_common.h"

/* More than there are processes at once. */
enum { PLACES = 64 };

typedef struct place {
    atomic_bool taken;
    double work[RTK_TWIN_COUNT];
} place;

/* Made when the plug-in is loaded: one for all processes forked after it. */
static place *everyones;

__attribute__((constructor)) static void map(void) {
    void *made = mmap(NULL, PLACES * sizeof *everyones, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    everyones = made == MAP_FAILED ? NULL : made;
}

/* Whether the place was free; then it is the caller's. */
static bool take(place *p) {
    if (!RTK_PLANT(shared_place))
        /* Acquire: what the last owner did. Pairs with the release in run(). */
        return !atomic_exchange_explicit(&p->taken, true, memory_order_acquire);
    if (atomic_load_explicit(&p->taken, memory_order_acquire)) return false;
    for (size_t i = 0; i < RTK_TWIN_COUNT; i++) p->work[i] = 0;
    atomic_store_explicit(&p->taken, true, memory_order_relaxed);
    return true;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance;
    call->message = "there is no place in shared memory";
    if (!everyones) return RTK_ENOMEM;
    size_t i = 0;
    while (i < PLACES && !take(&everyones[i])) i++;
    if (i == PLACES) return RTK_EFAILED;
    rtk_twin_work(everyones[i].work, views);
    atomic_store_explicit(&everyones[i].taken, false, memory_order_release);
    return RTK_OK;
}

RTK_TWIN(shared_place, .run = run)
