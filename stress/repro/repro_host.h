#ifndef RTK_REPRO_HOST_H
#define RTK_REPRO_HOST_H

/* What an exported program gives to its plug-in: a part of repro_body.c. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/subject.h"

/* Mix the bits of `z`. MT-Safe. */
static uint64_t repro_scramble(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* As in rtk_host. MT-Safe. */
static uint64_t repro_random_bits(uint64_t seed, uint64_t index) {
    return repro_scramble(repro_scramble(seed + UINT64_C(0x9e3779b97f4a7c15)) +
                          (index + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

/* As in rtk_host. MT-Safe. */
static double repro_random_uniform(uint64_t seed, uint64_t index) {
    return 0.5 + (double)(repro_random_bits(seed, index) >> 11) * 0x1p-53;
}

/* As in rtk_host. MT-Safe. */
static void *repro_allocate(size_t bytes, size_t alignment) {
    void *memory = NULL;
    if (alignment < sizeof(void *)) alignment = sizeof(void *);
    return posix_memalign(&memory, alignment, bytes ? bytes : 1) ? NULL
                                                                 : memory;
}

/* As in rtk_host, by the caller alone. MT-Safe. */
static rtk_status repro_parallel_for(int64_t workers, size_t n, size_t block,
                                     void (*body)(void *, size_t, size_t),
                                     void *arg) {
    (void)workers;
    for (size_t lo = 0; block && lo < n; lo += block)
        body(arg, lo, n - lo < block ? n : lo + block);
    return RTK_OK;
}

/* Whether something failed in this trial; read after the join. */
static atomic_int repro_failed;

/* Print the first failure of a trial, and note that there was one. MT-Safe. */
static void repro_fail(const char *oracle, const char *sentence) {
    static atomic_int told;
    /* One sentence a trial; nothing hangs on the order. */
    if (!atomic_exchange_explicit(&told, 1, memory_order_relaxed))
        fprintf(stderr, "%s: %s\n", oracle, sentence);
    atomic_store_explicit(&repro_failed, 1, memory_order_relaxed);
}

/* As in rtk_host. MT-Safe. */
static void repro_log_line(const char *line) {
    fprintf(stderr, "%s\n", line);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define REPRO_TSAN 1
/* Tell the sanitizer of an access. MT-Safe. */
void __tsan_read_range(void *data, unsigned long bytes);
void __tsan_write_range(void *data, unsigned long bytes);
#endif
#endif
#ifndef REPRO_TSAN
#define REPRO_TSAN 0
/* Nobody asks. MT-Safe. */
static void __tsan_read_range(void *data, unsigned long bytes) {
    (void)data, (void)bytes;
}
/* Nobody asks. MT-Safe. */
static void __tsan_write_range(void *data, unsigned long bytes) {
    (void)data, (void)bytes;
}
#endif

/* As in rtk_host. MT-Safe. */
static void repro_declare_read(const void *data, size_t bytes) {
    __tsan_read_range((void *)(uintptr_t)data, bytes);
}

/* As in rtk_host. MT-Safe. */
static void repro_declare_write(void *data, size_t bytes) {
    __tsan_write_range(data, bytes);
}

/* No oracle of locks is here. MT-Safe. */
static void repro_no_lock(const void *lock) {
    (void)lock;
}

static const rtk_host repro_host = {.size = sizeof repro_host,
                                    .abi = RTK_ABI,
                                    .allocate = repro_allocate,
                                    .release = free,
                                    .random_bits = repro_random_bits,
                                    .random_uniform = repro_random_uniform,
                                    .parallel_for = repro_parallel_for,
                                    .report = repro_fail,
                                    .log = repro_log_line,
                                    .declare_read = repro_declare_read,
                                    .declare_write = repro_declare_write,
                                    .lock_taken = repro_no_lock,
                                    .lock_released = repro_no_lock};

#endif
