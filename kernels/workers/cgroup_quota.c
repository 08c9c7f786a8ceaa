/* A group is limited by the quotas of all groups above it, so the path that
 * /proc/self/cgroup gives is walked up to the mount. Where that is, and which
 * group it shows as its root, is in /proc/self/mountinfo: in a container the
 * path may be the host's and its upper part not be seen. A path that is not
 * there at all ends at the mount, which is the container's own group. */

#include "kernels/workers/cgroup_quota.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 8192, LINE = 128 };

/* Where the files of a hierarchy are. */
typedef struct mount {
    const char *prefix; /* of all paths */
    const char *root;   /* the group that is seen at the point */
    const char *point;
    bool unified; /* version 2 */
} mount;

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* ---- One group ------------------------------------------------------------
 */

static bool first_line(const mount *at, const char *group, const char *name,
                       char *line) {
    char path[PATH];
    int length = snprintf(path, sizeof path, "%s%s%s/%s", at->prefix, at->point,
                          group, name);
    if (length < 0 || length >= PATH) return false;
    FILE *file = fopen(path, "re");
    bool got = file && fgets(line, LINE, file);
    if (file) fclose(file);
    return got;
}

/* The positive number at `text`, or 0; "max" and -1, which are no quota, are
 * none, and one that is too large is as good as none. */
static long long number(const char *text, char **end) {
    errno = 0;
    long long value = strtoll(text, end, 10);
    return errno || value < 0 ? 0 : value;
}

static void read_v1(const mount *at, const char *group, long long *quota,
                    long long *period) {
    char line[LINE], *end;
    if (first_line(at, group, "cpu.cfs_quota_us", line))
        *quota = number(line, &end);
    if (first_line(at, group, "cpu.cfs_period_us", line))
        *period = number(line, &end);
}

static void read_v2(const mount *at, const char *group, long long *quota,
                    long long *period) {
    char line[LINE], *end;
    if (!first_line(at, group, "cpu.max", line)) return;
    *quota = number(line, &end);
    *period = number(end, &end);
}

static unsigned cpus(const mount *at, const char *group) {
    long long quota = 0, period = 0;
    if (at->unified)
        read_v2(at, group, &quota, &period);
    else
        read_v1(at, group, &quota, &period);
    if (!quota || !period) return UINT_MAX;
    long long whole = quota / period + (quota % period != 0);
    return whole < UINT_MAX ? (unsigned)whole : UINT_MAX;
}

/* ---- Up to the mount ------------------------------------------------------
 */

/* `group` as seen at the mount: without the root's path. */
static const char *seen(const mount *at, const char *group) {
    size_t length = strlen(at->root);
    if (!strcmp(at->root, "/") || strncmp(group, at->root, length))
        return group;
    return group[length] == '/' || !group[length] ? group + length : group;
}

static unsigned least_upwards(const mount *at, const char *full) {
    unsigned smallest = UINT_MAX;
    char *group = strdup(seen(at, full));
    char *slash = group;
    while (slash) {
        smallest = least(smallest, cpus(at, group));
        slash = strrchr(group, '/');
        if (slash) *slash = 0;
    }
    free(group);
    return smallest;
}

/* Whether `list`, with commas, has `word`. */
static bool lists(const char *list, const char *word) {
    size_t length = strlen(word);
    while (*list) {
        size_t here = strcspn(list, ",");
        if (here == length && !strncmp(list, word, length)) return true;
        list += here + (list[here] == ',');
    }
    return false;
}

/* Cuts a line of mountinfo: ... root point options ... - type source options */
static bool read_mount(char *line, mount *at) {
    char *rest = strstr(line, " - "), *save = NULL;
    if (!rest) return false;
    *rest = 0;
    char *type = strtok_r(rest + 3, " \n", &save);
    (void)strtok_r(NULL, " \n", &save);
    char *options = strtok_r(NULL, " \n", &save);
    char *field = strtok_r(line, " ", &save);
    for (int i = 0; field && i < 3; i++) field = strtok_r(NULL, " ", &save);
    at->root = field;
    at->point = field ? strtok_r(NULL, " ", &save) : NULL;
    if (!type || !options || !at->point) return false;
    bool v1 = !strcmp(type, "cgroup") && lists(options, "cpu");
    return at->unified ? !strcmp(type, "cgroup2") : v1;
}

static FILE *open_proc(const char *prefix, const char *name) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/proc/self/%s", prefix, name);
    return fopen(path, "re");
}

/* At all mounts of the hierarchy, or where it usually is. */
static unsigned of_group(const char *prefix, bool unified, const char *group) {
    mount at = {prefix, "/", unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu",
                unified};
    unsigned smallest = UINT_MAX;
    bool found = false;
    char *line = NULL;
    size_t room = 0;
    FILE *file = open_proc(prefix, "mountinfo");
    while (file && getline(&line, &room, file) > 0) {
        mount here = {.prefix = prefix, .unified = unified};
        if (!read_mount(line, &here)) continue;
        found = true;
        smallest = least(smallest, least_upwards(&here, group));
    }
    if (!found) smallest = least_upwards(&at, group);
    if (file) fclose(file);
    free(line);
    return smallest;
}

/* One line "id:controllers:/group"; version 2 has no controllers. */
static unsigned of_line(const char *prefix, char *line) {
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) return UINT_MAX;
    *group++ = 0;
    controllers++;
    group[strcspn(group, "\n")] = 0;
    if (!strcmp(group, "/")) *group = 0;
    if (!*controllers) return of_group(prefix, true, group);
    return lists(controllers, "cpu") ? of_group(prefix, false, group)
                                     : UINT_MAX;
}

unsigned rtk_cgroup_cpus(const char *root) {
    unsigned smallest = UINT_MAX;
    char *line = NULL;
    size_t room = 0;
    FILE *file = open_proc(root, "cgroup");
    while (file && getline(&line, &room, file) > 0)
        smallest = least(smallest, of_line(root, line));
    if (file) fclose(file);
    free(line);
    return smallest == UINT_MAX ? 0 : smallest;
}
