/* racetrack-bench: measures the subjects of one plug-in and writes records. It
 * is started by `racetrack bench`, and is a process of its own so that nothing
 * of the command line's disturbs what is measured, and a subject that crashes
 * takes nothing else along. */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/sample_server.h"
#include "harness/plugin.h"
#include "kernels/threadpools/pool_info.h"

/* Exit codes of racetrack. */
enum {
    AS_CLAIMED = 0,
    REFUTED = 1,
    USAGE = 2,
    NOT_MEASURED = 3,
    BY_SIGNAL = 128
};
enum { SUBJECTS_MAX = 256 };

static const char help[] =
    "usage: racetrack-bench --plugin PATH [options] [-- GOOGLE_FLAGS...]\n"
    "\n"
    "Measure the subjects of a plug-in over workers, BLAS threads and sizes,\n"
    "and write a record \"cell\" for each point, one JSON object a line.\n"
    "\n"
    "  --plugin PATH         a plug-in, or a folder that holds native.so\n"
    "  --subject NAME        measure this one (again for more); otherwise all\n"
    "                        that know their work\n"
    "  --workers LIST        as 1,2,-1; otherwise chosen for this machine\n"
    "  --blas-threads LIST   as 1,2\n"
    "  --size LIST           values of each subject's size\n"
    "  --param NAME=VALUE    fix another parameter, as batch=64\n"
    "  --budget SECONDS      for all of it (30); 5 rounds at least\n"
    "  --seed N              draws inputs and order (1)\n"
    "  --json FILE           also write Google Benchmark's JSON\n"
    "  --fd N                write records there (1)\n"
    "  --serve               measure nothing by itself: take requests from "
    "the\n"
    "                        standard input (docs/coprocess.md)\n"
    "\n"
    "Behind -- Google Benchmark measures, as its own flags say:\n"
    "  racetrack-bench --plugin PATH -- --benchmark_repetitions=9 \\\n"
    "      --benchmark_out=base.json\n"
    "\n"
    "Exit: 0 measured, 1 a wrong answer, 2 usage, 3 something could not be\n"
    "measured, 130 or 143 interrupted (what was measured is written).\n";

/* Which signal asked to stop, or 0. Lock-free, so a handler may store it. */
static atomic_int asked_to_stop;

static void on_signal(int number) {
    /* Relaxed: the number is all that is handed over. */
    atomic_store_explicit(&asked_to_stop, number, memory_order_relaxed);
}

static bool stop(void *to) {
    (void)to;
    return atomic_load_explicit(&asked_to_stop, memory_order_relaxed) != 0;
}

__attribute__((noreturn, format(printf, 1, 2))) static void
refuse(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("racetrack-bench: ", stderr);
    vfprintf(stderr, format, list);
    fputs("\n", stderr);
    va_end(list);
    exit(USAGE);
}

/* ---- Options ---------------------------------------------------------------
 */

typedef struct options {
    const char *plugin;
    const char *subject[SUBJECTS_MAX];
    size_t n_subjects;
    int fd;
    bool serve;
    rtk_sweep sweep;
} options;

static int64_t whole(const char *option, const char *text) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        refuse("%s takes whole numbers, not \"%.64s\"", option, text);
    return value;
}

/* Append the numbers of a list such as 1,2,4. */
static void list(const char *option, char *text, int64_t *value, size_t *n,
                 size_t room) {
    char *rest = text, *word;
    while ((word = strsep(&rest, ","))) {
        if (*n == room) refuse("%s takes at most %zu values", option, room);
        value[(*n)++] = whole(option, word);
    }
}

static void setting(rtk_sweep *sweep, char *text) {
    char *equals = strchr(text, '=');
    if (!equals || equals == text)
        refuse("--param takes NAME=VALUE, not \"%.64s\"", text);
    if (sweep->n_settings == RTK_SETTINGS_MAX)
        refuse("--param can be given %d times at most", RTK_SETTINGS_MAX);
    *equals = 0;
    sweep->settings[sweep->n_settings++] =
        (rtk_setting){text, whole("--param", equals + 1)};
}

static double seconds(const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0) || !isfinite(value))
        refuse("--budget takes seconds, 0 or more, not \"%.64s\"", text);
    return value;
}

static uint64_t seed_of(const char *text) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (errno || end == text || *end || *text == '-')
        refuse("--seed takes a whole number, not \"%.64s\"", text);
    return value;
}

