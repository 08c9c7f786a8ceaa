#include "bench/sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_cell.h"
#include "harness/clock.h"
#include "harness/random.h"
#include "kernels/workers/workers.h"

enum { CELLS_MAX = 4096, ROUNDS_LEAST = 5, SETTLE_ROUNDS = 40 };
/* A thread that spins shows at least as much CPU time in SETTLE_NS. */
enum { SETTLE_NS = 1000000, ASLEEP_NS = 200000 };

/* A sweep that is going on. */
typedef struct state {
    const rtk_sweep *ask;
    char *sentence;
    rtk_site **sites;
    size_t n_sites, room;
    rtk_bench_cell **cells;
    size_t n_cells, ready, round;
    size_t *order;
    rtk_gb *gb;
    uint64_t started_ns;
    bool stopped;
} state;

/* ---- The list of cells -----------------------------------------------------
 */

/* Append `item` to a list of pointers. */
static rtk_status append(void *list, size_t *n, void *item) {
    void **old = *(void ***)list;
    void **grown = realloc(old, (*n + 1) * sizeof *grown);
    if (!grown) return RTK_ENOMEM;
    grown[(*n)++] = item;
    *(void ***)list = grown;
    return RTK_OK;
}

/* The site for these parameters, made when there is none. */
static rtk_status site_for(state *st, const rtk_subject *subject,
                           const int64_t *value, rtk_site **site) {
    size_t bytes = subject->n_params * sizeof *value;
    for (size_t i = 0; i < st->n_sites; i++) {
        *site = st->sites[i];
        if ((*site)->subject == subject &&
            memcmp((*site)->value, value, bytes) == 0)
            return RTK_OK;
    }
    *site = calloc(1, sizeof **site);
    if (!*site) return RTK_ENOMEM;
    (*site)->subject = subject;
    memcpy((*site)->value, value, bytes);
    rtk_status s = append(&st->sites, &st->n_sites, *site);
    if (s) free(*site);
    return s;
}

static rtk_status add_cell(state *st, const rtk_subject *subject,
                           const int64_t *value, rtk_point point) {
    int64_t with_blas[RTK_PARAMS_MAX];
    memcpy(with_blas, value, sizeof with_blas);
    if (point.blas)
        with_blas[rtk_subject_param_index(subject, "blas")] = point.blas;
    rtk_bench_cell *cell = calloc(1, sizeof *cell);
    if (!cell) return RTK_ENOMEM;
    rtk_status s = site_for(st, subject, with_blas, &cell->site);
    cell->op = rtk_subject_op(subject, 0);
    cell->point = point;
    cell->seed = st->ask->seed;
    if (!s) s = append(&st->cells, &st->n_cells, cell);
    if (s) free(cell);
    return s;
}

/* All points of one subject at one size. */
static rtk_status add_points(state *st, const rtk_subject *subject,
                             const int64_t *value, const rtk_point *points,
                             size_t n) {
    rtk_status s = RTK_OK;
    if (st->n_cells + n > CELLS_MAX) {
        snprintf(st->sentence, RTK_SENTENCE,
                 "this makes more than %d cells; name fewer subjects, sizes or "
                 "workers",
                 CELLS_MAX);
        return RTK_EINVAL;
    }
    for (size_t i = 0; i < n && !s; i++)
        s = add_cell(st, subject, value, points[i]);
    return s;
}

/* ---- Sizes -----------------------------------------------------------------
 */

/* The values that parameter `i` takes. */
typedef struct values {
    const int64_t *value;
    size_t n;
} values;

static bool is_blas(const rtk_param *p) {
    return strcmp(p->name, "blas") == 0;
}

/* The parameter that is the subject's size, or n_params. */
static size_t size_param(const rtk_subject *subject) {
    for (size_t i = 0; i < subject->n_params; i++) {
        const rtk_param *p = rtk_subject_param(subject, i);
        if (p->n_sweep && !is_blas(p)) return i;
    }
    return subject->n_params;
}

/* The last setting of `name`, or NULL. */
static const int64_t *set_to(const rtk_sweep *ask, const char *name) {
    for (size_t i = ask->n_settings; i-- > 0;)
        if (strcmp(ask->settings[i].name, name) == 0)
            return &ask->settings[i].value;
    return NULL;
}

static values values_of(const rtk_sweep *ask, const rtk_subject *subject,
                        size_t i) {
    const rtk_param *p = rtk_subject_param(subject, i);
    const int64_t *set = set_to(ask, p->name);
    if (set) return (values){set, 1};
    /* BLAS threads are the points', not a size. */
    if (is_blas(p)) return (values){&p->initial, 1};
    if (ask->n_sizes && i == size_param(subject))
        return (values){ask->sizes, ask->n_sizes};
    return p->n_sweep ? (values){p->sweep, p->n_sweep}
                      : (values){&p->initial, 1};
}

