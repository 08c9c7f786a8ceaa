/* FlexiBLAS, which passes calls on to the BLAS that it was told to load, and
 * the count too: what a count means there is that library's affair. */

#include "kernels/threadpools/pool_copy.h"

#include <stdio.h>

enum { GET, SET, VERSION, BACKEND };

static void probe(const rtk_family *family, rtk_finds *finds) {
    static const char *const names[] = {[GET] = "flexiblas_get_num_threads",
                                        [SET] = "flexiblas_set_num_threads",
                                        [VERSION] = "flexiblas_get_version",
                                        [BACKEND] =
                                            "flexiblas_current_backend"};
    rtk_function *get = rtk_finds_function(finds, "", names[GET], "");
    if (!get) return;
    rtk_copy *copy = rtk_finds_add(finds, family, *(void **)&get);
    if (!copy) return;
    for (int i = GET; i <= BACKEND; i++)
        copy->function[i] = rtk_finds_function(finds, "", names[i], "");
}

static int mark(const rtk_setting *setting) {
    return ((int (*)(void))setting->get)();
}

/* -1 where the backend has no count. */
static int get(const rtk_setting *setting) {
    int threads = mark(setting);
    return threads < 1 ? 1 : threads;
}

static void back(const rtk_setting *setting, int threads) {
    ((void (*)(int))setting->set)(threads);
}

static rtk_status set(const rtk_setting *setting, int threads) {
    back(setting, threads);
    return RTK_OK;
}

static void describe(rtk_copy *copy) {
    static const rtk_setting_ways ways = {get, set, mark, back};
    rtk_function *const *f = copy->function;
    int major = 0, minor = 0, patch = 0;
    if (f[VERSION]) {
        ((void (*)(int *, int *, int *))f[VERSION])(&major, &minor, &patch);
        snprintf(copy->version, WORDS, "%d.%d.%d", major, minor, patch);
    }
    if (f[BACKEND] &&
        ((int (*)(char *, size_t))f[BACKEND])(copy->flavour, WORDS) < 0)
        copy->flavour[0] = '\0';
    copy->flavour[WORDS - 1] = '\0';
    copy->layer = "unknown";
    copy->scope = RTK_POOL_PROCESS;
    copy->controllable = f[SET] != NULL;
    if (!f[SET]) copy->why = "it has no flexiblas_set_num_threads";
    rtk_copy_obeys(copy, &ways, f[GET], f[SET]);
}

const rtk_family rtk_flexiblas_family = {.internal_api = "flexiblas",
                                         .user_api = RTK_POOL_BLAS,
                                         .probe = probe,
                                         .describe = describe};
