/* OpenBLAS, with any prefix and suffix of its symbols.
 *
 * Made with threads of its own, it has one pool. Made with OpenMP, it asks
 * OpenMP for the caller's count at each call, and what openblas_set_num_threads
 * had set is lost: it obeys its OpenMP runtime. Made without threads, it takes
 * any count and uses none. */

#include "kernels/threadpools/pool_copy.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const char stem[] = "openblas_get_num_threads";

enum { GET, SET, CONFIG_, PARALLEL, CORENAME, OMP_GET, OMP_SET };
enum { SERIAL, PTHREADS, OPENMP };

/* ---- Finding --------------------------------------------------------------
 */

/* For Fortran there is each function once more, with a '_' after its C name. */
static bool is_fortran(const rtk_finds *finds, const char *prefix,
                       const char *suffix) {
    return *suffix == '_' &&
           rtk_finds_function(finds, prefix, stem, suffix + 1) != NULL;
}

/* The runtime that the library's own calls go to: what the program has loaded
 * for all comes before what the library was linked with. libomp has libgomp's
 * symbols too, under libgomp's version. */
static rtk_function *runtime(const rtk_finds *finds, const char *name) {
    rtk_function *function = NULL;
    void *program = dlopen(NULL, RTLD_LAZY | RTLD_NOLOAD);
    void *symbol = NULL;
    if (program) symbol = dlvsym(program, name, "OMP_1.0");
    if (program && !symbol) symbol = dlsym(program, name);
    if (!symbol) symbol = dlsym(finds->object->handle, name);
    *(void **)&function = symbol;
    if (program) dlclose(program);
    return function;
}

static void take(rtk_finds *finds, const char *prefix, const char *suffix) {
    static const char *const stems[] = {[GET] = stem,
                                        [SET] = "openblas_set_num_threads",
                                        [CONFIG_] = "openblas_get_config",
                                        [PARALLEL] = "openblas_get_parallel",
                                        [CORENAME] = "openblas_get_corename"};
    rtk_function *get = rtk_finds_function(finds, prefix, stem, suffix);
    if (!get || is_fortran(finds, prefix, suffix)) return;
    rtk_copy *copy = rtk_finds_add(finds, &rtk_openblas_family, *(void **)&get);
    if (!copy) return;
    for (int i = GET; i <= CORENAME; i++)
        copy->function[i] = rtk_finds_function(finds, prefix, stems[i], suffix);
    if (rtk_elf_mentions(&finds->object->elf, "omp_get_max_threads")) {
        copy->function[OMP_GET] = runtime(finds, "omp_get_max_threads");
        copy->function[OMP_SET] = runtime(finds, "omp_set_num_threads");
    }
    rtk_word_set(copy->prefix, WORDS, prefix);
    rtk_word_set(copy->suffix, WORDS, suffix);
}

static void name(void *arg, const char *symbol) {
    char prefix[WORDS];
    size_t before = (size_t)(strstr(symbol, stem) - symbol);
    if (before >= sizeof prefix) return;
    rtk_word_set(prefix, before + 1, symbol);
    take(arg, prefix, symbol + before + sizeof stem - 1);
}

static void probe(const rtk_family *family, rtk_finds *finds) {
    (void)family;
    rtk_elf_each(&finds->object->elf, stem, name, finds);
}

/* ---- Describing -----------------------------------------------------------
 */

static const char *say(const rtk_copy *copy, int function) {
    char *(*f)(void) = (char *(*)(void))copy->function[function];
    return f ? f() : NULL;
}

/* "OpenBLAS 0.3.21 NO_LAPACKE ... MAX_THREADS=64": the version since 0.3.4. */
static void read_config(rtk_copy *copy) {
    static const char own[] = "OpenBLAS ", most[] = "MAX_THREADS=";
    rtk_word_set(copy->config, CONFIG, say(copy, CONFIG_));
    const char *at = copy->config;
    if (strncmp(at, own, sizeof own - 1) == 0) {
        at += sizeof own - 1;
        size_t n = strcspn(at, " ") + 1;
        rtk_word_set(copy->version, n < WORDS ? n : WORDS, at);
    }
    at = strstr(copy->config, most);
    if (at) copy->max_threads = (int)strtol(at + sizeof most - 1, NULL, 10);
}

static int parallel(const rtk_copy *copy) {
    int (*f)(void) = (int (*)(void))copy->function[PARALLEL];
    return f ? f() : -1;
}

static void describe(rtk_copy *copy) {
    static const char *const layers[] = {"disabled", "pthreads", "openmp"};
    rtk_function *get = copy->function[GET], *set = copy->function[SET];
    int kind = parallel(copy);
    read_config(copy);
    rtk_word_set(copy->architecture, WORDS, say(copy, CORENAME));
    copy->layer = kind >= SERIAL && kind <= OPENMP ? layers[kind] : "unknown";
    copy->meaning = RTK_POOL_SHARED;
    copy->scope = RTK_POOL_PROCESS;
    if (kind == SERIAL) {
        copy->scope = RTK_POOL_NOBODY;
        copy->meaning = RTK_POOL_TEAM;
        copy->max_threads = 1;
        copy->why = "it was built without threads";
    } else if (kind == OPENMP) {
        get = copy->function[OMP_GET];
        set = copy->function[OMP_SET];
        copy->scope = RTK_POOL_THREAD;
        copy->meaning = RTK_POOL_TEAM;
        copy->why = "its OpenMP runtime was not found";
    } else {
        copy->why = "it has no openblas_set_num_threads";
    }
    copy->controllable = kind != SERIAL && get && set;
    if (copy->controllable) copy->why = NULL;
    if (!get) return;
    rtk_copy_obeys(copy, &rtk_plain_ways, get, set);
    /* The runtime is also others'. */
    if (kind == OPENMP) copy->spare->most = 0;
}

const rtk_family rtk_openblas_family = {.internal_api = "openblas",
                                        .user_api = RTK_POOL_BLAS,
                                        .probe = probe,
                                        .describe = describe};
