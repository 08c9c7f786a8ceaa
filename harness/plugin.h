#ifndef RTK_PLUGIN_H
#define RTK_PLUGIN_H

/* Loading a plug-in and finding what is in it. */

#include "harness/subject.h"

enum { RTK_SENTENCE = 512 };

/* A loaded plug-in; read-only after rtk_plugin_load(). */
typedef struct rtk_loaded {
    void *handle;
    const rtk_plugin *plugin;
    char path[4096];
} rtk_loaded;

/* The host table that plug-ins are given; lives for ever. MT-Safe. */
const rtk_host *rtk_host_table(void);

/* Why the plug-in that was loaded last refused, if it said so; else NULL.
 * MT-Unsafe race:loading. */
const char *rtk_host_refusal(void);

/* Load the plug-in that serves `lane`.
 *
 *   path      a shared object, or a folder that holds <lane>.so
 *   lane      "native", "tsan" or "asan"
 *   loaded    out, on success only; stays loaded until the process ends
 *   sentence  out on failure: what was wrong, where, what is accepted
 *
 * Returns RTK_OK; RTK_EINVAL when the file is missing, is not a plug-in or is
 * of another ABI; RTK_EUNSUPPORTED when it is built for another lane (it is
 * loaded then, and value oracles may be used).
 * MT-Unsafe: call before other threads are started. */
RTK_CHECKED rtk_status rtk_plugin_load(const char *path, const char *lane,
                                       rtk_loaded *loaded,
                                       char sentence[RTK_SENTENCE]);

/* Unload the shared object of `loaded`, whose tables must not be called any
 * more. MT-Unsafe race:loaded. */
void rtk_plugin_unload(const rtk_loaded *loaded);

/* The subject called `name`, or NULL. MT-Safe. */
const rtk_subject *rtk_plugin_subject(const rtk_loaded *loaded,
                                      const char *name);

/* Element `i` of tables whose element size is the plug-in's. MT-Safe. */
const rtk_param *rtk_subject_param(const rtk_subject *subject, size_t i);
const rtk_op *rtk_subject_op(const rtk_subject *subject, size_t i);

/* Index of the parameter called `name`, or n_params. MT-Safe. */
size_t rtk_subject_param_index(const rtk_subject *subject, const char *name);

#endif
