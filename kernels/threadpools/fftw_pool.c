/* FFTW: the count is the planner's, which bakes it into each plan. Reading it
 * sets up the planner, for good without threads if that comes before
 * init_threads(): so it is read only after a plan scope has made that call. */

#include "kernels/threadpools/fftw_pool.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A text, in the library that the one with the threads depends on:
 * "fftw-3.3.10-sse2-avx". */
static void read_version(rtk_copy *copy, const rtk_finds *finds) {
    static const char own[] = "fftw-";
    char name[WORDS + sizeof "version"];
    snprintf(name, sizeof name, "%sversion", copy->prefix);
    const char *at = dlsym(finds->object->handle, name);
    if (!at || strncmp(at, own, sizeof own - 1) != 0) return;
    at += sizeof own - 1;
    size_t n = strcspn(at, "-");
    rtk_word_set(copy->version, n + 1 < WORDS ? n + 1 : WORDS, at);
    rtk_word_set(copy->architecture, WORDS, at[n] ? at + n + 1 : NULL);
}

static void take(const rtk_family *family, rtk_finds *finds,
                 const char *prefix) {
    static const char *const stems[] = {[RTK_FFTW_SET] = "plan_with_nthreads",
                                        [RTK_FFTW_GET] = "planner_nthreads",
                                        [RTK_FFTW_INIT] = "init_threads"};
    rtk_function *set =
        rtk_finds_function(finds, prefix, stems[RTK_FFTW_SET], "");
    if (!set) return;
    rtk_copy *copy = rtk_finds_add(finds, family, *(void **)&set);
    if (!copy) return;
    for (int i = 0; i <= RTK_FFTW_INIT; i++)
        copy->function[i] = rtk_finds_function(finds, prefix, stems[i], "");
    rtk_word_set(copy->prefix, WORDS, prefix);
    read_version(copy, finds);
    const rtk_elf *elf = &finds->object->elf;
    if (rtk_elf_mentions(elf, "GOMP_parallel") ||
        rtk_elf_mentions(elf, "__kmpc_fork_call"))
        copy->layer = "openmp";
    else
        copy->layer =
            rtk_elf_mentions(elf, "pthread_create") ? "pthreads" : "unknown";
}

static void probe(const rtk_family *family, rtk_finds *finds) {
    static const char *const prefixes[] = {"fftw_", "fftwf_", "fftwl_",
                                           "fftwq_"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        take(family, finds, prefixes[i]);
}

static void describe(rtk_copy *copy) {
    copy->scope = RTK_POOL_PLAN;
    copy->meaning = RTK_POOL_TEAM;
    copy->max_threads = INT_MAX;
    copy->controllable = copy->function[RTK_FFTW_INIT] != NULL;
    copy->why = copy->controllable
                    ? "its count is not read before a plan scope has begun"
                    : "it has no init_threads function";
}

int rtk_fftw_threads(const rtk_copy *copy) {
    int (*get)(void) = (int (*)(void))copy->function[RTK_FFTW_GET];
    return copy->planner_ready && get ? get() : 0;
}

const rtk_family rtk_fftw_family = {.internal_api = "fftw",
                                    .user_api = RTK_POOL_FFT,
                                    .probe = probe,
                                    .describe = describe};
