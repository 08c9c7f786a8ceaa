#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/home.h"
#include "harness/oracles/oracle.h"
#include "harness/perturb/perturb.h"
#include "kernels/workers/workers.h"

/* All options there are; which sub-command takes which stands with it. */
static const struct {
    char letter;
    const char *name, *value, *help;
} table[] = {
    {'p', "plugin", "PATH",
     "plug-in under test: a folder with <lane>.so, or "
     "one shared object (default: the reference "
     "kernels)"},
    {'K', "blas", "LIBRARY",
     "a BLAS and LAPACK under test, by its path, in place of a plug-in"},
    {'F', "fftw", "LIBRARY", "an FFTW under test, by its path"},
    {'s', "scenario", "NAME", "only this scenario; may be repeated"},
    {'O', "operation", "NAME",
     "only this operation of the subjects; may be repeated"},
    {'q', "oracle", "NAME",
     "only what this oracle finds (racetrack list oracles), and crashes and "
     "hangs; may be repeated"},
    {'y', "perturb", "NAME",
     "how threads are held (racetrack list perturbations), or portfolio: "
     "drawn from the seed (default)"},
    {'A', "condition", "AXIS=VALUE",
     "only this value of an axis (racetrack list axes); may be repeated"},
    {'P', "plain", NULL,
     "the plain value of every axis that no --condition names"},
    {'l', "lane", "NAME",
     "native, tsan, asan or all; may be repeated "
     "(default: all that are built)"},
    {'b', "budget", "TIME", "time to use, shared out: 500ms, 60s, 2m"},
    {'S', "seed", "N", "seed of all decisions, 0 .. 2^53-1 (default 1)"},
    {'w', "workers", "N",
     "workers asked of each call: -1 is all usable CPUs; "
     "a list for bench (default: drawn from the seed)"},
    {'a', "actors", "N",
     "actors at once, 1 .. 200 (default: as the scenario "
     "says)"},
    {'t', "timeout", "TIME",
     "a trial that takes longer hangs, and so does a library that is loaded"},
    {'o', "out", "DIR", "folder for results (default: out)"},
    {'r', "records", "FILE", "file of records (default: OUT/records.jsonl)"},
    {'k', "suppressions", "FILE",
     "TOML list of findings that are known and accepted (default: "
     "racetrack's own)"},
    {'k', "known", "FILE", "the same, by its former name"},
    {'n', "times", "N", "how often, 1 .. 100000 (default 20)"},
    {'B', "blas-threads", "LIST", "BLAS threads to sweep, as 1,2,4"},
    {'z', "size", "LIST", "sizes to sweep, as 64,256"},
    {'R', "output", "FILE",
     "where the result goes: the HTML page of report (default: beside the "
     "records), the text of info (default: the standard output)"},
    {'m', "markdown", "FILE", "a Markdown summary as well"},
    {'j', "junit", "FILE", "JUnit XML as well"},
    {'f', "sarif", "FILE", "SARIF 2.1.0 as well"},
    {'g', "github", NULL, "print annotations for a GitHub workflow as well"},
    {'e', "base", "RECORDS",
     "records of an earlier run: only what is new since then fails"},
    {'d', "shrink", NULL, "make the trial as small as it can be"},
    {'X', "export", "FILE",
     "a C program that shows the finding without racetrack"},
    {'i', "dir", "DIR", "folder to write into (default: ./NAME)"},
    {'u', "source", "FILE",
     "C file of the plug-in, to be part of the exported program"},
    {'L', "load", "LIBRARY",
     "look at the pools of this library, a path or a name for dlopen(); may "
     "be repeated"},
    {'c', "callers", "N",
     "threads that call the pools, 1 .. 1000000 (default: as many as the "
     "program had of its own)"},
    {'C', "calibrate", NULL,
     "measure how much work repays a second worker here"},
    {'x', "strict", NULL, "inconclusive verdicts exit with 3"},
    {'J', "json", NULL, "output for programs"},
    {'D', "no-declare", NULL, "do not declare operand ranges to the lane"},
    {'V', "power", NULL,
     "find each fault from many seeds: how often, how soon, with what bounds"},
    {'E', "seeds", "N", "seeds for --power, 1 .. 1000 (default 20)"},
    {'Q', "quick", NULL, "5 seeds for --power, and a smaller budget"},
    {'T', "tier", "NAME",
     "how thorough: pr (3 minutes), merge (15 minutes) or nightly (hours, "
     "with selftest --power); a --budget changes how long (default: pr)"},
    {'G', "against", "REVISION",
     "compare the speed with this one, or none (default: where HEAD left the "
     "main branch, if a racetrack.toml says how it is built)"},
    {'Y', "cost", NULL, "only measure what a trial costs, in each lane"},
    {'h', "help", NULL, "this text"},
};