static int descriptor(const char *text) {
    int64_t fd = whole("--fd", text);
    if (fd < 0 || fd > INT32_MAX || fcntl((int)fd, F_GETFD) < 0)
        refuse("--fd %.20s is not an open file", text);
    return (int)fd;
}

static void add_subject(options *o, const char *name) {
    if (o->n_subjects == SUBJECTS_MAX)
        refuse("--subject can be given %d times at most", SUBJECTS_MAX);
    o->subject[o->n_subjects++] = name;
}

static options parse(int argc, char **argv) {
    enum {
        PLUGIN,
        SUBJECT,
        WORKERS,
        BLAS,
        SIZE,
        PARAM,
        BUDGET,
        SEED,
        JSON,
        FD,
        SERVE,
        HELP
    };
    static const struct option known[] = {
        {"plugin", required_argument, NULL, PLUGIN},
        {"subject", required_argument, NULL, SUBJECT},
        {"workers", required_argument, NULL, WORKERS},
        {"blas-threads", required_argument, NULL, BLAS},
        {"size", required_argument, NULL, SIZE},
        {"param", required_argument, NULL, PARAM},
        {"budget", required_argument, NULL, BUDGET},
        {"seed", required_argument, NULL, SEED},
        {"json", required_argument, NULL, JSON},
        {"fd", required_argument, NULL, FD},
        {"serve", no_argument, NULL, SERVE},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0}};
    options o = {.fd = STDOUT_FILENO,
                 .sweep = {.size = sizeof o.sweep, .budget_s = 30, .seed = 1}};
    rtk_sweep *s = &o.sweep;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":", known, NULL)) != -1;) {
        switch (c) {
        case PLUGIN: o.plugin = optarg; break;
        case SUBJECT: add_subject(&o, optarg); break;
        case WORKERS:
            list("--workers", optarg, s->axes.workers, &s->axes.n_workers,
                 RTK_AXIS_MAX);
            break;
        case BLAS:
            list("--blas-threads", optarg, s->axes.blas, &s->axes.n_blas,
                 RTK_AXIS_MAX);
            break;
        case SIZE:
            list("--size", optarg, s->sizes, &s->n_sizes, RTK_SIZES_MAX);
            break;
        case PARAM: setting(s, optarg); break;
        case BUDGET: s->budget_s = seconds(optarg); break;
        case SEED: s->seed = seed_of(optarg); break;
        case JSON: s->json = optarg; break;
        case FD: o.fd = descriptor(optarg); break;
        case SERVE: o.serve = true; break;
        case HELP: fputs(help, stdout); exit(AS_CLAIMED);
        case ':': refuse("%.64s needs a value", argv[optind - 1]);
        default: refuse("%.64s is not an option; see --help", argv[optind - 1]);
        }
    }
    if (strcmp(argv[optind - 1], "--") == 0) {
        s->google_argc = argc - optind + 1;
        s->google_argv = argv + optind - 1;
        return o;
    }
    if (optind < argc)
        refuse("\"%.64s\" is not expected; see --help", argv[optind]);
    return o;
}

/* ---- Subjects --------------------------------------------------------------
 */

static const rtk_subject *find(const rtk_loaded *loaded, const char *name) {
    const rtk_subject *subject = rtk_plugin_subject(loaded, name);
    if (subject) return subject;
    char names[400] = "";
    for (size_t i = 0; i < loaded->plugin->n_subjects; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                 loaded->plugin->subjects[i]->name);
    }
    refuse("there is no subject \"%.64s\"; there are: %s", name, names);
}

static void choose(options *o, const rtk_loaded *loaded,
                   const rtk_subject **chosen) {
    const rtk_plugin *plugin = loaded->plugin;
    size_t n = 0;
    for (size_t i = 0; i < o->n_subjects; i++)
        chosen[n++] = find(loaded, o->subject[i]);
    for (size_t i = 0; !o->n_subjects && i < plugin->n_subjects; i++)
        if (plugin->subjects[i]->flops && n < SUBJECTS_MAX)
            chosen[n++] = plugin->subjects[i];
    if (!n)
        refuse("no subject of %.300s knows its work (flops); name one with "
               "--subject",
               loaded->path);
    o->sweep.subjects = chosen;
    o->sweep.n_subjects = n;
}

/* ---- Output ----------------------------------------------------------------
 */

/* Where records go. */
typedef struct sink {
    int fd;
    int failed_errno;
} sink;

