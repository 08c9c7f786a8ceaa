/* A program, run with the probe in it. It keeps its terminal, its descriptors
 * and its process group; the probe tells into a folder of ours. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/info.h"

/* ---- The folder -----------------------------------------------------------
 */

static rtk_status make_folder(char folder[PATH_MAX],
                              char sentence[RTK_INFO_SENTENCE]) {
    const char *place = getenv("TMPDIR");
    snprintf(folder, PATH_MAX, "%s/racetrack-info-XXXXXX",
             place && *place ? place : "/tmp");
    if (mkdtemp(folder)) return RTK_OK;
    snprintf(sentence, RTK_INFO_SENTENCE,
             "no folder for what the program tells can be made in %s: %s",
             place && *place ? place : "/tmp", strerror(errno));
    return RTK_EIO;
}

/* Calls visit() for each file; the names "." and ".." are left out. */
static void each_file(const char *folder,
                      void (*visit)(int folder, const char *name, void *arg),
                      void *arg) {
    DIR *open_folder = opendir(folder);
    if (!open_folder) return;
    int at = dirfd(open_folder);
    for (struct dirent *d; at >= 0 && (d = readdir(open_folder));)
        if (d->d_name[0] != '.') visit(at, d->d_name, arg);
    closedir(open_folder);
}

static void remove_one(int folder, const char *name, void *arg) {
    (void)arg;
    unlinkat(folder, name, 0);
}

/* Processes that live on may write one more; a second look takes it, too. */
static void remove_folder(const char *folder) {
    for (int i = 0; i < 3 && rmdir(folder) && errno == ENOTEMPTY; i++)
        each_file(folder, remove_one, NULL);
}

static void read_one(int folder, const char *name, void *processes) {
    /* A name with a third part is being written. */
    const char *dot = strchr(name, '.');
    if (!dot || strchr(dot + 1, '.')) return;
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    json_t *told = json_loadfd(file, 0, NULL);
    close(file);
    if (told) json_array_append_new(processes, told);
}

static int by_age(const void *a, const void *b) {
    const json_t *const *x = a, *const *y = b;
    json_int_t one = json_integer_value(json_object_get(*x, "image")),
               other = json_integer_value(json_object_get(*y, "image"));
    json_int_t p = json_integer_value(json_object_get(*x, "pid")),
               q = json_integer_value(json_object_get(*y, "pid"));
    return p != q ? (p < q ? -1 : 1) : one < other ? -1 : one > other;
}

/* What was told, the program's own process first. */
static json_t *read_folder(const char *folder, pid_t first) {
    json_t *all = json_array(), *sorted = json_array();
    each_file(folder, read_one, all);
    size_t n = json_array_size(all);
    json_t **list = calloc(n + 1, sizeof *list);
    if (!list) return json_decref(sorted), all;
    for (size_t i = 0; i < n; i++) list[i] = json_array_get(all, i);
    qsort(list, n, sizeof *list, by_age);
    for (int others = 0; others < 2; others++)
        for (size_t i = 0; i < n; i++) {
            json_int_t pid =
                json_integer_value(json_object_get(list[i], "pid"));
            if ((pid != first) == others) json_array_append(sorted, list[i]);
        }
    free(list);
    json_decref(all);
    return sorted;
}

/* ---- The process ----------------------------------------------------------
 */

/* The loader splits LD_PRELOAD at blanks and colons, so a path that has some
 * is reached by a link that has none. */
static const char *preloadable(const char *probe, const char *folder,
                               char link[PATH_MAX]) {
    if (!strpbrk(probe, " :\t\n")) return probe;
    snprintf(link, PATH_MAX, "%.4000s/.probe.so", folder);
    return symlink(probe, link) ? probe : link;
}

