#include "bench/peers/rounds.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"
#include "harness/progress.h"
#include "harness/random.h"

enum { CLEAN_LEAST = 3, SHORTER = 8, TRIES = 3 };
static const double clean_below = 0.01;

const rtk_stage *rtk_stages(size_t *n) {
    static const rtk_stage stages[] = {
        {.name = "dispatch", rtk_dispatch_sides, .share = 45, .rounds = 5},
        {.name = "idle", rtk_idle_sides, .share = 25, .rounds = 8},
        {.name = "foreign",
         rtk_foreign_sides,
         .share = 30,
         .rounds = 6,
         .fresh = true,
         .foreign = true},
        {.name = "confined", rtk_confined_sides, .share = 7, .rounds = 5},
        {.name = "oversubscribed",
         rtk_oversubscribed_sides,
         .share = 8,
         .rounds = 5}};
    *n = sizeof stages / sizeof *stages;
    return stages;
}

/* ---- One round -------------------------------------------------------------
 */

typedef struct running {
    const rtk_plan *plan;
    rtk_result *result;
    rtk_coprocess *processes;
    uint64_t started_ns;
} running;

/* The process of arm `i`: that of the first arm which names it. */
static rtk_coprocess *process_of(const running *r, size_t i) {
    const rtk_arm *arms = r->result->arms;
    size_t first = 0;
    while (strcmp(arms[first].side->process, arms[i].side->process) != 0)
        first++;
    return &r->processes[first];
}

static void open_arm(const running *r, size_t i) {
    rtk_arm *a = &r->result->arms[i];
    if (a->opened.status) return;
    a->process = process_of(r, i);
    if (!a->process->pid && rtk_coprocess_start(a->process, a->side)) {
        a->opened = (rtk_sample){.status = RTK_ETHREAD,
                                 .sentence = "no process could be started"};
        return;
    }
    rtk_coprocess_ask(a->process, (rtk_request){.side = i}, &a->opened);
}

static void open_arms(const running *r) {
    for (size_t i = 0; i < r->result->n && !r->plan->stopped(); i++)
        open_arm(r, i);
}

static void end_processes(const running *r) {
    for (size_t i = 0; i < r->result->n; i++)
        rtk_coprocess_end(&r->processes[i]);
}

/* Where an arm comes in a round. */
typedef struct place {
    uint64_t case_key, arm_key;
    size_t arm;
} place;

static int sooner(const void *left, const void *right) {
    const place *a = left, *b = right;
    if (a->case_key != b->case_key) return a->case_key < b->case_key ? -1 : 1;
    return (a->arm_key > b->arm_key) - (a->arm_key < b->arm_key);
}

/* Cases in an order drawn for the round, and the arms of each in an order drawn
 * for it, one after the other: what is compared was measured within a tenth of
 * a second. */
static void draw(const running *r, place *places) {
    const rtk_arm *arms = r->result->arms;
    uint64_t seed = rtk_random_bits(r->plan->seed, r->result->rounds);
    for (size_t i = 0; i < r->result->n; i++) {
        size_t first = 0;
        while (!rtk_same_case(&arms[first], &arms[i])) first++;
        places[i] = (place){rtk_random_bits(seed, first),
                            rtk_random_bits(seed, RTK_SIDES_MAX + i), i};
    }
    qsort(places, r->result->n, sizeof *places, sooner);
}

/* Again, if a thread had to wait for a core and that is not the question. */
static void sample(const running *r, size_t i) {
    rtk_arm *a = &r->result->arms[i];
    rtk_sample s = {.waited = 1};
    uint64_t calls = a->opened.calls;
    int tries = r->plan->budget_s > 0 ? TRIES : 1;
    if (r->result->rounds >= a->most) return;
    if (r->plan->budget_s <= 0) calls = 1 + calls / SHORTER;
    for (int try = 0; try < tries && s.waited > clean_below; try++) {
        if (a->opened.status) return;
        rtk_coprocess_ask(a->process, (rtk_request){i, calls}, &s);
        if (s.status) {
            a->opened = s;
            return;
        }
        a->dropped += try > 0;
        a->ns[r->result->rounds] = s.ns;
        a->waited[r->result->rounds] = s.waited;
        a->loops += s.loops;
        a->shared += s.shared;
    }
}

