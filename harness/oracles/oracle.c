#include "harness/oracles/oracle.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "harness/clock.h"
#include "harness/report.h"

#define RTK_ORACLE(name) extern const rtk_oracle rtk_##name;
#include "oracles.inc"
#undef RTK_ORACLE

const rtk_oracle *const rtk_oracles[] = {
#define RTK_ORACLE(name) &rtk_##name,
#include "oracles.inc"
#undef RTK_ORACLE
    NULL};

enum {
    ORACLES_MAX = sizeof rtk_oracles / sizeof *rtk_oracles,
    LINE = 64,
    SAMPLED = 7,
    ALLOWED = 4,
    ALLOWED_LEAST_NS = 200000000,
    ALLOWED_MOST_NS = 1000000000
};

/* The oracles of this process's trial. Written before the actors start, and
 * only read by them; `memory` is each actor's own part. */
static struct {
    const rtk_oracle *active[ORACLES_MAX];
    size_t n, at[ORACLES_MAX];
    size_t begins, ends; /* how many have the hook at a call */
    char *memory;
    size_t each, bytes; /* of an actor, of all */
    unsigned actors;
    uint64_t cost_ns[ORACLES_MAX]; /* outside the actors */
    bool unable[ORACLES_MAX];
    uint64_t asking_ns; /* what asking for the time costs */
    uint64_t until_ns;  /* for the present hook after the join */
} now;

const rtk_oracle *rtk_oracle_find(const char *name) {
    for (const rtk_oracle *const *o = rtk_oracles; *o; o++)
        if (strcmp((*o)->name, name) == 0) return *o;
    return NULL;
}

bool rtk_oracle_per_call(const rtk_oracle *oracle) {
    return oracle->call_begins || oracle->call_ended;
}

bool rtk_trial_has(const rtk_trial *trial,
                   bool (*has)(const rtk_trial *, const rtk_op *)) {
    for (unsigned i = 0; i < trial->actors * trial->jobs_each; i++)
        if (has(trial, trial->jobs[i].op)) return true;
    return false;
}

/* An actor's part: first what each oracle cost, then the oracles' own. */
static uint64_t *costs_of(unsigned actor) {
    return (uint64_t *)(void *)(now.memory + now.each * actor);
}

void *rtk_oracle_memory(const rtk_oracle *oracle, const rtk_actor *actor) {
    for (size_t i = 0; i < now.n; i++)
        if (now.active[i] == oracle)
            return now.memory + now.each * actor->index + now.at[i];
    return NULL;
}

/* Whole cache lines, so that actors do not slow each other down. */
static size_t lines(size_t bytes) {
    return (bytes + LINE - 1) / LINE * LINE;
}

static void choose(const rtk_trial *t) {
    if (now.memory) munmap(now.memory, now.bytes);
    memset(&now, 0, sizeof now);
    now.each = lines(sizeof now.cost_ns);
    for (const rtk_oracle *const *o = rtk_oracles; *o; o++) {
        if (!rtk_report_hears((*o)->name) ||
            ((*o)->applies && !(*o)->applies(t)))
            continue;
        now.at[now.n] = now.each;
        now.each += lines((*o)->actor_bytes);
        now.active[now.n++] = *o;
        now.begins += (*o)->call_begins != NULL;
        now.ends += (*o)->call_ended != NULL;
    }
    now.actors = t->actors;
    now.bytes = now.each * t->actors;
}

/* ---- What it costs
 * ----------------------------------------------------------- In time of the
 * processor: with more actors than CPUs the clock on the wall would count the
 * others, too. To ask for it takes as long as a hook, so at calls it is asked
 * for in one of SAMPLED.
 */

static uint64_t used_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Time since *then, which becomes the present. */
static uint64_t lap(clockid_t clock, uint64_t *then) {
    uint64_t before = *then;
    *then = used_ns(clock);
    uint64_t used = *then - before;
    return used > now.asking_ns ? used - now.asking_ns : 0;
}

/* What it takes to ask for the time itself: the least of some. */
static uint64_t asking(void) {
    uint64_t least = UINT64_MAX, then = used_ns(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < 8; i++) {
        uint64_t took = lap(CLOCK_THREAD_CPUTIME_ID, &then);
        if (took < least) least = took;
    }
    return least;
}

static uint64_t micros(struct timeval t) {
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
}

/* Of this process and of those that it has waited for. */
static uint64_t trial_us(void) {
    struct rusage own, others;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &others);
    return micros(own.ru_utime) + micros(own.ru_stime) +
           micros(others.ru_utime) + micros(others.ru_stime);
}

/* ---- Hooks
 * -------------------------------------------------------------------
 */

rtk_status rtk_oracles_begin(rtk_team *team) {
    choose(team->actor[0].trial);
    void *map = rtk_team_map(team, now.bytes);
    if (!map) {
        now.n = now.begins = now.ends = 0;
        return RTK_ENOMEM;
    }
    now.memory = map;
    now.asking_ns = asking();
    uint64_t then = used_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < now.n; i++)
        if (now.active[i]->trial_begins) {
            now.active[i]->trial_begins(team);
            now.cost_ns[i] += lap(CLOCK_PROCESS_CPUTIME_ID, &then);
        }
    return RTK_OK;
}

