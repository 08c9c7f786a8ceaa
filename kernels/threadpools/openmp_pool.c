/* OpenMP runtimes. The count is a control variable of the calling thread (or
 * task), for the teams that it starts. */

#include "kernels/threadpools/pool_copy.h"

enum { GET, SET, LIMIT };

static void probe(const rtk_family *family, rtk_finds *finds) {
    rtk_function *get =
        rtk_finds_function(finds, "", "omp_get_max_threads", "");
    if (!get) return;
    rtk_copy *copy = rtk_finds_add(finds, family, *(void **)&get);
    if (!copy) return;
    copy->function[GET] = get;
    copy->function[SET] =
        rtk_finds_function(finds, "", "omp_set_num_threads", "");
    copy->function[LIMIT] =
        rtk_finds_function(finds, "", "omp_get_thread_limit", "");
    const char *flavour = NULL;
    if (rtk_elf_defines(&finds->object->elf, "__kmpc_fork_call"))
        flavour = "libomp";
    else if (rtk_elf_defines(&finds->object->elf, "GOMP_parallel"))
        flavour = "libgomp";
    rtk_word_set(copy->flavour, WORDS, flavour);
}

static void describe(rtk_copy *copy) {
    if (copy->function[LIMIT])
        copy->max_threads = ((int (*)(void))copy->function[LIMIT])();
    copy->meaning = RTK_POOL_TEAM;
    copy->scope = RTK_POOL_THREAD;
    copy->controllable = copy->function[SET] != NULL;
    if (!copy->controllable) {
        copy->scope = RTK_POOL_NOBODY;
        copy->why = "it has no omp_set_num_threads";
    }
    rtk_copy_obeys(copy, &rtk_plain_ways, copy->function[GET],
                   copy->function[SET]);
}

const rtk_family rtk_openmp_family = {.internal_api = "openmp",
                                      .user_api = RTK_POOL_OPENMP,
                                      .probe = probe,
                                      .describe = describe};
