/* MKL. Where it has a count of the calling thread, that one is set, so that
 * nobody else is concerned; 0 there means the count of the process. */

#include "kernels/threadpools/pool_copy.h"

#include <string.h>

enum { GET, SET, LOCAL, VERSION, LAYER };

static void probe(const rtk_family *family, rtk_finds *finds) {
    static const char *const names[] = {[GET] = "MKL_Get_Max_Threads",
                                        [SET] = "MKL_Set_Num_Threads",
                                        [LOCAL] = "MKL_Set_Num_Threads_Local",
                                        [VERSION] = "MKL_Get_Version_String",
                                        [LAYER] = "MKL_Set_Threading_Layer"};
    rtk_function *get = rtk_finds_function(finds, "", names[GET], "");
    if (!get) return;
    rtk_copy *copy = rtk_finds_add(finds, family, *(void **)&get);
    if (!copy) return;
    for (int i = GET; i <= LAYER; i++)
        copy->function[i] = rtk_finds_function(finds, "", names[i], "");
}

static int set_local(const rtk_setting *setting, int threads) {
    return ((int (*)(int))setting->set)(threads);
}

/* The only way to read the thread's count is to set another. */
static int mark(const rtk_setting *setting) {
    int before = set_local(setting, 0);
    set_local(setting, before);
    return before;
}

static void back(const rtk_setting *setting, int mark_) {
    set_local(setting, mark_);
}

static int get(const rtk_setting *setting) {
    return ((int (*)(void))setting->get)();
}

static rtk_status set(const rtk_setting *setting, int threads) {
    set_local(setting, threads);
    return RTK_OK;
}

/* A layer that does not exist is refused, with the one that is used. */
static const char *layer(rtk_function *function) {
    static const char *const layers[] = {"intel", "sequential", "pgi", "gnu",
                                         "tbb"};
    int now = function ? ((int (*)(int))function)(-1) : -1;
    return now >= 0 && now < 5 ? layers[now] : "not specified";
}

static void describe(rtk_copy *copy) {
    static const rtk_setting_ways local = {get, set, mark, back};
    rtk_function *const *f = copy->function;
    char version[WORDS] = "";
    if (f[VERSION]) {
        ((void (*)(char *, int))f[VERSION])(version, WORDS);
        version[WORDS - 1] = '\0';
        /* Padded by blanks. */
        for (size_t n = strlen(version); n && version[n - 1] == ' '; n--)
            version[n - 1] = '\0';
    }
    rtk_word_set(copy->version, WORDS, version);
    copy->layer = layer(f[LAYER]);
    copy->meaning = RTK_POOL_TEAM;
    copy->scope = f[LOCAL] ? RTK_POOL_THREAD : RTK_POOL_PROCESS;
    copy->controllable = f[LOCAL] || f[SET];
    if (!copy->controllable) copy->why = "it has no MKL_Set_Num_Threads";
    if (f[LOCAL])
        rtk_copy_obeys(copy, &local, f[GET], f[LOCAL]);
    else
        rtk_copy_obeys(copy, &rtk_plain_ways, f[GET], f[SET]);
}

const rtk_family rtk_mkl_family = {.internal_api = "mkl",
                                   .user_api = RTK_POOL_BLAS,
                                   .probe = probe,
                                   .describe = describe};
