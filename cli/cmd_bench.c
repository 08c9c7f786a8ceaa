#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"
#include "harness/clock.h"

/* The program writes its cells at its end; preparing them takes time as well.
 */
static const double preparation_s = 600;
enum { ARGUMENTS = 160 };

/* Append an option with its value, made with malloc(). */
static void put(char **argv, size_t *n, const char *name, const char *value) {
    if (*n + 3 >= ARGUMENTS) return;
    argv[(*n)++] = strdup(name);
    argv[(*n)++] = strdup(value);
    argv[*n] = NULL;
}

static void make_arguments(const rtk_options *o, double budget_s,
                           char *argv[ARGUMENTS]) {
    char text[4300];
    size_t n = 0;
    snprintf(text, sizeof text, "%s/racetrack-bench", o->bin);
    argv[n++] = strdup(text);
    put(argv, &n, "--fd", "3");
    put(argv, &n, "--plugin", o->plan.plugin);
    snprintf(text, sizeof text, "%llu", (unsigned long long)o->plan.seed);
    put(argv, &n, "--seed", text);
    snprintf(text, sizeof text, "%.3f", budget_s);
    put(argv, &n, "--budget", text);
    snprintf(text, sizeof text, "%s/benchmark.json", o->out);
    put(argv, &n, "--json", text);
    for (size_t i = 0; i < o->words.n; i++)
        put(argv, &n, "--subject", o->words.name[i]);
    for (size_t i = 0; i < o->worker_list.n; i++)
        put(argv, &n, "--workers", o->worker_list.name[i]);
    for (size_t i = 0; i < o->blas.n; i++)
        put(argv, &n, "--blas-threads", o->blas.name[i]);
    for (size_t i = 0; i < o->sizes.n; i++)
        put(argv, &n, "--size", o->sizes.name[i]);
}

/* Copy records until the program ends. */
static rtk_status copy(rtk_run *run, rtk_server *server, double budget_s,
                       unsigned *cells) {
    unsigned silence_ms = (unsigned)((budget_s + preparation_s) * 1000);
    rtk_status s = RTK_OK;
    while (!s && !run->records.failed) {
        json_t *line;
        s = rtk_server_next(server, silence_ms, &line);
        if (s) break;
        const char *status = json_string_value(json_object_get(line, "status"));
        if (status && strcmp(status, "wrong answer") == 0) run->refuted = true;
        *cells += status && strcmp(status, "measured") == 0;
        rtk_records_write(&run->records, line);
    }
    return s == RTK_EIO ? RTK_OK : s; /* its end is what is awaited */
}

bool rtk_step_bench(rtk_run *run, const rtk_options *options, double budget_s) {
    char *argv[ARGUMENTS] = {0};
    rtk_server server;
    unsigned cells = 0;
    uint64_t start = rtk_clock_ns();
    make_arguments(options, budget_s, argv);
    rtk_status s = rtk_server_start(&server, argv);
    if (!s) {
        s = copy(run, &server, budget_s, &cells);
        int how = rtk_server_stop(&server);
        if (!s && how) {
            s = RTK_EFAILED;
            run->not_measured |= how != RTK_EXIT_USAGE;
        }
    }
    for (size_t i = 0; argv[i]; i++) free(argv[i]);
    printf("%u cells measured in %.0f s\n\n", cells,
           (double)(rtk_clock_ns() - start) / 1e9);
    fflush(stdout);
    return rtk_run_step(run, s, "the sweep could not be run");
}

/* What a sweep needs, before a file is written. */
static int look(const rtk_options *o) {
    char program[4300];
    snprintf(program, sizeof program, "%s/racetrack-bench", o->bin);
    if (access(program, X_OK) != 0)
        return rtk_fail(RTK_EXIT_NOT_MEASURED,
                        "benchmarks are not built: %s cannot be started",
                        program);
    if (access(o->plan.plugin, R_OK) != 0)
        return rtk_fail(RTK_EXIT_USAGE,
                        "plug-in %s: %s; it must be a folder with native.so, "
                        "or one shared object",
                        o->plan.plugin, strerror(errno));
    return RTK_EXIT_AS_CLAIMED;
}

int rtk_cmd_bench(rtk_options *options) {
    rtk_run run;
    int refused = look(options);
    if (refused) return refused;
    int code =
        rtk_run_begin(&run, options, json_pack("[s]", "native"), json_array());
    if (code) return code;
    if (!options->budget_given) options->plan.budget_s = 60;
    rtk_step_bench(&run, options, options->plan.budget_s);
    return rtk_run_end(&run, options->strict);
}
