#include "bench/bench_cell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "harness/clock.h"

/* Short enough that many samples escape preemption, long enough for the clock.
 */
static const double sample_ns = 5e6, probe_ns = 1e6, long_ns = 20e6;
enum { PROBES = 3, LOOKS = 5, LONG_AWAKE = 4 };

#define SENTENCE(to, ...) snprintf((to), sizeof(to), __VA_ARGS__)

/* ---- Right or wrong --------------------------------------------------------
 */

void rtk_cell_refuse(rtk_bench_cell *cell, rtk_cell_status status,
                     const char *what, const char *why) {
    cell->answer.status = status;
    SENTENCE(cell->answer.reason, "%s%s%s", what, why && *why ? ": " : "",
             why ? why : "");
    /* A plug-in's words may be no UTF-8, which a record must be. */
    for (char *c = cell->answer.reason; *c; c++)
        if (*c < 0x20 || *c > 0x7e) *c = '?';
}

static const char *words(const rtk_bench_cell *cell, rtk_status s) {
    return cell->call.message ? cell->call.message : rtk_status_text(s);
}

/* The timed loop: `calls` times, in C, through one pointer. */
static rtk_status kernel(void *user, uint64_t calls) {
    rtk_bench_cell *cell = user;
    void *self = cell->site->subject->self, *instance = cell->instance;
    const rtk_views *views = &cell->site->arrays.views;
    rtk_status (*run)(void *, void *, const rtk_views *, rtk_call *) =
        cell->op->run;
    rtk_status s = RTK_OK;
    for (uint64_t i = 0; i < calls && !s; i++, cell->call.round++)
        s = run(self, instance, views, &cell->call);
    return s;
}

rtk_status rtk_cell_run(rtk_bench_cell *cell, uint64_t calls) {
    return kernel(cell, calls);
}

static rtk_status prepare(rtk_bench_cell *cell) {
    return cell->site->refill ? rtk_site_fill(cell->site, cell->seed) : RTK_OK;
}

/* A word that depends on every bit of the outputs and the result. */
static uint64_t digest(const rtk_bench_cell *cell) {
    const rtk_arrays *a = &cell->site->arrays;
    uint64_t h = cell->call.result;
    for (size_t i = 0; i < a->views.n; i++) {
        const char *data = a->view[i].data;
        size_t n = a->view[i].flow == RTK_IN ? 0 : a->store[i].data_bytes;
        for (size_t at = 0; at < n; at += sizeof h) {
            uint64_t word = 0;
            memcpy(&word, data + at, n - at < sizeof h ? n - at : sizeof h);
            h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
            h ^= h >> 29;
        }
    }
    return h;
}

/* Compare the answer with the truth. Without a check there is none. */
static void ask_truth(rtk_bench_cell *cell) {
    rtk_site *site = cell->site;
    const rtk_subject *subject = site->subject;
    rtk_status (*check)(void *, const rtk_args *, const rtk_views *,
                        const rtk_call *, rtk_truth *) =
        cell->op->check ? cell->op->check : subject->check;
    if (!check) return;
    rtk_truth truth = {.size = sizeof truth, .error = NAN};
    rtk_status s = check(subject->self, &site->args, &site->arrays.views,
                         &cell->call, &truth);
    truth.text[sizeof truth.text - 1] = 0;
    if (s) {
        rtk_cell_refuse(cell, RTK_CELL_COULD_NOT_RUN,
                        "its check could not answer", rtk_status_text(s));
        return;
    }
    cell->answer.error = truth.error;
    double tolerance = cell->op->claims ? cell->op->claims->tolerance : 0;
    if (!(truth.error <= tolerance))
        rtk_cell_refuse(cell, RTK_CELL_WRONG, "the answer is wrong",
                        truth.text);
}

/* A truth may take long, and is the same for the same bits. */
static void judge(rtk_bench_cell *cell) {
    rtk_site *site = cell->site;
    const char *beyond = rtk_arrays_overrun(&site->arrays);
    if (beyond) {
        rtk_cell_refuse(cell, RTK_CELL_WRONG,
                        "it wrote beyond the end of an array", beyond);
        return;
    }
    uint64_t bits = digest(cell);
    if (site->judged && site->digest == bits) {
        cell->answer = site->answer;
        return;
    }
    ask_truth(cell);
    site->judged = true;
    site->digest = bits;
    site->answer = cell->answer;
}

uint64_t rtk_cell_judge_again(rtk_bench_cell *cell) {
    const rtk_claims *claims = cell->op->claims;
    bool equal_bits = claims && claims->repeatable == RTK_TIER_A;
    uint64_t bits = digest(cell);
    const rtk_site *site = cell->site;
    if (!site->refill && (equal_bits || !site->judged || site->digest == bits))
        judge(cell);
    else if (rtk_arrays_overrun(&site->arrays))
        rtk_cell_refuse(cell, RTK_CELL_WRONG,
                        "it wrote beyond the end of an array", NULL);
    return bits;
}

