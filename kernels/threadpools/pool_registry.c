#include "kernels/threadpools/pool_registry.h"

#include <stdlib.h>

/* Guarded by the module's lock, in order of arrival. */
static rtk_copy *copies;
static rtk_setting *settings;
static uint64_t last_id;

rtk_setting *rtk_registry_settings(void) {
    return settings;
}

const rtk_copy *rtk_registry_leader(const rtk_copy *copy) {
    if (!copy->setting || copy->user_api == RTK_POOL_OPENMP) return NULL;
    for (const rtk_copy *c = copies; c; c = c->next)
        if (c->setting == copy->setting && c->user_api == RTK_POOL_OPENMP)
            return c;
    return NULL;
}

static rtk_copy *known(const rtk_copy *draft) {
    rtk_copy *c = copies;
    while (c && (c->key != draft->key || c->family != draft->family ||
                 c->custom != draft->custom))
        c = c->next;
    return c;
}

static bool has(const rtk_pools *pools, const rtk_copy *copy) {
    for (size_t i = 0; i < pools->n; i++)
        if (pools->copy[i] == copy) return true;
    return false;
}

/* ---- Adding ---------------------------------------------------------------
 */

static void link_setting(rtk_setting *setting) {
    rtk_setting **end = &settings;
    while (*end) end = &(*end)->next;
    *end = setting;
    setting->hold.setting = setting;
}

static void settle(rtk_copy *copy) {
    if (!copy->spare->ways) return;
    for (rtk_setting *s = settings; s && !copy->setting; s = s->next)
        if (s->key == copy->spare->key) copy->setting = s;
    if (!copy->setting) {
        copy->setting = copy->spare;
        copy->spare = NULL;
        link_setting(copy->setting);
    }
    copy->setting->references++;
}

static void enter(rtk_copy *copy) {
    rtk_copy **end = &copies;
    if (copy->custom)
        rtk_custom_describe(copy);
    else
        copy->family->describe(copy);
    settle(copy);
    copy->id = ++last_id;
    copy->next = NULL;
    while (*end) end = &(*end)->next;
    *end = copy;
}

static size_t length(const rtk_copy *list) {
    size_t n = 0;
    for (; list; list = list->next) n++;
    return n;
}

rtk_status rtk_registry_add(rtk_pools *pools, rtk_copy **drafts,
                            size_t *found) {
    rtk_copy *rest = NULL, *next;
    size_t before = pools->n;
    size_t room = before + length(*drafts);
    rtk_copy **grown = realloc(pools->copy, (room + 1) * sizeof(rtk_copy *));
    if (!grown) return RTK_ENOMEM;
    pools->copy = grown;
    for (rtk_copy *draft = *drafts; draft; draft = next) {
        next = draft->next;
        rtk_copy *copy = known(draft);
        if (copy) {
            draft->next = rest;
            rest = draft;
        } else {
            enter(copy = draft);
        }
        if (has(pools, copy)) continue;
        copy->references++;
        pools->copy[pools->n++] = copy;
    }
    *drafts = rest;
    *found = pools->n - before;
    return RTK_OK;
}

/* ---- Releasing ------------------------------------------------------------
 */

static void drop_setting(rtk_setting *setting) {
    if (!setting || --setting->references) return;
    rtk_setting **link = &settings;
    while (*link != setting) link = &(*link)->next;
    *link = setting->next;
    free(setting);
}

static void drop(rtk_copy *copy, rtk_copy **dead) {
    if (--copy->references) return;
    rtk_copy **link = &copies;
    while (*link != copy) link = &(*link)->next;
    *link = copy->next;
    if (copy->custom) rtk_custom_close(copy);
    drop_setting(copy->setting);
    copy->next = *dead;
    *dead = copy;
}

bool rtk_registry_release(rtk_pools *pools, rtk_copy **dead) {
    if (--pools->references) return false;
    for (size_t i = 0; i < pools->n; i++) drop(pools->copy[i], dead);
    return true;
}
