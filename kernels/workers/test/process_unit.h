#ifndef RTK_PROCESS_UNIT_H
#define RTK_PROCESS_UNIT_H

/* What the tests of processes share. Parts run in other processes: they write
 * to the arena, and the test asserts afterwards. */

#include "kernels/workers/test/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "kernels/workers/processes/process_pool.h"

enum { FAMILY_MOST = 256 };

/* A member of this process's family. */
typedef struct unit_relative {
    pid_t pid, parent;
    char name[32], state;
} unit_relative;

/* A pool that must be there. MT-Safe. */
static inline rtk_processes *unit_processes(unsigned workers,
                                            unsigned retries) {
    rtk_processes *pool = NULL;
    rtk_processes_options o = RTK_PROCESSES_OPTIONS;
    o.workers = workers;
    o.retries = retries;
    assert_int_equal(RTK_OK, rtk_processes_new_with(&pool, &o));
    return pool;
}

/* Zeroed memory of the arena that must be there. MT-Safe. */
static inline void *unit_arena(rtk_processes *pool, size_t bytes) {
    void *memory = NULL;
    assert_int_equal(RTK_OK, rtk_processes_alloc(pool, bytes, 0, &memory));
    memset(memory, 0, bytes);
    return memory;
}

/* A loop on all workers. MT-Safe. */
static inline rtk_status unit_loop(rtk_processes *pool, size_t parts,
                                   rtk_part run, void *arg, rtk_loop *loop) {
    return rtk_parallel_for(rtk_processes_executor(pool), RTK_WORKERS_MAX - 1,
                            parts, run, arg, loop);
}

/* Reads /proc/<pid>/stat; the name may contain anything. MT-Safe. */
static inline bool unit_stat(pid_t pid, unit_relative *r) {
    char path[64], text[512];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) fclose(f);
    text[n] = '\0';
    char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (!open || !close) return false;
    *close = '\0';
    snprintf(r->name, sizeof r->name, "%s", open + 1);
    if (sscanf(close + 1, " %c %d", &r->state, &parent) != 2) return false;
    r->pid = pid;
    r->parent = parent;
    return true;
}

/* All processes, this one's descendants first; how many of these. MT-Safe. */
static inline size_t unit_family(unit_relative *out) {
    static unit_relative all[4096];
    size_t n = 0, found = 0;
    DIR *proc = opendir("/proc");
    assert_non_null(proc);
    for (struct dirent *d; proc && (d = readdir(proc)) && n < 4096;) {
        pid_t pid = (pid_t)strtol(d->d_name, NULL, 10);
        if (pid > 0 && unit_stat(pid, &all[n])) n++;
    }
    if (proc) closedir(proc);
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < n && found < FAMILY_MOST; i++) {
            bool ours = all[i].parent == getpid();
            for (size_t k = 0; k < found; k++)
                ours = ours || out[k].pid == all[i].parent;
            if (!ours || !all[i].pid) continue;
            out[found++] = all[i];
            all[i].pid = all[i].parent = 0;
            more = true;
        }
    }
    return found;
}

/* Living or unreaped descendants called `name`, or all if it is NULL; and the
 * number of one that lives. MT-Safe. */
static inline unsigned unit_relatives(const char *name, pid_t *one) {
    unit_relative family[FAMILY_MOST];
    size_t n = unit_family(family);
    unsigned count = 0;
    for (size_t i = 0; i < n; i++) {
        if (name && strcmp(name, family[i].name)) continue;
        if (one && family[i].state != 'Z') *one = family[i].pid;
        count++;
    }
    return count;
}

/* Wait until there are `count` of them. Orphans that have come to this process
 * are buried: of helpers that were killed, that is init's to do. MT-Safe. */
static inline bool unit_relatives_become(const char *name, unsigned count) {
    struct timespec pause = {0, 2000000};
    for (int i = 0; i < JOIN_SECONDS * 500; i++) {
        if (unit_relatives(name, NULL) == count) return true;
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

/* Descriptors of this process that are open. MT-Safe. */
static inline unsigned unit_descriptors(void) {
    unsigned count = 0;
    DIR *all = opendir("/proc/self/fd");
    assert_non_null(all);
    for (struct dirent *d; all && (d = readdir(all));)
        count += d->d_name[0] != '.';
    if (all) closedir(all);
    return count;
}

/* Kill -9 one that is called so, if one comes to be within a moment: after the
 * kill before there may be none until the next loop. MT-Safe. */
static inline bool unit_kill(const char *name) {
    enum { TRIES = 50 };
    struct timespec pause = {0, 1000000};
    for (int i = 0; i < TRIES; i++) {
        pid_t pid = 0;
        unit_relatives(name, &pid);
        if (pid && !kill(pid, SIGKILL)) return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* Orphans of this process come to it, so that none gets away unseen. MT-Safe.
 */
static inline int unit_adopt(void **state) {
    (void)state;
    return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

#endif
