#include "stress/runner.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/report.h"
#include "harness/resources.h"

/* Libraries that read these when they are loaded start no thread then, so the
 * server stays single-threaded: work is single-threaded unless asked. */
static const char *const thread_variables[] = {
    "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS",
    "MKL_NUM_THREADS", "BLIS_NUM_THREADS"};

static void be_single_threaded(void) {
    for (size_t i = 0;
         i < sizeof thread_variables / sizeof *thread_variables; i++)
        setenv(thread_variables[i], "1", 0);
}

/* Die with the parent, so that nothing outlives a killed supervisor. */
static void follow(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);
}

static void emit_begin(const rtk_request *r, const rtk_trial *t) {
    rtk_line line;
    rtk_line_begin(&line, "begin");
    rtk_line_number(&line, "seed", (int64_t)t->seed);
    rtk_line_number(&line, "actors", t->actors);
    if (t->workers != RTK_WORKERS_UNSET)
        rtk_line_number(&line, "workers", t->workers);
    rtk_line_text(&line, "operation", t->op->name);
    rtk_line_open(&line, "args", '{');
    for (size_t i = 0; i < t->args.n; i++)
        rtk_line_number(&line, rtk_subject_param(t->subject, i)->name,
                        t->args.value[i]);
    rtk_line_end(&line);
    (void)r;
}

static void emit_over(const char *status, int number, uint64_t elapsed_ns) {
    rtk_line line;
    rtk_line_begin(&line, "over");
    rtk_line_text(&line, "status", status);
    rtk_line_number(&line, "number", number);
    rtk_line_number(&line, "elapsed_us", (int64_t)(elapsed_ns / 1000));
    rtk_line_end(&line);
}

static void emit_refusal(const char *sentence) {
    rtk_line line;
    rtk_line_begin(&line, "trial");
    rtk_line_text(&line, "reason", sentence);
    rtk_line_end(&line);
}

/* In the trial's process: load if need be, run, end. */
static void trial_main(const rtk_runner *r, const rtk_request *request,
                       uint64_t seed, pid_t parent) {
    follow(parent);
    setpgid(0, 0);
    rtk_loaded loaded = r->loaded;
    char sentence[RTK_SENTENCE];
    if (r->cold) {
        rtk_status s = rtk_plugin_load(r->plugin, r->lane, &loaded, sentence);
        if (s && s != RTK_EUNSUPPORTED) {
            emit_refusal(sentence);
            _exit(EXIT_SUCCESS);
        }
    }
    int64_t values[RTK_PARAMS_MAX];
    rtk_trial trial;
    if (rtk_request_resolve(request, &loaded, seed, values, &trial)) {
        emit_refusal("the subject has no such operation or parameter");
    } else {
        emit_begin(request, &trial);
        rtk_trial_run(&trial);
    }
    _exit(EXIT_SUCCESS);
}

static void serve(const rtk_runner *r, const rtk_request *request) {
    uint64_t start = rtk_clock_ns();
    pid_t parent = getpid();
    for (uint64_t i = 0; i < request->repeat; i++) {
        uint64_t begun = rtk_clock_ns();
        if (i && (begun - start) / 1000000 >= request->budget_ms) break;
        pid_t child = fork();
        if (child < 0) {
            emit_over("could not run", errno, 0);
            break;
        }
        if (child == 0) trial_main(r, request, request->seed + i, parent);
        int number;
        const char *how = rtk_runner_watch(child, request->timeout_ms, &number);
        emit_over(how, number, rtk_clock_ns() - begun);
    }
    rtk_line line;
    rtk_line_begin(&line, "done");
    rtk_line_end(&line);
}

/* What the same number of processes costs that do nothing: the yardstick for
 * the cost of a trial. */
static void serve_bare(uint64_t repeat) {
    uint64_t begun = rtk_clock_ns();
    int number;
    for (uint64_t i = 0; i < repeat; i++) {
        pid_t child = fork();
        if (child == 0) _exit(EXIT_SUCCESS);
        if (child > 0) rtk_runner_watch(child, 10000, &number);
    }
    emit_over("completed", 0, rtk_clock_ns() - begun);
    rtk_line line;
    rtk_line_begin(&line, "done");
    rtk_line_end(&line);
}

static void serve_all(const rtk_runner *r) {
    char *text = NULL;
    size_t room = 0;
    while (getline(&text, &room, stdin) > 0) {
        rtk_request request = {0};
        if (rtk_request_parse(text, &request)) {
            emit_refusal("the runner did not understand a request");
            rtk_line line;
            rtk_line_begin(&line, "done");
            rtk_line_end(&line);
        } else if (request.scenario) {
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
        char *again[] = {argv[0], "--cold", "--plugin", (char *)r->plugin,
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
    return strcmp(rtk_runner_watch(child, 60000, &number), "completed") != 0 ||
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
    rtk_emit_to(RTK_LINES_FD);
    rtk_report_prepare();
    if (r.cold ? introduce_cold(&r) : load(&r, argv)) return EXIT_FAILURE;
    serve_all(&r);
    return EXIT_SUCCESS;
}
