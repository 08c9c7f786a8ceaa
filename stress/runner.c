#include "stress/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/actors.h"
#include "harness/clock.h"
#include "harness/perturb/perturb.h"
#include "harness/report.h"
#include "harness/resources.h"
#include "harness/worker.h"
#include "stress/axis.h"

/* Trials that are made ready while one runs. */
enum { AHEAD = 2 };

/* Libraries that read these when they are loaded start no thread then, so the
 * server stays single-threaded: work is single-threaded unless asked. */
static const char *const thread_variables[] = {
    "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS",
    "MKL_NUM_THREADS", "BLIS_NUM_THREADS"};

static void be_single_threaded(void) {
    for (size_t i = 0; i < sizeof thread_variables / sizeof *thread_variables;
         i++)
        setenv(thread_variables[i], "1", 0);
    /* Small work too is shared: parts that run one after the other refute
     * nothing. */
    setenv("RACETRACK_SHARE", "always", 0);
}

/* Die with the parent, so that nothing outlives a killed supervisor. */
static void follow(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* So that the stacks of one that hangs can be taken from beside it. */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    if (getppid() != parent) _exit(EXIT_FAILURE);
}

/* Conditions other than the plain ones. */
static void add_conditions(rtk_line *line, const rtk_trial *t) {
    rtk_line_open(line, "conditions", '{');
    for (const rtk_axis *const *a = rtk_axes; *a; a++)
        if (t->conditions.at[(*a)->id])
            rtk_line_text(line, (*a)->name,
                          (*a)->values[t->conditions.at[(*a)->id]].name);
    rtk_line_close(line);
}

/* The operations that the trial draws from, each once. */
static void add_operations(rtk_line *line, const rtk_trial *t) {
    rtk_line_open(line, "operations", '[');
    for (size_t i = 0; i < t->subject->n_ops; i++) {
        const rtk_op *op = rtk_subject_op(t->subject, i);
        bool used = false;
        for (unsigned k = 0; k < t->actors * t->jobs_each; k++)
            used |= t->jobs[k].op == op;
        if (used) rtk_line_text(line, NULL, op->name);
    }
    rtk_line_close(line);
}

static void emit_begin(const rtk_trial *t) {
    rtk_line line;
    rtk_line_begin(&line, "begin");
    rtk_line_number(&line, "seed", (int64_t)t->seed);
    rtk_line_number(&line, "actors", t->actors);
    if (t->workers != RTK_WORKERS_UNSET)
        rtk_line_number(&line, "workers", t->workers);
    rtk_line_number(&line, "row", (int64_t)t->row);
    rtk_line_number(&line, "rows", (int64_t)t->rows);
    rtk_line_text(&line, "perturb", t->perturb);
    add_conditions(&line, t);
    add_operations(&line, t);
    rtk_line_open(&line, "args", '{');
    /* Of mixed jobs they follow from the seed. */
    for (size_t i = 0; i < t->subject->n_params && t->jobs_each == 1; i++)
        rtk_line_number(&line, rtk_subject_param(t->subject, i)->name,
                        t->jobs[0].value[i]);
    rtk_line_end(&line);
}

static void emit_over(const char *status, int number, uint64_t elapsed_ns,
                      const rtk_printed *printed) {
    rtk_line line;
    rtk_line_begin(&line, "over");
    rtk_line_text(&line, "status", status);
    rtk_line_number(&line, "number", number);
    rtk_line_number(&line, "elapsed_us", (int64_t)(elapsed_ns / 1000));
    if (printed) rtk_printed_tell(printed, &line);
    rtk_line_end(&line);
}

static void emit_done(uint64_t elapsed_ns) {
    rtk_line line;
    rtk_line_begin(&line, "done");
    rtk_line_number(&line, "elapsed_us", (int64_t)(elapsed_ns / 1000));
    rtk_line_end(&line);
}

static void emit_refusal(const char *sentence) {
    rtk_line line;
    rtk_line_begin(&line, "trial");
    rtk_line_text(&line, "reason", sentence);
    rtk_line_end(&line);
}

/* In the trial's process: load if need be, prepare, and run when it is time.
 * All that is written comes after that, so lines of two trials never mix. */
