/* The keeper and the server, see process_board.h. Both are forked from a
 * process that may have had threads: they call nothing that could wait for one
 * of those. */

#include "kernels/workers/processes/process_board.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_MS = 50 };

/* What keeper and server know, each its own copy. */
typedef struct family {
    rtk_process_board *board;
    pid_t app, keeper;
    int wire, life;
    int app_end; /* readable when the application ended, or -1 */
    int signals; /* SIGCHLD, and SIGUSR1 for the parent's end */
} family;

static void say_name(const char *name) {
    prctl(PR_SET_NAME, name);
}

/* ---- The dead -------------------------------------------------------------
 */

static unsigned used(const family *f) {
    return atomic_load_explicit(&f->board->used, memory_order_acquire);
}

static bool alive(const rtk_process_seat *seat) {
    return atomic_load_explicit(&seat->holds, memory_order_acquire) ==
           SEAT_ALIVE;
}

static pid_t number(const rtk_process_seat *seat) {
    return atomic_load_explicit(&seat->pid, memory_order_acquire);
}

static void note(family *f, pid_t pid, int ended) {
    for (unsigned i = 0; i < used(f); i++) {
        rtk_process_seat *seat = &f->board->seat[i];
        if (alive(seat) && number(seat) == pid)
            rtk_process_bury(f->board, seat, ended);
    }
}

/* Note all that have ended; whether `one` was among them. */
static bool reap(family *f, pid_t one, int *ended) {
    bool found = false;
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        note(f, pid, status);
        if (pid != one) continue;
        found = true;
        *ended = status;
    }
    return found;
}

/* End all workers that are left and wait for that. They are our children: born
 * here, or come to us when the server died. A seat without a number has run
 * nothing and never will. */
static void clear(family *f) {
    for (unsigned i = 0; i < used(f); i++) {
        rtk_process_seat *seat = &f->board->seat[i];
        pid_t pid = number(seat);
        int ended = SIGKILL, status = 0;
        if (!alive(seat)) continue;
        if (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
            kill(pid, SIGKILL);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
            }
        }
        if (pid > 0) ended = status;
        rtk_process_bury(f->board, seat, ended);
    }
}

/* ---- Waiting --------------------------------------------------------------
 */

static bool app_gone(const family *f) {
    struct pollfd p[2] = {{f->app_end, POLLIN, 0}, {f->wire, 0, 0}};
    return poll(p, 2, 0) > 0;
}

static void wait_for_news(const family *f, short wire, int timeout_ms) {
    struct pollfd p[3] = {
        {f->app_end, POLLIN, 0}, {f->wire, wire, 0}, {f->signals, POLLIN, 0}};
    struct signalfd_siginfo told[8];
    char bytes[64];
    poll(p, 3, timeout_ms);
    /* Both are read for nothing but to be empty: what they say is looked up. */
    (void)!read(f->signals, told, sizeof told);
    if (wire) (void)!recv(f->wire, bytes, sizeof bytes, MSG_DONTWAIT);
}

/* ---- The server -----------------------------------------------------------
 */

static int vacancy(const family *f) {
    for (unsigned i = 0; i < PROCESS_SEATS; i++)
        if (atomic_load_explicit(&f->board->seat[i].holds,
                                 memory_order_acquire) == SEAT_EMPTY)
            return (int)i;
    return -1;
}

static void prepare(rtk_process_seat *seat) {
    /* Relaxed: the worker is not born yet; the caller acquires `holds`. */
    atomic_store_explicit(&seat->bell, 0, memory_order_relaxed);
    atomic_store_explicit(&seat->asleep, 0, memory_order_relaxed);
    atomic_store_explicit(&seat->retire, 0, memory_order_relaxed);
    atomic_store_explicit(&seat->at, 0, memory_order_relaxed);
    atomic_store_explicit(&seat->since_ns, 0, memory_order_relaxed);
    atomic_store_explicit(&seat->doomed, 0, memory_order_relaxed);
    atomic_store_explicit(&seat->pid, 0, memory_order_relaxed);
    /* Until it is reaped; for when nobody is left to do that. */
    atomic_store_explicit(&seat->ended, SIGKILL, memory_order_relaxed);
}

