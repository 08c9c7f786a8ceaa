/* The document of `racetrack info`, for people. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/info.h"

/* Where to, and the escapes of a terminal or "". */
typedef struct page {
    FILE *to;
    const char *bold, *warn, *plain;
} page;

static const char *text(const json_t *object, const char *key) {
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static long long number(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

static const char *plural(long long n) {
    return n == 1 ? "" : "s";
}

static bool is(const json_t *object, const char *key) {
    return json_is_true(json_object_get(object, key));
}

/* ---- CPUs and variables ---------------------------------------------------
 */

static void print_cpus(const page *p, const json_t *cpus,
                       const json_t *workers) {
    fprintf(p->to,
            "%sCPUs%s       %lld usable, by %s: %lld online, %lld by "
            "affinity",
            p->bold, p->plain, number(cpus, "usable"), text(cpus, "limited_by"),
            number(cpus, "online"), number(cpus, "affinity"));
    if (json_is_integer(json_object_get(cpus, "cgroup_quota")))
        fprintf(p->to, ", %lld by the cgroup's quota",
                number(cpus, "cgroup_quota"));
    else
        fputs(", no cgroup quota", p->to);
    if (json_is_integer(json_object_get(cpus, "racetrack_cpus")))
        fprintf(p->to, ", %lld by RACETRACK_CPUS",
                number(cpus, "racetrack_cpus"));
    fprintf(p->to, "\n%sworkers%s    %lld unless asked for; -1 is %lld\n",
            p->bold, p->plain, number(workers, "default"),
            number(workers, "all"));
}

static void print_variables(const page *p, const json_t *variables) {
    size_t i;
    const json_t *v;
    if (!json_array_size(variables))
        fprintf(p->to,
                "%svariables%s  none of RACETRACK_*, OMP_* and the "
                "like is set\n",
                p->bold, p->plain);
    json_array_foreach(variables, i, v)
        fprintf(p->to, "%s%-10s%s %s=%s: %s\n", p->bold, i ? "" : "variables",
                p->plain, text(v, "name"), text(v, "value"), text(v, "effect"));
}

/* ---- Pools ----------------------------------------------------------------
 */

enum { COLUMNS = 10, CELL = 40 };

static const char *const titles[COLUMNS] = {
    "api",     "library", "version", "layer", "kernels",
    "threads", "most",    "meaning", "scope", "control"};

/* "-" for what is unknown or has no limit. */
static void fill(const json_t *pool, char cells[COLUMNS][CELL]) {
    static const char *const keys[COLUMNS] = {"user_api",     "internal_api",
                                              "version",      "threading_layer",
                                              "architecture", "num_threads",
                                              "max_threads",  "meaning",
                                              "scope",        ""};
    for (int c = 0; c < COLUMNS; c++) {
        const json_t *value = json_object_get(pool, keys[c]);
        if (json_is_string(value))
            snprintf(cells[c], CELL, "%s", json_string_value(value));
        else if (json_is_integer(value) && json_integer_value(value) > 0)
            snprintf(cells[c], CELL, "%lld",
                     (long long)json_integer_value(value));
        else
            snprintf(cells[c], CELL, "-");
    }
    /* An OpenMP library is called by its flavour. */
    if (*text(pool, "flavour") && !strcmp(text(pool, "user_api"), "openmp"))
        snprintf(cells[1], CELL, "%s", text(pool, "flavour"));
    snprintf(cells[COLUMNS - 1], CELL, "%s",
             is(pool, "controllable") ? "yes" : "no");
}

static void widen(const json_t *pools, int width[COLUMNS]) {
    size_t i;
    const json_t *pool;
    for (int c = 0; c < COLUMNS; c++) width[c] = (int)strlen(titles[c]);
    json_array_foreach(pools, i, pool) {
        char cells[COLUMNS][CELL];
        fill(pool, cells);
        for (int c = 0; c < COLUMNS; c++)
            if ((int)strlen(cells[c]) > width[c])
                width[c] = (int)strlen(cells[c]);
    }
}

static void print_notes(const page *p, const json_t *pool) {
    const char *prefix = text(pool, "symbol_prefix"),
               *suffix = text(pool, "symbol_suffix"), *why = text(pool, "why");
    fprintf(p->to, "        %s", text(pool, "filepath"));
    if (*prefix || *suffix)
        fprintf(p->to, " (symbols %s...%s)", prefix, suffix);
    if (number(pool, "coupled_with"))
        fprintf(p->to, ", obeys #%lld", number(pool, "coupled_with"));
    fputc('\n', p->to);
    if (!is(pool, "controllable"))
        fprintf(p->to, "        %snot controllable%s%s%s\n", p->warn, p->plain,
                *why ? ": " : "", why);
    else if (*why)
        fprintf(p->to, "        %s\n", why);
}

static void print_pools(const page *p, const json_t *pools) {
    int width[COLUMNS];
    size_t i;
    const json_t *pool;
    widen(pools, width);
    fputs("    #  ", p->to);
    for (int c = 0; c < COLUMNS; c++)
        fprintf(p->to, " %s%-*s%s", p->bold, width[c], titles[c], p->plain);
    fputc('\n', p->to);
    json_array_foreach(pools, i, pool) {
        char cells[COLUMNS][CELL];
        fill(pool, cells);
        fprintf(p->to, "    %-3lld", number(pool, "id"));
        for (int c = 0; c < COLUMNS; c++)
            fprintf(p->to, " %-*s", width[c], cells[c]);
        fputc('\n', p->to);
        print_notes(p, pool);
    }
}

/* ---- Processes ------------------------------------------------------------
 */

static void print_words(const page *p, const json_t *words) {
    size_t i, length = 0;
    const json_t *word;
    json_array_foreach(words, i, word) {
        const char *w = json_string_value(word);
        length += strlen(w) + 1;
        if (length > 200 && i) {
            fputs(" ...", p->to);
            break;
        }
        fprintf(p->to, "%s%s", i ? " " : "", w);
    }
}

static const char *when(const json_t *process) {
    static const char *const words[][2] = {
        {"start", "as it was at its start"},
        {"load", "as it was when it last loaded something"},
        {"exec", "as it was when it became another program"},
        {"exit", "as it was at its end"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], text(process, "told_at")) == 0)
            return words[i][1];
    return "";
}

static void print_title(const page *p, const json_t *process, size_t times) {
    const json_t *threads = json_object_get(process, "threads");
    if (times > 1)
        fprintf(p->to, "  %zu processes alike", times);
    else
        fprintf(p->to, "  process %lld", number(process, "pid"));
    fprintf(p->to, ", %s: at most %lld thread%s, %lld of them %s own\n",
            when(process), number(threads, "most"),
            plural(number(threads, "most")), number(threads, "own"),
            times > 1 ? "their" : "its");
}

/* The words of the program itself stand above already. */
static void print_process(const page *p, const json_t *process, size_t times,
                          bool itself) {
    const json_t *pools = json_object_get(process, "pools"),
                 *estimate = json_object_get(process, "estimate"), *warning;
    size_t i;
    if (json_object_get(process, "words")) print_title(p, process, times);
    if (!itself) {
        fputs("    ", p->to);
        print_words(p, json_object_get(process, "words"));
        fputc('\n', p->to);
    }
    if (!json_array_size(pools))
        fputs("    no thread pools\n", p->to);
    else
        print_pools(p, pools);
    if (number(estimate, "threads_at_once"))
        fprintf(
            p->to,
            "    %lld caller%s (%s): up to %lld thread%s at once on "
            "%lld usable CPU%s, not nested\n",
            number(estimate, "callers"), plural(number(estimate, "callers")),
            text(estimate, "callers_from"), number(estimate, "threads_at_once"),
            plural(number(estimate, "threads_at_once")),
            number(estimate, "usable_cpus"),
            plural(number(estimate, "usable_cpus")));
    json_array_foreach(json_object_get(process, "warnings"), i, warning)
        fprintf(p->to, "    %swarning%s: %s\n", p->warn, p->plain,
                json_string_value(warning));
}

/* Processes with the same pools, threads and callers are told of once. */
static bool alike(const json_t *a, const json_t *b) {
    const json_t *x = json_object_get(a, "pools"),
                 *y = json_object_get(b, "pools");
    if (json_array_size(x) != json_array_size(y) ||
        strcmp(text(a, "program"), text(b, "program")) ||
        number(json_object_get(a, "threads"), "own") !=
            number(json_object_get(b, "threads"), "own"))
        return false;
    for (size_t i = 0; i < json_array_size(x); i++) {
        const json_t *one = json_array_get(x, i), *other = json_array_get(y, i);
        if (strcmp(text(one, "filepath"), text(other, "filepath")) ||
            number(one, "num_threads") != number(other, "num_threads"))
            return false;
    }
    return true;
}

static size_t count_alike(const json_t *processes, size_t which, bool *first) {
    size_t n = 0;
    *first = true;
    for (size_t i = 0; i < json_array_size(processes); i++) {
        if (!alike(json_array_get(processes, i),
                   json_array_get(processes, which)))
            continue;
        if (i < which) *first = false;
        n++;
    }
    return n;
}

static void print_processes(const page *p, const json_t *processes) {
    size_t without = 0, i;
    const json_t *process;
    json_array_foreach(processes, i, process) {
        bool first;
        size_t times = count_alike(processes, i, &first);
        /* Of those that have none, the program itself is told of. */
        if (first &&
            (i == 0 || json_array_size(json_object_get(process, "pools"))))
            print_process(p, process, times, i == 0);
        else if (i && !alike(process, json_array_get(processes, 0)) &&
                 !json_array_size(json_object_get(process, "pools")))
            without++;
    }
    if (without)
        fprintf(p->to, "  %zu other process%s without thread pools\n", without,
                without == 1 ? "" : "es");
}

static void print_target(const page *p, const json_t *target) {
    const json_t *end = json_object_get(target, "end");
    fprintf(p->to, "\n%s", p->bold);
    if (json_object_get(target, "loads")) {
        fputs("loaded ", p->to);
        print_words(p, json_object_get(target, "loads"));
        fprintf(p->to, "%s\n", p->plain);
    } else {
        print_words(p, json_object_get(target, "command"));
        fprintf(p->to, "%s: ", p->plain);
        if (json_object_get(end, "signal"))
            fprintf(p->to, "killed by signal %lld (%s)\n",
                    number(end, "signal"), text(end, "name"));
        else
            fprintf(p->to, "exit code %lld\n", number(end, "code"));
    }
    print_processes(p, json_object_get(target, "processes"));
    const json_t *all = json_object_get(target, "estimate");
    if (number(all, "processes_with_pools") > 1)
        fprintf(
            p->to,
            "  %lld processes with pools: up to %lld threads on %lld usable "
            "CPU%s, if all run at once\n",
            number(all, "processes_with_pools"), number(all, "threads_at_once"),
            number(all, "usable_cpus"), plural(number(all, "usable_cpus")));
}

/* ---- Calibration ----------------------------------------------------------
 */

static void print_found(const page *p, const json_t *found) {
    const json_t *q = json_object_get(found, "crossover_us");
    fprintf(p->to, "  %-7s %lld workers: ", text(found, "helpers"),
            number(found, "workers"));
    if (is(found, "never"))
        fprintf(p->to, "not faster with any work up to %.0f us",
                json_number_value(json_object_get(found, "most_us")));
    else if (is(found, "always"))
        fprintf(p->to, "faster from %.1f us on, the least that was tried",
                json_number_value(json_object_get(found, "least_us")));
    else
        fprintf(p->to, "faster from %.2f us of work on [%.2f, %.2f]",
                json_number_value(json_array_get(q, 1)),
                json_number_value(json_array_get(q, 0)),
                json_number_value(json_array_get(q, 2)));
    fprintf(p->to, "; %lld searches\n", number(found, "searches"));
}

static void print_calibration(const page *p, const json_t *calibration,
                              long long cpus) {
    const json_t *learned = json_object_get(calibration, "pool_learned"), *one;
    size_t i;
    fprintf(p->to, "\n%scrossover%s, median [quartiles]\n", p->bold, p->plain);
    if (*text(calibration, "none")) {
        fprintf(p->to, "  %s\n", text(calibration, "none"));
        return;
    }
    json_array_foreach(json_object_get(calibration, "found"), i, one)
        print_found(p, one);
    fprintf(p->to,
            "  the pool itself has learned: %.2f us asleep, %.2f us "
            "awake, from %lld wake-ups\n",
            json_number_value(json_object_get(learned, "asleep_us")),
            json_number_value(json_object_get(learned, "awake_us")),
            number(learned, "wakes"));
    json_array_foreach(json_object_get(calibration, "loops"), i, one) {
        fprintf(p->to, "  a loop with %.2f us of work, helpers %s: ",
                json_number_value(json_object_get(one, "work_us")),
                text(one, "helpers"));
        if (number(one, "effective") == 1)
            fputs("too small to share, 1 worker\n", p->to);
        else
            fprintf(p->to, "%lld workers\n", number(one, "effective"));
    }
    if (is(calibration, "busy"))
        fprintf(p->to,
                "  %swarning%s: the machine is busy (load %.1f on %lld usable "
                "CPUs), so helpers wait; measure again when it is idle\n",
                p->warn, p->plain,
                json_number_value(json_object_get(calibration, "load")), cpus);
}

void rtk_info_print(const json_t *document, FILE *to) {
    bool colours = isatty(fileno(to)) && !getenv("NO_COLOR");
    page p = {to, colours ? "\033[1m" : "", colours ? "\033[33m" : "",
              colours ? "\033[0m" : ""};
    print_cpus(&p, json_object_get(document, "cpus"),
               json_object_get(document, "workers"));
    print_variables(&p, json_object_get(document, "variables"));
    const json_t *target = json_object_get(document, "target"),
                 *calibration = json_object_get(document, "calibration");
    if (json_is_object(target)) print_target(&p, target);
    if (json_is_object(calibration))
        print_calibration(&p, calibration,
                          number(json_object_get(document, "cpus"), "usable"));
}