static void trial_main(const rtk_runner *r, const rtk_request *request,
                       uint64_t seed, int start_fd, rtk_pulse_page *pulse) {
    rtk_loaded loaded = r->loaded;
    char sentence[RTK_SENTENCE] = "the subject has no such operation or "
                                  "condition, or a parameter is outside its "
                                  "range";
    rtk_trial trial;
    rtk_team *team = NULL;
    rtk_status prepared = RTK_OK, s = RTK_OK;
    rtk_emit_hold(start_fd);
    rtk_pulse_use(pulse);
    rtk_request_hear(request);
    if (r->cold) s = rtk_plugin_load(r->plugin, r->lane, &loaded, sentence);
    if (s == RTK_EUNSUPPORTED) s = RTK_OK;
    if (!s) s = rtk_request_resolve(request, &loaded, seed, &trial);
    if (!s) prepared = rtk_trial_prepare(&trial, &team);
    rtk_emit_wait();
    if (s) {
        emit_refusal(sentence);
    } else {
        emit_begin(&trial);
        rtk_trial_run(&trial, team, prepared);
    }
    _exit(EXIT_SUCCESS);
}

/* A trial's process that is ready and waits for its start. */
typedef struct standby {
    pid_t process;
    int start_fd;
    rtk_pulse_page *pulse; /* NULL: no memory for one */
    rtk_printed printed;
} standby;

static const standby nobody = {
    .process = -1, .start_fd = -1, .printed = {.from = -1, .to = -1}};

/* A page for each trial that there is at the same time: those made ready, and
 * the one that runs. They come round in turns. */
static rtk_pulse_page *next_pulse(void) {
    static rtk_pulse_page *pages[AHEAD + 1];
    static unsigned turn;
    rtk_pulse_page **page = &pages[turn++ % (AHEAD + 1)];
    if (!*page && rtk_pulse_new(page, RTK_ACTORS_MAX)) return NULL;
    rtk_pulse_reset(*page);
    return *page;
}

static standby make_standby(const rtk_runner *r, const rtk_request *request,
                            uint64_t seed) {
    int fds[2];
    standby made = nobody;
    pid_t parent = getpid();
    made.pulse = next_pulse();
    if (pipe2(fds, O_CLOEXEC) != 0) return made;
    rtk_printed_open(&made.printed);
    made.process = fork();
    if (made.process == 0) {
        follow(parent);
        setpgid(0, 0);
        close(fds[1]);
        rtk_printed_redirect(&made.printed);
        trial_main(r, request, seed, fds[0], made.pulse);
    }
    close(fds[0]);
    rtk_printed_started(&made.printed);
    made.start_fd = fds[1];
    if (made.process > 0) setpgid(made.process, made.process);
    return made;
}

static void drop(standby *one) {
    if (one->process > 0) {
        kill(-one->process, SIGKILL);
        waitpid(one->process, NULL, 0);
    }
    if (one->start_fd >= 0) close(one->start_fd);
    rtk_printed_close(&one->printed);
    *one = nobody;
}

static void start_standby(const standby *one) {
    /* One that has died already has no reader: its end is what counts. */
    ssize_t sent = write(one->start_fd, "", 1);
    (void)sent;
}

static void finish(const rtk_request *request, standby *one, uint64_t begun) {
    int number = 0;
    const char *how = rtk_runner_watch(one->process, request->timeout_ms,
                                       one->pulse, &one->printed, &number);
    emit_over(how, number, rtk_clock_ns() - begun, &one->printed);
    close(one->start_fd);
    rtk_printed_close(&one->printed);
    *one = nobody;
}

/* Whether the trial that begins after `done` others, which took `used` ns, is
 * the last: half of one more would be behind the budget's end. */
static bool is_last(const rtk_request *request, uint64_t used, uint64_t done) {
    uint64_t each = done ? used / done : 0;
    return (used + each + each / 2) / 1000000 >= request->budget_ms;
}

/* While a trial runs, the next ones get ready: making a process costs as much
 * as a small trial. */
static void serve(const rtk_runner *r, const rtk_request *request) {
    uint64_t start = rtk_clock_ns(), made = 0;
    standby ready[AHEAD];
    rtk_perturb_share(request->subject, request->scenario->name);
    for (; made < AHEAD; made++)
        ready[made] = made < request->repeat
                          ? make_standby(r, request, request->seed + made)
                          : nobody;
    for (uint64_t i = 0; i < request->repeat; i++) {
        standby now = ready[i % AHEAD];
        ready[i % AHEAD] = nobody;
        if (now.process < 0) {
            emit_over("could not run", errno, 0, NULL);
            break;
        }
        uint64_t begun = rtk_clock_ns();
        bool last = is_last(request, begun - start, i);
        start_standby(&now);
        if (!last && made < request->repeat)
            ready[i % AHEAD] = make_standby(r, request, request->seed + made++);
        finish(request, &now, begun);
        if (last) break;
    }
    for (size_t i = 0; i < AHEAD; i++) drop(&ready[i]);
    emit_done(rtk_clock_ns() - start);
}