static bool spawn(family *f) {
    int i = vacancy(f);
    if (i < 0) return false;
    rtk_process_seat *seat = &f->board->seat[i];
    pid_t me = getpid();
    prepare(seat);
    /* Release; pair with the acquires of who looks at seats. */
    if (used(f) <= (unsigned)i)
        atomic_store_explicit(&f->board->used, (uint32_t)i + 1,
                              memory_order_release);
    atomic_store_explicit(&seat->holds, SEAT_ALIVE, memory_order_release);
    pid_t pid = fork();
    if (pid == 0) {
        close(f->wire);
        close(f->signals);
        if (f->app_end >= 0) close(f->app_end);
        rtk_process_work(f->board, (unsigned)i, me, f->life);
    }
    if (pid < 0)
        atomic_store_explicit(&seat->holds, SEAT_EMPTY, memory_order_release);
    if (pid < 0) return false;
    atomic_store_explicit(&seat->pid, pid, memory_order_release);
    rtk_process_wake((_Atomic uint32_t *)&seat->pid);
    rtk_process_tell(f->board);
    return true;
}

static void dismiss(family *f, unsigned count) {
    for (unsigned i = used(f); i-- > 0 && count;) {
        rtk_process_seat *seat = &f->board->seat[i];
        if (!alive(seat) ||
            atomic_load_explicit(&seat->retire, memory_order_relaxed))
            continue;
        /* Dekker with the worker's sleep. */
        atomic_store_explicit(&seat->retire, 1, memory_order_seq_cst);
        rtk_process_rouse(seat);
        count--;
    }
}

/* Have as many workers as are wanted; whether that was possible. */
static bool fill(family *f) {
    rtk_process_board *b = f->board;
    uint32_t wanted = atomic_load_explicit(&b->wanted, memory_order_acquire);
    unsigned have = 0, there = 0;
    for (unsigned i = 0; i < used(f); i++) {
        if (!alive(&b->seat[i])) continue;
        there++;
        have += !atomic_load_explicit(&b->seat[i].retire, memory_order_relaxed);
    }
    if (have > wanted) dismiss(f, have - wanted);
    while (have < wanted && spawn(f)) have++;
    if (have + there)
        atomic_store_explicit(&b->starved, 0, memory_order_relaxed);
    if (have >= wanted) return true;
    if (!(have + there)) {
        atomic_fetch_add_explicit(&b->starved, 1, memory_order_relaxed);
        rtk_process_tell(b);
    }
    return false;
}

/* The number is the worker's still: only we can reap it. */
static void execute(family *f) {
    for (unsigned i = 0; i < used(f); i++) {
        rtk_process_seat *seat = &f->board->seat[i];
        uint32_t asked = 1;
        /* Acquire; pairs with the caller's release. */
        if (alive(seat) && number(seat) > 0 &&
            atomic_compare_exchange_strong_explicit(&seat->doomed, &asked, 2,
                                                    memory_order_acquire,
                                                    memory_order_relaxed))
            kill(number(seat), SIGKILL);
    }
}

/* A worker that was born while its server was killed may be ending still: what
 * is ours shall not become another's to reap. Children of parts may stay. */
_Noreturn static void leave(void) {
    enum { STEPS = 50 };
    const struct timespec step = {0, 1000000};
    for (int i = 0; i < STEPS; i++) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid < 0) break;
        if (pid == 0) nanosleep(&step, NULL);
    }
    _exit(EXIT_SUCCESS);
}

