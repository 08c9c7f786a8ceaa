#include "kernels/workers/workers.h"

/* Relaxed on both sides: the word is all that is handed over, and an edge from
 * part to part would hide races from ThreadSanitizer. */

void rtk_cancel_request(rtk_cancel *cancel) {
    __atomic_store_n(&cancel->requested, 1U, __ATOMIC_RELAXED);
}

int rtk_cancel_requested(const rtk_cancel *cancel) {
    return __atomic_load_n(&cancel->requested, __ATOMIC_RELAXED) != 0;
}
