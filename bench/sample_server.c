#include "bench/sample_server.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include "bench/cell_list.h"
#include "bench/sample.h"
#include "harness/supervise/machine.h"

enum { WORDS = 7, TAG = 64 };

/* A co-process at work. */
typedef struct server {
    rtk_cell_list list;
    rtk_gb *gb;
    size_t room;
    uint64_t seed;
    int replies;
    bool lost; /* nobody reads */
} server;

/* A request, taken apart. */
typedef struct request {
    const char *word[WORDS];
    size_t n;
    rtk_bench_cell *cell;
    uint64_t calls;
    const char *tag;
} request;

/* ---- Replies ---------------------------------------------------------------
 */

/* Write `line` and release it. */
static void reply(server *s, json_t *line) {
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    size_t n = text ? strlen(text) : 0, done = 0;
    if (!text) s->lost = true;
    if (text) text[n++] = '\n';
    while (done < n && !s->lost) {
        ssize_t wrote = write(s->replies, text + done, n - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            s->lost = true;
    }
    free(text);
    json_decref(line);
}

static void complain(server *s, const char *sentence) {
    reply(s, json_pack("{ss ss}", "record", "error", "reason", sentence));
}

static const char *status_of(const rtk_bench_cell *cell) {
    static const char *const text[] = {"measured", "wrong answer",
                                       "could not run"};
    return text[cell->answer.status];
}

static const char *reason_of(const rtk_bench_cell *cell) {
    return cell->answer.reason[0] ? cell->answer.reason : NULL;
}

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *sample_record(const request *r, const rtk_sample *x) {
    char checksum[20];
    snprintf(checksum, sizeof checksum, "%016llx",
             (unsigned long long)x->checksum);
    return json_pack(
        "{ss ss ss? ss sI sI sI sI sI sI sI sI so so si si ss sI}", "record",
        "sample", "status", status_of(r->cell), "reason", reason_of(r->cell),
        "tag", r->tag, "calls", (json_int_t)r->calls, "wall_ns",
        (json_int_t)x->wall_ns, "cpu_ns", (json_int_t)x->cpu_ns,
        "thread_cpu_ns", (json_int_t)x->thread_cpu_ns, "voluntary_switches",
        (json_int_t)x->voluntary_switches, "involuntary_switches",
        (json_int_t)x->involuntary_switches, "minor_faults",
        (json_int_t)x->minor_faults, "major_faults",
        (json_int_t)x->major_faults, "steal_ns", number(x->steal_ns),
        "pressure_ns", number(x->pressure_ns), "cpu_start", x->cpu_start,
        "cpu_end", x->cpu_end, "checksum", checksum, "effective_workers",
        (json_int_t)r->cell->call.effective_workers);
}

static json_t *no_sample(const request *r) {
    return json_pack("{ss ss ss? ss sI}", "record", "sample", "status",
                     status_of(r->cell), "reason", reason_of(r->cell), "tag",
                     r->tag, "calls", (json_int_t)r->calls);
}

static void greet(server *s, json_t *libraries) {
    json_t *cells = json_array();
    for (size_t i = 0; i < s->list.n_cells; i++)
        json_array_append_new(cells, rtk_cell_point(s->list.cells[i]));
    unsigned backwards;
    json_int_t step = (json_int_t)rtk_clock_step_ns(&backwards);
    reply(s, json_pack("{ss si so so so s{sI sI}}", "record", "server",
                       "protocol", 1, "machine", rtk_machine_card(),
                       "libraries", libraries, "cells", cells, "clock",
                       "step_ns", step, "backwards", (json_int_t)backwards));
}

/* ---- Requests --------------------------------------------------------------
 */

/* open CELL [CALLS CALL_NS SPINS]: run it once, judge the answer, and find the
 * calls of a sample, unless another process has found them. */
static void open_cell(server *s, const request *r) {
    rtk_bench_cell *cell = r->cell;
    rtk_site *site = cell->site;
    if (!site->args.size) rtk_site_open(site, s->seed, &s->room);
    if (r->n > 4 && !cell->calls) {
        cell->known_calls = r->calls;
        cell->call_ns = strtod(r->word[3], NULL);
        cell->spins = strcmp(r->word[4], "1") == 0;
    }
    if (!cell->calls && cell->answer.status == RTK_CELL_MEASURED)
        rtk_cell_open(cell);
    reply(s,
          json_pack("{ss ss ss? sI sf sb sf sf so}", "record", "opened",
                    "status", status_of(cell), "reason", reason_of(cell),
                    "calls", (json_int_t)cell->calls, "call_ns", cell->call_ns,
                    "spins", (int)cell->spins, "flops", cell->flops, "bytes",
                    cell->bytes, "error", number(cell->answer.error)));
}

static bool whole(const char *text, uint64_t *value) {
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    *value = n;
    return !errno && end != text && !*end && *text != '-';
}

/* sample CELL CALLS TAG [KIND SHARE [START_NS]] */
static void sample(server *s, const request *r) {
    rtk_sample_how how = {.calls = r->calls};
    rtk_sample x = {0};
    char *end = NULL;
    if (r->n > 5) how.slow_down.share = strtod(r->word[5], &end);
    bool sound =
        r->n != 5 &&
        (r->n < 6 ||
         (rtk_slow_down_find(r->word[4], &how.slow_down.kind) && !*end &&
          how.slow_down.share >= 0 && how.slow_down.share <= 10)) &&
        (r->n < 7 || whole(r->word[6], &how.start_ns));
    if (!sound)
        complain(s, "a slow-down is a kind, a share of 0 to 10, and a start "
                    "in nanoseconds");
    else if (rtk_sample_take(r->cell, &how, &x))
        reply(s, sample_record(r, &x));
    else
        reply(s, no_sample(r));
}

/* google CELL CALLS TAG: the same by the first driver, to compare the two. */
static void google(server *s, const request *r) {
    rtk_bench_cell *cell = r->cell;
    rtk_gb_result result = {.size = sizeof result};
    rtk_status failed = s->gb ? RTK_OK : rtk_gb_new(&s->gb, "racetrack-bench");
    if (!failed && !cell->added) failed = rtk_cell_add(cell, s->gb);
    cell->added |= !failed;
    if (!failed)
        failed = rtk_gb_run(s->gb, cell->index, r->calls, RTK_GB_DROP, &result);
    if (failed || result.failed) {
        complain(s, failed ? rtk_status_text(failed) : result.error);
        return;
    }
    reply(s, json_pack("{ss ss ss sI sf sf}", "record", "sample", "status",
                       status_of(cell), "tag", r->tag, "calls",
                       (json_int_t)r->calls, "wall_ns", result.real_s * 1e9,
                       "cpu_ns", result.cpu_s * 1e9));
}

/* count CELL CALLS TAG: under callgrind, which writes the instructions of these
 * calls to a file of its own; the reply says which part of it. */
static void count(server *s, const request *r) {
    if (!RUNNING_ON_VALGRIND) {
        complain(s, "instructions are counted under valgrind --tool=callgrind");
        return;
    }
    rtk_status failed = rtk_cell_warm(r->cell);
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    if (!failed) failed = rtk_cell_run(r->cell, r->calls);
    CALLGRIND_DUMP_STATS_AT(r->tag);
    CALLGRIND_STOP_INSTRUMENTATION;
    if (failed)
        complain(s, rtk_status_text(failed));
    else
        reply(s, json_pack("{ss ss sI}", "record", "counted", "tag", r->tag,
                           "calls", (json_int_t)r->calls));
}

/* What may be asked, and how many words it has at least. */
static const struct {
    const char *verb;
    size_t words;
    bool opened; /* the cell has to be */
    void (*serve)(server *s, const request *r);
} verbs[] = {{"open", 2, false, open_cell},
             {"sample", 4, true, sample},
             {"google", 4, true, google},
             {"count", 4, true, count}};

static void answer(server *s, request *r) {
    uint64_t cell;
    size_t v = 0;
    while (v < sizeof verbs / sizeof *verbs &&
           strcmp(r->word[0], verbs[v].verb) != 0)
        v++;
    if (v == sizeof verbs / sizeof *verbs || r->n < verbs[v].words) {
        complain(s, "a request is: open CELL [CALLS CALL_NS SPINS], sample "
                    "CELL CALLS TAG [KIND "
                    "SHARE [START_NS]], google CELL CALLS TAG or count CELL "
                    "CALLS TAG");
        return;
    }
    if (!whole(r->word[1], &cell) || cell >= s->list.n_cells) {
        complain(s, "there is no such cell");
        return;
    }
    r->cell = s->list.cells[cell];
    r->tag = r->n > 3 ? r->word[3] : "";
    if (r->n > 2 && (!whole(r->word[2], &r->calls) || !r->calls ||
                     r->calls > INT64_MAX || strlen(r->tag) > TAG)) {
        complain(s, "calls are 1 or more, and a tag has 64 characters at most");
        return;
    }
    if (verbs[v].opened &&
        (!r->cell->calls || r->cell->answer.status != RTK_CELL_MEASURED)) {
        complain(s, "the cell is not open, or was not right");
        return;
    }
    verbs[v].serve(s, r);
}

static void serve(server *s, FILE *requests) {
    char *line = NULL;
    size_t room = 0;
    while (!s->lost && getline(&line, &room, requests) > 0) {
        request r = {.n = 0};
        char *rest = line, *word;
        while ((word = strsep(&rest, " \n")) && r.n < WORDS)
            if (*word) r.word[r.n++] = word;
        if (r.n) answer(s, &r);
    }
    free(line);
}

rtk_status rtk_serve(const rtk_sweep *ask, json_t *libraries, FILE *requests,
                     int replies, char sentence[RTK_SENTENCE]) {
    server s = {
        .replies = replies, .seed = ask->seed, .room = rtk_cell_memory()};
    snprintf(sentence, RTK_SENTENCE, "there is not enough memory");
    rtk_status failed = rtk_cell_list_build(&s.list, ask, sentence);
    if (!failed) {
        greet(&s, libraries);
        serve(&s, requests);
    } else {
        json_decref(libraries);
    }
    if (s.lost) {
        failed = RTK_EIO;
        snprintf(sentence, RTK_SENTENCE, "nobody reads the replies");
    }
    rtk_cell_list_destroy(&s.list);
    rtk_gb_free(s.gb);
    return failed;
}
