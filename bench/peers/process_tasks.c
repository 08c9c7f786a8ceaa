/* racetrack-process-peers: round trips through our pool of processes, measured
 * when process_peers.py asks for them.
 *
 * Reads lines `TASK CALLS PAUSE_US`, runs the task so often with such pauses
 * between, and answers with the nanoseconds that the calls took, the pauses not
 * counted. Tasks: empty (a loop of one part that does nothing), pair (of two
 * parts), small and large (one part that adds the ends of an array of 64 bytes
 * or 64 MiB). Exit: 0 when nobody asks any more, 1 when an answer is wrong, 2
 * for a line that is none of these, 3 when the pool cannot be made. */

#include "kernels/workers/processes/process_pool.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORKERS = 2 };

/* Lies in the arena, as the numbers do. */
typedef struct array {
    double *numbers, sum;
    size_t n;
} array;

typedef struct task {
    const char *name;
    rtk_part run;
    size_t parts, bytes;
} task;

static rtk_status nothing(void *arg, size_t part) {
    (void)arg;
    (void)part;
    return RTK_OK;
}

static rtk_status add_ends(void *arg, size_t part) {
    array *a = arg;
    (void)part;
    a->numbers[0] += 1;
    a->sum = a->numbers[0] + a->numbers[a->n - 1];
    return RTK_OK;
}

static const task tasks[] = {{"empty", nothing, 1, 0},
                             {"pair", nothing, 2, 0},
                             {"small", add_ends, 1, 64},
                             {"large", add_ends, 1, (size_t)64 << 20}};
enum { TASKS = sizeof tasks / sizeof *tasks };

static array *arrays[TASKS];

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static array *make(rtk_processes *pool, size_t bytes) {
    void *memory = NULL, *numbers = NULL;
    rtk_status s = rtk_processes_alloc(pool, sizeof(array), 0, &memory);
    if (!s) s = rtk_processes_alloc(pool, bytes, 0, &numbers);
    if (s) return NULL;
    array *a = memory;
    *a = (array){.numbers = memset(numbers, 0, bytes),
                 .n = bytes / sizeof(double)};
    a->numbers[a->n - 1] = 0.5;
    return a;
}

static rtk_processes *prepare(void) {
    rtk_processes *pool = NULL;
    rtk_status s = rtk_processes_new(&pool, WORKERS);
    for (unsigned i = 0; i < TASKS && !s; i++) {
        if (!tasks[i].bytes) continue;
        arrays[i] = make(pool, tasks[i].bytes);
        if (!arrays[i]) s = RTK_ENOMEM;
    }
    if (!s) return pool;
    fprintf(stderr, "racetrack-process-peers: no pool of processes: %s\n",
            rtk_status_text(s));
    exit(3);
}

static rtk_status once(rtk_processes *pool, unsigned i) {
    array *a = arrays[i];
    double before = a ? a->numbers[0] : 0;
    rtk_status s = rtk_parallel_for(rtk_processes_executor(pool), WORKERS,
                                    tasks[i].parts, tasks[i].run, a, NULL);
    return !s && a && a->sum != before + 1 + 0.5 ? RTK_EFAILED : s;
}

static uint64_t sample(rtk_processes *pool, unsigned which, unsigned long calls,
                       unsigned long pause_us) {
    struct timespec pause = {0, (long)pause_us * 1000};
    uint64_t spent = 0;
    for (unsigned long i = 0; i < calls; i++) {
        if (pause_us) nanosleep(&pause, NULL);
        uint64_t start = now_ns();
        rtk_status s = once(pool, which);
        spent += now_ns() - start;
        if (!s) continue;
        fprintf(stderr, "racetrack-process-peers: %s: %s\n", tasks[which].name,
                rtk_status_text(s));
        exit(1);
    }
    return spent;
}

static int help(bool asked) {
    fputs("Use: racetrack-process-peers\n\n"
          "Measure round trips through a pool of two processes, for "
          "bench/peers/process_peers.py.\n\n"
          "Reads lines TASK CALLS PAUSE_US (empty, pair, small or large; a "
          "number; below 1000000)\n"
          "and answers each with the nanoseconds that the calls took.\n\n"
          "Example: echo pair 100 0 | racetrack-process-peers\n",
          asked ? stdout : stderr);
    return asked ? 0 : 2;
}

int main(int argc, char **argv) {
    if (argc > 1)
        return help(!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
    char line[128], name[16];
    unsigned long calls = 0, pause_us = 0;
    rtk_processes *pool = prepare();
    while (fgets(line, sizeof line, stdin)) {
        unsigned i = 0;
        /* NOLINTNEXTLINE(cert-err34-c): our own driver writes the line */
        if (sscanf(line, "%15s %lu %lu", name, &calls, &pause_us) != 3)
            name[0] = '\0';
        while (i < TASKS && strcmp(tasks[i].name, name)) i++;
        if (i == TASKS || pause_us > 999999) {
            fprintf(stderr,
                    "racetrack-process-peers: not TASK CALLS PAUSE_US, with "
                    "empty, pair, small or large and a pause below 1 s: %s",
                    line);
            return 2;
        }
        printf("%llu\n", (unsigned long long)sample(pool, i, calls, pause_us));
        fflush(stdout);
    }
    rtk_processes_free(pool);
    return 0;
}
