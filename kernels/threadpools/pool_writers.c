/* All of a controller as text and as JSON. */

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "kernels/threadpools/pool_info.h"

const char *rtk_pool_api_text(rtk_pool_api api) {
    switch (api) {
    case RTK_POOL_ANY: return "any";
    case RTK_POOL_BLAS: return "blas";
    case RTK_POOL_OPENMP: return "openmp";
    case RTK_POOL_FFT: return "fft";
    case RTK_POOL_OTHER: return "other";
    }
    return "unknown";
}

const char *rtk_pool_scope_text(rtk_pool_scope scope) {
    switch (scope) {
    case RTK_POOL_NOBODY: return "nobody";
    case RTK_POOL_THREAD: return "thread";
    case RTK_POOL_PROCESS: return "process";
    case RTK_POOL_PLAN: return "plan";
    }
    return "unknown";
}

const char *rtk_pool_meaning_text(rtk_pool_meaning meaning) {
    switch (meaning) {
    case RTK_POOL_UNKNOWN: break;
    case RTK_POOL_TEAM: return "team";
    case RTK_POOL_SHARED: return "shared pool";
    }
    return "unknown";
}

static rtk_status written(FILE *to) {
    return fflush(to) || ferror(to) ? RTK_EIO : RTK_OK;
}

/* ---- JSON -----------------------------------------------------------------
 */

static void text(FILE *to, const char *key, const char *value) {
    fprintf(to, ", \"%s\": ", key);
    rtk_json_string(value, to);
}

static void number(FILE *to, const char *key, int value) {
    if (value == 0 || value == INT_MAX)
        fprintf(to, ", \"%s\": null", key);
    else
        fprintf(to, ", \"%s\": %d", key, value);
}

static void object(FILE *to, const rtk_pool_info *p) {
    fprintf(to, "{\"id\": %" PRIu64, p->id);
    text(to, "user_api", rtk_pool_api_text(p->user_api));
    text(to, "internal_api", p->internal_api);
    number(to, "num_threads", p->threads);
    text(to, "prefix", p->file_prefix);
    text(to, "filepath", p->path);
    text(to, "version", p->version);
    text(to, "threading_layer", p->threading_layer);
    text(to, "architecture", p->architecture);
    text(to, "config", p->config);
    text(to, "flavour", p->flavour);
    text(to, "symbol_prefix", p->prefix);
    text(to, "symbol_suffix", p->suffix);
    number(to, "max_threads", p->max_threads);
    text(to, "scope", rtk_pool_scope_text(p->scope));
    text(to, "meaning", rtk_pool_meaning_text(p->meaning));
    fprintf(to, ", \"controllable\": %s", p->controllable ? "true" : "false");
    text(to, "why", p->why);
    if (p->coupled_with)
        fprintf(to, ", \"coupled_with\": %" PRIu64, p->coupled_with);
    else
        fputs(", \"coupled_with\": null", to);
    fprintf(to, ", \"limits\": %u}", p->limits);
}

rtk_status rtk_pools_write_json(const rtk_pools *pools, FILE *to) {
    rtk_pool_info info;
    fputc('[', to);
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++) {
        fputs(i ? ",\n " : "", to);
        object(to, &info);
    }
    fputs("]\n", to);
    return written(to);
}

/* ---- Text -----------------------------------------------------------------
 */

static void word(FILE *to, const char *key, const char *value) {
    if (value && *value) fprintf(to, "  %s: %s", key, value);
}

static void line(FILE *to, const rtk_pool_info *p) {
    fprintf(to, "%" PRIu64 "  %s: %s", p->id, rtk_pool_api_text(p->user_api),
            p->internal_api);
    word(to, "version", p->version);
    if (p->threads) fprintf(to, "  threads: %d", p->threads);
    if (p->max_threads && p->max_threads != INT_MAX)
        fprintf(to, "  most: %d", p->max_threads);
    word(to, "layer", p->threading_layer);
    word(to, "architecture", p->architecture);
    word(to, "flavour", p->flavour);
    word(to, "set for", rtk_pool_scope_text(p->scope));
    word(to, "counts", rtk_pool_meaning_text(p->meaning));
    word(to, "symbol prefix", p->prefix);
    word(to, "symbol suffix", p->suffix);
    if (p->coupled_with) fprintf(to, "  obeys: %" PRIu64, p->coupled_with);
    if (p->limits) fprintf(to, "  limits: %u", p->limits);
    word(to, "path", p->path);
    word(to, p->controllable ? "note" : "not controllable", p->why);
    fputc('\n', to);
}

static void warn(void *to, const char *sentence) {
    fprintf(to, "warning: %s\n", sentence);
}

rtk_status rtk_pools_write_text(const rtk_pools *pools, FILE *to) {
    rtk_pool_info info;
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++)
        line(to, &info);
    rtk_pools_warnings(pools, warn, to);
    return written(to);
}

/* ---- Warnings -------------------------------------------------------------
 */

/* How many copies there are of a kind, and where the last two are. */
typedef struct tally {
    size_t n;
    rtk_pool_info one, other;
} tally;

static void count(tally *t, const rtk_pool_info *info) {
    t->other = t->one;
    t->one = *info;
    t->n++;
}

size_t rtk_pools_warnings(const rtk_pools *pools,
                          void (*say)(void *to, const char *sentence),
                          void *to) {
    tally runtimes = {0}, blas = {0}, lost = {0};
    char sentence[2 * 4096 + 256];
    size_t warnings = 0;
    rtk_pool_info info;
    for (size_t i = 0; rtk_pools_info(pools, i, &info) == RTK_OK; i++) {
        if (info.user_api == RTK_POOL_OPENMP) count(&runtimes, &info);
        if (info.user_api == RTK_POOL_BLAS) count(&blas, &info);
        if (info.user_api == RTK_POOL_BLAS && !info.controllable &&
            info.threads != 1)
            count(&lost, &info);
    }
    if (runtimes.n > 1) {
        snprintf(
            sentence, sizeof sentence,
            "%zu OpenMP runtimes are loaded (%s%s and %s): each has its own "
            "threads, regions nested across them are not limited, and "
            "libomp and libiomp together may hang",
            runtimes.n, runtimes.n > 2 ? "among them " : "",
            runtimes.other.path, runtimes.one.path);
        say(to, sentence);
        warnings++;
    }
    if (blas.n > 1) {
        snprintf(
            sentence, sizeof sentence,
            "%zu BLAS are loaded (%s%s and %s): a limit of one is not one of "
            "the others",
            blas.n, blas.n > 2 ? "among them " : "", blas.other.path,
            blas.one.path);
        say(to, sentence);
        warnings++;
    }
    if (lost.n) {
        snprintf(sentence, sizeof sentence,
                 "%zu BLAS cannot be limited (%s): %s", lost.n, lost.one.path,
                 lost.one.why);
        say(to, sentence);
        warnings++;
    }
    return warnings;
}
