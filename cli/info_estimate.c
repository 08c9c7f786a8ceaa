/* How many threads may want to run at once. A pool that all callers share adds
 * its threads once; a team is one for each caller; an OpenMP loop whose threads
 * call a library makes each of them a caller. */

#include <stdarg.h>
#include <string.h>

#include "cli/info.h"

static const char *text(const json_t *object, const char *key) {
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static json_int_t number(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

static bool is_shared(const json_t *pool) {
    return strcmp(text(pool, "meaning"), "shared pool") == 0;
}

/* Threads at work in `pool` when `callers` threads call it at once. */
static json_int_t at_once(const json_t *pool, json_int_t callers) {
    json_int_t n = number(pool, "num_threads");
    if (n < 1) return callers;
    return strcmp(text(pool, "meaning"), "shared pool") == 0 ? callers + n - 1
                                                             : callers * n;
}

__attribute__((format(printf, 2, 3))) static void
warn(json_t *process, const char *format, ...) {
    char sentence[RTK_INFO_SENTENCE];
    va_list more;
    va_start(more, format);
    vsnprintf(sentence, sizeof sentence, format, more);
    va_end(more);
    json_array_append_new(json_object_get(process, "warnings"),
                          json_string(sentence));
}

/* Whether the threads of a loop of `outer` have teams of `inner` each: a BLAS
 * on the same runtime sees the loop and takes one thread. */
static bool nests(const json_t *outer, const json_t *inner) {
    return strcmp(text(outer, "user_api"), "openmp") == 0 &&
           strcmp(text(inner, "user_api"), "blas") == 0 &&
           number(inner, "num_threads") > 1 &&
           number(inner, "coupled_with") != number(outer, "id");
}

static json_int_t worst_nest(const json_t *pools, json_int_t callers,
                             const json_t **outer, const json_t **inner) {
    json_int_t worst = 0;
    size_t i, k;
    const json_t *around, *within;
    json_array_foreach(pools, i, around) {
        json_array_foreach(pools, k, within) {
            json_int_t n = at_once(within, at_once(around, callers));
            if (!nests(around, within) || n <= worst) continue;
            worst = n;
            *outer = around;
            *inner = within;
        }
    }
    return worst;
}

static const char *name(const json_t *pool) {
    const char *flavour = text(pool, "flavour");
    return *flavour ? flavour : text(pool, "internal_api");
}

/* Notes what each pool comes to; returns the one that comes to the most. */
static const json_t *worst_pool(json_t *pools, json_int_t callers,
                                json_int_t *most) {
    const json_t *worst = NULL;
    size_t i;
    json_t *pool;
    json_array_foreach(pools, i, pool) {
        json_int_t n = at_once(pool, callers);
        json_object_set_new(pool, "threads_at_once", json_integer(n));
        if (n <= *most) continue;
        *most = n;
        worst = pool;
    }
    return worst;
}

static void warn_of_pool(json_t *process, const json_t *pool, json_int_t n,
                         json_int_t callers, json_int_t cpus) {
    warn(process,
         "%lld caller%s of %s (%s of %lld) can make %lld threads run at once "
         "on %lld CPU%s",
         (long long)callers, callers == 1 ? "" : "s", name(pool),
         is_shared(pool) ? "pool"
         : callers == 1  ? "team"
                         : "teams",
         (long long)number(pool, "num_threads"), (long long)n, (long long)cpus,
         cpus == 1 ? "" : "s");
}

static void warn_of_nest(json_t *process, json_int_t callers, json_int_t cpus) {
    const json_t *outer = NULL, *inner = NULL;
    json_int_t n =
        worst_nest(json_object_get(process, "pools"), callers, &outer, &inner);
    json_object_set_new(json_object_get(process, "estimate"), "nested",
                        json_integer(n));
    if (n <= cpus) return;
    warn(process,
         "%s loops (%lld threads) that call %s (%s of %lld) can make %lld "
         "threads run at once on %lld CPU%s: limit the inner to 1",
         name(outer), (long long)number(outer, "num_threads"), name(inner),
         is_shared(inner) ? "pool" : "teams",
         (long long)number(inner, "num_threads"), (long long)n, (long long)cpus,
         cpus == 1 ? "" : "s");
}

static void estimate(json_t *process, json_int_t cpus, json_int_t callers) {
    const char *from = "--callers";
    json_int_t most = 0;
    if (!callers) {
        const json_t *threads = json_object_get(process, "threads");
        callers = number(threads, "own");
        from = json_object_get(threads, "most") ? "as many as it had of its own"
                                                : "unless --callers says more";
    }
    if (callers < 1) callers = 1;
    const json_t *worst =
        worst_pool(json_object_get(process, "pools"), callers, &most);
    json_object_set_new(process, "estimate",
                        json_pack("{sI ss sI sI sb}", "callers", callers,
                                  "callers_from", from, "usable_cpus", cpus,
                                  "threads_at_once", most, "oversubscribed",
                                  most > cpus));
    /* A pool of one adds nothing to the callers. */
    if (worst && most > cpus && number(worst, "num_threads") > 1)
        warn_of_pool(process, worst, most, callers, cpus);
    warn_of_nest(process, callers, cpus);
}

/* Whether the process went on as another program, which tells for itself. */
static bool went_on(const json_t *processes, size_t which) {
    const json_t *one = json_array_get(processes, which),
                 *next = json_array_get(processes, which + 1);
    return next && json_object_get(one, "pid") &&
           number(one, "pid") == number(next, "pid");
}

void rtk_info_estimate(json_t *result, unsigned cpus, unsigned callers) {
    json_t *processes = json_object_get(result, "processes"), *process;
    json_int_t all = 0, with_pools = 0;
    size_t i;
    json_array_foreach(processes, i, process) {
        estimate(process, cpus, callers);
        if (!json_array_size(json_object_get(process, "pools")) ||
            went_on(processes, i))
            continue;
        with_pools++;
        all += number(json_object_get(process, "estimate"), "threads_at_once");
    }
    json_object_set_new(result, "estimate",
                        json_pack("{sI sI sI}", "processes_with_pools",
                                  with_pools, "threads_at_once", all,
                                  "usable_cpus", (json_int_t)cpus));
}
