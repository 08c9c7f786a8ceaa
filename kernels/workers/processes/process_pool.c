/* The life of a pool of processes, in the caller's process. */

#include "kernels/workers/executors.h"
#include "kernels/workers/processes/processes_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RETRIES_MOST = 4000, PATIENCE_MS = 5000 };

static bool foreign(const rtk_processes *p) {
    /* Relaxed: set in a child while it has one thread. */
    return atomic_load_explicit(&p->foreign, memory_order_relaxed);
}

/* ---- One at a time --------------------------------------------------------
 */

/* Sleep until the owner leaves, or for a while if there is a token to look at.
 */
static void doze(rtk_processes *p, bool timed) {
    enum { CANCEL_NS = 2000000, SECOND_NS = 1000000000 };
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += CANCEL_NS;
    t.tv_sec += t.tv_nsec / SECOND_NS;
    t.tv_nsec %= SECOND_NS;
    if (timed)
        pthread_cond_timedwait(&p->freed, &p->lock, &t);
    else
        pthread_cond_wait(&p->freed, &p->lock);
}

rtk_status rtk_processes_enter(rtk_processes *pool, const rtk_cancel *cancel) {
    bool stop = false;
    if (foreign(pool)) return RTK_EUNSUPPORTED;
    pthread_mutex_lock(&pool->lock);
    while (pool->busy && !stop) {
        doze(pool, cancel != NULL);
        stop = cancel && rtk_cancel_requested(cancel);
    }
    if (!stop) pool->busy = true;
    pthread_mutex_unlock(&pool->lock);
    return stop ? RTK_ECANCELLED : RTK_OK;
}

void rtk_processes_leave(rtk_processes *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->busy = false;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}

/* ---- Starting -------------------------------------------------------------
 */

