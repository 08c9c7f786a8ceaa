#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };

/* racetrack-bench in a process, and what it wrote. */
typedef struct program {
    pid_t pid;
    int out, err;
    char said[ROOM], complained[ROOM];
} program;

static program p;

static void start(const char *const *args) {
    const char *argv[24] = {RTK_BENCH_PROGRAM};
    int out[2], err[2];
    for (size_t i = 0; args[i]; i++) argv[i + 1] = args[i];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    p.pid = fork();
    assert_true(p.pid >= 0);
    if (!p.pid) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        /* What a person may have set must not change a run. */
        setenv("BENCHMARK_REPETITIONS", "3", 1);
        setenv("BENCHMARK_OUT", "bench_main_test.never", 1);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    p.out = out[0];
    p.err = err[0];
}

static void drain(int fd, char *to) {
    size_t n = 0;
    ssize_t got;
    while (n < ROOM - 1 && (got = read(fd, to + n, ROOM - 1 - n)) > 0)
        n += (size_t)got;
    to[n] = 0;
    close(fd);
}

static int end(void) {
    int status;
    drain(p.out, p.said);
    drain(p.err, p.complained);
    assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define RUN(...) (start((const char *const[]){__VA_ARGS__, NULL}), end())
#define TOYS     "--plugin", RTK_SWEEP_PLUGIN

/* Every line is a record "cell"; how many, and how many were measured. */
static size_t cells(size_t *measured) {
    size_t n = 0;
    *measured = 0;
    for (char *line = strtok(p.said, "\n"); line; line = strtok(NULL, "\n")) {
        json_error_t error;
        json_t *cell = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        if (!cell) fail_msg("%s: %s", error.text, line);
        const char *status = json_string_value(json_object_get(cell, "status"));
        *measured += strcmp(status, "measured") == 0;
        n++;
        json_decref(cell);
    }
    return n;
}

static void records_come_one_a_line(void **state) {
    (void)state;
    char file[] = "bench_main_test.json.XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    int code = RUN(TOYS, "--subject", "toy.right", "--subject", "toy.unknown",
                   "--workers", "1,2", "--budget", "0", "--param", "shift=1",
                   "--size", "10,20", "--json", file);
    assert_int_equal(code, 0);
    assert_string_equal(p.complained, "");
    size_t measured;
    assert_int_equal(cells(&measured), 8);
    assert_int_equal(measured, 8);
    json_error_t error;
    json_t *json = json_load_file(file, JSON_REJECT_DUPLICATES, &error);
    unlink(file);
    if (!json) fail_msg("%d: %s", error.line, error.text);
    assert_int_equal(json_array_size(json_object_get(json, "benchmarks")),
                     8 * 5);
    json_decref(json);
    assert_int_equal(access("bench_main_test.never", F_OK), -1);
}

static void a_wrong_answer_is_the_exit_code(void **state) {
    (void)state;
    size_t measured;
    assert_int_equal(RUN(TOYS, "--subject", "toy.wrong", "--budget", "0"), 1);
    assert_true(cells(&measured) > 0);
    assert_int_equal(measured, 0);
    assert_int_equal(RUN(TOYS, "--subject", "toy.fails", "--budget", "0"), 3);
}

static void complains(int code, const char *about) {
    assert_int_equal(code, 2);
    assert_string_equal(p.said, "");
    assert_non_null(strstr(p.complained, about));
    /* One sentence: its end is the only line end. */
    assert_ptr_equal(strchr(p.complained, '\n'),
                     p.complained + strlen(p.complained) - 1);
}

static void bad_input_is_one_sentence(void **state) {
    (void)state;
    complains(RUN("--budget", "1"), "--plugin PATH is needed");
    complains(RUN("--plugin", "no/such/file"), "no/such/file");
    complains(RUN("--plugin", RTK_BENCH_PROGRAM), RTK_BENCH_PROGRAM);
    complains(RUN(TOYS, "--subject", "toy.none"), "toy.right, toy.wrong");
    complains(RUN(TOYS, "--workers", "1,x"), "--workers");
    complains(RUN(TOYS, "--workers", ""), "--workers");
    complains(RUN(TOYS, "--workers", "0"), "workers must be");
    complains(RUN(TOYS, "--size", "0"), "takes n from 1 to 100000, not 0");
    complains(RUN(TOYS, "--size", "99999999999999999999"), "--size");
    complains(RUN(TOYS, "--budget", "nan"), "--budget");
    complains(RUN(TOYS, "--seed", "-1"), "--seed");
    complains(RUN(TOYS, "--param", "shift"), "NAME=VALUE");
    complains(RUN(TOYS, "--fd", "77"), "--fd 77");
    complains(RUN(TOYS, "--nonsense"), "--nonsense");
    complains(RUN(TOYS, "--seed"), "--seed needs a value");
    complains(RUN(TOYS, "extra"), "extra");
}

/* The signals that the program has a handler for. */
static unsigned long long caught(void) {
    char path[64], line[256];
    unsigned long long set = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)p.pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "SigCgt:", 7) == 0)
            set = strtoull(line + 7, NULL, 16);
    if (file) fclose(file);
    return set;
}

static void stopped_by(int number) {
    start((const char *const[]){TOYS, "--subject", "toy.right", "--budget",
                                "1000000", NULL});
    while (!(caught() >> (number - 1) & 1)) usleep(1000);
    kill(p.pid, number);
    assert_int_equal(end(), 128 + number);
    size_t measured;
    assert_true(cells(&measured) > 0);
}

static void a_signal_keeps_what_was_measured(void **state) {
    (void)state;
    stopped_by(SIGINT);
    stopped_by(SIGTERM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_one_a_line),
        cmocka_unit_test(a_wrong_answer_is_the_exit_code),
        cmocka_unit_test(bad_input_is_one_sentence),
        cmocka_unit_test(a_signal_keeps_what_was_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
