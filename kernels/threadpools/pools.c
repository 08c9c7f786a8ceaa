/* Controllers: what was found, and what is said of it. */

#include <limits.h>
#include <stdlib.h>

#include "kernels/threadpools/fftw_pool.h"
#include "kernels/threadpools/pool_registry.h"

/* ---- Finding --------------------------------------------------------------
 */

static rtk_status look(void *arg, const rtk_object *object) {
    static const rtk_family *const families[] = {
        &rtk_openmp_family,     &rtk_openblas_family,  &rtk_blis_family,
        &rtk_mkl_family,        &rtk_flexiblas_family, &rtk_fftw_family,
        &rtk_hidden_blas_family};
    rtk_finds *finds = arg;
    finds->object = object;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        families[i]->probe(families[i], finds);
    rtk_custom_probe(finds);
    return finds->status;
}

static rtk_copy *reversed(rtk_copy *list) {
    rtk_copy *other = NULL, *next;
    for (; list; list = next) {
        next = list->next;
        list->next = other;
        other = list;
    }
    return other;
}

static void free_all(rtk_copy *list) {
    rtk_copy *next;
    for (; list; list = next) {
        next = list->next;
        rtk_copy_free(list);
    }
}

static rtk_status find(rtk_copy **copies, rtk_loader_counts *counts) {
    rtk_finds finds = {0};
    rtk_status status = rtk_objects_each(look, &finds, counts);
    finds.object = NULL;
    if (!status) rtk_custom_probe(&finds);
    if (!status) status = finds.status;
    *copies = reversed(finds.copies);
    return status;
}

static bool is_new(const rtk_pools *pools, const rtk_loader_counts *counts,
                   size_t customs) {
    return pools->counts.adds != counts->adds ||
           pools->counts.subs != counts->subs || pools->customs != customs;
}

rtk_status rtk_pools_refresh(rtk_pools *pools, size_t *found) {
    rtk_loader_counts counts = rtk_loader_counts_now();
    rtk_copy *copies = NULL;
    size_t more = 0;
    /* Before they are looked for: one that is registered meanwhile is found now
     * or next time. */
    size_t customs = rtk_custom_count();
    rtk_pool_lock();
    bool go = is_new(pools, &counts, customs);
    rtk_pool_unlock();
    rtk_status status = go ? find(&copies, &counts) : RTK_OK;
    if (go && !status) {
        rtk_pool_lock();
        status = rtk_registry_add(pools, &copies, &more);
        if (!status) {
            pools->counts = counts;
            pools->customs = customs;
        }
        rtk_pool_unlock();
    }
    free_all(copies);
    if (!status && found) *found = more;
    return status;
}

rtk_status rtk_pools_new(rtk_pools **pools) {
    rtk_pools *p = calloc(1, sizeof *p);
    if (!p) return RTK_ENOMEM;
    p->references = 1;
    p->customs = SIZE_MAX;
    rtk_status status = rtk_pools_refresh(p, NULL);
    if (status)
        rtk_pools_free(p);
    else
        *pools = p;
    return status;
}

void rtk_pools_bury(rtk_pools *pools, rtk_copy *dead) {
    free_all(dead);
    free(pools->copy);
    free(pools);
}

void rtk_pools_free(rtk_pools *pools) {
    rtk_copy *dead = NULL;
    if (!pools) return;
    rtk_pool_lock();
    bool last = rtk_registry_release(pools, &dead);
    rtk_pool_unlock();
    if (last) rtk_pools_bury(pools, dead);
}

/* ---- Telling --------------------------------------------------------------
 */

size_t rtk_pools_count(const rtk_pools *pools) {
    rtk_pool_lock();
    size_t n = pools->n;
    rtk_pool_unlock();
    return n;
}

static const char *or_null(const char *word) {
    return *word ? word : NULL;
}

int rtk_copy_threads(const rtk_copy *copy) {
    if (copy->user_api == RTK_POOL_FFT && !copy->custom)
        return rtk_fftw_threads(copy);
    if (!copy->setting) return 0;
    int threads = copy->setting->ways->get(copy->setting);
    if (copy->max_threads > 0 && threads > copy->max_threads)
        return copy->max_threads;
    return threads > 0 ? threads : 0;
}

void rtk_copy_info(const rtk_copy *copy, rtk_pool_info *info) {
    const rtk_copy *leader = rtk_registry_leader(copy);
    *info = (rtk_pool_info){
        .id = copy->id,
        .user_api = copy->user_api,
        .internal_api = copy->internal_api,
        .path = copy->path,
        .prefix = copy->prefix,
        .suffix = copy->suffix,
        .file_prefix = copy->file_prefix,
        .version = or_null(copy->version),
        .threading_layer = copy->layer,
        .architecture = or_null(copy->architecture),
        .config = copy->custom ? NULL : or_null(copy->config),
        .flavour = or_null(copy->flavour),
        .threads = rtk_copy_threads(copy),
        .max_threads = copy->max_threads,
        .scope = copy->scope,
        .meaning = copy->meaning,
        .controllable = copy->controllable,
        .why = copy->planner_ready ? NULL : copy->why,
        .coupled_with = leader ? leader->id : 0,
        .limits = copy->setting ? rtk_setting_limits(copy->setting) : 0,
        .base = copy->base};
}

rtk_status rtk_pools_info(const rtk_pools *pools, size_t i,
                          rtk_pool_info *info) {
    rtk_pool_lock();
    bool there = i < pools->n;
    if (there) rtk_copy_info(pools->copy[i], info);
    rtk_pool_unlock();
    return there ? RTK_OK : RTK_EINVAL;
}

rtk_status rtk_pools_find(const rtk_pools *pools, uint64_t id,
                          rtk_pool_info *info) {
    rtk_status status = RTK_EINVAL;
    rtk_pool_lock();
    for (size_t i = 0; i < pools->n; i++) {
        if (pools->copy[i]->id != id) continue;
        rtk_copy_info(pools->copy[i], info);
        status = RTK_OK;
    }
    rtk_pool_unlock();
    return status;
}