enum { OPTIONS = sizeof table / sizeof *table };

int rtk_fail(int exit_code, const char *format, ...) {
    va_list more;
    va_start(more, format);
    fputs("racetrack: ", stderr);
    vfprintf(stderr, format, more);
    fputc('\n', stderr);
    va_end(more);
    return exit_code;
}

void rtk_help(FILE *to) {
    fprintf(to,
            "racetrack: is this numerical code safe and fast with many "
            "threads and processes?\n\nUse: racetrack COMMAND [options]\n\n");
    for (const rtk_command *c = rtk_commands; c->name; c++)
        fprintf(to, "  %-11s %s\n", c->name, c->summary);
    fprintf(to, "\nracetrack COMMAND --help tells more, with examples.\n"
                "Exit codes: 0 as claimed, 1 refuted, 2 usage, 3 could not "
                "measure,\n4 a detector missed its planted fault, 130/143 "
                "interrupted.\n");
}

void rtk_help_command(const rtk_command *command, FILE *to) {
    fprintf(to, "Use: racetrack %s%s%s [options]\n\n%s.\n\n", command->name,
            command->arguments[0] ? " " : "", command->arguments,
            command->summary);
    for (int i = 0; i < OPTIONS; i++) {
        if (table[i].letter != 'h' &&
            !strchr(command->options, table[i].letter))
            continue;
        char left[40];
        snprintf(left, sizeof left, "--%s%s%s", table[i].name,
                 table[i].value ? " " : "",
                 table[i].value ? table[i].value : "");
        fprintf(to, "  %-20s %s\n", left, table[i].help);
    }
    fputs("\n-h is --help", to);
    if (strpbrk(command->options, "Ro"))
        fprintf(to, "; -o is --%s",
                strchr(command->options, 'R') ? "output" : "out");
    fprintf(to, ".\n\nExamples:\n%s", command->examples);
}

/* ---- Values
 * --------------------------------------------------------------------- */

static bool whole(const char *text, int64_t least, int64_t most,
                  int64_t *value) {
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || end == text || *end || n < least || n > most) return false;
    *value = n;
    return true;
}

/* "500ms", "60s", "2m", "60" as seconds. */
static bool duration(const char *text, double *seconds) {
    char *end;
    double n = strtod(text, &end);
    double unit = strcmp(end, "ms") == 0           ? 1e-3
                  : strcmp(end, "m") == 0          ? 60
                  : !*end || strcmp(end, "s") == 0 ? 1
                                                   : 0;
    if (end == text || !(n > 0) || !(unit > 0) || n * unit > 1e6) return false;
    *seconds = n * unit;
    return true;
}

static bool bad(const char *name, const char *value, const char *accepted) {
    rtk_fail(RTK_EXIT_USAGE, "--%s does not take \"%s\"; it takes %s", name,
             value, accepted);
    return false;
}

static bool add(rtk_names *names, const char *name) {
    if (names->n == RTK_NAMES_MAX) return false;
    names->name[names->n++] = name;
    return true;
}

static bool set_workers(rtk_options *o, const char *value) {
    int64_t n;
    unsigned count;
    if (strchr(value, ',')) return add(&o->worker_list, value);
    if (!whole(value, -RTK_WORKERS_MAX, RTK_WORKERS_MAX, &n) ||
        rtk_workers_resolve(n, RTK_WORKERS_MAX, &count) != RTK_OK) {
        char accepted[96];
        snprintf(accepted, sizeof accepted,
                 "1 .. %d, or -1 (all usable CPUs) down to -%u",
                 RTK_WORKERS_MAX, rtk_cpus_usable());
        return bad("workers", value, accepted);
    }
    o->plan.workers = n;
    return add(&o->worker_list, value);
}

