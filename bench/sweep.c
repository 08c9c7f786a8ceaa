#include "bench/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cell_list.h"
#include "harness/clock.h"
#include "harness/random.h"
#include "kernels/workers/workers.h"

enum { ROUNDS_LEAST = 5 };

/* A sweep that is going on. */
typedef struct state {
    const rtk_sweep *ask;
    char *sentence;
    rtk_cell_list list;
    size_t room, ready, round;
    size_t *order;
    rtk_gb *gb;
    uint64_t started_ns;
    bool stopped;
} state;

/* ---- Measuring -------------------------------------------------------------
 */

static double elapsed_s(const state *st) {
    return (double)(rtk_clock_ns() - st->started_ns) / 1e9;
}

static bool stop(state *st) {
    const rtk_sweep_hooks *h = &st->ask->hooks;
    if (!st->stopped && h->stop) st->stopped = h->stop(h->to);
    return st->stopped;
}

static void tell(const state *st) {
    const rtk_sweep_hooks *h = &st->ask->hooks;
    rtk_sweep_progress p = {.cells = st->list.n_cells,
                            .ready = st->ready,
                            .round = st->round,
                            .elapsed_s = elapsed_s(st),
                            .budget_s = st->ask->budget_s};
    if (h->progress) h->progress(h->to, &p);
}

static rtk_status open_all(state *st) {
    rtk_status s = RTK_OK;
    st->room = rtk_cell_memory();
    for (size_t i = 0; i < st->list.n_sites && !stop(st); i++)
        rtk_site_open(st->list.sites[i], st->ask->seed, &st->room);
    for (size_t i = 0; i < st->list.n_cells && !s && !stop(st); i++) {
        rtk_cell_open(st->list.cells[i]);
        if (st->list.cells[i]->answer.status == RTK_CELL_MEASURED)
            s = rtk_cell_add(st->list.cells[i], st->gb);
        st->ready++;
        tell(st);
    }
    return s;
}

/* Fisher and Yates' shuffle; the order depends on seed and round alone. */
static void shuffle(state *st) {
    uint64_t seed = rtk_random_bits(st->ask->seed, st->round);
    for (size_t i = 0; i < st->list.n_cells; i++) st->order[i] = i;
    for (size_t i = st->list.n_cells; i > 1; i--) {
        size_t j = (size_t)rtk_random_below(seed, i, i),
               last = st->order[i - 1];
        st->order[i - 1] = st->order[j];
        st->order[j] = last;
    }
}

static bool time_is_up(const state *st) {
    return st->round >= ROUNDS_LEAST && elapsed_s(st) >= st->ask->budget_s;
}

/* One sample of each cell; false when it was cut short. */
static bool one_round(state *st) {
    shuffle(st);
    for (size_t i = 0; i < st->list.n_cells; i++) {
        rtk_bench_cell *cell = st->list.cells[st->order[i]];
        if (cell->answer.status != RTK_CELL_MEASURED) continue;
        if (stop(st) || time_is_up(st)) return false;
        rtk_settle();
        rtk_cell_sample(cell, st->gb);
    }
    st->round++;
    tell(st);
    return true;
}

static size_t count(const state *st, rtk_cell_status status) {
    size_t n = 0;
    for (size_t i = 0; i < st->list.n_cells; i++)
        n += st->list.cells[i]->answer.status == status;
    return n;
}

static void run_rounds(state *st) {
    while (st->round < RTK_ROUNDS_MAX && count(st, RTK_CELL_MEASURED) &&
           one_round(st))
        continue;
    for (size_t i = 0; i < st->list.n_cells; i++) {
        rtk_bench_cell *cell = st->list.cells[i];
        if (cell->answer.status != RTK_CELL_MEASURED || cell->rounds) continue;
        cell->answer.status = RTK_CELL_COULD_NOT_RUN;
        snprintf(cell->answer.reason, sizeof cell->answer.reason,
                 "interrupted before its first sample");
    }
}

/* ---- Results ---------------------------------------------------------------
 */

static void give_records(const state *st) {
    const rtk_sweep_hooks *h = &st->ask->hooks;
    for (size_t i = 0; h->record && i < st->list.n_cells; i++)
        h->record(h->to, rtk_cell_record(st->list.cells[i]));
}

static rtk_status write_json(state *st) {
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)st->ask->seed);
    rtk_status s = rtk_gb_context(st->gb, "racetrack_seed", number);
    snprintf(number, sizeof number, "%u", rtk_cpus_usable());
    if (!s) s = rtk_gb_context(st->gb, "racetrack_cpus_usable", number);
    if (!s) s = rtk_gb_write(st->gb, st->ask->json);
    if (s == RTK_EIO)
        snprintf(st->sentence, RTK_SENTENCE, "%.300s cannot be written: %s",
                 st->ask->json, strerror(errno));
    return s;
}

static void sum_up(const state *st, rtk_swept *swept) {
    *swept = (rtk_swept){.cells = st->list.n_cells,
                         .measured = count(st, RTK_CELL_MEASURED),
                         .wrong = count(st, RTK_CELL_WRONG),
                         .could_not_run = count(st, RTK_CELL_COULD_NOT_RUN),
                         .rounds = st->round,
                         .stopped = st->stopped};
}

/* Leave rounds and calls to Google Benchmark. */
static rtk_status drive(state *st, rtk_swept *swept) {
    sum_up(st, swept);
    rtk_status s =
        rtk_gb_drive(st->gb, st->ask->google_argc, st->ask->google_argv);
    if (s == RTK_EINVAL)
        snprintf(st->sentence, RTK_SENTENCE,
                 "Google Benchmark does not know a flag behind --");
    if (s == RTK_EFAILED)
        snprintf(st->sentence, RTK_SENTENCE, "no cell fits the filter");
    return s;
}

static rtk_status measure(state *st, rtk_swept *swept) {
    rtk_status s = rtk_gb_new(&st->gb, "racetrack-bench");
    st->order = calloc(st->list.n_cells + 1, sizeof *st->order);
    if (!s && !st->order) s = RTK_ENOMEM;
    if (!s) s = open_all(st);
    if (s) return s;
    if (st->ask->google_argc) return drive(st, swept);
    run_rounds(st);
    give_records(st);
    sum_up(st, swept);
    return st->ask->json ? write_json(st) : RTK_OK;
}

static void destroy(state *st) {
    rtk_cell_list_destroy(&st->list);
    free(st->order);
    rtk_gb_free(st->gb);
}

rtk_status rtk_sweep_run(const rtk_sweep *sweep, rtk_swept *swept,
                         char sentence[RTK_SENTENCE]) {
    state st = {
        .ask = sweep, .sentence = sentence, .started_ns = rtk_clock_ns()};
    rtk_status s = sweep->size < sizeof *sweep ? RTK_EINVAL : RTK_OK;
    snprintf(sentence, RTK_SENTENCE, "the sweep cannot be run");
    if (!s) s = rtk_cell_list_build(&st.list, sweep, sentence);
    if (!s) s = measure(&st, swept);
    if (s == RTK_ENOMEM)
        snprintf(sentence, RTK_SENTENCE, "there is not enough memory");
    destroy(&st);
    return s;
}
