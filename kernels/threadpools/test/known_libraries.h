#ifndef RTK_KNOWN_LIBRARIES_H
#define RTK_KNOWN_LIBRARIES_H

/* What the tests of this folder share: libraries under test that were built
 * from known_library.c, and libraries that are only memory. */

#include "kernels/workers/test/unit.h"

#include <dlfcn.h>

#include "kernels/threadpools/threadpools.h"

/* The folder of the libraries, which the build names. */
#ifndef RTK_KNOWN_LIBRARIES
#define RTK_KNOWN_LIBRARIES "."
#endif

/* Load the library `name`, or fail. MT-Safe. */
static inline void *known_load(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, RTK_KNOWN_LIBRARIES "/%s.so", name);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) fail_msg("%s", dlerror());
    return handle;
}

/* The function `name` of it, for *(void **)&function. MT-Safe. */
static inline void *known_symbol(void *handle, const char *name) {
    void *symbol = dlsym(handle, name);
    assert_non_null(symbol);
    return symbol;
}

/* A controller of what is loaded now. MT-Safe. */
static inline rtk_pools *known_pools(void) {
    rtk_pools *pools = NULL;
    assert_int_equal(RTK_OK, rtk_pools_new(&pools));
    return pools;
}

/* The copy in the file `name`.so; id 0 if there is none. MT-Safe. */
static inline rtk_pool_info known_find(const rtk_pools *pools,
                                       const char *name) {
    rtk_pool_info info = {0};
    char file[256];
    snprintf(file, sizeof file, "/%s.so", name);
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        if (strstr(info.path, file)) return info;
    return (rtk_pool_info){0};
}

/* Begin with one limit. MT-Safe. */
static inline rtk_status known_begin(rtk_pools *pools, rtk_limit limit,
                                     unsigned flags, rtk_limits **scope) {
    rtk_limit_request request = {sizeof request, &limit, 1, flags};
    return rtk_limits_begin(pools, &request, scope);
}

/* The same, which must go well. MT-Safe. */
static inline rtk_limits *known_limit(rtk_pools *pools, rtk_limit limit,
                                      unsigned flags) {
    rtk_limits *scope = NULL;
    assert_int_equal(RTK_OK, known_begin(pools, limit, flags, &scope));
    return scope;
}

/* End a scope, which must go well. MT-Safe. */
static inline void known_end(rtk_limits *scope) {
    assert_int_equal(RTK_OK, rtk_limits_end(scope, NULL));
}

/* A library that is a count in memory, set and read with the module's lock; a
 * count of a thread is the caller's own. MT-Safe where the lock is held. */
typedef struct memory_pool {
    int count, most, sets;
    rtk_status refuses; /* what set() returns if not RTK_OK, at `refused` */
    int refused;
} memory_pool;

/* get_threads() of a memory_pool. MT-Unsafe race:self. */
static inline int memory_get(void *self, void *copy) {
    (void)copy;
    return ((memory_pool *)self)->count;
}

/* set_threads() of a memory_pool. MT-Unsafe race:self. */
static inline rtk_status memory_set(void *self, void *copy, int threads) {
    memory_pool *m = self;
    (void)copy;
    if (m->refuses && threads == m->refused) return m->refuses;
    m->count = m->most && threads > m->most ? m->most : threads;
    m->sets++;
    return RTK_OK;
}

/* Make it known as `name`, for ever. MT-Safe. */
static inline void memory_register(memory_pool *memory, const char *name) {
    const rtk_custom_pool pool = {.size = sizeof pool,
                                  .internal_api = name,
                                  .user_api = RTK_POOL_OTHER,
                                  .scope = RTK_POOL_PROCESS,
                                  .meaning = RTK_POOL_SHARED,
                                  .self = memory,
                                  .get_threads = memory_get,
                                  .set_threads = memory_set};
    assert_int_equal(RTK_OK, rtk_custom_pool_register(&pool));
}

#endif