static void run_once(rtk_bench_cell *cell) {
    rtk_arrays_poison(&cell->site->arrays);
    rtk_status s = prepare(cell);
    if (!s) s = kernel(cell, 1);
    if (s)
        rtk_cell_refuse(cell, RTK_CELL_COULD_NOT_RUN, "a call failed",
                        words(cell, s));
    else
        judge(cell);
}

/* ---- Rest ------------------------------------------------------------------
 */

/* A thread that spins shows at least as much CPU time in SETTLE_NS. */
enum { SETTLE_NS = 1000000, ASLEEP_NS = 200000, SETTLE_ROUNDS = 40 };

int rtk_settle(void) {
    const struct timespec pause = {.tv_nsec = SETTLE_NS};
    for (int i = 0; i < SETTLE_ROUNDS; i++) {
        uint64_t before = rtk_clock_cpu_ns();
        nanosleep(&pause, NULL);
        if (rtk_clock_cpu_ns() - before < ASLEEP_NS) return i;
    }
    return SETTLE_ROUNDS;
}

/* ---- How many calls make a sample ------------------------------------------
 */

static double probe(rtk_bench_cell *cell, uint64_t calls, rtk_status *s) {
    *s = prepare(cell);
    uint64_t start = rtk_clock_ns();
    if (!*s) *s = kernel(cell, calls);
    return (double)(rtk_clock_ns() - start);
}

/* Whether threads are still awake milliseconds after a call, more often than
 * not: they wait awake. A pool that spins for a moment only does not. */
static bool stays_awake(rtk_bench_cell *cell) {
    int awake = 0;
    rtk_settle();
    for (int i = 0; i < LOOKS; i++) {
        (void)!kernel(cell, 1);
        awake += rtk_settle() >= LONG_AWAKE;
    }
    return awake > LOOKS / 2;
}

/* The smallest of several short probes: noise only ever adds. */
static void calibrate(rtk_bench_cell *cell) {
    rtk_status s;
    uint64_t calls = 1;
    double least = probe(cell, calls, &s);
    while (!s && least < probe_ns) {
        calls *= 2;
        least = probe(cell, calls, &s);
    }
    for (int i = 1; i < PROBES && !s && least < long_ns; i++)
        least = fmin(least, probe(cell, calls, &s));
    if (s) {
        rtk_cell_refuse(cell, RTK_CELL_COULD_NOT_RUN, "a call failed",
                        words(cell, s));
        return;
    }
    double wanted = round(sample_ns * (double)calls / least);
    cell->calls = wanted > 1 ? (uint64_t)wanted : 1;
    cell->call_ns = least / (double)calls;
}

/* ---- A cell ----------------------------------------------------------------
 */

static double work(double (*of)(void *, const rtk_args *),
                   const rtk_site *site) {
    double value = of ? of(site->subject->self, &site->args) : 0;
    return value > 0 && isfinite(value) ? value : 0;
}

void rtk_cell_open(rtk_bench_cell *cell) {
    const rtk_site *site = cell->site;
    const rtk_subject *subject = site->subject;
    cell->answer.error = NAN;
    cell->flops = work(subject->flops, site);
    cell->bytes = work(subject->bytes, site);
    cell->call = (rtk_call){.size = sizeof cell->call,
                            .workers = cell->point.workers,
                            .seed = cell->seed,
                            .actors = 1};
    if (site->failed) {
        rtk_cell_refuse(cell, RTK_CELL_COULD_NOT_RUN, site->reason, NULL);
        return;
    }
    rtk_status s = RTK_OK;
    if (subject->open)
        s = subject->open(subject->self, &site->args, &site->arrays.views,
                          cell->call.workers, &cell->instance);
    cell->opened = !s && subject->open;
    if (s)
        rtk_cell_refuse(cell, RTK_CELL_COULD_NOT_RUN,
                        "its instance cannot be opened", rtk_status_text(s));
    else
        run_once(cell);
    if (cell->answer.status != RTK_CELL_MEASURED) return;
    cell->calls = cell->known_calls;
    if (cell->calls) return;
    cell->spins =
        cell->point.workers * (cell->point.blas ? cell->point.blas : 1) > 1 &&
        stays_awake(cell);
    calibrate(cell);
}

void rtk_cell_close(rtk_bench_cell *cell) {
    const rtk_subject *subject = cell->site->subject;
    if (cell->opened && subject->close)
        subject->close(subject->self, cell->instance);
    cell->opened = false;
}

