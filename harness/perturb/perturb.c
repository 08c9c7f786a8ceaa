/* Points: counting events, drawing when to decide, and asking the algorithm.
 *
 * The trial's settings are written while it is off and read by any thread that
 * sees it on. All else belongs to one thread. A point costs one countdown while
 * nothing is to be decided; while off, a thread looks again now and then. */
#include "harness/perturb/perturb.h"

#include <stdatomic.h>
#include <string.h>

#include "harness/perturb/algorithm.h"
#include "harness/random.h"

enum {
    LOOK = 64,          /* decisions between two looks at the clock */
    IDLE = 4096,        /* accesses between two looks while off */
    DENSE = 1 << 15,    /* accesses after which decisions get rarer */
    CALLS_AT = 1 << 20, /* random numbers of calls begin there */
    GAPS = 3,           /* what the numbers are drawn for */
    DECISIONS = 4,
    CHILDREN = 5,
    OTHERS = 1000 /* threads that are not actors are named from here */
};

atomic_bool rtk_perturb_wanted;
_Thread_local uint64_t rtk_points_left;
static _Thread_local rtk_perturbed self;

/* Of the trial; `number` is 0 while off, else which trial of this process. */
static struct {
    const rtk_algorithm *algorithm;
    uint64_t seed, end_ns;
    atomic_uint number, others;
} trial;
static unsigned trials; /* race:trial */

/* ---- The calling thread */

static uint64_t draw(uint64_t what, uint64_t event) {
    return rtk_random_bits(self.key + what, event);
}

/* Count down to the next decision: 1 .. 2 gap - 1 accesses, evenly. */
static void next(void) {
    unsigned mean = trial.algorithm->decide ? trial.algorithm->gap : 0;
    if (mean == 0) {
        rtk_points_left = IDLE;
        return;
    }
    /* As often as the accesses double, so does the gap: a call of a million
     * accesses would else take minutes, and be taken for one that hangs. */
    if (mean > 1) mean <<= 63 - __builtin_clzll(1 + self.accesses / DENSE);
    uint64_t n = 1;
    if (mean > 1) n += draw(GAPS, self.accesses) % (2 * mean - 1);
    self.accesses += n;
    rtk_points_left = n - 1;
}

static void enter(unsigned number, uint64_t name) {
    self = (rtk_perturbed){.name = name,
                           .key = rtk_random_bits(trial.seed, name),
                           .since_ns = rtk_pause_clock(),
                           .trial = number};
    next();
}

/* The trial that is on, with the calling thread in it; 0: none. */
static unsigned here(void) {
    /* Pairs with the release in rtk_perturb_begin(). */
    unsigned number = atomic_load_explicit(&trial.number, memory_order_acquire);
    if (number && self.trial != number)
        /* Only a number that no other thread has: no order is needed. */
        enter(number, OTHERS + atomic_fetch_add_explicit(&trial.others, 1,
                                                         memory_order_relaxed));
    return number;
}

/* ---- Points */

static void decide(const rtk_point *point) {
    if (!trial.algorithm->decide) return;
    if (++self.decisions % LOOK == 0 && rtk_pause_clock() > trial.end_ns)
        rtk_perturb_end();
    else
        trial.algorithm->decide(&self, point);
}

void rtk_point_access(rtk_point_kind kind, const volatile void *object,
                      void *pc) {
    unsigned before = self.trial, number = here();
    if (!number) {
        rtk_points_left = IDLE;
        return;
    }
    /* A thread that came just now has its first decision ahead. */
    if (number != before) return;
    decide(&(rtk_point){kind, (uintptr_t)object, (uintptr_t)pc,
                        draw(DECISIONS, self.accesses)});
    next();
}

void rtk_perturb_sync(int kind, const void *object, uintptr_t pc) {
    if (!here() || self.outside) return;
    decide(&(rtk_point){(rtk_point_kind)kind, (uintptr_t)object, pc,
                        draw(CALLS_AT, self.calls++)});
}

/* ---- The trial */

rtk_status rtk_perturb_begin(const char *algorithm, uint64_t seed,
                             uint64_t most_ns) {
    if (!algorithm) return RTK_OK;
    const rtk_algorithm *a = rtk_algorithm_find(algorithm);
    if (!a) return RTK_EINVAL;
    trial.algorithm = a;
    trial.seed = seed;
    trial.end_ns = rtk_pause_clock() + most_ns;
    atomic_store_explicit(&trial.others, 0, memory_order_relaxed);
    /* Pairs with the acquire in here(): the settings come first. */
    atomic_store_explicit(&trial.number, ++trials, memory_order_release);
    atomic_store_explicit(&rtk_perturb_wanted, true, memory_order_relaxed);
    enter(trials, 0);
    return RTK_OK;
}

void rtk_perturb_end(void) {
    /* Settings stay readable for a thread that is at a point now. */
    atomic_store_explicit(&rtk_perturb_wanted, false, memory_order_relaxed);
    atomic_store_explicit(&trial.number, 0, memory_order_relaxed);
}

void rtk_perturb_thread(uint64_t name) {
    unsigned number = atomic_load_explicit(&trial.number, memory_order_acquire);
    if (number) enter(number, name);
}

void rtk_perturb_actor(unsigned index) {
    rtk_perturb_thread(index);
    rtk_perturb_leave();
}

void rtk_perturb_enter(void) {
    if (!self.outside) return;
    self.outside = false;
    rtk_points_left = self.left;
}

void rtk_perturb_leave(void) {
    if (!self.trial || self.outside) return;
    self.outside = true;
    self.left = rtk_points_left;
    rtk_points_left = UINT64_MAX;
}

uint64_t rtk_perturb_child(void) {
    return here() ? draw(CHILDREN, self.children++) : 0;
}
