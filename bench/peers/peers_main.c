/* racetrack-peers: our runtime and kernels against others, in one run. Every
 * round takes one sample of every side in an order drawn for it, and a ratio is
 * made of two samples of one round: the machine's moods cancel. */

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/peers/coprocess.h"
#include "bench/peers/sides.h"
#include "harness/clock.h"
#include "harness/random.h"
#include "harness/supervise/records.h"
#include "kernels/workers/workers.h"

enum { SIDES_MAX = 256, ROUNDS_MAX = 60, ROUNDS_LEAST = 5 };
enum { AS_CLAIMED = 0, REFUTED = 1, USAGE = 2, NOT_MEASURED = 3 };

static const char help[] =
    "usage: racetrack-peers [options]\n"
    "\n"
    "Compare racetrack's thread pool, FFT and matrix product with others in "
    "one\n"
    "interleaved run, and print ratios: above 1, the peer takes longer.\n"
    "\n"
    "  --group NAME      only dispatch, fft or gemm\n"
    "  --budget SECONDS  how long to measure (40); 5 rounds at least\n"
    "  --seed N          draws the order (1)\n"
    "  --records FILE    also write records \"peer\" there\n"
    "\n"
    "Exit: 0 measured, 1 a wrong answer, 2 usage, 3 nothing was measured, 130\n"
    "or 143 interrupted.\n";

typedef struct options {
    const char *group, *records;
    double budget_s;
    uint64_t seed;
    bool serve;
} options;

/* A side while it is measured. */
typedef struct arm {
    const rtk_side *side;
    rtk_coprocess *process;
    rtk_sample opened; /* its status, and calls of one sample */
    double call_ns[ROUNDS_MAX];
} arm;

static const rtk_side *sides[SIDES_MAX];
static arm arms[SIDES_MAX];
static rtk_coprocess processes[SIDES_MAX];
static size_t n_sides;

/* Which signal asked to stop, or 0. */
static atomic_int asked_to_stop;

static void on_signal(int number) {
    /* Relaxed: the number is all that is handed over. */
    atomic_store_explicit(&asked_to_stop, number, memory_order_relaxed);
}

static int stopped(void) {
    return atomic_load_explicit(&asked_to_stop, memory_order_relaxed);
}

/* ---- Options ---------------------------------------------------------------
 */

__attribute__((noreturn)) static void refuse(const char *what,
                                             const char *value) {
    fprintf(stderr, "racetrack-peers: %s%.64s; see --help\n", what, value);
    exit(USAGE);
}

static options parse(int argc, char **argv) {
    enum { GROUP, BUDGET, SEED, RECORDS, SERVE, HELP };
    static const struct option known[] = {
        {"group", required_argument, NULL, GROUP},
        {"budget", required_argument, NULL, BUDGET},
        {"seed", required_argument, NULL, SEED},
        {"records", required_argument, NULL, RECORDS},
        {"serve", no_argument, NULL, SERVE},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0}};
    options o = {.budget_s = 40, .seed = 1};
    char *end = NULL;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":", known, NULL)) != -1;) {
        switch (c) {
        case GROUP: o.group = optarg; break;
        case BUDGET:
            o.budget_s = strtod(optarg, &end);
            if (end == optarg || *end || !(o.budget_s >= 0))
                refuse("--budget takes seconds, not ", optarg);
            break;
        case SEED:
            errno = 0;
            o.seed = strtoull(optarg, &end, 0);
            if (errno || end == optarg || *end || *optarg == '-')
                refuse("--seed takes a whole number, not ", optarg);
            break;
        case RECORDS: o.records = optarg; break;
        case SERVE: o.serve = true; break;
        case HELP: fputs(help, stdout); exit(AS_CLAIMED);
        case ':': refuse("a value is missing for ", argv[optind - 1]);
        default: refuse("there is no option ", argv[optind - 1]);
        }
    }
    if (optind < argc) refuse("not expected: ", argv[optind]);
    return o;
}

/* ---- Sides -----------------------------------------------------------------
 */

