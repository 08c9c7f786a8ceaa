/* Whether calls leave their caller's surroundings as they were. What a call has
 * changed is told once and set back, so that it spoils no other oracle. */
#include <string.h>

#include "harness/clock.h"
#include "harness/oracles/environment.h"
#include "harness/oracles/oracle.h"
#include "harness/oracles/process_state.h"
#include "harness/oracles/use_rounds.h"
#include "harness/report.h"

enum { KEYS_FIRST = 2, KEYS_ROUNDS = 3, SHARE = 8 };

/* Changes that the first call of its kind made, of one actor. */
typedef struct seen {
    rtk_environment start, before;
    pthread_t thread; /* that made the last call */
    bool called;
    bool armed;       /* all flags were raised before the present call */
    unsigned unusual; /* when the actor began */
    unsigned by_calls, outside;
    uint64_t call[RTK_CHANGES];
    ptrdiff_t task[RTK_CHANGES];      /* of that call */
    uint64_t set_errno, raised_flags; /* calls: no finding, but told */
} seen;

/* What does not belong to a thread. Written by the main thread alone. */
static struct {
    rtk_process_state before;
    uint64_t set_errno, raised_flags;
} process;

static bool applies(const rtk_trial *t) {
    return t->promises & RTK_ENVIRONMENT_KEPT;
}

extern const rtk_oracle rtk_hygiene_oracle;

static seen *seen_by(const rtk_actor *a) {
    return rtk_oracle_memory(&rtk_hygiene_oracle, a);
}

/* ---- On the actor's thread --------------------------------------------------
 */

static void actor_begins(rtk_actor *actor) {
    seen *s = seen_by(actor);
    rtk_environment_note(&s->start);
    s->unusual = rtk_environment_unusual(&s->start);
}

static void call_begins(rtk_actor *actor, rtk_task *task) {
    seen *s = seen_by(actor);
    (void)task;
    /* Where the same thread has made the last call all is as before it. */
    bool known = s->called && pthread_equal(s->thread, pthread_self());
    s->armed = actor->calls % 2;
    rtk_environment_arm(&s->before, s->armed, known);
    s->thread = pthread_self();
    s->called = true;
}

static void call_ended(rtk_actor *actor, rtk_task *task, rtk_status status,
                       const rtk_call *call) {
    seen *s = seen_by(actor);
    rtk_environment after;
    rtk_environment_note(&after);
    unsigned changes = rtk_environment_changes(&s->before, &after);
    for (unsigned i = 0; i < RTK_CHANGES; i++)
        if (changes & ~s->by_calls & 1u << i) {
            s->call[i] = call->round;
            s->task[i] = task - actor->task;
        }
    s->by_calls |= changes;
    s->set_errno += !status && after.error != s->before.error;
    s->raised_flags += !s->armed && after.flags;
    if (changes) rtk_environment_restore(&s->before, changes);
}

/* What open() and close() have changed: calls were set back. */
static void actor_ends(rtk_actor *actor) {
    seen *s = seen_by(actor);
    rtk_environment now;
    rtk_environment_note(&now);
    s->outside = rtk_environment_changes(&s->start, &now) &
                 ~(unsigned)(RTK_CHANGED_FLAGS | RTK_CHANGED_ERRNO);
    rtk_environment_restore(&s->start, s->outside);
}

/* ---- After the join ---------------------------------------------------------
 */

/* The first actor that saw change `i`, and how many did. */
static const rtk_actor *first_with(const rtk_team *team, unsigned change,
                                   unsigned *actors) {
    const rtk_actor *first = NULL;
    *actors = 0;
    for (unsigned i = 0; i < team->n; i++)
        if (seen_by(&team->actor[i])->by_calls & change) {
            if (!first) first = &team->actor[i];
            ++*actors;
        }
    return first;
}