/* What the same number of processes costs that do nothing: the yardstick for
 * the cost of a trial. */
static void serve_bare(uint64_t repeat) {
    uint64_t begun = rtk_clock_ns();
    int number;
    for (uint64_t i = 0; i < repeat; i++) {
        pid_t child = fork();
        if (child == 0) _exit(EXIT_SUCCESS);
        if (child > 0) rtk_runner_watch(child, 10000, NULL, NULL, &number);
    }
    emit_done(rtk_clock_ns() - begun);
}

static void serve_all(const rtk_runner *r) {
    char *text = NULL;
    size_t room = 0;
    while (getline(&text, &room, stdin) > 0) {
        rtk_request request = {0};
        if (rtk_request_parse(text, &request)) {
            emit_refusal("the runner did not understand a request");
            emit_done(0);
        } else if (request.scenario) {
            static rtk_rows rows;
            if (!r->cold && !request.plain &&
                !rtk_request_rows(&request, &r->loaded, &rows))
                request.rows = &rows;
            serve(r, &request);
        } else {
            serve_bare(request.repeat);
        }
        json_decref(request.json);
    }
    free(text);
}

/* Load here, unless that starts threads; then start again, cold. */
static rtk_status load(rtk_runner *r, char **argv) {
    char sentence[RTK_SENTENCE] = "";
    be_single_threaded();
    unsigned before = rtk_resources_now().threads;
    rtk_status s = rtk_plugin_load(r->plugin, r->lane, &r->loaded, sentence);
    if (!s && rtk_resources_now().threads > before) {
        char *again[] = {
            argv[0],  "--cold",        "--plugin", (char *)r->plugin,
            "--lane", (char *)r->lane, NULL};
        execv("/proc/self/exe", again);
        return RTK_EIO;
    }
    rtk_status told = rtk_runner_hello(
        RTK_LINES_FD, s && s != RTK_EUNSUPPORTED ? NULL : &r->loaded, false,
        s == RTK_OK, sentence);
    return s == RTK_EUNSUPPORTED ? told : s;
}

/* A child loads the plug-in and tells what is in it. */
static rtk_status introduce_cold(const rtk_runner *r) {
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        follow(parent);
        rtk_loaded loaded;
        char sentence[RTK_SENTENCE] = "";
        rtk_status s = rtk_plugin_load(r->plugin, r->lane, &loaded, sentence);
        bool usable = !s || s == RTK_EUNSUPPORTED;
        s = rtk_runner_hello(RTK_LINES_FD, usable ? &loaded : NULL, true,
                             s == RTK_OK, sentence);
        _exit(s || !usable ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    int number;
    return strcmp(rtk_runner_watch(child, 60000, NULL, NULL, &number),
                  "completed") != 0 ||
                   number
               ? RTK_EFAILED
               : RTK_OK;
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"plugin", required_argument, NULL, 'p'},
        {"lane", required_argument, NULL, 'l'},
        {"cold", no_argument, NULL, 'c'},
        {0}};
    rtk_runner r = {.lane = RTK_LANE};
    if (argc == 3 && strcmp(argv[1], RTK_WORKER_OPTION) == 0)
        rtk_worker_main(argv[2], NULL);
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (c == 'p')
            r.plugin = optarg;
        else if (c == 'l')
            r.lane = optarg;
        else if (c == 'c')
            r.cold = true;
        else
            return EXIT_FAILURE;
    if (!r.plugin) {
        fprintf(stderr, "racetrack-runner is started by racetrack\n");
        return EXIT_FAILURE;
    }
    setpgid(0, 0);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    /* A limit of the size of files is for files; memory can do without. */
    signal(SIGXFSZ, SIG_IGN);
    rtk_emit_to(RTK_LINES_FD);
    rtk_report_prepare();
    if (r.cold ? introduce_cold(&r) : load(&r, argv)) return EXIT_FAILURE;
    serve_all(&r);
    return EXIT_SUCCESS;
}