static void collect(const rtk_sides *some, const char *group) {
    for (size_t i = 0; i < some->n && n_sides < SIDES_MAX; i++)
        if (!group || strcmp(some->side[i].group, group) == 0)
            sides[n_sides++] = &some->side[i];
}

static void collect_all(const char *group) {
    const rtk_sides all[] = {rtk_dispatch_sides(), rtk_fft_sides(),
                             rtk_gemm_sides()};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        collect(&all[i], group);
}

/* The process of side `i`: that of the first side which names it. */
static rtk_coprocess *process_of(size_t i) {
    size_t first = 0;
    while (strcmp(sides[first]->process, sides[i]->process) != 0) first++;
    return &processes[first];
}

static void open_side(size_t i, const char *group) {
    arm *a = &arms[i];
    a->side = sides[i];
    a->process = process_of(i);
    if (!a->process->pid && rtk_coprocess_start(a->process, group)) {
        a->opened = (rtk_sample){.status = RTK_ETHREAD,
                                 .sentence = "no process could be started"};
        return;
    }
    rtk_coprocess_ask(a->process, i, 0, &a->opened);
}

/* ---- Rounds ----------------------------------------------------------------
 */

static void shuffle(size_t *order, uint64_t seed) {
    for (size_t i = 0; i < n_sides; i++) order[i] = i;
    for (size_t i = n_sides; i > 1; i--) {
        size_t j = (size_t)rtk_random_below(seed, i, i), last = order[i - 1];
        order[i - 1] = order[j];
        order[j] = last;
    }
}

static void sample(size_t i, size_t round) {
    arm *a = &arms[i];
    rtk_sample s;
    if (a->opened.status) return;
    rtk_coprocess_ask(a->process, i, a->opened.calls, &s);
    if (s.status)
        a->opened = s;
    else
        a->call_ns[round] = (double)s.wall_ns / (double)s.calls;
}

/* Returns the rounds that were completed. */
static size_t run_rounds(const options *o, uint64_t started_ns) {
    size_t order[SIDES_MAX] = {0}, round = 0;
    for (; round < ROUNDS_MAX; round++) {
        double elapsed_s = (double)(rtk_clock_ns() - started_ns) / 1e9;
        if (round >= ROUNDS_LEAST && elapsed_s > o->budget_s) break;
        shuffle(order, rtk_random_bits(o->seed, round));
        for (size_t i = 0; i < n_sides && !stopped(); i++)
            sample(order[i], round);
        if (stopped()) break;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r\033[Kpeers: round %zu, %.0f s of %.0f",
                    round + 1, elapsed_s, o->budget_s);
    }
    if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
    return round;
}

/* ---- Results ---------------------------------------------------------------
 */

static int rising(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Quantile of n values, between neighbours; n >= 1. */
static double quantile(const double *x, size_t n, double q) {
    double sorted[ROUNDS_MAX], at = q * (double)(n - 1);
    memcpy(sorted, x, n * sizeof *x);
    qsort(sorted, n, sizeof *sorted, rising);
    size_t i = (size_t)at, next = i + 1 < n ? i + 1 : i;
    return sorted[i] + (at - (double)i) * (sorted[next] - sorted[i]);
}

static bool same_case(const rtk_side *a, const rtk_side *b) {
    return strcmp(a->group, b->group) == 0 && a->workers == b->workers &&
           strcmp(a->title, b->title) == 0;
}

static bool is_ours(const arm *a) {
    return strcmp(a->side->peer, RTK_OURS) == 0;
}

static const arm *ours_for(const arm *peer) {
    for (size_t i = 0; i < n_sides; i++)
        if (is_ours(&arms[i]) && same_case(arms[i].side, peer->side))
            return &arms[i];
    return NULL;
}

static bool oversubscribed(const arm *a) {
    return a->side->workers > rtk_cpus_usable();
}

static json_t *record_of(const arm *a, const double *ratios, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_real(ratios[i]));
    return json_pack("{ss ss ss ss si sb so sf sf sf}", "record", "peer",
                     "group", a->side->group, "case", a->side->title, "peer",
                     a->side->peer, "workers", (int)a->side->workers,
                     "oversubscribed", (int)oversubscribed(a), "ratios", list,
                     "median", quantile(ratios, n, 0.5), "low",
                     quantile(ratios, n, 0.25), "high",
                     quantile(ratios, n, 0.75));
}

