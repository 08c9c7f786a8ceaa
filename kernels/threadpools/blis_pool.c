/* BLIS. One count for the process, of which each call takes a copy; its
 * integers have the width of a pointer unless it was built otherwise. */

#include "kernels/threadpools/pool_copy.h"

enum { GET, SET, VERSION, WITH_OPENMP, WITH_PTHREADS, QUERY, ARCH };

static void probe(const rtk_family *family, rtk_finds *finds) {
    static const char *const names[] = {
        [GET] = "bli_thread_get_num_threads",
        [SET] = "bli_thread_set_num_threads",
        [VERSION] = "bli_info_get_version_str",
        [WITH_OPENMP] = "bli_info_get_enable_openmp",
        [WITH_PTHREADS] = "bli_info_get_enable_pthreads",
        [QUERY] = "bli_arch_query_id",
        [ARCH] = "bli_arch_string"};
    rtk_function *get = rtk_finds_function(finds, "", names[GET], "");
    if (!get) return;
    rtk_copy *copy = rtk_finds_add(finds, family, *(void **)&get);
    if (!copy) return;
    for (int i = GET; i <= ARCH; i++)
        copy->function[i] = rtk_finds_function(finds, "", names[i], "");
}

static int mark(const rtk_setting *setting) {
    return (int)((intptr_t(*)(void))setting->get)();
}

/* -1 is "nobody said", which is one thread. */
static int get(const rtk_setting *setting) {
    int threads = mark(setting);
    return threads < 1 ? 1 : threads;
}

static void back(const rtk_setting *setting, int threads) {
    ((void (*)(intptr_t))setting->set)(threads);
}

static rtk_status set(const rtk_setting *setting, int threads) {
    back(setting, threads);
    return RTK_OK;
}

static bool says(const rtk_copy *copy, int function) {
    rtk_function *f = copy->function[function];
    return f && (int)((intptr_t(*)(void))f)();
}

static void describe(rtk_copy *copy) {
    static const rtk_setting_ways ways = {get, set, mark, back};
    rtk_function *const *f = copy->function;
    if (f[VERSION])
        rtk_word_set(copy->version, WORDS,
                     ((const char *(*)(void))f[VERSION])());
    if (f[QUERY] && f[ARCH])
        rtk_word_set(
            copy->architecture, WORDS,
            ((const char *(*)(int))f[ARCH])(((int (*)(void))f[QUERY])()));
    copy->scope = RTK_POOL_PROCESS;
    copy->meaning = RTK_POOL_TEAM;
    copy->controllable = f[SET] != NULL;
    if (!f[SET]) copy->why = "it has no bli_thread_set_num_threads";
    if (says(copy, WITH_OPENMP)) {
        copy->layer = "openmp";
    } else if (says(copy, WITH_PTHREADS)) {
        copy->layer = "pthreads";
    } else {
        copy->layer = "disabled";
        copy->scope = RTK_POOL_NOBODY;
        copy->controllable = false;
        copy->max_threads = 1;
        copy->why = "it was built without threads";
    }
    rtk_copy_obeys(copy, &ways, f[GET], f[SET]);
}

const rtk_family rtk_blis_family = {.internal_api = "blis",
                                    .user_api = RTK_POOL_BLAS,
                                    .probe = probe,
                                    .describe = describe};
