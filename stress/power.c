#include "stress/power.h"

#include <math.h>
#include <stdlib.h>

#include "harness/clock.h"
#include "harness/progress.h"
#include "stress/binomial.h"
#include "stress/selftest.h"

/* Seeds of attempts lie so far apart that the trials of one never use those of
 * the next. A twin gets at least as many trials as its fault took to be found,
 * if they fit into the time. */
enum { STRIDE = 1000003, TWIN_TRIALS = 5, TWIN_BUDGET_MS = 400 };

static const double confidence = 0.95, seeds_target = 0.95;

/* A fault's attempts. */
typedef struct row {
    unsigned seeds, found;
    double seconds[RTK_POWER_SEEDS];   /* infinite: not found */
    uint64_t trials[RTK_POWER_SEEDS];  /* of each attempt */
    uint64_t twin_trials, alarms;      /* of the sound twin */
    double median, low, high, covered; /* of seconds */
} row;

/* The whole while it runs. */
typedef struct running {
    rtk_fault_choice choice;
    rtk_power *power;
    unsigned seeds, all, done;
    uint64_t start_ns;
} running;

/* ---- One fault --------------------------------------------------------------
 */

static rtk_status attempt(const rtk_attempts *a, const rtk_fault *f,
                          uint64_t seed, row *r) {
    rtk_tally fault, twin;
    rtk_attempt one;
    rtk_tally_init(&fault);
    rtk_tally_init(&twin);
    rtk_status s = rtk_attempt_fault(a, f, seed, &fault, &one);
    if (s != RTK_ECANCELLED) {
        r->seconds[r->seeds] = one.found ? one.seconds : INFINITY;
        r->trials[r->seeds++] = fault.trials;
        r->found += one.found;
        uint64_t least = TWIN_TRIALS;
        s = rtk_attempt_twin(a, f, seed,
                             fault.trials > least ? fault.trials : least,
                             TWIN_BUDGET_MS, &twin);
        r->twin_trials += twin.trials;
        r->alarms += twin.refuted;
    }
    rtk_tally_destroy(&fault);
    rtk_tally_destroy(&twin);
    /* A lost server is started again by the next. */
    return s == RTK_ECANCELLED ? s : RTK_OK;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median time and its interval; what was not found comes last. */
static void summarise(row *r) {
    double sorted[RTK_POWER_SEEDS];
    uint64_t low, high;
    for (unsigned i = 0; i < r->seeds; i++) sorted[i] = r->seconds[i];
    /* cppcheck-suppress uninitvar ; there is a seed at least */
    qsort(sorted, r->seeds, sizeof *sorted, by_size);
    (void)rtk_median_ranks(r->seeds, confidence, &low, &high, &r->covered);
    r->median = (sorted[(r->seeds - 1) / 2] + sorted[r->seeds / 2]) / 2;
    r->low = sorted[low - 1];
    r->high = sorted[high - 1];
}

/* ---- Telling ----------------------------------------------------------------
 */

static json_t *seconds_or_null(double seconds) {
    return isfinite(seconds) ? json_real(seconds) : json_null();
}

static void write_row(rtk_session *session, const rtk_fault *f, const row *r) {
    json_t *seconds = json_array(), *trials = json_array();
    for (unsigned i = 0; i < r->seeds; i++) {
        json_array_append_new(seconds, seconds_or_null(r->seconds[i]));
        json_array_append_new(trials, json_integer((json_int_t)r->trials[i]));
    }
    json_t *record = json_pack(
        "{ss ss ss ss ss ss ss sb sb}", "record", "power", "fault", f->name,
        "category", rtk_fault_category(f), "kind", f->kind, "oracle", f->oracle,
        "lane", f->lane, "scenario", f->scenario, "found", r->found > 0,
        "twin_held", r->alarms == 0 && r->twin_trials > 0);
    json_t *numbers = json_pack(
        "{si si sf sf so so so sf so so sI sI sf}", "seeds", r->seeds,
        "seeds_found", r->found, "rate_low",
        rtk_binomial_low(r->found, r->seeds, confidence), "rate_high",
        rtk_binomial_high(r->found, r->seeds, confidence), "median_s",
        seconds_or_null(r->median), "low_s", seconds_or_null(r->low), "high_s",
        seconds_or_null(r->high), "covered", r->covered, "seconds", seconds,
        "trials", trials, "twin_trials", (json_int_t)r->twin_trials,
        "twin_alarms", (json_int_t)r->alarms, "alarm_rate_high",
        rtk_binomial_high(r->alarms, r->twin_trials, confidence));
    json_object_update(record, numbers);
    json_decref(numbers);
    rtk_records_write(session->records, record);
}

/* "0.12", or "never". */
static const char *shown(double seconds, char text[24]) {
    if (isfinite(seconds))
        snprintf(text, 24, "%.2f", seconds);
    else
        snprintf(text, 24, "never");
    return text;
}

static void print_row(const rtk_fault *f, const row *r) {
    char median[24], low[24], high[24], interval[64], alarms[48];
    snprintf(interval, sizeof interval, "%s to %s", shown(r->low, low),
             shown(r->high, high));
    snprintf(alarms, sizeof alarms, "%llu of %llu",
             (unsigned long long)r->alarms, (unsigned long long)r->twin_trials);
    printf("%-20s %-7s %-14s %3u/%-3u %8s  %-18s %-12s%s\n", f->name, f->lane,
           f->oracle, r->found, r->seeds, shown(r->median, median), interval,
           alarms,
           !r->found   ? " MISSED"
           : r->alarms ? " ACCUSED"
                       : "");
    fflush(stdout);
}

static void print_target(const char *what, uint64_t k, uint64_t n, bool met,
                         const char *bound_name, double bound) {
    printf("%s: %llu of %llu (%.1f %%; with %.0f %% confidence %s %.1f %%): "
           "%s\n",
           what, (unsigned long long)k, (unsigned long long)n,
           n ? 100 * (double)k / (double)n : 0, 100 * confidence, bound_name,
           100 * bound, met ? "met" : "NOT MET");
}

static void print_totals(const rtk_power *p) {
    print_target("target, all faults found", p->found, p->faults,
                 p->found == p->faults, "at least",
                 rtk_binomial_low(p->found, p->faults, confidence));
    print_target(
        "target, 95 % of the seeds find their fault", p->successes, p->attempts,
        (double)p->successes >= seeds_target * (double)p->attempts, "at least",
        rtk_binomial_low(p->successes, p->attempts, confidence));
    print_target("target, no alarm in a trial of a sound twin", p->alarms,
                 p->twin_trials, p->alarms == 0, "at most",
                 rtk_binomial_high(p->alarms, p->twin_trials, confidence));
}

/* Categories of which the catalogue has too few faults. */
static void print_short(void) {
    for (const rtk_category *c = rtk_categories; c->name; c++) {
        unsigned n = 0;
        for (const rtk_fault *f = rtk_faults; f->name; f++)
            n += f->category == c->number;
        if (n < c->least)
            printf("the catalogue has %u of at least %u faults of the category "
                   "\"%s\"\n",
                   n, c->least, c->name);
    }
}

/* ---- All faults -------------------------------------------------------------
 */

static void add(rtk_power *p, const row *r) {
    p->faults++;
    p->found += r->found > 0;
    p->accused += r->alarms > 0;
    p->attempts += r->seeds;
    p->successes += r->found;
    p->twin_trials += r->twin_trials;
    p->alarms += r->alarms;
}

static rtk_status measure(const rtk_attempts *a, const rtk_fault *f,
                          void *arg) {
    running *p = arg;
    row r = {0};
    rtk_status s = RTK_OK;
    for (unsigned i = 0; !s && i < p->seeds; i++) {
        rtk_progress(a->plan->progress, p->done++, p->all, p->start_ns,
                     "%s, seed %u of %u", f->name, i + 1, p->seeds);
        s = attempt(a, f, a->plan->seed + (uint64_t)i * STRIDE, &r);
    }
    rtk_progress_clear(a->plan->progress);
    if (!r.seeds) return s;
    summarise(&r);
    write_row(a->session, f, &r);
    print_row(f, &r);
    add(p->power, &r);
    return s;
}

rtk_status rtk_power_run(rtk_session *session, const rtk_plan *plan,
                         unsigned seeds, rtk_power *power,
                         char sentence[RTK_SENTENCE]) {
    running p = {.choice = {&plan->subjects, false},
                 .power = power,
                 .seeds = seeds,
                 .start_ns = rtk_clock_ns()};
    p.all = seeds * rtk_faults_count(&p.choice, NULL);
    *power = (rtk_power){0};
    printf("%-20s %-7s %-14s %-7s %8s  %-18s %s\n", "fault", "lane", "oracle",
           "seeds", "median s", "interval", "alarms on the twin");
    rtk_status s =
        rtk_faults_each(session, plan, &p.choice, measure, &p, sentence);
    if (power->faults) print_totals(power);
    print_short();
    fflush(stdout);
    return s;
}