void rtk_oracles_actor_begins(rtk_actor *actor) {
    if (!now.n) return;
    uint64_t *cost = costs_of(actor->index);
    uint64_t then = used_ns(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = 0; i < now.n; i++)
        if (now.active[i]->actor_begins) {
            now.active[i]->actor_begins(actor);
            cost[i] += lap(CLOCK_THREAD_CPUTIME_ID, &then);
        }
}

void rtk_oracles_actor_ends(rtk_actor *actor) {
    if (!now.n) return;
    uint64_t *cost = costs_of(actor->index);
    uint64_t then = used_ns(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = now.n; i-- > 0;)
        if (now.active[i]->actor_ends) {
            now.active[i]->actor_ends(actor);
            cost[i] += lap(CLOCK_THREAD_CPUTIME_ID, &then);
        }
}

/* Whether the present call of `actor` is one of those that are timed. */
static bool sampled(const rtk_actor *actor) {
    return actor->calls % SAMPLED == 0;
}

void rtk_oracles_call_begins(rtk_actor *actor, rtk_task *task) {
    if (!now.begins) return;
    bool timed = sampled(actor);
    uint64_t then = timed ? used_ns(CLOCK_THREAD_CPUTIME_ID) : 0;
    for (size_t i = 0; i < now.n; i++)
        if (now.active[i]->call_begins) {
            now.active[i]->call_begins(actor, task);
            if (timed)
                costs_of(actor->index)[i] +=
                    SAMPLED * lap(CLOCK_THREAD_CPUTIME_ID, &then);
        }
}

/* The other way round, so that each sees the call and the oracles within. */
void rtk_oracles_call_ended(rtk_actor *actor, rtk_task *task, rtk_status status,
                            const rtk_call *call) {
    if (!now.ends) return;
    bool timed = sampled(actor);
    uint64_t then = timed ? used_ns(CLOCK_THREAD_CPUTIME_ID) : 0;
    for (size_t i = now.n; i-- > 0;)
        if (now.active[i]->call_ended) {
            now.active[i]->call_ended(actor, task, status, call);
            if (timed)
                costs_of(actor->index)[i] +=
                    SAMPLED * lap(CLOCK_THREAD_CPUTIME_ID, &then);
        }
}

void rtk_oracles_forked(rtk_actor *actor) {
    for (size_t i = 0; i < now.n; i++)
        if (now.active[i]->forked) now.active[i]->forked(actor);
}

/* ---- After the join ---------------------------------------------------------
 */

typedef enum stage { JUDGE, PROBE, END } stage;
typedef bool (*after_join)(rtk_team *team);

static after_join hook_at(const rtk_oracle *o, stage s) {
    return s == JUDGE ? o->judge : s == PROBE ? o->probe : o->trial_ended;
}

bool rtk_oracle_late(void) {
    return rtk_clock_ns() > now.until_ns;
}

/* Some times what the calls had. */
static uint64_t allowance(const rtk_trial *t) {
    uint64_t some = ALLOWED * t->budget_ns;
    return some < ALLOWED_LEAST_NS  ? ALLOWED_LEAST_NS
           : some > ALLOWED_MOST_NS ? ALLOWED_MOST_NS
                                    : some;
}

static void pass(rtk_team *team, stage s) {
    uint64_t then = used_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < now.n; i++) {
        after_join hook = hook_at(now.active[i], s);
        if (!hook) continue;
        now.until_ns = rtk_clock_ns() + allowance(team->actor[0].trial);
        now.unable[i] |= !hook(team);
        now.cost_ns[i] += lap(CLOCK_PROCESS_CPUTIME_ID, &then);
    }
}

void rtk_oracles_judge(rtk_team *team, bool whole) {
    pass(team, JUDGE);
    if (whole) pass(team, PROBE);
}

void rtk_oracles_end(rtk_team *team) {
    pass(team, END);
}

static uint64_t cost_of(size_t i) {
    uint64_t sum = now.cost_ns[i];
    for (unsigned a = 0; now.memory && a < now.actors; a++)
        sum += costs_of(a)[i];
    return sum;
}

/* Whether it can speak without a look after the join. */
static bool speaks_at_once(const rtk_oracle *o) {
    return !o->judge && !o->probe && !o->trial_ended;
}

void rtk_oracles_tell(rtk_line *line, bool judged) {
    rtk_line_open(line, "oracles", '[');
    for (size_t i = 0; i < now.n; i++)
        if (judged ? !now.unable[i] : speaks_at_once(now.active[i]))
            rtk_line_text(line, NULL, now.active[i]->name);
    rtk_line_close(line);
    if (!judged) return;
    rtk_line_number(line, "cpu_us", (int64_t)trial_us());
    rtk_line_open(line, "oracle_us", '{');
    for (size_t i = 0; i < now.n; i++)
        if (cost_of(i))
            rtk_line_number(line, now.active[i]->name,
                            (int64_t)((cost_of(i) + 999) / 1000));
    rtk_line_close(line);
    for (size_t i = 0; i < now.n; i++)
        if (now.active[i]->tell) now.active[i]->tell(line);
}