static rtk_status in_range(state *st, const rtk_subject *subject, size_t i,
                           const values *v) {
    const rtk_param *p = rtk_subject_param(subject, i);
    for (size_t k = 0; k < v->n; k++) {
        if (v->value[k] >= p->least && v->value[k] <= p->most) continue;
        snprintf(st->sentence, RTK_SENTENCE,
                 "%s takes %s from %lld to %lld, not %lld", subject->name,
                 p->name, (long long)p->least, (long long)p->most,
                 (long long)v->value[k]);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

/* The combination with number `at`, the last parameter fastest. */
static void pick(const values *all, size_t n, size_t at, int64_t *value) {
    for (size_t i = n; i > 0; i--) {
        const values *v = &all[i - 1];
        /* Always so: every parameter has a value. */
        if (!v->value || !v->n) continue;
        value[i - 1] = v->value[at % v->n];
        at /= v->n;
    }
}

/* Every combination of the parameters' values. */
static rtk_status add_sizes(state *st, const rtk_subject *subject,
                            const rtk_point *points, size_t n_points) {
    values all[RTK_PARAMS_MAX] = {{NULL, 0}};
    size_t combinations = 1;
    for (size_t i = 0; i < subject->n_params; i++) {
        all[i] = values_of(st->ask, subject, i);
        rtk_status s = in_range(st, subject, i, &all[i]);
        if (s) return s;
        combinations *= all[i].n;
        if (combinations > CELLS_MAX) combinations = CELLS_MAX + 1;
    }
    rtk_status s = RTK_OK;
    for (size_t c = 0; c < combinations && !s; c++) {
        int64_t value[RTK_PARAMS_MAX] = {0};
        pick(all, subject->n_params, c, value);
        s = add_points(st, subject, value, points, n_points);
    }
    return s;
}

static rtk_status blas_in_range(state *st, const rtk_subject *subject,
                                const rtk_point *points, size_t n) {
    size_t blas = rtk_subject_param_index(subject, "blas");
    rtk_status s = RTK_OK;
    for (size_t i = 0; blas < subject->n_params && i < n && !s; i++) {
        int64_t threads = points[i].blas;
        values v = {&threads, 1};
        s = in_range(st, subject, blas, &v);
    }
    return s;
}

/* Whether `subject` can be measured as asked. */
static rtk_status acceptable(state *st, const rtk_subject *subject) {
    if (subject->n_params > RTK_PARAMS_MAX || !subject->n_ops) {
        snprintf(st->sentence, RTK_SENTENCE,
                 "%s cannot be measured: it has no operation, or more than %d "
                 "parameters",
                 subject->name, RTK_PARAMS_MAX);
        return RTK_EINVAL;
    }
    if (st->ask->n_sizes && size_param(subject) == subject->n_params) {
        snprintf(st->sentence, RTK_SENTENCE,
                 "%s has no size: none of its parameters has values to sweep",
                 subject->name);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

static rtk_status add_subject(state *st, const rtk_subject *subject) {
    rtk_status s = acceptable(st, subject);
    if (s) return s;
    bool blas = rtk_subject_param_index(subject, "blas") < subject->n_params;
    const int64_t *fixed = set_to(st->ask, "blas");
    rtk_axes axes = st->ask->axes;
    if (fixed) {
        axes.n_blas = 1;
        axes.blas[0] = *fixed;
    }
    rtk_point points[RTK_POINTS_MAX];
    size_t n = 0;
    s = rtk_points_choose(&axes, rtk_cpus_usable(), blas, points, &n);
    if (s)
        snprintf(st->sentence, RTK_SENTENCE,
                 "workers must be 1 or more, or -1 (all usable CPUs), -2 ... "
                 "down to 1; BLAS threads 1 or more; %d points at most",
                 RTK_POINTS_MAX);
    if (!s) s = blas_in_range(st, subject, points, n);
    if (!s) s = add_sizes(st, subject, points, n);
    return s;
}

/* A setting that fits no subject is a slip of the pen. */
static rtk_status all_settings_fit(const rtk_sweep *ask, char *sentence) {
    for (size_t i = 0; i < ask->n_settings; i++) {
        bool fits = false;
        for (size_t k = 0; k < ask->n_subjects; k++)
            fits |= rtk_subject_param_index(ask->subjects[k],
                                            ask->settings[i].name) <
                    ask->subjects[k]->n_params;
        if (fits) continue;
        snprintf(sentence, RTK_SENTENCE,
                 "no subject that is measured has a parameter %.64s",
                 ask->settings[i].name);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

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
    rtk_sweep_progress p = {.cells = st->n_cells,
                            .ready = st->ready,
                            .round = st->round,
                            .elapsed_s = elapsed_s(st),
                            .budget_s = st->ask->budget_s};
    if (h->progress) h->progress(h->to, &p);
}

/* Half the memory is for arrays: the rest is for what plans and libraries
 * allocate, and for others. */
static size_t memory_room(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (size_t)pages / 2 * (size_t)page : SIZE_MAX;
}

static rtk_status open_all(state *st) {
    rtk_status s = RTK_OK;
    st->room = memory_room();
    for (size_t i = 0; i < st->n_sites && !stop(st); i++)
        rtk_site_open(st->sites[i], st->ask->seed, &st->room);
    for (size_t i = 0; i < st->n_cells && !s && !stop(st); i++) {
        rtk_cell_open(st->cells[i]);
        if (st->cells[i]->answer.status == RTK_CELL_MEASURED)
            s = rtk_cell_add(st->cells[i], st->gb);
        st->ready++;
        tell(st);
    }
    return s;
}

/* Fisher and Yates' shuffle; the order depends on seed and round alone. */
static void shuffle(state *st) {
    uint64_t seed = rtk_random_bits(st->ask->seed, st->round);
    for (size_t i = 0; i < st->n_cells; i++) st->order[i] = i;
    for (size_t i = st->n_cells; i > 1; i--) {
        size_t j = (size_t)rtk_random_below(seed, i, i),
               last = st->order[i - 1];
        st->order[i - 1] = st->order[j];
        st->order[j] = last;
    }
}

/* Wait until no thread of this process uses a CPU, within reason. */
static void settle(void) {
    const struct timespec pause = {.tv_nsec = SETTLE_NS};
    for (int i = 0; i < SETTLE_ROUNDS; i++) {
        uint64_t before = rtk_clock_cpu_ns();
        nanosleep(&pause, NULL);
        if (rtk_clock_cpu_ns() - before < ASLEEP_NS) return;
    }
}

static bool time_is_up(const state *st) {
    return st->round >= ROUNDS_LEAST && elapsed_s(st) >= st->ask->budget_s;
}

/* One sample of each cell; false when it was cut short. */
static bool one_round(state *st) {
    shuffle(st);
    for (size_t i = 0; i < st->n_cells; i++) {
        rtk_bench_cell *cell = st->cells[st->order[i]];
        if (cell->answer.status != RTK_CELL_MEASURED) continue;
        if (stop(st) || time_is_up(st)) return false;
        settle();
        rtk_cell_sample(cell, st->gb);
    }
    st->round++;
    tell(st);
    return true;
}

static size_t count(const state *st, rtk_cell_status status) {
    size_t n = 0;
    for (size_t i = 0; i < st->n_cells; i++)
        n += st->cells[i]->answer.status == status;
    return n;
}

static void run_rounds(state *st) {
    while (st->round < RTK_ROUNDS_MAX && count(st, RTK_CELL_MEASURED) &&
           one_round(st))
        continue;
    for (size_t i = 0; i < st->n_cells; i++) {
        rtk_bench_cell *cell = st->cells[i];
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
    for (size_t i = 0; h->record && i < st->n_cells; i++)
        h->record(h->to, rtk_cell_record(st->cells[i]));
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

static rtk_status measure(state *st, rtk_swept *swept) {
    rtk_status s = rtk_gb_new(&st->gb, "racetrack-bench");
    st->order = calloc(st->n_cells + 1, sizeof *st->order);
    if (!s && !st->order) s = RTK_ENOMEM;
    if (!s) s = open_all(st);
    if (s) return s;
    run_rounds(st);
    give_records(st);
    *swept = (rtk_swept){.cells = st->n_cells,
                         .measured = count(st, RTK_CELL_MEASURED),
                         .wrong = count(st, RTK_CELL_WRONG),
                         .could_not_run = count(st, RTK_CELL_COULD_NOT_RUN),
                         .rounds = st->round,
                         .stopped = st->stopped};
    return st->ask->json ? write_json(st) : RTK_OK;
}

static void destroy(state *st) {
    for (size_t i = 0; i < st->n_cells; i++) {
        rtk_cell_close(st->cells[i]);
        free(st->cells[i]);
    }
    for (size_t i = 0; i < st->n_sites; i++) {
        rtk_site_close(st->sites[i]);
        free(st->sites[i]);
    }
    free(st->cells);
    free(st->sites);
    free(st->order);
    rtk_gb_free(st->gb);
}

rtk_status rtk_sweep_run(const rtk_sweep *sweep, rtk_swept *swept,
                         char sentence[RTK_SENTENCE]) {
    state st = {
        .ask = sweep, .sentence = sentence, .started_ns = rtk_clock_ns()};
    rtk_status s = sweep->size < sizeof *sweep ? RTK_EINVAL : RTK_OK;
    snprintf(sentence, RTK_SENTENCE, "the sweep cannot be run");
    if (!s) s = all_settings_fit(sweep, sentence);
    for (size_t i = 0; i < sweep->n_subjects && !s; i++)
        s = add_subject(&st, sweep->subjects[i]);
    if (!s) s = measure(&st, swept);
    if (s == RTK_ENOMEM)
        snprintf(sentence, RTK_SENTENCE, "there is not enough memory");
    destroy(&st);
    return s;
}
