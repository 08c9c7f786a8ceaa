#include "bench/peers/runtimes.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS_MAX = 64 };

/* ---- Our own ---------------------------------------------------------------
 */

/* NULL: the process-wide pool, which the environment tells how to idle. A
 * process has one pool. */
static const rtk_executor *executor;

static void our_loops(const rtk_dispatch *d, uint64_t calls) {
    rtk_status s = RTK_OK;
    for (uint64_t i = 0; i < calls && !s; i++)
        s = rtk_parallel_for(executor, d->workers, d->parts, d->part, d->arg,
                             NULL);
    if (s) abort();
}

static void start_pool(rtk_pool_options options) {
    rtk_pool *pool;
    options.size = sizeof options;
    if (rtk_pool_new_with(&pool, &options)) abort();
    executor = rtk_pool_executor(pool);
}

static void start_spinning_sharing(unsigned workers) {
    start_pool((rtk_pool_options){
        .threads = workers, .idle = RTK_IDLE_SPIN, .always_share = 1});
}

static void start_sharing(unsigned workers) {
    start_pool((rtk_pool_options){.threads = workers, .always_share = 1});
}

static void start_spinning_staying(unsigned workers) {
    start_pool((rtk_pool_options){
        .threads = workers, .idle = RTK_IDLE_SPIN, .stay_on_any_cpu = 1});
}

static void start_staying(unsigned workers) {
    start_pool((rtk_pool_options){.threads = workers, .stay_on_any_cpu = 1});
}

/* ---- The caller alone ------------------------------------------------------
 */

static void serial_loops(const rtk_dispatch *d, uint64_t calls) {
    for (uint64_t i = 0; i < calls; i++)
        for (size_t p = 0; p < d->parts; p++) (void)!d->part(d->arg, p);
}

/* ---- A thread for each worker, every time ----------------------------------
 */

typedef struct share {
    const rtk_dispatch *d;
    unsigned worker;
    pthread_t id;
} share;

static void *run_share(void *arg) {
    const share *s = arg;
    for (size_t p = s->worker; p < s->d->parts; p += s->d->workers)
        (void)!s->d->part(s->d->arg, p);
    return NULL;
}

static void thread_loop(const rtk_dispatch *d) {
    share s[WORKERS_MAX] = {{.d = d}};
    for (unsigned i = 1; i < d->workers; i++) {
        s[i] = (share){.d = d, .worker = i};
        if (pthread_create(&s[i].id, NULL, run_share, &s[i]) != 0) abort();
    }
    run_share(&s[0]);
    for (unsigned i = 1; i < d->workers; i++) pthread_join(s[i].id, NULL);
}

static void thread_loops(const rtk_dispatch *d, uint64_t calls) {
    for (uint64_t i = 0; i < calls; i++) thread_loop(d);
}

/* ---- The table -------------------------------------------------------------
 */

#define TABLE(function, begin)                                                 \
    &(const rtk_dispatcher) {                                                  \
        .size = sizeof(rtk_dispatcher), .start = (begin), .loops = (function)  \
    }
#define SAME(table)                                                            \
    { table, table }
#define PEER(module, spinning, sleeping)                                       \
    {.name = (module), .env = {spinning, sleeping}},
#define PEER_OF_ONE_POLICY(module) {.name = (module), .one_policy = true},

static const rtk_runtime runtimes[] = {
    {.name = RTK_OURS,
     .kind = RTK_KIND_OURS,
     .env = {"RACETRACK_IDLE=spin", NULL},
     .built_in = SAME(TABLE(our_loops, NULL))},
    {.name = "racetrack, always shared",
     .kind = RTK_KIND_VARIANT,
     .built_in = {TABLE(our_loops, start_spinning_sharing),
                  TABLE(our_loops, start_sharing)}},
    {.name = "racetrack, on any CPU",
     .kind = RTK_KIND_VARIANT,
     .built_in = {TABLE(our_loops, start_spinning_staying),
                  TABLE(our_loops, start_staying)}},
#include "peer_modules.inc"
    {.name = "pthread_create",
     .one_policy = true,
     .many_only = true,
     .built_in = SAME(TABLE(thread_loops, NULL))},
    {.name = "serial loop",
     .kind = RTK_KIND_BASE,
     .one_policy = true,
     .built_in = SAME(TABLE(serial_loops, NULL))}};

const rtk_runtime *rtk_runtimes(size_t *n) {
    *n = sizeof runtimes / sizeof *runtimes;
    return runtimes;
}

const rtk_runtime *rtk_runtime_named(const char *name) {
    for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
        if (strcmp(runtimes[i].name, name) == 0) return &runtimes[i];
    return NULL;
}

const rtk_dispatcher *rtk_runtime_load(const rtk_runtime *runtime,
                                       rtk_policy policy,
                                       char sentence[RTK_SIDE_SENTENCE]) {
    char file[4200], self[4000];
    if (runtime->built_in[policy]) return runtime->built_in[policy];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    char *slash = strrchr(self, '/');
    if (slash) *slash = 0;
    snprintf(file, sizeof file, "%s/../peers/%s.so", self, runtime->name);
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    const rtk_dispatcher *(*table)(void) = NULL;
    if (handle) *(void **)&table = dlsym(handle, "rtk_dispatcher_table");
    if (table) return table();
    snprintf(sentence, RTK_SIDE_SENTENCE, "not built: %.180s", dlerror());
    return NULL;
}

const char *rtk_policy_text(rtk_policy policy) {
    return policy == RTK_SPINNING ? "spinning" : "sleeping";
}
