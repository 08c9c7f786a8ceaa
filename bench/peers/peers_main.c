/* racetrack-peers: our runtime and kernels against others, in one run. */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peers/peers_tables.h"
#include "harness/clock.h"
#include "harness/supervise/machine.h"
#include "harness/supervise/records.h"

enum { AS_CLAIMED = 0, REFUTED = 1, USAGE = 2, NOT_MEASURED = 3 };
enum { STAGES_MAX = 16 };

static const char help[] =
    "usage: racetrack-peers [options]\n"
    "\n"
    "Compare racetrack's workers with other runtimes, every\n"
    "side sampled in every round, and print ratios of samples of one round:\n"
    "above 1, the other takes longer. Then what is claimed, and whether it "
    "was\n"
    "borne out.\n"
    "\n"
    "  --only GROUP      dispatch        loops, empty and with work: helpers\n"
    "                                    spin or sleep, back to back and 1 ms\n"
    "                                    apart\n"
    "                    idle            CPU time of idle helpers; how long "
    "the\n"
    "                                    caller is blocked when they sleep\n"
    "                    foreign         beside a busy process\n"
    "                    confined        on one CPU\n"
    "                    oversubscribed  4 workers for each CPU\n"
    "                    otherwise all\n"
    "  --budget SECONDS  how long to measure (180); each group takes a few\n"
    "                    rounds at least; 0: one short sample of each side\n"
    "  --seed N          draws the order (1)\n"
    "  --markdown        one row for each case\n"
    "  --json FILE       also write all figures and verdicts there\n"
    "  --records FILE    also write records \"peer\" there\n"
    "\n"
    "Exit: 0 measured, 1 a wrong answer, 2 usage, 3 nothing was measured or a\n"
    "file could not be written, 130 or 143 interrupted. No time decides.\n";

typedef struct options {
    const char *only, *json, *records;
    double budget_s;
    uint64_t seed;
    bool serve, markdown;
} options;

/* Which signal asked to stop, or 0. */
static atomic_int asked_to_stop;

static void on_signal(int number) {
    /* Relaxed: the number is all that is handed over. */
    atomic_store_explicit(&asked_to_stop, number, memory_order_relaxed);
}

static int signalled(void) {
    return atomic_load_explicit(&asked_to_stop, memory_order_relaxed);
}

static bool stopped(void) {
    return signalled() != 0;
}

/* ---- Options ---------------------------------------------------------------
 */

__attribute__((noreturn)) static void refuse(const char *what,
                                             const char *value) {
    fprintf(stderr, "racetrack-peers: %s%.64s; see --help\n", what, value);
    exit(USAGE);
}

static double seconds(const char *text) {
    char *end;
    double s = strtod(text, &end);
    if (end == text || *end || !(s >= 0 && s <= 1e6))
        refuse("--budget takes seconds, 0 .. 1000000, not ", text);
    return s;
}

static uint64_t number(const char *text) {
    char *end;
    errno = 0;
    uint64_t n = strtoull(text, &end, 0);
    if (errno || end == text || *end || *text == '-')
        refuse("--seed takes a whole number, not ", text);
    return n;
}

