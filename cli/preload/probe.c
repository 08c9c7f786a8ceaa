#include "cli/preload/probe.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/preload/probe_threads.h"
#include "kernels/threadpools/pool_info.h"

/* Set once at the start, and in a forked child. */
static char folder[PATH_MAX];
static pid_t own_process;
static bool forked;
/* Guarded by `telling`. */
static rtk_pools *pools;
static int image = -1;
/* Who takes it (acquire) sees what the one before wrote (release). */
static _Atomic bool telling;
/* This thread has it: what is called from inside must not tell again. */
static _Thread_local bool inside;

/* ---- What is told ---------------------------------------------------------
 */

static void words(FILE *to) {
    char line[1024];
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = file < 0 ? 0 : read(file, line, sizeof line - 1);
    if (file >= 0) close(file);
    if (n < 0) n = 0;
    line[n] = 0;
    fputs(",\"words\":[", to);
    for (ssize_t i = 0; i < n; i += (ssize_t)strlen(line + i) + 1) {
        if (i) fputc(',', to);
        rtk_json_string(line + i, to);
    }
    fputs("]", to);
}

static bool of_a_pool(const void *base) {
    rtk_pool_info info;
    for (size_t i = 0; i < rtk_pools_count(pools); i++)
        if (!rtk_pools_info(pools, i, &info) && info.base == (uintptr_t)base)
            return true;
    return false;
}

/* Threads by the object in which they start, and how many are the program's
 * own. */
static void threads(FILE *to) {
    rtk_probe_start starts[RTK_PROBE_STARTS];
    unsigned most = rtk_probe_threads(starts), own = 1;
    bool first = true;
    fputs(",\"threads\":{\"started_in\":[", to);
    for (size_t i = 0; i < RTK_PROBE_STARTS; i++) {
        Dl_info in = {0};
        if (!starts[i].most) continue;
        if (starts[i].function) dladdr((void *)starts[i].function, &in);
        bool pool = in.dli_fbase && of_a_pool(in.dli_fbase);
        if (!pool) own += starts[i].most;
        fputs(first ? "{\"path\":" : ",{\"path\":", to);
        rtk_json_string(in.dli_fname, to);
        fprintf(to, ",\"pool\":%s,\"most\":%u}", pool ? "true" : "false",
                starts[i].most);
        first = false;
    }
    fprintf(to, "],\"most\":%u,\"own\":%u}", most, own);
}

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

static void write_all(const char *when, FILE *to) {
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = 0;
    fprintf(to, "{\"pid\":%d,\"image\":%d,\"forked\":%s,\"told_at\":\"%s\"",
            (int)own_process, image, forked ? "true" : "false", when);
    fputs(",\"program\":", to);
    rtk_json_string(program, to);
    words(to);
    threads(to);
    fputs(",\"pools\":", to);
    if (rtk_pools_write_json(pools, to)) fputs("[]", to);
    fputs(",\"warnings\":[", to);
    rtk_pools_warnings(pools, say, &(saying){to, false});
    fputs("]}\n", to);
}

/* ---- Where it is told -----------------------------------------------------
 */

/* Takes a name that no image of this process has had. */
static bool take_name(char name[PATH_MAX]) {
    for (int n = image < 0 ? 0 : image; n < 10000; n++) {
        snprintf(name, PATH_MAX, "%.4000s/%d.%d", folder, (int)own_process, n);
        if (n == image) return true;
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file >= 0) {
            close(file);
            image = n;
            return true;
        }
        if (errno != EEXIST) return false;
    }
    return false;
}

static void put(const char *text, size_t length, const char *name) {
    char beside[PATH_MAX + 8];
    snprintf(beside, sizeof beside, "%s.new", name);
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return;
    ssize_t put_there = 0;
    while (length && (put_there = write(file, text, length)) > 0) {
        text += put_there;
        length -= (size_t)put_there;
    }
    close(file);
    if (length || rename(beside, name)) unlink(beside);
}

static void tell(const char *when) {
    char name[PATH_MAX], *text = NULL;
    size_t length = 0;
    if (!pools && rtk_pools_new(&pools)) return;
    (void)!rtk_pools_refresh(pools, NULL);
    if (!take_name(name)) return;
    FILE *to = open_memstream(&text, &length);
    if (!to) return;
    write_all(when, to);
    if (fclose(to) == 0) put(text, length, name);
    free(text);
}

/* ---- When it is told ------------------------------------------------------
 */

bool rtk_probe_may_tell(void) {
    return folder[0] && !inside && getpid() == own_process;
}

/* Wait a second at most: whoever is telling may never come back. The thread
 * that tells hands over by a release. */
static bool enter(void) {
    struct timespec pause = {0, 1000000};
    for (int i = 0; i < 1000; i++) {
        if (!atomic_exchange_explicit(&telling, true, memory_order_acquire)) {
            inside = true;
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

static void leave(void) {
    inside = false;
    /* Pairs with the acquire in enter(). */
    atomic_store_explicit(&telling, false, memory_order_release);
}

void rtk_probe_tell(const char *when) {
    int saved = errno;
    if (!rtk_probe_may_tell() || (forked && strcmp(when, "exec") == 0)) return;
    if (enter()) {
        tell(when);
        leave();
    }
    errno = saved;
}

void rtk_probe_look(void) {
    int saved = errno;
    size_t found = 0;
    if (!rtk_probe_may_tell() || !enter()) return;
    if (!pools || (!rtk_pools_refresh(pools, &found) && found)) tell("load");
    leave();
    /* What our search did not find is no error of the program's. */
    dlerror();
    errno = saved;
}

static void at_exit(void) {
    rtk_probe_tell("exit");
}

static void child_after_fork(void) {
    own_process = getpid();
    forked = true;
    image = -1;
    rtk_probe_threads_forget();
    atomic_store_explicit(&telling, false, memory_order_relaxed);
}

/* Preloaded objects are made ready after the libraries of the program and
 * before the program itself. */
__attribute__((constructor)) static void begin(void) {
    const char *place = getenv("RACETRACK_INFO_DIR");
    if (!place || strlen(place) > 4000) return;
    snprintf(folder, sizeof folder, "%s", place);
    own_process = getpid();
    /* Without memory for the handlers an end is not told of. */
    (void)!pthread_atfork(NULL, NULL, child_after_fork);
    (void)!atexit(at_exit);
    (void)!at_quick_exit(at_exit);
    rtk_probe_tell("start");
}
