#include "harness/supervise/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"

enum { LINES_FD = 3, SLICE_MS = 200, GRACE_MS = 2000 };

static volatile sig_atomic_t stop_signal;

static void on_stop(int number) {
    stop_signal = number;
}

void rtk_interrupt_watch(void) {
    struct sigaction how;
    memset(&how, 0, sizeof how);
    how.sa_handler = on_stop;
    sigaction(SIGINT, &how, NULL);
    sigaction(SIGTERM, &how, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int rtk_interrupted(void) {
    return stop_signal;
}

static void become(char *const argv[], int requests, int lines, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    /* A group of its own: the terminal's Ctrl-C is for the supervisor. */
    setpgid(0, 0);
    /* `lines` may be 0 or 1 itself: move it away first. */
    int kept = fcntl(lines, F_DUPFD, LINES_FD + 1);
    dup2(requests, STDIN_FILENO);
    dup2(kept, LINES_FD);
    close(kept);
    execv(argv[0], argv);
    _exit(127);
}

rtk_status rtk_server_start(rtk_server *server, char *const argv[]) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0) return RTK_ENOMEM;
    if (pipe2(from, O_CLOEXEC) != 0) {
        close(to[0]), close(to[1]);
        return RTK_ENOMEM;
    }
    pid_t parent = getpid(), child = fork();
    if (child == 0) become(argv, to[0], from[1], parent);
    close(to[0]), close(from[1]);
    if (child < 0) {
        close(to[1]), close(from[0]);
        return RTK_ETHREAD;
    }
    *server =
        (rtk_server){.process = child, .requests = to[1], .lines = from[0]};
    return RTK_OK;
}

rtk_status rtk_server_send(rtk_server *server, const json_t *request) {
    char *text = json_dumps(request, JSON_COMPACT);
    if (!text) return RTK_ENOMEM;
    int n = dprintf(server->requests, "%s\n", text);
    free(text);
    return n > 0 ? RTK_OK : RTK_EIO;
}

/* Read more bytes; RTK_OK when some came. */
static rtk_status fill(rtk_server *server, unsigned timeout_ms) {
    uint64_t start = rtk_clock_ns();
    struct pollfd in = {.fd = server->lines, .events = POLLIN};
    while (poll(&in, 1, SLICE_MS) <= 0) {
        if (stop_signal) return RTK_ECANCELLED;
        if (timeout_ms && (rtk_clock_ns() - start) / 1000000 > timeout_ms)
            return RTK_EIO;
    }
    if (server->room - server->used < 65536) {
        char *more = realloc(server->text, server->room + 131072);
        if (!more) return RTK_ENOMEM;
        server->text = more;
        server->room += 131072;
    }
    ssize_t n = read(server->lines, server->text + server->used,
                     server->room - server->used);
    if (n <= 0) return RTK_EIO;
    server->used += (size_t)n;
    return RTK_OK;
}

rtk_status rtk_server_next(rtk_server *server, unsigned timeout_ms,
                           json_t **line) {
    char *end;
    while (!server->used || !(end = memchr(server->text, '\n', server->used))) {
        rtk_status s = fill(server, timeout_ms);
        if (s) return s;
    }
    if (stop_signal) return RTK_ECANCELLED;
    size_t length = (size_t)(end - server->text);
    json_t *read = json_loadb(server->text, length, 0, NULL);
    server->used -= length + 1;
    memmove(server->text, end + 1, server->used);
    if (!read) return RTK_EFAILED;
    *line = read;
    return RTK_OK;
}

/* Wait for the process to end by itself; false when it does not. */
static bool ends(pid_t process, unsigned grace_ms, int *how) {
    for (unsigned waited = 0; waited <= grace_ms; waited += 2) {
        if (waitpid(process, how, WNOHANG) == process) return true;
        usleep(2000);
    }
    return false;
}

int rtk_server_stop(rtk_server *server) {
    if (server->process <= 0) return 0;
    int how = 0;
    /* The end of its input asks a server to end. */
    if (server->requests >= 0) close(server->requests);
    if (!ends(server->process, stop_signal ? 0 : GRACE_MS, &how)) {
        kill(server->process, SIGKILL);
        waitpid(server->process, &how, 0);
    }
    if (server->lines >= 0) close(server->lines);
    free(server->text);
    *server = (rtk_server){.requests = -1, .lines = -1};
    return WIFSIGNALED(how) ? -WTERMSIG(how) : WEXITSTATUS(how);
}
