/* What the probe stands in front of, besides pthread_create(). */

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/preload/probe.h"

#if defined(__has_attribute)
#if __has_attribute(musttail)
#define BY_A_JUMP __attribute__((musttail))
#endif
#endif
#ifndef BY_A_JUMP
#define BY_A_JUMP /* gcc does so from -O2 on */
#endif

/* ---- Loading --------------------------------------------------------------
 */

typedef void *loader(const char *, int);

/* This thread is so deep in dlopen(): the loader's lock is held and libraries
 * are half made there. A load that was left by a jump cannot be seen to end, so
 * after one this thread looks no more. */
static _Thread_local unsigned loading;
static _Thread_local bool unsure;

static loader *next_dlopen(void) {
    /* Relaxed: whoever looks it up finds the same. */
    static _Atomic(loader *) next;
    loader *found = atomic_load_explicit(&next, memory_order_relaxed);
    if (!found) {
        *(void **)&found = dlsym(RTLD_NEXT, "dlopen");
        atomic_store_explicit(&next, found, memory_order_relaxed);
    }
    return found;
}

static bool has_run_path(const void *caller) {
    Dl_info info;
    struct link_map *map = NULL;
    if (!dladdr1(caller, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
        return true;
    for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_RPATH || d->d_tag == DT_RUNPATH) return true;
    return false;
}

static void *load(const char *name, int mode) {
    loading++;
    void *handle = next_dlopen()(name, mode);
    loading--;
    if (!loading && !unsure && handle) rtk_probe_look();
    return handle;
}

/* A path is the same for every caller. A bare name is searched for by the run
 * path of the object that calls: where that has one it must stay the caller. */
RTK_PROBE_EXPORT void *dlopen(const char *file, int mode) {
    if (file &&
        (strchr(file, '/') ? !strchr(file, '$')
                           : !has_run_path(__builtin_return_address(0))))
        return load(file, mode);
    if (file) unsure = true;
    BY_A_JUMP return next_dlopen()(file, mode);
}

/* ---- Ends of a process ----------------------------------------------------
 */

static void leave(int status) {
    for (;;) syscall(SYS_exit_group, status);
}

static volatile sig_atomic_t leave_status;

static void too_long(int number) {
    (void)number;
    leave(leave_status);
}

/* _exit() may come from a signal handler that has interrupted malloc(), or from
 * a child of a process with threads: telling may then wait for ever, and the
 * process ends without. Its timer and handler are its own no more. */
RTK_PROBE_EXPORT void _exit(int status) {
    struct sigaction how = {.sa_handler = too_long};
    struct itimerval two_seconds = {.it_value = {2, 0}};
    sigset_t timer;
    if (!rtk_probe_may_tell()) leave(status);
    leave_status = status;
    sigaction(SIGALRM, &how, NULL);
    setitimer(ITIMER_REAL, &two_seconds, NULL);
    sigemptyset(&timer);
    sigaddset(&timer, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &timer, NULL);
    rtk_probe_tell("exit");
    leave(status);
    __builtin_unreachable();
}

RTK_PROBE_EXPORT void _Exit(int status) {
    _exit(status);
}

typedef int execute(const char *, char *const *, char *const *);

static int exec_by(const char *function, const char *path, char *const argv[],
                   char *const envp[]) {
    execute *next;
    rtk_probe_tell("exec");
    *(void **)&next = dlsym(RTLD_NEXT, function);
    return next(path, argv, envp);
}

RTK_PROBE_EXPORT int execve(const char *path, char *const argv[],
                            char *const envp[]) {
    return exec_by("execve", path, argv, envp);
}

RTK_PROBE_EXPORT int execvpe(const char *file, char *const argv[],
                             char *const envp[]) {
    return exec_by("execvpe", file, argv, envp);
}

RTK_PROBE_EXPORT int execv(const char *path, char *const argv[]) {
    return exec_by("execve", path, argv, environ);
}

RTK_PROBE_EXPORT int execvp(const char *file, char *const argv[]) {
    return exec_by("execvpe", file, argv, environ);
}

/* The words of a call with an open end, into `argv` if there is room. Returns
 * how many there are, the NULL at the end included. */
static size_t words(const char *first, va_list *more, char **argv,
                    size_t room) {
    size_t n = 0;
    for (const char *word = first;; word = va_arg(*more, const char *)) {
        if (n < room) memcpy(&argv[n], &word, sizeof word);
        n++;
        if (!word) return n;
    }
}

/* argv of a call with an open end, on the stack as in a child of vfork(). */
#define COLLECT(argv, first)                                                   \
    va_list more, again;                                                       \
    va_start(more, first);                                                     \
    va_copy(again, more);                                                      \
    size_t count = words(first, &again, NULL, 0);                              \
    va_end(again);                                                             \
    char *argv[count];                                                         \
    words(first, &more, argv, count)

RTK_PROBE_EXPORT int execl(const char *path, const char *arg, ...) {
    COLLECT(argv, arg);
    va_end(more);
    return execv(path, argv);
}

RTK_PROBE_EXPORT int execlp(const char *file, const char *arg, ...) {
    COLLECT(argv, arg);
    va_end(more);
    return execvp(file, argv);
}

RTK_PROBE_EXPORT int execle(const char *path, const char *arg, ...) {
    COLLECT(argv, arg);
    char *const *envp = va_arg(more, char *const *);
    va_end(more);
    return execve(path, argv, envp);
}