/* Returns when the keeper is dead. */
static void serve(family *f) {
    int ended = 0;
    say_name("rtk-server");
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    atomic_store_explicit(&f->board->server, getpid(), memory_order_relaxed);
    while (getppid() == f->keeper && !app_gone(f)) {
        wait_for_news(f, POLLIN, fill(f) ? -1 : RETRY_MS);
        reap(f, 0, &ended);
        execute(f);
    }
    clear(f);
    if (app_gone(f)) leave();
    prctl(PR_SET_PDEATHSIG, 0);
}

/* ---- The keeper -----------------------------------------------------------
 */

/* The application is gone, and the server sees that too. Only one that was
 * stopped needs help. */
static void outlive(family *f, pid_t server) {
    enum { STEP_MS = 100, STEPS = 20 };
    int ended = 0;
    for (int i = 0; i < STEPS; i++) {
        struct pollfd told = {f->signals, POLLIN, 0};
        poll(&told, 1, STEP_MS);
        wait_for_news(f, 0, 0);
        if (reap(f, server, &ended)) return;
    }
    kill(server, SIGKILL);
    while (waitpid(server, &ended, 0) < 0 && errno == EINTR) {
    }
}

/* Returns when the server is dead and so are its workers. */
static void watch(family *f, pid_t server) {
    int ended = 0;
    while (!reap(f, server, &ended)) {
        if (app_gone(f)) {
            outlive(f, server);
            break;
        }
        wait_for_news(f, 0, -1);
    }
    clear(f);
}

static void keep(family *f) {
    for (;;) {
        say_name("rtk-keeper");
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        f->keeper = getpid();
        atomic_store_explicit(&f->board->keeper, f->keeper,
                              memory_order_relaxed);
        if (app_gone(f)) leave();
        pid_t server = fork();
        if (server == 0) serve(f);
        if (server > 0) watch(f, server);
        if (server >= 0) continue;
        atomic_fetch_add_explicit(&f->board->starved, 1, memory_order_relaxed);
        rtk_process_tell(f->board);
        wait_for_news(f, 0, RETRY_MS);
    }
}

/* ---- Birth ----------------------------------------------------------------
 */

static bool send_descriptor(int wire, int fd) {
    char byte = 0;
    struct iovec iov = {&byte, 1};
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.room,
                       .msg_controllen = sizeof control.room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return sendmsg(wire, &m, MSG_NOSIGNAL) == 1;
}

/* The pipe is made here and not by the caller: a child that another of its
 * threads forks would hold the writing end as well. */
static bool open_life(family *f) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return false;
    f->life = ends[1];
    bool sent = send_descriptor(f->wire, ends[0]);
    close(ends[0]);
    return sent;
}

static void open_signals(family *f) {
    sigset_t all, told;
    signal(SIGCHLD, SIG_DFL);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&told);
    sigaddset(&told, SIGCHLD);
    sigaddset(&told, SIGUSR1);
    f->signals = signalfd(-1, &told, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Descriptors of the application's would stay open for as long as the pool
 * lives, and nobody at their other ends would see them closed. */
static void close_others(const family *f) {
    const int ours[] = {f->wire, f->life, f->app_end, f->signals};
    unsigned from = 3;
    for (;;) {
        unsigned next = ~0U;
        for (unsigned i = 0; i < sizeof ours / sizeof *ours; i++)
            if (ours[i] >= (int)from && (unsigned)ours[i] < next)
                next = (unsigned)ours[i];
        if (next > from) (void)!close_range(from, next - 1, 0);
        if (next == ~0U) return;
        from = next + 1;
    }
}

void rtk_process_keep(rtk_process_board *board, int wire, pid_t app,
                      bool keep_descriptors) {
    family f = {.board = board, .wire = wire, .app = app, .life = -1};
    /* Without this call, the socket's end tells of the application's. */
    f.app_end = (int)syscall(SYS_pidfd_open, app, 0);
    if (getppid() != app) _exit(EXIT_FAILURE);
    open_signals(&f);
    if (f.signals < 0 || !open_life(&f)) _exit(EXIT_FAILURE);
    if (!keep_descriptors) close_others(&f);
    keep(&f);
    _exit(EXIT_SUCCESS);
}
