#ifndef RTK_RUNTIMES_H
#define RTK_RUNTIMES_H

/* Who can run loops: ours, plain threads, and the modules that the build has
 * listed in peer_modules.inc. */

#include "bench/peers/dispatcher.h"
#include "bench/peers/sides.h"

typedef enum rtk_policy { RTK_SPINNING, RTK_SLEEPING, RTK_POLICIES } rtk_policy;

/* A runtime; read only. */
typedef struct rtk_runtime {
    const char *name;
    rtk_kind kind;
    bool one_policy;               /* its helpers cannot be told how to wait */
    bool many_only;                /* with one worker it is the serial loop */
    const char *env[RTK_POLICIES]; /* "NAME=value", or NULL */
    /* NULL: its table is in peers/<name>.so beside the program's folder. By
     * policy. */
    const rtk_dispatcher *built_in[RTK_POLICIES];
} rtk_runtime;

/* All runtimes, ours first. Live for ever. MT-Safe. */
const rtk_runtime *rtk_runtimes(size_t *n);

/* The one of that name, or NULL. MT-Safe. */
const rtk_runtime *rtk_runtime_named(const char *name);

/* Its table, or NULL and why not. MT-Safe. */
const rtk_dispatcher *rtk_runtime_load(const rtk_runtime *runtime,
                                       rtk_policy policy,
                                       char sentence[RTK_SIDE_SENTENCE]);

/* The words for `policy`. MT-Safe. */
const char *rtk_policy_text(rtk_policy policy);

#endif