static void become(const rtk_info_target *target, const char *path,
                   const char *folder, int failed) {
    char link[PATH_MAX], preload[3 * PATH_MAX];
    const char *before = getenv("LD_PRELOAD");
    snprintf(preload, sizeof preload, "%s%s%s", before ? before : "",
             before && *before ? ":" : "",
             preloadable(target->probe, folder, link));
    setenv("LD_PRELOAD", preload, 1);
    setenv("RACETRACK_INFO_DIR", folder, 1);
    signal(SIGPIPE, SIG_DFL);
    execv(path, target->argv);
    int why = errno;
    (void)!write(failed, &why, sizeof why);
    _exit(127);
}

/* The terminal's Ctrl-C goes to all of its foreground group, us and the
 * program; a signal to us alone is passed on. */
static bool from_terminal(int signal_number) {
    int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC);
    bool ours = terminal >= 0 && tcgetpgrp(terminal) == getpgrp();
    if (terminal >= 0) close(terminal);
    return ours && signal_number == SIGINT;
}

/* Returns the wait status. */
static int wait_for(pid_t program) {
    int status = 0, passed = 0;
    while (waitpid(program, &status, 0) < 0 && errno == EINTR) {
        int stop = rtk_interrupted();
        if (stop && stop != passed && !from_terminal(stop)) kill(program, stop);
        passed = stop;
    }
    return status;
}

static pid_t start(const rtk_info_target *target, const char *path,
                   const char *folder, char sentence[RTK_INFO_SENTENCE]) {
    int failed[2], why = 0;
    pid_t program = -1;
    if (pipe2(failed, O_CLOEXEC) == 0) {
        fflush(NULL);
        program = fork();
        if (program == 0) become(target, path, folder, failed[1]);
        close(failed[1]);
        if (program < 0 || read(failed[0], &why, sizeof why) == sizeof why) {
            if (program > 0) waitpid(program, NULL, 0);
            program = -1;
        }
        close(failed[0]);
    }
    if (program < 0)
        snprintf(sentence, RTK_INFO_SENTENCE, "%s cannot be started: %s", path,
                 strerror(why ? why : errno));
    return program;
}

static json_t *ended(const rtk_info_target *target, int status,
                     json_t *processes) {
    json_t *words = json_array(), *end = json_object();
    for (char *const *word = target->argv; *word; word++) {
        json_t *text = json_string(*word);
        json_array_append_new(words, text ? text : json_string("?"));
    }
    if (WIFSIGNALED(status)) {
        json_object_set_new(end, "signal", json_integer(WTERMSIG(status)));
        json_object_set_new(end, "name",
                            json_string(strsignal(WTERMSIG(status))));
    } else {
        json_object_set_new(end, "code", json_integer(WEXITSTATUS(status)));
    }
    return json_pack("{so so so}", "command", words, "end", end, "processes",
                     processes);
}

rtk_status rtk_info_run(const rtk_info_target *target, json_t **result,
                        char sentence[RTK_INFO_SENTENCE]) {
    char path[4096], folder[PATH_MAX];
    const char *why = NULL;
    if (!rtk_info_find(target->argv[0], path, &why)) {
        snprintf(sentence, RTK_INFO_SENTENCE,
                 "there is no program \"%.900s\": %s", target->argv[0], why);
        return RTK_EIO;
    }
    rtk_status s = make_folder(folder, sentence);
    if (s) return s;
    pid_t program = start(target, path, folder, sentence);
    if (program > 0) {
        int status = wait_for(program);
        *result = ended(target, status, read_folder(folder, program));
    }
    char link[PATH_MAX];
    snprintf(link, sizeof link, "%.4000s/.probe.so", folder);
    unlink(link);
    remove_folder(folder);
    if (program < 0) return RTK_EIO;
    if (json_array_size(json_object_get(*result, "processes"))) return RTK_OK;
    why = rtk_info_blind(path);
    snprintf(sentence, RTK_INFO_SENTENCE, "nothing could be seen of %.700s: %s",
             path,
             why ? why
                 : "it ended before the dynamic loader had loaded the probe, "
                   "or it removed the folder for its report");
    return RTK_EUNSUPPORTED;
}