/* One record, one line, one write. */
static void record(void *to, json_t *cell) {
    sink *out = to;
    char *text = cell ? json_dumps(cell, JSON_COMPACT) : NULL;
    size_t n = text ? strlen(text) : 0, done = 0;
    if (!text) out->failed_errno = ENOMEM;
    if (text) text[n++] = '\n';
    while (done < n && !out->failed_errno) {
        ssize_t wrote = write(out->fd, text + done, n - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            out->failed_errno = errno;
    }
    free(text);
    json_decref(cell);
}

static void progress(void *to, const rtk_sweep_progress *p) {
    (void)to;
    if (p->round)
        fprintf(stderr, "\r\033[Kbench: round %zu of %zu cells, %.0f s of %.0f",
                p->round, p->cells, p->elapsed_s, p->budget_s);
    else
        fprintf(stderr, "\r\033[Kbench: %zu of %zu cells checked", p->ready,
                p->cells);
}

static int verdict(const rtk_swept *swept) {
    int number = atomic_load_explicit(&asked_to_stop, memory_order_relaxed);
    if (number) return BY_SIGNAL + number;
    if (swept->wrong) return REFUTED;
    return swept->could_not_run || !swept->measured ? NOT_MEASURED : AS_CLAIMED;
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A reader that went away is an error of write(). */
    signal(SIGPIPE, SIG_IGN);
}

/* ---- Co-process ------------------------------------------------------------
 */

/* What is loaded, in words: "OpenBLAS 0.3.21 pthreads SkylakeX". */
static json_t *libraries(void) {
    json_t *list = json_array();
    rtk_pools *pools = NULL;
    rtk_pool_info info;
    if (rtk_pools_new(&pools)) return list;
    for (size_t i = 0; i < rtk_pools_count(pools); i++) {
        if (rtk_pools_info(pools, i, &info)) continue;
        json_array_append_new(
            list,
            json_sprintf("%s %s %s %s", info.internal_api,
                         info.version ? info.version : "?",
                         info.threading_layer ? info.threading_layer : "?",
                         info.architecture ? info.architecture : ""));
    }
    rtk_pools_free(pools);
    return list;
}

/* Requests come from the standard input, which a subject may not read, nor
 * write where replies go. */
static int serve(const options *o) {
    char sentence[RTK_SENTENCE];
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out = o->fd;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (out == STDOUT_FILENO) out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    FILE *requests = in < 0 ? NULL : fdopen(in, "r");
    if (!requests || out < 0 || null < 0) refuse("--serve needs its pipes");
    dup2(null, STDIN_FILENO);
    if (out != o->fd) dup2(STDERR_FILENO, STDOUT_FILENO);
    rtk_status s = rtk_serve(&o->sweep, libraries(), requests, out, sentence);
    fclose(requests);
    if (s == RTK_EINVAL) refuse("%s", sentence);
    if (s) fprintf(stderr, "racetrack-bench: %s\n", sentence);
    return s ? NOT_MEASURED : AS_CLAIMED;
}

int main(int argc, char **argv) {
    options o = parse(argc, argv);
    char sentence[RTK_SENTENCE];
    rtk_loaded loaded;
    if (!o.plugin) refuse("--plugin PATH is needed; see --help");
    if (rtk_plugin_load(o.plugin, "native", &loaded, sentence))
        refuse("%s", sentence);
    const rtk_subject *chosen[SUBJECTS_MAX];
    choose(&o, &loaded, chosen);
    if (o.serve) {
        signal(SIGPIPE, SIG_IGN);
        return serve(&o);
    }
    sink out = {.fd = o.fd};
    bool terminal = isatty(STDERR_FILENO);
    o.sweep.hooks = (rtk_sweep_hooks){.to = &out,
                                      .record = record,
                                      .progress = terminal ? progress : NULL,
                                      .stop = stop};
    catch_signals();
    rtk_swept swept = {0};
    rtk_status s = rtk_sweep_run(&o.sweep, &swept, sentence);
    if (terminal) fputs("\r\033[K", stderr);
    if (s == RTK_EINVAL) refuse("%s", sentence);
    if (s) fprintf(stderr, "racetrack-bench: %s\n", sentence);
    if (out.failed_errno)
        fprintf(stderr, "racetrack-bench: records cannot be written: %s\n",
                strerror(out.failed_errno));
    int code = verdict(&swept);
    return (s || out.failed_errno) && code < BY_SIGNAL ? NOT_MEASURED : code;
}
