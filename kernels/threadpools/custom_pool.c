#include "kernels/threadpools/custom_pool.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/threadpools/pool_registry.h"

typedef struct custom {
    rtk_custom_pool pool;
    struct custom *next;
} custom;

/* Only added to, at the front, under the module's lock. A custom is never
 * changed, so who has the front may go on without the lock. */
static custom *newest;
static size_t count;

static custom *front(void) {
    rtk_pool_lock();
    custom *c = newest;
    rtk_pool_unlock();
    return c;
}

size_t rtk_custom_count(void) {
    rtk_pool_lock();
    size_t n = count;
    rtk_pool_unlock();
    return n;
}

/* ---- Registering ----------------------------------------------------------
 */

static bool is_taken(const char *name) {
    static const char *const own[] = {"openmp", "openblas",  "blis",   "mkl",
                                      "fftw",   "flexiblas", "unknown"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i]) == 0) return true;
    for (const custom *c = front(); c; c = c->next)
        if (strcmp(name, c->pool.internal_api) == 0) return true;
    return false;
}

static bool is_whole(const rtk_custom_pool *p) {
    return p->internal_api && *p->internal_api && p->user_api > RTK_POOL_ANY &&
           p->user_api <= RTK_POOL_OTHER &&
           (p->scope == RTK_POOL_THREAD || p->scope == RTK_POOL_PROCESS) &&
           p->get_threads && p->set_threads;
}

rtk_status rtk_custom_pool_register(const rtk_custom_pool *pool) {
    /* Older tables end earlier; what was needed at first must be there. */
    enum { LEAST = offsetof(rtk_custom_pool, max_threads) };
    if (!pool || pool->size < LEAST) return RTK_EINVAL;
    custom *c = calloc(1, sizeof *c);
    if (!c) return RTK_ENOMEM;
    memcpy(&c->pool, pool,
           pool->size < sizeof c->pool ? pool->size : sizeof c->pool);
    if (!is_whole(&c->pool) || is_taken(c->pool.internal_api)) {
        free(c);
        return RTK_EINVAL;
    }
    rtk_pool_lock();
    c->next = newest;
    newest = c;
    count++;
    rtk_pool_unlock();
    return RTK_OK;
}

/* ---- Finding --------------------------------------------------------------
 */

static void add(rtk_finds *finds, const custom *c, const void *key) {
    rtk_copy *copy = rtk_finds_add(finds, NULL, key);
    if (!copy) return;
    copy->custom = &c->pool;
    copy->internal_api = c->pool.internal_api;
    copy->user_api = c->pool.user_api;
}

void rtk_custom_probe(rtk_finds *finds) {
    for (const custom *c = front(); c; c = c->next) {
        if (!finds->object) {
            if (!c->pool.symbol) add(finds, c, c);
            continue;
        }
        void *symbol = c->pool.symbol
                           ? rtk_object_symbol(finds->object, c->pool.symbol)
                           : NULL;
        if (symbol) add(finds, c, symbol);
    }
}

/* ---- One copy -------------------------------------------------------------
 */

static int get(const rtk_setting *s) {
    return s->custom->get_threads(s->custom->self, s->custom_copy);
}

static rtk_status set(const rtk_setting *s, int threads) {
    return s->custom->set_threads(s->custom->self, s->custom_copy, threads);
}

static const rtk_setting_ways ways = {.get = get, .set = set};

static const char *word(const rtk_copy *copy,
                        const char *(*say)(void *self, void *copy)) {
    return say ? say(copy->custom->self, copy->custom_copy) : NULL;
}

void rtk_custom_describe(rtk_copy *copy) {
    const rtk_custom_pool *p = copy->custom;
    if (p->open && p->open(p->self, copy->handle, &copy->custom_copy)) {
        copy->why = "its custom open() failed";
        return;
    }
    if (p->max_threads)
        copy->max_threads = p->max_threads(p->self, copy->custom_copy);
    copy->controllable = true;
    copy->scope = p->scope;
    copy->meaning = p->meaning;
    rtk_word_set(copy->version, WORDS, word(copy, p->version));
    rtk_word_set(copy->architecture, WORDS, word(copy, p->architecture));
    rtk_word_set(copy->config, CONFIG, word(copy, p->threading_layer));
    copy->layer = *copy->config ? copy->config : NULL;
    rtk_copy_obeys(copy, &ways, NULL, NULL);
}

void rtk_custom_close(rtk_copy *copy) {
    const rtk_custom_pool *p = copy->custom;
    if (copy->controllable && p->close) p->close(p->self, copy->custom_copy);
}