rtk_status rtk_cell_warm(rtk_bench_cell *cell) {
    rtk_status s = prepare(cell);
    if (!s && cell->calls > 1) s = kernel(cell, 1);
    return s;
}

static rtk_status setup(void *user, rtk_gb_notes *notes) {
    (void)notes;
    return rtk_cell_warm(user);
}

static rtk_status check(void *user, rtk_gb_notes *notes) {
    const rtk_bench_cell *cell = user;
    if (cell->flops > 0)
        rtk_gb_count(notes, "flops", cell->flops, RTK_GB_WORK_RATE);
    if (cell->bytes > 0)
        rtk_gb_count(notes, "bytes_per_second", cell->bytes, RTK_GB_WORK_RATE);
    if (cell->call.effective_workers > 0)
        rtk_gb_count(notes, "effective_workers",
                     (double)cell->call.effective_workers, RTK_GB_PLAIN);
    if (cell->point.oversubscribed) rtk_gb_label(notes, "oversubscribed");
    const char *beyond = rtk_arrays_overrun(&cell->site->arrays);
    if (beyond) rtk_gb_error(notes, "it wrote beyond the end of an array");
    return RTK_OK;
}

rtk_status rtk_cell_add(rtk_bench_cell *cell, rtk_gb *gb) {
    const rtk_site *site = cell->site;
    rtk_gb_arg args[RTK_PARAMS_MAX + 1];
    size_t n = 0;
    for (; n < site->args.n; n++)
        args[n] = (rtk_gb_arg){rtk_subject_param(site->subject, n)->name,
                               site->value[n]};
    args[n++] = (rtk_gb_arg){"workers", cell->point.workers};
    rtk_gb_case one = {.size = sizeof one,
                       .name = site->subject->name,
                       .args = args,
                       .n_args = n,
                       .user = cell,
                       .setup = setup,
                       .kernel = kernel,
                       .check = check};
    return rtk_gb_add(gb, &one, &cell->index);
}

void rtk_cell_sample(rtk_bench_cell *cell, rtk_gb *gb) {
    rtk_gb_result r = {.size = sizeof r};
    rtk_status s = rtk_gb_run(gb, cell->index, cell->calls, RTK_GB_KEEP, &r);
    if (s || r.failed) {
        rtk_cell_refuse(cell, RTK_CELL_COULD_NOT_RUN, "a sample failed",
                        s ? rtk_status_text(s) : r.error);
        cell->rounds = 0;
        return;
    }
    cell->wall_ns[cell->rounds] = r.real_s * 1e9 / (double)cell->calls;
    cell->cpu_ns[cell->rounds++] = r.cpu_s * 1e9 / (double)cell->calls;
}

/* ---- Its record ------------------------------------------------------------
 */

static json_t *args_of(const rtk_site *site) {
    json_t *args = json_object();
    size_t blas = rtk_subject_param_index(site->subject, "blas");
    for (size_t i = 0; i < site->subject->n_params; i++)
        if (i != blas)
            json_object_set_new(args, rtk_subject_param(site->subject, i)->name,
                                json_integer(site->value[i]));
    return args;
}

static json_t *numbers(const double *x, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, json_real(x[i]));
    return list;
}

json_t *rtk_cell_point(const rtk_bench_cell *cell) {
    const rtk_point *p = &cell->point;
    return json_pack("{ss so si si sI sb}", "subject",
                     cell->site->subject->name, "args", args_of(cell->site),
                     "workers", (int)p->workers, "blas_threads", (int)p->blas,
                     "threads",
                     (json_int_t)p->workers * (p->blas ? p->blas : 1),
                     "oversubscribed", (int)p->oversubscribed);
}

json_t *rtk_cell_record(const rtk_bench_cell *cell) {
    static const char *const status[] = {"measured", "wrong answer",
                                         "could not run"};
    int64_t effective = cell->call.effective_workers;
    size_t rounds = cell->answer.status == RTK_CELL_MEASURED ? cell->rounds : 0;
    json_t *point = rtk_cell_point(cell);
    json_t *record = json_pack(
        "{ss ss sf sf ss? sI so so sI so}", "record", "cell", "status",
        status[cell->answer.status], "flops", cell->flops, "bytes", cell->bytes,
        "reason", cell->answer.reason[0] ? cell->answer.reason : NULL,
        "calls_per_sample", (json_int_t)cell->calls, "wall_ns",
        numbers(cell->wall_ns, rounds), "cpu_ns", numbers(cell->cpu_ns, rounds),
        "effective_workers", (json_int_t)(effective > 0 ? effective : 0),
        "error",
        isfinite(cell->answer.error) ? json_real(cell->answer.error)
                                     : json_null());
    if (!point || json_object_update(record, point) < 0) {
        json_decref(record);
        record = NULL;
    }
    json_decref(point);
    return record;
}