static int receive_descriptor(int wire) {
    enum { START_SECONDS = 10 };
    char byte;
    int fd = -1;
    struct iovec iov = {&byte, 1};
    struct timeval limit = {START_SECONDS, 0};
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.room,
                       .msg_controllen = sizeof control.room};
    ssize_t got;
    setsockopt(wire, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    while ((got = recvmsg(wire, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    if (c && c->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

/* What the caller has printed but not written yet shall not be written by a
 * worker as well. Its signal handlers are not for the child. */
static pid_t fork_keeper(rtk_processes *p, const int wire[2]) {
    sigset_t all, before;
    pid_t app = getpid();
    fflush(stdout);
    fflush(stderr);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t keeper = fork();
    if (keeper == 0) {
        close(wire[0]);
        rtk_process_keep(p->board, wire[1], app, p->keep_descriptors);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return keeper;
}

static void publish(rtk_processes *p, int wire, int life) {
    pthread_mutex_lock(&p->lock);
    p->wire = wire;
    p->life = life;
    pthread_mutex_unlock(&p->lock);
}

/* Relaxed: there is no process that looks. */
static void clear_board(rtk_process_board *b) {
    for (unsigned i = 0; i < PROCESS_SEATS; i++) {
        if (i >= atomic_load_explicit(&b->used, memory_order_relaxed)) break;
        atomic_store_explicit(&b->seat[i].holds, SEAT_EMPTY,
                              memory_order_relaxed);
        atomic_store_explicit(&b->seat[i].pid, 0, memory_order_relaxed);
    }
    atomic_store_explicit(&b->used, 0, memory_order_relaxed);
    atomic_store_explicit(&b->starved, 0, memory_order_relaxed);
    atomic_store_explicit(&b->server, 0, memory_order_relaxed);
    atomic_store_explicit(&b->keeper, 0, memory_order_relaxed);
}

/* RTK_ESKIPPED: the keeper was forked, but has ended already. */
static rtk_status launch_once(rtk_processes *p) {
    int wire[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wire))
        return RTK_ETHREAD;
    clear_board(p->board);
    p->keeper = fork_keeper(p, wire);
    close(wire[1]);
    int life = p->keeper > 0 ? receive_descriptor(wire[0]) : -1;
    bool forked = p->keeper > 0;
    publish(p, wire[0], life);
    if (life >= 0) return RTK_OK;
    rtk_processes_stop(p);
    return forked ? RTK_ESKIPPED : RTK_ETHREAD;
}

static rtk_status launch(rtk_processes *p) {
    enum { ATTEMPTS = 20 };
    rtk_loaded_code_free(p->code);
    p->code = NULL;
    rtk_status s = rtk_loaded_code_list(&p->code);
    if (s) return s;
    if (atexit(rtk_process_exit_here)) return RTK_ENOMEM;
    s = RTK_ESKIPPED;
    for (int i = 0; i < ATTEMPTS && s == RTK_ESKIPPED; i++) s = launch_once(p);
    return s == RTK_ESKIPPED ? RTK_ETHREAD : s;
}

bool rtk_processes_gone(const rtk_processes *pool) {
    struct pollfd end = {.fd = pool->life};
    return pool->life < 0 || poll(&end, 1, 0) > 0;
}

/* A keeper that was killed, and whose place the server has taken. */
static void reap_keeper(rtk_processes *p) {
    if (p->keeper > 0 && waitpid(p->keeper, NULL, WNOHANG)) p->keeper = 0;
}

rtk_status rtk_processes_start(rtk_processes *pool) {
    reap_keeper(pool);
    if (!rtk_processes_gone(pool)) return RTK_OK;
    rtk_processes_stop(pool);
    return launch(pool);
}

void rtk_processes_poke(rtk_processes *pool) {
    char byte = 0;
    pthread_mutex_lock(&pool->lock);
    /* A socket that is full asks for attention as it is. */
    if (pool->wire >= 0)
        (void)!send(pool->wire, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    pthread_mutex_unlock(&pool->lock);
}

/* ---- Stopping -------------------------------------------------------------
 */

/* Until everybody's end of the pipe is closed. A keeper that has been stopped
 * does not end by itself; the server then does its work. */
static void await_end(const rtk_processes *p) {
    struct pollfd end = {.fd = p->life};
    while (p->life >= 0) {
        int n = poll(&end, 1, PATIENCE_MS);
        if (n > 0) return;
        if (n == 0 && p->keeper > 0) kill(p->keeper, SIGKILL);
    }
}

void rtk_processes_stop(rtk_processes *pool) {
    int wire = pool->wire, life = pool->life;
    if (wire >= 0) shutdown(wire, SHUT_RDWR);
    await_end(pool);
    /* It has closed its end, so it is about to be reaped, or was. */
    while (pool->keeper > 0 && waitpid(pool->keeper, NULL, 0) < 0 &&
           errno == EINTR) {
    }
    pool->keeper = 0;
    publish(pool, -1, -1);
    if (wire >= 0) close(wire);
    if (life >= 0) close(life);
}

rtk_status rtk_processes_shutdown(rtk_processes *pool) {
    if (rtk_loop_in_part()) return RTK_EUNSUPPORTED;
    rtk_status s = rtk_processes_enter(pool, NULL);
    if (s) return s;
    rtk_processes_stop(pool);
    rtk_processes_leave(pool);
    return RTK_OK;
}

/* ---- A forked child -------------------------------------------------------
 */

/* The child has one thread, and none of the processes are its own. */
static void become_foreign(void *self) {
    rtk_processes *p = self;
    atomic_store_explicit(&p->foreign, true, memory_order_relaxed);
    if (p->wire >= 0) close(p->wire);
    if (p->life >= 0) close(p->life);
    p->wire = p->life = -1;
    p->keeper = 0;
    p->busy = false;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->freed, NULL);
}

/* ---- Making and freeing ---------------------------------------------------
 */

static void destroy(rtk_processes *p) {
    bool ours = !foreign(p);
    rtk_fork_unwatch(&p->fork);
    rtk_arena_free(p->arena, ours);
    if (p->board) munmap(p->board, sizeof *p->board);
    rtk_loaded_code_free(p->code);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->freed);
    free(p);
}

void rtk_processes_free(rtk_processes *pool) {
    if (!pool) return;
    if (rtk_loop_in_part() && !foreign(pool)) return;
    if (!foreign(pool)) rtk_processes_stop(pool);
    destroy(pool);
}

static rtk_status check(const rtk_processes_options *o) {
    bool fits = o->size >= sizeof *o && o->workers >= 1 &&
                o->workers <= RTK_WORKERS_MAX && o->retries <= RETRIES_MOST;
    if (!fits) return RTK_EINVAL;
    return rtk_loop_in_part() ? RTK_EUNSUPPORTED : RTK_OK;
}

static void set(rtk_processes *p, const rtk_processes_options *o) {
    p->executor = (rtk_executor){.size = sizeof p->executor,
                                 .name = "processes",
                                 .self = p,
                                 .map = rtk_process_map,
                                 .apply = rtk_process_apply};
    p->fork = (rtk_fork_watcher){.child = become_foreign, .self = p};
    p->retries = o->retries;
    p->timeout_ns = o->timeout_ns;
    p->keep_descriptors = o->keep_descriptors != 0;
    p->wire = p->life = -1;
    p->counts = (rtk_processes_counts){
        .size = sizeof p->counts, .last_part = SIZE_MAX, .last_exit = -1};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->freed, NULL);
}

static rtk_status map_board(rtk_processes *p, unsigned workers) {
    void *board = mmap(NULL, sizeof *p->board, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (board == MAP_FAILED) return RTK_ENOMEM;
    p->board = board;
    atomic_store_explicit(&p->board->wanted, workers, memory_order_relaxed);
    return RTK_OK;
}

rtk_status rtk_processes_new_with(rtk_processes **pool,
                                  const rtk_processes_options *options) {
    rtk_status s = check(options);
    if (s) return s;
    rtk_processes *p = calloc(1, sizeof *p);
    if (!p) return RTK_ENOMEM;
    set(p, options);
    s = rtk_fork_watch(&p->fork);
    if (!s) s = rtk_arena_new(&p->arena, options->arena_bytes);
    if (!s) s = map_board(p, options->workers);
    if (!s) s = launch(p);
    if (s)
        destroy(p);
    else
        *pool = p;
    return s;
}

rtk_status rtk_processes_new(rtk_processes **pool, unsigned workers) {
    rtk_processes_options options = RTK_PROCESSES_OPTIONS;
    options.workers = workers;
    return rtk_processes_new_with(pool, &options);
}

/* ---- The rest of the interface --------------------------------------------
 */

const rtk_executor *rtk_processes_executor(rtk_processes *pool) {
    return &pool->executor;
}

rtk_status rtk_processes_alloc(rtk_processes *pool, size_t bytes, size_t align,
                               void **memory) {
    if (foreign(pool)) return RTK_EUNSUPPORTED;
    return rtk_arena_take(pool->arena, bytes, align, memory);
}

void rtk_processes_release(rtk_processes *pool, void *memory) {
    if (!foreign(pool)) rtk_arena_give_back(pool->arena, memory);
}

rtk_status rtk_processes_resize(rtk_processes *pool, unsigned workers) {
    if (foreign(pool)) return RTK_EUNSUPPORTED;
    if (!workers || workers > RTK_WORKERS_MAX) return RTK_EINVAL;
    /* Release; pairs with the server's look. */
    atomic_store_explicit(&pool->board->wanted, workers, memory_order_release);
    rtk_processes_poke(pool);
    return RTK_OK;
}

void rtk_processes_count(rtk_processes *pool, rtk_processes_counts *counts) {
    rtk_process_board *b = pool->board;
    unsigned used = atomic_load_explicit(&b->used, memory_order_acquire);
    pthread_mutex_lock(&pool->lock);
    *counts = pool->counts;
    bool any = pool->life >= 0;
    pthread_mutex_unlock(&pool->lock);
    /* Relaxed: figures. */
    counts->deaths = atomic_load_explicit(&b->deaths, memory_order_relaxed);
    for (unsigned i = 0; any && i < used; i++)
        counts->workers +=
            atomic_load_explicit(&b->seat[i].holds, memory_order_relaxed) ==
            SEAT_ALIVE;
}
