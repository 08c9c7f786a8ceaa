#ifndef RTK_CUSTOM_POOL_H
#define RTK_CUSTOM_POOL_H

/* Libraries that this module does not know, made known by their users. */

#include "kernels/threadpools/pool_info.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to read and set the threads of a library. A function that is NULL is not
 * there; get_threads and set_threads are needed. All are called with the
 * module's lock held, so never by two threads at once, and may not call this
 * module. */
typedef struct rtk_custom_pool {
    size_t size;              /* sizeof(rtk_custom_pool), where it was built */
    const char *internal_api; /* its name, not one that is built in */
    rtk_pool_api user_api;    /* not RTK_POOL_ANY */
    rtk_pool_scope scope;     /* RTK_POOL_THREAD or RTK_POOL_PROCESS */
    rtk_pool_meaning meaning;
    /* Every loaded object that defines this symbol is a copy. NULL: there is
     * one copy, always, which is no loaded object. */
    const char *symbol;
    void *self;
    /* Prepare a copy: `handle` is for dlsym(), NULL without a symbol; `*copy`
     * is passed to the others. */
    rtk_status (*open)(void *self, void *handle, void **copy);
    void (*close)(void *self, void *copy);
    int (*get_threads)(void *self, void *copy);
    /* Only with 1 or more, or what get_threads returned. */
    rtk_status (*set_threads)(void *self, void *copy, int threads);
    int (*max_threads)(void *self, void *copy);
    /* Read once for each copy, and copied. */
    const char *(*version)(void *self, void *copy);
    const char *(*threading_layer)(void *self, void *copy);
    const char *(*architecture)(void *self, void *copy);
} rtk_custom_pool;

/* Make a library known, for ever: controllers made or refreshed after have its
 * copies.
 *
 *   pool  copied, but not the strings and functions, which stay for ever
 *
 * Returns RTK_OK; RTK_EINVAL for a table that lacks what is needed or whose
 * name is taken; RTK_ENOMEM.
 * MT-Safe. */
RTK_CHECKED rtk_status rtk_custom_pool_register(const rtk_custom_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
