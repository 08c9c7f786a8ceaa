#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run.h"

static void become(const char *python, const char *records, const char *html,
                   const char *markdown, const char *junit) {
    char path[4096];
    /* What getenv() gave may move with setenv(). */
    snprintf(path, sizeof path, "%s", python);
    const char *argv[16] = {path,    "-m", "racetrack_reports",
                            records, "-o", html};
    size_t n = 6;
    if (markdown) argv[n++] = "--markdown", argv[n++] = markdown;
    if (junit) argv[n++] = "--junit", argv[n++] = junit;
    argv[n] = NULL;
    setenv("PYTHONPATH", RTK_REPORTS, 1);
    execv(path, (char *const *)(uintptr_t)argv);
    _exit(127);
}

int rtk_report_write(const char *records, const char *html,
                     const char *markdown, const char *junit) {
    const char *python = getenv("RACETRACK_PYTHON");
    if (!python || !*python) python = RTK_PYTHON;
    if (access(python, X_OK) != 0)
        return rtk_fail(RTK_EXIT_NOT_MEASURED,
                        "no report: there is no Python environment at %s; run "
                        "ci/setup, or set RACETRACK_PYTHON",
                        python);
    pid_t child = fork();
    if (child == 0) become(python, records, html, markdown, junit);
    int how = 0;
    while (child > 0 && waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    if (child < 0 || !WIFEXITED(how) || WEXITSTATUS(how) == 127)
        return rtk_fail(RTK_EXIT_NOT_MEASURED, "no report: %s did not run",
                        python);
    return WEXITSTATUS(how);
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
    return rtk_report_write(records, options->output ? options->output : html,
                            options->markdown, options->junit);
}