static void one_round(const running *r) {
    static place order[RTK_SIDES_MAX];
    if (r->result->stage->fresh) open_arms(r);
    draw(r, order);
    for (size_t i = 0; i < r->result->n && !r->plan->stopped(); i++)
        sample(r, order[i].arm);
    if (r->result->stage->fresh) end_processes(r);
}

/* ---- The foreign process ---------------------------------------------------
 */

static pid_t start_foreign(void) {
    pid_t parent = getpid(), pid = fork();
    if (pid) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);
    for (uint64_t x = 1;; x = x * UINT64_C(6364136223846793005) + 1)
        /* The compiler must not see through the loop. */
        __asm__("" : "+r"(x));
}

static void end_foreign(pid_t pid) {
    int status;
    if (pid <= 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

/* ---- A stage ---------------------------------------------------------------
 */

static double average(void) {
    double load = 0;
    return getloadavg(&load, 1) == 1 ? load : 0;
}

static bool enough(const running *r) {
    const rtk_stage *stage = r->result->stage;
    double used_s = (double)(rtk_clock_ns() - r->started_ns) / 1e9;
    double mine_s = r->plan->budget_s * stage->share / r->plan->shares;
    size_t least = r->plan->budget_s > 0 ? stage->rounds : 1;
    return r->result->rounds == RTK_ROUNDS_MAX || r->plan->stopped() ||
           (r->result->rounds >= least && used_s > mine_s);
}

static void show(const running *r) {
    double s = (double)(rtk_clock_ns() - r->plan->started_ns) / 1e9;
    double all_s = fmax(r->plan->budget_s, 1);
    rtk_progress(true, (uint64_t)fmin(s, all_s), (uint64_t)all_s,
                 r->plan->started_ns, "seconds: %s, round %zu",
                 r->result->stage->name, r->result->rounds + 1);
}

/* Samples in which a thread of ours waited for a core say little, unless
 * nearly all are like that. */
static void clean(rtk_result *result) {
    for (size_t i = 0; i < result->n; i++) {
        rtk_arm *a = &result->arms[i];
        size_t good = 0;
        for (size_t r = 0; r < result->rounds; r++)
            good += a->ns[r] > 0 && a->waited[r] <= clean_below;
        for (size_t r = 0; r < result->rounds; r++) {
            bool unclean = good >= CLEAN_LEAST && a->waited[r] > clean_below;
            a->kept[r] = a->ns[r] > 0 && !unclean;
            a->dropped += unclean;
        }
    }
}

static void run_rounds(running *r) {
    rtk_result *result = r->result;
    if (!result->stage->fresh) open_arms(r);
    while (!enough(r)) {
        show(r);
        pid_t foreign = result->stage->foreign ? start_foreign() : 0;
        one_round(r);
        end_foreign(foreign);
        /* An interrupted round is not one. */
        result->rounds += !r->plan->stopped();
    }
    end_processes(r);
    rtk_progress_clear(true);
    clean(result);
}

void rtk_stage_run(const rtk_stage *stage, const rtk_plan *plan,
                   rtk_result *result) {
    rtk_sides sides = stage->sides();
    *result = (rtk_result){.stage = stage,
                           .arms = calloc(sides.n, sizeof *result->arms),
                           .load = {average()}};
    running r = {.plan = plan,
                 .result = result,
                 .processes = calloc(sides.n, sizeof *r.processes),
                 .started_ns = rtk_clock_ns()};
    if (result->arms && r.processes) {
        result->n = sides.n;
        for (size_t i = 0; i < sides.n; i++) {
            size_t most = sides.side[i].rounds;
            result->arms[i].side = &sides.side[i];
            result->arms[i].most = most ? most : RTK_ROUNDS_MAX;
        }
        run_rounds(&r);
    }
    free(r.processes);
    result->load[1] = average();
}

void rtk_result_free(rtk_result *result) {
    free(result->arms);
    *result = (rtk_result){0};
}