static bool set_number(rtk_options *o, char letter, const char *value) {
    int64_t n;
    if (letter == 'S') {
        if (!whole(value, 0, INT64_C(1) << 53, &n))
            return bad("seed", value, "a whole number 0 .. 2^53-1");
        o->plan.seed = (uint64_t)n;
    } else if (letter == 'a') {
        if (!whole(value, 1, 200, &n)) return bad("actors", value, "1 .. 200");
        o->plan.actors = (unsigned)n;
    } else if (letter == 'c') {
        if (!whole(value, 1, 1000000, &n))
            return bad("callers", value, "1 .. 1000000");
        o->callers = (unsigned)n;
    } else if (letter == 'E') {
        if (!whole(value, 1, 1000, &n)) return bad("seeds", value, "1 .. 1000");
        o->seeds = (unsigned)n;
    } else {
        if (!whole(value, 1, 100000, &n))
            return bad("times", value, "1 .. 100000");
        o->times = (unsigned)n;
    }
    return true;
}

static bool set_time(rtk_options *o, char letter, const char *value) {
    double seconds;
    if (!duration(value, &seconds))
        return bad(letter == 'b' ? "budget" : "timeout", value,
                   "a time above 0, as 500ms, 60s or 2m");
    if (letter == 'b') {
        o->plan.budget_s = seconds;
        o->budget_given = true;
    } else {
        o->plan.timeout_ms = (unsigned)(seconds * 1000);
        o->timeout_given = true;
    }
    return true;
}

static bool add_oracle(rtk_options *o, const char *value) {
    char names[600] = "";
    for (const rtk_oracle *const *k = rtk_oracles; *k; k++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                 (*k)->name);
    }
    return rtk_oracle_find(value) ? add(&o->plan.oracles, value)
                                  : bad("oracle", value, names);
}

static bool set_perturb(rtk_options *o, const char *value) {
    char names[200] = "portfolio";
    o->plan.perturb = strcmp(value, "portfolio") ? value : NULL;
    if (!o->plan.perturb || rtk_perturb_known(value)) return true;
    for (unsigned i = 0; rtk_perturb_name(i); i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, ", %s",
                 rtk_perturb_name(i));
    }
    return bad("perturb", value, names);
}

static bool add_library(rtk_options *o, char letter, const char *value) {
    struct stat at;
    if (stat(value, &at) == 0 && !S_ISREG(at.st_mode))
        errno = EISDIR;
    else if (stat(value, &at) == 0)
        return add(letter == 'K' ? &o->blas_libraries : &o->fftw_libraries,
                   value);
    rtk_fail(RTK_EXIT_USAGE,
             "--%s does not take \"%s\": %s; it takes the "
             "path of a shared library",
             letter == 'K' ? "blas" : "fftw", value, strerror(errno));
    return false;
}

static bool set(rtk_options *o, char letter, const char *value) {
    switch (letter) {
    case 'p':
        /* Records are read elsewhere, too. */
        o->plan.plugin = realpath(value, o->plugin) ? o->plugin : value;
        rtk_target_plugin(&o->target, &o->plan, o->plan.plugin);
        return true;
    case 'K':
    case 'F': return add_library(o, letter, value);
    case 's': return add(&o->plan.scenarios, value);
    case 'O': return add(&o->plan.operations, value);
    case 'q': return add_oracle(o, value);
    case 'y': return set_perturb(o, value);
    case 'A': return add(&o->plan.conditions, value);
    case 'P': o->plan.plain = true; return true;
    case 'l':
        if (strcmp(value, "all") == 0) return true;
        return add(&o->plan.lanes, value);
    case 'b':
    case 't': return set_time(o, letter, value);
    case 'S':
    case 'a':
    case 'c':
    case 'E':
    case 'n': return set_number(o, letter, value);
    case 'w': return set_workers(o, value);
    case 'o': o->out = value; return true;
    case 'r': o->records = value; return true;
    case 'k': o->suppressions = value; return true;
    case 'B': return add(&o->blas, value);
    case 'z': return add(&o->sizes, value);
    case 'R': o->output = value; return true;
    case 'm': o->markdown = value; return true;
    case 'j': o->junit = value; return true;
    case 'f': o->sarif = value; return true;
    case 'g': o->github = true; return true;
    case 'e': o->base = value; return true;
    case 'd': o->shrink = true; return true;
    case 'X': o->export_to = value; return true;
    case 'i': o->dir = value; return true;
    case 'u': o->source = value; return true;
    case 'L':
        if (!*value) return bad("load", value, "a library's name or path");
        return add(&o->loads, value);
    case 'C': o->calibrate = true; return true;
    case 'V': o->power = true; return true;
    case 'Q': o->quick = true; return true;
    case 'T': o->tier = value; return true;
    case 'G': o->against = value; return true;
    case 'Y': o->cost = true; return true;
    case 'x': o->strict = true; return true;
    case 'J': o->json = true; return true;
    case 'D': o->plan.declare = false; return true;
    default: return false;
    }
}