static void tell_calls(const rtk_team *team) {
    for (unsigned i = 0; i < RTK_CHANGES; i++) {
        unsigned actors;
        const rtk_actor *a = first_with(team, 1u << i, &actors);
        if (!a) continue;
        const seen *s = seen_by(a);
        const char *kind = rtk_change_text((rtk_change)(1u << i));
        rtk_finding("hygiene", kind,
                    "%s: by call %llu of actor %u (%s), on its own thread; "
                    "seen by %u of %u actors",
                    kind, (unsigned long long)s->call[i], a->index,
                    a->task[s->task[i]].job->op->name, actors, team->n);
    }
}

/* Changes found in some actor outside its calls, each told once. */
static void tell_rest(const rtk_team *team, bool unusual, const char *when) {
    unsigned told = 0;
    for (unsigned k = 0; k < team->n; k++) {
        const seen *s = seen_by(&team->actor[k]);
        unsigned changes = (unusual ? s->unusual : s->outside) & ~told;
        told |= changes;
        for (unsigned i = 0; i < RTK_CHANGES; i++)
            if (changes & 1u << i) {
                const char *kind = rtk_change_text((rtk_change)(1u << i));
                rtk_finding("hygiene", kind,
                            "%s: %s, on the thread of actor %u", kind, when, k);
            }
    }
}

static void trial_begins(rtk_team *team) {
    (void)team;
    rtk_process_note(&process.before);
    process.set_errno = process.raised_flags = 0;
}

static bool judge(rtk_team *team) {
    for (unsigned i = 0; i < team->n; i++) {
        process.set_errno += seen_by(&team->actor[i])->set_errno;
        process.raised_flags += seen_by(&team->actor[i])->raised_flags;
    }
    tell_calls(team);
    tell_rest(team, true, "when the actor began, since the plug-in was loaded");
    tell_rest(team, false, "by open() or close()");
    return true;
}

/* Keys for thread-specific data that every use takes anew; the first uses may
 * take one for good. */
static bool probe(rtk_team *team) {
    rtk_actor *a = &team->actor[0];
    uint64_t until = rtk_clock_ns() + a->trial->budget_ns / SHARE;
    if (a->status ||
        rtk_use_rounds(a, KEYS_FIRST, until, NULL, NULL) < KEYS_FIRST)
        return true; /* all else was judged */
    pthread_key_t before[RTK_KEYS], after[RTK_KEYS];
    rtk_process_next_keys(before);
    if (rtk_use_rounds(a, KEYS_ROUNDS, until, NULL, NULL) < KEYS_ROUNDS)
        return true;
    rtk_process_next_keys(after);
    unsigned taken = rtk_process_keys_taken(before, after);
    if (taken >= KEYS_ROUNDS)
        rtk_finding("hygiene", "thread-specific keys left behind",
                    "%u keys for thread-specific data more are taken after "
                    "%d times open(), call and close()",
                    taken, KEYS_ROUNDS);
    return true;
}

static bool trial_ended(rtk_team *team) {
    rtk_process_state after;
    int signal;
    (void)team;
    rtk_process_note(&after);
    const char *kind = rtk_process_change(&process.before, &after, &signal);
    if (kind && signal)
        rtk_finding("hygiene", kind,
                    "the action of signal %d is not what it was before open()",
                    signal);
    else if (kind)
        rtk_finding("hygiene", kind, "%s, from before open() to after close()",
                    kind);
    return true;
}

static void tell(rtk_line *line) {
    if (process.set_errno)
        rtk_line_number(line, "calls_that_set_errno",
                        (int64_t)process.set_errno);
    if (process.raised_flags)
        rtk_line_number(line, "calls_that_raised_flags",
                        (int64_t)process.raised_flags);
}

const rtk_oracle rtk_hygiene_oracle = {
    .name = "hygiene",
    .summary = "calls leave floating-point modes, signal mask, locale and the "
               "rest of their caller's surroundings",
    .claim = "RTK_ENVIRONMENT_KEPT",
    .applies = applies,
    .actor_bytes = sizeof(seen),
    .trial_begins = trial_begins,
    .actor_begins = actor_begins,
    .call_begins = call_begins,
    .call_ended = call_ended,
    .actor_ends = actor_ends,
    .judge = judge,
    .probe = probe,
    .trial_ended = trial_ended,
    .tell = tell,
};