static options parse(int argc, char **argv) {
    enum { ONLY, BUDGET, SEED, MARKDOWN, JSON, RECORDS, SERVE, HELP };
    static const struct option known[] = {
        {"only", required_argument, NULL, ONLY},
        {"budget", required_argument, NULL, BUDGET},
        {"seed", required_argument, NULL, SEED},
        {"markdown", no_argument, NULL, MARKDOWN},
        {"json", required_argument, NULL, JSON},
        {"records", required_argument, NULL, RECORDS},
        {"serve", no_argument, NULL, SERVE},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0}};
    options o = {.budget_s = 180, .seed = 1};
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":", known, NULL)) != -1;) {
        switch (c) {
        case ONLY: o.only = optarg; break;
        case BUDGET: o.budget_s = seconds(optarg); break;
        case SEED: o.seed = number(optarg); break;
        case MARKDOWN: o.markdown = true; break;
        case JSON: o.json = optarg; break;
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

/* ---- Stages ----------------------------------------------------------------
 */

static size_t choose(const options *o, const rtk_stage *chosen[STAGES_MAX]) {
    size_t n, count = 0;
    const rtk_stage *all = rtk_stages(&n);
    for (size_t i = 0; i < n && count < STAGES_MAX; i++)
        if (!o->only || strcmp(all[i].name, o->only) == 0)
            chosen[count++] = &all[i];
    if (!count) refuse("there is no group ", o->only);
    return count;
}

/* What a run came to. */
typedef struct outcome {
    size_t measured;
    bool wrong;
    json_t *stages;
    rtk_verdicts verdicts;
} outcome;

static void conclude(const rtk_result *r, const options *o,
                     rtk_records *records, outcome *to) {
    rtk_print_stage(r, o->markdown);
    fflush(stdout);
    json_array_append_new(to->stages, rtk_json_of_stage(r));
    rtk_verdicts_add(&to->verdicts, r);
    for (size_t i = 0; i < r->n; i++) {
        json_t *record = rtk_record_of_arm(r, &r->arms[i]);
        if (record && records) rtk_records_write(records, record);
        if (record && !records) json_decref(record);
        to->measured += rtk_arm_ns(r, &r->arms[i]).n > 0;
        to->wrong |= r->arms[i].opened.status == RTK_EFAILED;
    }
}

static void run(const options *o, rtk_records *records, outcome *to) {
    const rtk_stage *chosen[STAGES_MAX];
    size_t n = choose(o, chosen);
    rtk_plan plan = {.budget_s = o->budget_s,
                     .seed = o->seed,
                     .started_ns = rtk_clock_ns(),
                     .stopped = stopped};
    for (size_t i = 0; i < n; i++) plan.shares += chosen[i]->share;
    for (size_t i = 0; i < n && !stopped(); i++) {
        rtk_result result;
        rtk_stage_run(chosen[i], &plan, &result);
        conclude(&result, o, records, to);
        rtk_result_free(&result);
    }
    rtk_print_verdicts(&to->verdicts, o->markdown);
}

static int exit_code(const outcome *of) {
    if (stopped()) return 128 + signalled();
    if (of->wrong) return REFUTED;
    return of->measured ? AS_CLAIMED : NOT_MEASURED;
}

/* Returns whether it could be written. */
static bool write_json(const options *o, outcome *of, json_t *machine) {
    json_t *all =
        json_pack("{si so so so}", "version", 1, "machine", machine, "groups",
                  of->stages, "verdicts", rtk_json_of_verdicts(&of->verdicts));
    bool done = !o->json || json_dump_file(all, o->json, JSON_INDENT(1)) == 0;
    if (!done)
        fprintf(stderr, "racetrack-peers: %s cannot be written\n", o->json);
    json_decref(all);
    return done;
}

static void start_records(rtk_records *records, const options *o, int argc,
                          char **argv) {
    char sentence[RTK_SENTENCE];
    if (rtk_records_open(records, ".", o->records, sentence)) {
        fprintf(stderr, "racetrack-peers: %s\n", sentence);
        exit(USAGE);
    }
    rtk_records_begin(records, argc, argv, o->seed, "peers",
                      json_pack("[s]", "native"), json_array(), NULL);
}

int main(int argc, char **argv) {
    static rtk_records records;
    static outcome came;
    options o = parse(argc, argv);
    if (o.serve) {
        const rtk_stage *stage[STAGES_MAX];
        /* The parent decides when it ends. */
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        choose(&o, stage);
        rtk_coprocess_serve(stage[0]->sides());
        return AS_CLAIMED;
    }
    signal(SIGPIPE, SIG_IGN);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (o.records) start_records(&records, &o, argc, argv);
    came.stages = json_array();
    json_t *machine = rtk_machine_card();
    run(&o, o.records ? &records : NULL, &came);
    int code = exit_code(&came);
    if (!write_json(&o, &came, machine) && !code) code = NOT_MEASURED;
    if (o.records)
        rtk_records_end(&records, !stopped(), code,
                        stopped() ? "interrupted" : NULL);
    return code;
}
