/* A program with a thread pool that ends in the way it is told, for the tests
 * of `racetrack info -- PROGRAM`: pools_program LIBRARY WAY. */

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 5 };

static pthread_barrier_t all_here;

static void *wait_for_all(void *arg) {
    pthread_barrier_wait(&all_here);
    return arg;
}

static int own_threads(void) {
    pthread_t id[THREADS];
    pthread_barrier_init(&all_here, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&id[i], NULL, wait_for_all, NULL)) return 1;
    for (int i = 0; i < THREADS; i++) pthread_join(id[i], NULL);
    return 0;
}

static void leave_at_once(int number) {
    _exit(number == SIGTERM ? 9 : 1);
}

static int children(void (*set)(int)) {
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            set(1);
            _exit(0);
        }
    while (wait(NULL) > 0) {
    }
    return 0;
}

static int child_of_vfork(void) {
    pid_t child = vfork();
    if (child == 0) {
        execlp("true", "true", (char *)NULL);
        _exit(1);
    }
    return waitpid(child, NULL, 0) == child ? 0 : 1;
}

int main(int argc, char **argv) {
    char *empty[] = {NULL};
    if (argc < 3) return 2;
    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 77;
    }
    void (*set)(int) = NULL;
    *(void **)&set = dlsym(library, "openblas_set_num_threads");
    if (!set) return 3;
    set(2);
    const char *way = argv[2];
    printf("out\n");
    fprintf(stderr, "err\n");
    fflush(stdout);
    set(1);
    if (!strcmp(way, "return")) return 5;
    if (!strcmp(way, "exit")) exit(5);
    if (!strcmp(way, "_exit")) _exit(5);
    if (!strcmp(way, "quick_exit")) quick_exit(5);
    if (!strcmp(way, "handler")) {
        signal(SIGTERM, leave_at_once);
        raise(SIGTERM);
    }
    if (!strcmp(way, "segv")) raise(SIGSEGV);
    if (!strcmp(way, "kill")) raise(SIGKILL);
    if (!strcmp(way, "abort")) abort();
    if (!strcmp(way, "exec")) execl("/bin/sh", "sh", "-c", "exit 5", NULL);
    if (!strcmp(way, "execle"))
        execle("/bin/sh", "sh", "-c", "exit 5", NULL, empty);
    if (!strcmp(way, "dlclose")) dlclose(library);
    if (!strcmp(way, "threads")) return own_threads();
    if (!strcmp(way, "fork")) return children(set);
    if (!strcmp(way, "vfork")) return child_of_vfork();
    if (!strcmp(way, "sleep")) sleep(60);
    return 0;
}
