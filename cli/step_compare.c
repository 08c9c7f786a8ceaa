#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run.h"

/* Whether the current tree says how its revisions are built. */
static bool buildable(void) {
    char top[4096] = "", config[4200];
    FILE *git = popen("git rev-parse --show-toplevel 2>/dev/null", "re");
    bool told = git && fgets(top, sizeof top, git);
    if (git) told &= pclose(git) == 0;
    top[strcspn(top, "\n")] = 0;
    snprintf(config, sizeof config, "%s/racetrack.toml", top);
    return told && access(config, R_OK) == 0;
}

static void note(rtk_run *run, int code) {
    run->refuted |= code == RTK_EXIT_REFUTED;
    run->not_measured |=
        code == RTK_EXIT_NOT_MEASURED || code == RTK_EXIT_USAGE;
    printf("comparison: exit code %d\n\n", code);
}

bool rtk_step_compare(rtk_run *run, const rtk_options *options,
                      double budget_s) {
    char budget[32], seed[32], markdown[4200], junit[4200], json[4200];
    const char *against = options->against;
    if (against ? strcmp(against, "none") == 0 : !buildable()) {
        printf("comparison: left out: %s\n\n",
               against ? "--against none"
                       : "no racetrack.toml here says how a revision is built");
        return true;
    }
    snprintf(budget, sizeof budget, "%.0fs", budget_s);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->plan.seed);
    snprintf(markdown, sizeof markdown, "%s/compare.md", options->out);
    snprintf(junit, sizeof junit, "%s/compare-junit.xml", options->out);
    snprintf(json, sizeof json, "%s/compare.json", options->out);
    const char *words[64] = {against ? against : "--merge-base",
                             "HEAD",
                             "--budget",
                             budget,
                             "--seed",
                             seed,
                             "--out",
                             options->out,
                             "--markdown",
                             markdown,
                             "--junit",
                             junit,
                             "-o",
                             json};
    size_t n = 14;
    for (size_t i = 0; i < options->words.n && n < 60; i++)
        words[n++] = options->words.name[i];
    note(run, rtk_compare_run(words));
    return !rtk_interrupted();
}
