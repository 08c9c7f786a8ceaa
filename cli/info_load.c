/* Libraries, loaded in a child process: one that crashes, hangs or exits while
 * it is loaded takes only the child with it. */

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/info.h"
#include "kernels/threadpools/pool_info.h"

enum { MINUTE_MS = 60000, PAUSE_MS = 2, FAILED = 1 };

/* Shared by the child, which writes, and the parent, which reads after the
 * child's end. */
typedef struct shared {
    size_t at; /* which library is being loaded */
    char error[RTK_INFO_SENTENCE];
} shared;

typedef struct saying {
    FILE *to;
    bool more;
} saying;

static void say(void *arg, const char *sentence) {
    saying *s = arg;
    if (s->more) fputc(',', s->to);
    s->more = true;
    rtk_json_string(sentence, s->to);
}

static int tell(FILE *to) {
    rtk_pools *pools;
    if (rtk_pools_new(&pools)) return FAILED;
    fputs("{\"told_at\":\"load\",\"threads\":{\"own\":1},\"pools\":", to);
    if (rtk_pools_write_json(pools, to)) return FAILED;
    fputs(",\"warnings\":[", to);
    rtk_pools_warnings(pools, say, &(saying){to, false});
    fputs("]}\n", to);
    return fclose(to) ? FAILED : 0;
}

static int in_child(const rtk_info_target *target, int file, shared *told,
                    pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) return FAILED;
    setpgid(0, 0);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    /* The standard output is for our document. */
    dup2(STDERR_FILENO, STDOUT_FILENO);
    for (size_t i = 0; i < target->n_loads; i++) {
        told->at = i;
        if (dlopen(target->loads[i], RTLD_LAZY | RTLD_LOCAL)) continue;
        const char *error = dlerror();
        snprintf(told->error, sizeof told->error, "%s", error ? error : "?");
        return FAILED;
    }
    told->at = target->n_loads;
    FILE *to = fdopen(file, "w");
    return to ? tell(to) : FAILED;
}

/* False: it took too long, or we were asked to stop; it is gone then, too. */
static bool wait_for(pid_t child, unsigned timeout_ms, int *status) {
    struct timespec pause = {0, PAUSE_MS * 1000000L};
    bool ended = false;
    for (unsigned ms = 0; !ended && ms < timeout_ms && !rtk_interrupted();
         ms += PAUSE_MS) {
        ended = waitpid(child, status, WNOHANG) == child;
        if (!ended) nanosleep(&pause, NULL);
    }
    /* What a library has started goes with it. */
    kill(-child, SIGKILL);
    if (!ended) {
        kill(child, SIGKILL);
        waitpid(child, status, 0);
    }
    return ended;
}

/* A bare name is no path, which people forget. */
static const char *hint(const char *name) {
    if (strchr(name, '/') || access(name, F_OK)) return "";
    return " (a file in this folder is given with ./ before it)";
}

static void explain(const rtk_info_target *target, const shared *told,
                    int status, char sentence[RTK_INFO_SENTENCE]) {
    const char *name =
        told->at < target->n_loads ? target->loads[told->at] : "looking";
    const char *error = told->error;
    size_t length = strlen(name);
    /* The loader's sentence often starts with the name. */
    if (!strncmp(error, name, length) && !strncmp(error + length, ": ", 2))
        error += length + 2;
    if (*error)
        snprintf(sentence, RTK_INFO_SENTENCE, "%.300s cannot be loaded: %s%s",
                 name, error, hint(name));
    else if (WIFSIGNALED(status))
        snprintf(sentence, RTK_INFO_SENTENCE, "%.300s crashes when loaded: %s",
                 name, strsignal(WTERMSIG(status)));
    else
        snprintf(sentence, RTK_INFO_SENTENCE,
                 "%.300s ends the process that loads it, with exit code %d",
                 name, WEXITSTATUS(status));
}

static rtk_status judge(const rtk_info_target *target, const shared *told,
                        bool ended, int status, FILE *text, json_t **result,
                        char sentence[RTK_INFO_SENTENCE]) {
    if (rtk_interrupted()) return RTK_ECANCELLED;
    if (!ended) {
        snprintf(sentence, RTK_INFO_SENTENCE,
                 "%.300s was not loaded within the time; see --timeout",
                 target->loads[told->at < target->n_loads ? told->at : 0]);
        return RTK_EIO;
    }
    json_t *process =
        fseek(text, 0, SEEK_SET) ? NULL : json_loadf(text, 0, NULL);
    if (status || !process) {
        json_decref(process);
        explain(target, told, status, sentence);
        return RTK_EIO;
    }
    json_t *loads = json_array();
    for (size_t i = 0; i < target->n_loads; i++)
        json_array_append_new(loads, json_string(target->loads[i]));
    *result = json_pack("{so s[o]}", "loads", loads, "processes", process);
    return RTK_OK;
}

rtk_status rtk_info_load(const rtk_info_target *target, json_t **result,
                         char sentence[RTK_INFO_SENTENCE]) {
    rtk_status s = RTK_ENOMEM;
    int status = 0;
    shared *told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int file = memfd_create("racetrack-info", MFD_CLOEXEC);
    FILE *text = file < 0 ? NULL : fdopen(file, "r");
    pid_t parent = getpid(), child = -1;
    snprintf(sentence, RTK_INFO_SENTENCE, "no process can be started: %s",
             strerror(errno));
    if (text && told != MAP_FAILED) {
        fflush(stdout);
        child = fork();
    }
    if (child == 0) _exit(in_child(target, file, told, parent));
    if (child > 0) {
        bool ended =
            wait_for(child, target->timeout_ms ? target->timeout_ms : MINUTE_MS,
                     &status);
        s = judge(target, told, ended, status, text, result, sentence);
    }
    if (text) fclose(text);
    if (told != MAP_FAILED) munmap(told, sizeof *told);
    return s;
}
