#include <stdio.h>
#include <stdlib.h>

#include "harness/lane.h"
#include "harness/locks/held_locks.h"
#include "harness/plugin.h"
#include "harness/random.h"
#include "harness/report.h"
#include "kernels/workers/workers.h"

static void *allocate(size_t bytes, size_t alignment) {
    void *memory = NULL;
    if (alignment < sizeof(void *)) alignment = sizeof(void *);
    return posix_memalign(&memory, alignment, bytes ? bytes : 1) ? NULL
                                                                 : memory;
}

/* A loop over blocks, each of which is one part of the runtime's loop. */
typedef struct blocks {
    void (*body)(void *arg, size_t lo, size_t hi);
    void *arg;
    size_t n, block;
} blocks;

static rtk_status run_block(void *arg, size_t part) {
    const blocks *b = arg;
    size_t lo = part * b->block;
    size_t hi = b->n - lo < b->block ? b->n : lo + b->block;
    b->body(b->arg, lo, hi);
    return RTK_OK;
}

static rtk_status parallel_for(int64_t workers, size_t n, size_t block,
                               void (*body)(void *, size_t, size_t),
                               void *arg) {
    if (!block || !body) return RTK_EINVAL;
    blocks b = {body, arg, n, block};
    size_t parts = n / block + (n % block != 0);
    return rtk_parallel_for(NULL, workers, parts, run_block, &b, NULL);
}

static void report(const char *oracle, const char *sentence) {
    rtk_finding(oracle, "reported by the plug-in", "%s", sentence);
}

static void log_line(const char *line) {
    fprintf(stderr, "%s\n", line);
}

static void declare_read(const void *data, size_t bytes) {
    rtk_lane_declare_read(data, bytes,
                          (uintptr_t)__builtin_return_address(0) - 1);
}

static void declare_write(void *data, size_t bytes) {
    rtk_lane_declare_write(data, bytes,
                           (uintptr_t)__builtin_return_address(0) - 1);
}

/* Told when it has been taken: whether it was waited for is not known. */
static void lock_taken(const void *lock) {
    rtk_lock_waits(lock, RTK_LOCK_CUSTOM, __builtin_frame_address(0));
}

static void lock_released(const void *lock) {
    rtk_lock_gives(lock, RTK_LOCK_CUSTOM);
}

/* Written while a plug-in is loaded, when there is one thread. */
static char refusal[RTK_SENTENCE];

static void refuse(const char *sentence) {
    snprintf(refusal, sizeof refusal, "%s", sentence);
}

const char *rtk_host_refusal(void) {
    return refusal[0] ? refusal : NULL;
}

const rtk_host *rtk_host_table(void) {
    static const rtk_host host = {
        .size = sizeof host,
        .abi = RTK_ABI,
        .allocate = allocate,
        .release = free,
        .random_bits = rtk_random_bits,
        .random_uniform = rtk_random_uniform,
        .parallel_for = parallel_for,
        .report = report,
        .log = log_line,
        .declare_read = declare_read,
        .declare_write = declare_write,
        .lock_taken = lock_taken,
        .lock_released = lock_released,
        .refuse = refuse,
    };
    return &host;
}
