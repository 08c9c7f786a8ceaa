/* The co-process: opens sides, finds how many calls make a sample, takes
 * samples, and notes how long its threads waited for a core meanwhile. */

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/peers/coprocess.h"
#include "harness/clock.h"

enum { PROBES = 3, THREADS_MAX = 128, SLICES = 64 };
static const double usual_sample_ns = 4e6, probe_ns = 5e5;

/* A side that was opened here. */
typedef struct seat {
    const rtk_side *side;
    void *state;
} seat;

/* ---- Waiting for a core ----------------------------------------------------
 */

typedef struct waits {
    size_t n;
    int thread[THREADS_MAX];
    uint64_t ns[THREADS_MAX];
} waits;

/* The second number of a thread's schedstat; 0 where there is none. */
static uint64_t waited(const char *thread) {
    char path[64];
    unsigned long long ran, delayed = 0;
    snprintf(path, sizeof path, "/proc/self/task/%.20s/schedstat", thread);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    if (fscanf(f, "%llu %llu", &ran, &delayed) != 2) delayed = 0;
    fclose(f);
    return delayed;
}

static void look(waits *w, rtk_waits whose) {
    DIR *tasks = whose == RTK_WAITS_NONE ? NULL : opendir("/proc/self/task");
    w->n = 0;
    if (!tasks) return;
    for (struct dirent *d; (d = readdir(tasks)) && w->n < THREADS_MAX;) {
        int id = atoi(d->d_name);
        /* The caller is the process's first thread. */
        if (id <= 0 || (whose == RTK_WAITS_CALLER && id != getpid())) continue;
        w->thread[w->n] = id;
        w->ns[w->n++] = waited(d->d_name);
    }
    closedir(tasks);
}

static double most(const waits *before, const waits *after, uint64_t wall_ns) {
    uint64_t worst = 0;
    for (size_t i = 0; i < after->n; i++)
        for (size_t j = 0; j < before->n; j++)
            if (before->thread[j] == after->thread[i] &&
                after->ns[i] - before->ns[j] > worst)
                worst = after->ns[i] - before->ns[j];
    return wall_ns ? (double)worst / (double)wall_ns : 0;
}

/* ---- Samples ---------------------------------------------------------------
 */

static double wanted_ns(const rtk_side *side) {
    return side->sample_ns > 0 ? side->sample_ns : usual_sample_ns;
}

/* In slices, so that a sample ends in time where calls take much longer than
 * when they were counted: threads that spin for each other on one core. */
static void time_calls(const seat *s, uint64_t calls, rtk_sample *sample) {
    uint64_t slice = 1 + calls / SLICES, done = 0, start = rtk_clock_ns(), used;
    do {
        uint64_t n = calls - done < slice ? calls - done : slice;
        s->side->run(s->state, n);
        done += n;
        used = rtk_clock_ns() - start;
    } while (done < calls && (double)used < 10 * wanted_ns(s->side));
    sample->calls = done;
    sample->ns = (double)used / (double)done;
}

/* The smallest of several short probes: noise only ever adds. */
static uint64_t calibrate(const seat *s) {
    rtk_sample probe = {0};
    uint64_t calls = 1;
    if (s->side->calls) return s->side->calls;
    for (time_calls(s, calls, &probe); probe.ns * (double)calls < probe_ns;
         time_calls(s, calls, &probe))
        calls *= 2;
    double least = probe.ns;
    for (int i = 1; i < PROBES; i++) {
        time_calls(s, calls, &probe);
        least = fmin(least, probe.ns);
    }
    double n = wanted_ns(s->side) / least;
    return n > 1 ? (uint64_t)n : 1;
}

static void open_seat(seat *s, rtk_sample *sample) {
    sample->status = s->side->open(s->side, &s->state, sample->sentence);
    if (sample->status && !sample->sentence[0])
        snprintf(sample->sentence, sizeof sample->sentence, "%s",
                 rtk_status_text(sample->status));
    if (!sample->status) sample->calls = calibrate(s);
}

static void take(seat *s, uint64_t calls, rtk_sample *sample) {
    static waits before, after;
    rtk_sample unused;
    /* Wake the runtime's threads and warm the caches. */
    if (s->side->run) time_calls(s, 1 + calls / 5, &unused);
    if (s->side->warm) s->side->warm(s->state, sample);
    sample->calls = calls;
    look(&before, s->side->waits);
    uint64_t start = rtk_clock_ns();
    if (s->side->measure)
        s->side->measure(s->state, calls, sample);
    else if (s->side->run)
        time_calls(s, calls, sample);
    uint64_t wall_ns = rtk_clock_ns() - start;
    look(&after, s->side->waits);
    sample->waited = most(&before, &after, wall_ns);
}

void rtk_coprocess_serve(rtk_sides sides) {
    static seat seats[RTK_SIDES_MAX];
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    /* What a library prints is not an answer. */
    dup2(STDERR_FILENO, STDOUT_FILENO);
    for (rtk_request r; rtk_coprocess_read(in, &r, sizeof r);) {
        rtk_sample sample = {.status = RTK_EINVAL};
        if (r.side < sides.n && r.side < RTK_SIDES_MAX) {
            seat *s = &seats[r.side];
            sample.status = RTK_OK;
            s->side = &sides.side[r.side];
            if (r.calls)
                take(s, r.calls, &sample);
            else
                open_seat(s, &sample);
        }
        if (!rtk_coprocess_write(out, &sample, sizeof sample)) break;
    }
}
