/* A group is limited by the quotas of all groups above it, so the path that
 * /proc/self/cgroup gives is walked up to the mount. In a container the path
 * may be the host's and not exist here: the walk then still ends at the
 * mount, which is the container's own group. */

#include "kernels/workers/cgroup_quota.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 4096 };

/* Where a version keeps a group's files. */
typedef struct mount {
    const char *root, *folder;
    bool unified; /* version 2 */
} mount;

static bool first_line(const char *path, char *line) {
    FILE *file = fopen(path, "re");
    bool got = file && fgets(line, LINE, file);
    if (file) fclose(file);
    return got;
}

static bool number(const mount *at, const char *group, const char *name,
                   long long *value) {
    char path[3 * LINE], line[LINE];
    snprintf(path, sizeof path, "%s/sys/fs/cgroup%s%s/%s", at->root, at->folder,
             group, name);
    return first_line(path, line) && sscanf(line, "%lld", value) == 1;
}

static bool quota_v1(const mount *at, const char *group, long long *quota,
                     long long *period) {
    return number(at, group, "cpu.cfs_quota_us", quota) &&
           number(at, group, "cpu.cfs_period_us", period);
}

static bool quota_v2(const mount *at, const char *group, long long *quota,
                     long long *period) {
    char path[3 * LINE], line[LINE];
    snprintf(path, sizeof path, "%s/sys/fs/cgroup%s%s/cpu.max", at->root,
             at->folder, group);
    return first_line(path, line) &&
           sscanf(line, "%lld %lld", quota, period) == 2;
}

/* "max" and -1 are no quota. */
static unsigned cpus(const mount *at, const char *group) {
    long long quota = 0, period = 0;
    bool got = at->unified ? quota_v2(at, group, &quota, &period)
                           : quota_v1(at, group, &quota, &period);
    if (!got || quota <= 0 || period <= 0) return UINT_MAX;
    long long whole = quota / period + (quota % period != 0);
    return whole < UINT_MAX ? (unsigned)whole : UINT_MAX;
}

/* Consumes `group`. */
static unsigned least_upwards(const mount *at, char *group) {
    unsigned least = UINT_MAX;
    for (;;) {
        unsigned here = cpus(at, group);
        if (here < least) least = here;
        char *slash = strrchr(group, '/');
        if (!slash) return least;
        *slash = 0;
    }
}

static bool lists_cpu(const char *controllers) {
    size_t length = strcspn(controllers, ":");
    while (length) {
        size_t word = strcspn(controllers, ",:");
        if (word == 3 && !strncmp(controllers, "cpu", 3)) return true;
        if (word >= length) return false;
        controllers += word + 1;
        length -= word + 1;
    }
    return false;
}

/* One line "id:controllers:/group". */
static unsigned of_line(const char *root, char *line) {
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return UINT_MAX;
    controllers++;
    group++;
    group[strcspn(group, "\n")] = 0;
    if (!strcmp(group, "/")) *group = 0;
    mount v1 = {root, "/cpu", false}, v2 = {root, "", true};
    if (*controllers == ':') return least_upwards(&v2, group);
    return lists_cpu(controllers) ? least_upwards(&v1, group) : UINT_MAX;
}

unsigned rtk_cgroup_cpus(const char *root) {
    char path[LINE], line[LINE];
    unsigned least = UINT_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        unsigned here = of_line(root, line);
        if (here < least) least = here;
    }
    if (file) fclose(file);
    return least == UINT_MAX ? 0 : least;
}
