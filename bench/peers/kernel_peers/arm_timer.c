/* The loop in which every arm of C or C++ is timed. */

#include "bench/peers/kernel_peers/peer_arm.h"

double rtk_peer_time(rtk_peer_arm *arm, uint64_t calls) {
    if (arm->before) arm->before(arm);
    double start = rtk_peer_now_ns();
    for (uint64_t i = 0; i < calls; i++) {
        int failed = arm->call(arm);
        if (failed) return -(double)(failed < 0 ? -failed : failed);
    }
    return rtk_peer_now_ns() - start;
}