json_t *rtk_options_oracles(const rtk_options *options) {
    json_t *list = json_array();
    for (size_t i = 0; i < options->plan.oracles.n; i++)
        json_array_append_new(list, json_string(options->plan.oracles.name[i]));
    return list;
}

/* ---- Parsing
 * --------------------------------------------------------------------- */

static void set_defaults(rtk_options *o, int argc, char **argv) {
    rtk_home_path("bin", o->bin);
    rtk_home_path("plugins/reference", o->plugin);
    rtk_home_path("plugins/faults", o->faults);
    rtk_home_path("suppressions.toml", o->suppressions_default);
    o->argc = argc;
    o->argv = argv;
    o->suppressions = o->suppressions_default;
    o->out = "out";
    o->times = 20;
    o->plan = (rtk_plan){.runners = o->bin,
                         .plugin = o->plugin,
                         .seed = 1,
                         .budget_s = 60,
                         .workers = RTK_WORKERS_UNSET,
                         .declare = true,
                         .progress = true};
}

/* Options that `command` takes, as getopt wants them. */
static void make_table(const rtk_command *command,
                       struct option options[OPTIONS + 1]) {
    size_t n = 0;
    for (int i = 0; i < OPTIONS; i++)
        if (table[i].letter == 'h' || strchr(command->options, table[i].letter))
            options[n++] = (struct option){
                table[i].name, table[i].value != NULL, NULL, table[i].letter};
    options[n] = (struct option){0};
}

static void complain(const rtk_command *command, const char *word, int colon) {
    if (colon)
        rtk_fail(RTK_EXIT_USAGE, "%s needs a value; see racetrack %s --help",
                 word, command->name);
    else
        rtk_fail(RTK_EXIT_USAGE,
                 "racetrack %s has no option \"%s\"; see racetrack %s --help",
                 command->name, word, command->name);
}

/* The one library that a command works on, if there is one. */
static bool take_library(rtk_options *o, const rtk_command *command) {
    size_t n = o->blas_libraries.n + o->fftw_libraries.n;
    if (n == 0 || command->run == rtk_cmd_conformance) return true;
    if (n > 1) {
        rtk_fail(RTK_EXIT_USAGE,
                 "%s takes one library at a time; racetrack "
                 "conformance takes several",
                 command->name);
        return false;
    }
    bool blas = o->blas_libraries.n > 0;
    rtk_target_take(&o->target, &o->plan, blas ? "blas" : "fftw",
                    blas ? o->blas_libraries.name[0]
                         : o->fftw_libraries.name[0]);
    return true;
}

bool rtk_options_parse(int argc, char **argv, const rtk_command *command,
                       rtk_options *options, int *exit_code) {
    struct option known[OPTIONS + 1];
    memset(options, 0, sizeof *options);
    set_defaults(options, argc, argv);
    make_table(command, known);
    opterr = 0;
    optind = 2;
    *exit_code = RTK_EXIT_USAGE;
    for (int c; (c = getopt_long(argc, argv, ":ho:", known, NULL)) != -1;) {
        /* -o is where the result goes: a page for the report, else a folder. */
        if (c == 'o' && strchr(command->options, 'R')) c = 'R';
        if (c == 'h') {
            rtk_help_command(command, stdout);
            *exit_code = RTK_EXIT_AS_CLAIMED;
            return false;
        }
        if (c == '?' || c == ':') {
            complain(command, argv[optind - 1], c == ':');
            return false;
        }
        if (!strchr(command->options, c)) {
            complain(command, "-o", 0);
            return false;
        }
        if (!set(options, (char)c, optarg)) return false;
    }
    if (!take_library(options, command)) return false;
    if (strchr(command->options, 'L') && strcmp(argv[optind - 1], "--") == 0) {
        options->program = argv + optind;
        return true;
    }
    for (int i = optind; i < argc; i++)
        if (!add(&options->words, argv[i])) {
            rtk_fail(RTK_EXIT_USAGE, "at most %d names can be given",
                     RTK_NAMES_MAX);
            return false;
        }
    return true;
}
