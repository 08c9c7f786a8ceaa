/* The stacks of all threads of a trial, taken from outside, so it need not
 * cooperate. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/report.h"
#include "stress/runner.h"

/* eu-stack may get nowhere on a machine that is busy: so long for each process,
 * and for all of them. */
enum { MODULES_MAX = 64, ONE_S = 10, ALL_S = 6 };

/* Where the files of a process are mapped. */
typedef struct module_map {
    struct {
        uint64_t start, end;
        char path[256];
    } at[MODULES_MAX];
    size_t n;
} module_map;

/* Parts of one file lie one behind the other: remember the first and widen. */
static void note_mapping(module_map *m, uint64_t start, uint64_t end,
                         const char *path) {
    if (m->n && strcmp(m->at[m->n - 1].path, path) == 0) {
        m->at[m->n - 1].end = end;
    } else if (m->n < MODULES_MAX) {
        m->at[m->n].start = start;
        m->at[m->n].end = end;
        snprintf(m->at[m->n++].path, sizeof m->at->path, "%s", path);
    }
}

static void read_modules(pid_t process, module_map *m) {
    char name[64], text[512], path[256];
    snprintf(name, sizeof name, "/proc/%d/maps", process);
    FILE *maps = fopen(name, "re");
    m->n = 0;
    while (maps && fgets(text, sizeof text, maps)) {
        unsigned long long start, end;
        if (sscanf(text, "%llx-%llx %*s %*s %*s %*s %255s", &start, &end,
                   path) == 3 &&
            path[0] == '/' && strcmp(path, "/dev/zero") != 0)
            note_mapping(m, start, end, path);
    }
    if (maps) fclose(maps);
}

static void add_frame(rtk_line *line, const module_map *m, uint64_t pc) {
    for (size_t i = 0; i < m->n; i++) {
        if (pc < m->at[i].start || pc >= m->at[i].end) continue;
        rtk_finding_frame(line, m->at[i].path, pc - m->at[i].start, false);
        return;
    }
}

/* Copy the stacks that eu-stack prints: "TID n:", then "#k  0xaddress". */
static void copy_stacks(rtk_line *line, FILE *stacks, const module_map *m) {
    char text[256], title[64];
    bool open = false;
    while (fgets(text, sizeof text, stacks)) {
        int thread;
        unsigned long long pc;
        unsigned depth;
        if (sscanf(text, "TID %d:", &thread) == 1) {
            if (open) rtk_finding_stack_end(line);
            open = true;
            snprintf(title, sizeof title, "thread %d", thread);
            rtk_finding_stack_begin(line, title);
        } else if (open && sscanf(text, "#%u 0x%llx", &depth, &pc) == 2 &&
                   depth < RTK_FRAMES_MAX) {
            add_frame(line, m, depth ? pc - 1 : pc);
        }
    }
    if (open) rtk_finding_stack_end(line);
}

static void add_process(rtk_line *line, pid_t process) {
    char command[128];
    static module_map modules;
    read_modules(process, &modules);
    snprintf(command, sizeof command,
             "DEBUGINFOD_URLS= timeout %d eu-stack -r -n %d -p %d 2>/dev/null",
             ONE_S, RTK_FRAMES_MAX, process);
    FILE *stacks = popen(command, "re");
    if (!stacks) return;
    copy_stacks(line, stacks, &modules);
    pclose(stacks);
}

void rtk_runner_stacks(rtk_line *line, const rtk_group *group) {
    uint64_t start = rtk_clock_ns(), most = ALL_S * UINT64_C(1000000000);
    for (size_t i = 0; i < group->n && rtk_clock_ns() - start < most; i++)
        add_process(line, group->process[i]);
}
