/* Processes take places in a shared mapping by tickets; the counter is read and
 * written back in two steps, so that two of them may work in one place. */
#include <stdatomic.h>
#include <sys/mman.h>

#include "stress/faults/fault_common.h"

enum { PLACES = 64 };

typedef struct hall {
    _Atomic uint64_t next;
    double place[PLACES][RTK_TWIN_COUNT];
} hall;

/* Made when the plug-in is loaded: one for all processes forked after it. */
static hall *everyones;

__attribute__((constructor)) static void map(void) {
    void *made = mmap(NULL, sizeof *everyones, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    everyones = made == MAP_FAILED ? NULL : made;
}

/* Relaxed: a ticket hands nothing over. */
static uint64_t ticket(void) {
    if (!RTK_PLANT(shared_ticket))
        return atomic_fetch_add_explicit(&everyones->next, 1,
                                         memory_order_relaxed);
    uint64_t mine =
        atomic_load_explicit(&everyones->next, memory_order_relaxed);
    atomic_store_explicit(&everyones->next, mine + 1, memory_order_relaxed);
    return mine;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance;
    call->message = "there is no shared memory";
    if (!everyones) return RTK_ENOMEM;
    rtk_twin_work(everyones->place[ticket() % PLACES], views);
    return RTK_OK;
}

RTK_TWIN(shared_ticket, .run = run)
