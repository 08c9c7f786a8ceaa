#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/home.h"
#include "cli/run.h"

static void become(const char *python, const rtk_outputs *o) {
    char path[4096], reports[RTK_HOME_PATH];
    /* What getenv() gave may move with setenv(). */
    snprintf(path, sizeof path, "%s", python);
    const char *argv[24] = {path, "-m", "racetrack_reports", o->records};
    const struct {
        const char *name, *value;
    } files[] = {{"-o", o->html},
                 {"--markdown", o->markdown},
                 {"--junit", o->junit},
                 {"--sarif", o->sarif},
                 {"--base", o->base}};
    size_t n = 4;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].value)
            argv[n++] = files[i].name, argv[n++] = files[i].value;
    if (o->github) argv[n++] = "--github";
    argv[n] = NULL;
    rtk_home_path("reports", reports);
    setenv("PYTHONPATH", reports, 1);
    execvp(python, (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* RACETRACK_PYTHON, or the environment of this racetrack, or the system's. */
static void choose(char python[RTK_HOME_PATH]) {
    const char *asked = getenv("RACETRACK_PYTHON");
    rtk_home_path("venv/bin/python", python);
    if (asked && *asked)
        snprintf(python, RTK_HOME_PATH, "%s", asked);
    else if (access(python, X_OK) != 0)
        snprintf(python, RTK_HOME_PATH, "python3");
}

/* Wait for the Python side and give back its exit code. */
static int end_of(pid_t child, const char *python) {
    int how = 0;
    while (child > 0 && waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    if (child < 0 || !WIFEXITED(how) || WEXITSTATUS(how) == 127)
        return rtk_fail(RTK_EXIT_NOT_MEASURED,
                        "no report: %s did not run; RACETRACK_PYTHON names "
                        "another Python",
                        python);
    return WEXITSTATUS(how);
}

int rtk_report_write(const rtk_outputs *outputs) {
    char python[RTK_HOME_PATH];
    choose(python);
    pid_t child = fork();
    if (child == 0) become(python, outputs);
    return end_of(child, python);
}

/* The environment of the Python side: its package, and the program that takes
 * samples for it. */
static void prepare(void) {
    char path[RTK_HOME_PATH], program[RTK_HOME_PATH];
    rtk_home_path("reports", path);
    rtk_home_path("bin/racetrack-bench", program);
    setenv("PYTHONPATH", path, 1);
    setenv("RACETRACK_BENCH", program, 0);
    rtk_home_path("plugins/reference", path);
    setenv("RACETRACK_REFERENCE", path, 0);
}

int rtk_delegate(int argc, char **argv) {
    char python[RTK_HOME_PATH];
    const char **all = calloc((size_t)argc + 4, sizeof *all);
    if (!all) return rtk_fail(RTK_EXIT_NOT_MEASURED, "there is no memory");
    choose(python);
    all[0] = python;
    all[1] = "-m";
    all[2] = "racetrack_reports";
    for (int i = 1; i < argc; i++) all[i + 2] = argv[i];
    prepare();
    execvp(python, (char *const *)(uintptr_t)all);
    free(all);
    return rtk_fail(RTK_EXIT_NOT_MEASURED,
                    "%s did not run; RACETRACK_PYTHON names another Python",
                    python);
}

int rtk_compare_run(const char *const *words) {
    char python[RTK_HOME_PATH];
    const char *all[64] = {python, "-m", "racetrack_reports", "compare"};
    choose(python);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; words[i] && i + 5 < sizeof all / sizeof *all; i++)
            all[i + 4] = words[i];
        prepare();
        execvp(python, (char *const *)(uintptr_t)all);
        _exit(127);
    }
    return end_of(child, python);
}

int rtk_cmd_report(rtk_options *options) {
    char html[4200];
    if (options->words.n != 1)
        return rtk_fail(RTK_EXIT_USAGE,
                        "racetrack report takes one file of records");
    const char *records = options->words.name[0];
    const char *slash = strrchr(records, '/');
    int folder = slash ? (int)(slash - records) + 1 : 0;
    snprintf(html, sizeof html, "%.*sreport.html", folder, records);
    rtk_outputs outputs = {.records = records,
                           .html = options->output ? options->output : html,
                           .markdown = options->markdown,
                           .junit = options->junit,
                           .sarif = options->sarif,
                           .base = options->base,
                           .github = options->github};
    return rtk_report_write(&outputs);
}