static void print_case(const arm *ours, size_t rounds) {
    char title[80];
    snprintf(title, sizeof title, "%s: %s, %u worker%s%s", ours->side->group,
             ours->side->title, ours->side->workers,
             ours->side->workers == 1 ? "" : "s",
             oversubscribed(ours) ? " (oversubscribed)" : "");
    printf("\n%-52s %10s   peer / racetrack\n", title, "us a call");
    if (ours->opened.status)
        printf("  %-50s not measured: %s\n", RTK_OURS, ours->opened.sentence);
    else
        printf("  %-50s %10.3f\n", RTK_OURS,
               quantile(ours->call_ns, rounds, 0.5) / 1e3);
}

static void print_peer(const arm *a, const double *ratios, size_t rounds) {
    if (a->opened.status)
        printf("  %-50s left out: %s\n", a->side->peer, a->opened.sentence);
    else if (ratios)
        printf("  %-50s %10.3f   %6.2f  [%.2f, %.2f]\n", a->side->peer,
               quantile(a->call_ns, rounds, 0.5) / 1e3,
               quantile(ratios, rounds, 0.5), quantile(ratios, rounds, 0.25),
               quantile(ratios, rounds, 0.75));
}

/* Print everything, give records, and say how many ratios there are. */
static size_t report(size_t rounds, rtk_records *records) {
    size_t measured = 0;
    double load[1] = {0};
    if (getloadavg(load, 1) != 1) load[0] = 0;
    printf("%zu rounds; the median of the ratios, and their quartiles\n"
           "%u usable CPUs, load average %.1f; above 1 others ran as well\n",
           rounds, rtk_cpus_usable(), load[0]);
    for (size_t i = 0; i < n_sides && rounds; i++) {
        const arm *a = &arms[i], *ours = ours_for(a);
        double ratios[ROUNDS_MAX];
        if (is_ours(a)) {
            print_case(a, rounds);
            continue;
        }
        bool both = ours && !ours->opened.status && !a->opened.status;
        for (size_t r = 0; both && r < rounds; r++)
            ratios[r] = a->call_ns[r] / ours->call_ns[r];
        print_peer(a, both ? ratios : NULL, rounds);
        if (both && records)
            rtk_records_write(records, record_of(a, ratios, rounds));
        measured += both;
    }
    return measured;
}

static int verdict(size_t measured) {
    if (stopped()) return 128 + stopped();
    for (size_t i = 0; i < n_sides; i++)
        if (arms[i].opened.status == RTK_EFAILED) return REFUTED;
    return measured ? AS_CLAIMED : NOT_MEASURED;
}

static void start_records(rtk_records *records, const options *o, int argc,
                          char **argv) {
    char sentence[RTK_SENTENCE];
    if (rtk_records_open(records, ".", o->records, sentence)) {
        fprintf(stderr, "racetrack-peers: %s\n", sentence);
        exit(USAGE);
    }
    rtk_records_begin(records, argc, argv, o->seed, "peers",
                      json_pack("[s]", "native"), json_array());
}

int main(int argc, char **argv) {
    static rtk_records records;
    uint64_t started_ns = rtk_clock_ns();
    options o = parse(argc, argv);
    collect_all(o.group);
    if (o.serve) {
        /* The parent decides when it ends. */
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        rtk_coprocess_serve(sides, n_sides);
        return AS_CLAIMED;
    }
    if (!n_sides) refuse("there is no group ", o.group);
    if (o.records) start_records(&records, &o, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    for (size_t i = 0; i < n_sides && !stopped(); i++) open_side(i, o.group);
    size_t rounds = run_rounds(&o, started_ns);
    size_t measured = report(rounds, o.records ? &records : NULL);
    int code = verdict(measured);
    if (o.records)
        rtk_records_end(&records, !stopped(), code,
                        stopped() ? "interrupted" : NULL);
    for (size_t i = 0; i < n_sides; i++) rtk_coprocess_end(&processes[i]);
    return code;
}
