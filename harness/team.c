/* Making a team: its memory, its tasks, their inputs. */
#include <sys/mman.h>

#include "harness/actors.h"
#include "harness/report.h"

static void *map_bytes(size_t bytes, bool shared) {
    int kind = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, kind, -1, 0);
    return map == MAP_FAILED ? NULL : map;
}

/* The arrays of the first task before that of `a` which has an equal job. */
static const rtk_arrays *lender_for(const rtk_team *team, const rtk_actor *a,
                                    const rtk_job *job) {
    for (unsigned i = 0; i < a->index; i++)
        for (unsigned k = 0; k < team->actor[i].tasks; k++)
            if (rtk_job_equals(a->trial, team->actor[i].task[k].job, job))
                return &team->actor[i].task[k].arrays;
    return NULL;
}

static rtk_status prepare(rtk_team *team, rtk_actor *a, uint64_t *times) {
    const rtk_trial *t = a->trial;
    /* Private inputs differ, so that mixing them up shows in the values. */
    uint64_t seed = t->seed + (t->usage->share_inputs ? 0 : a->index);
    rtk_status s = RTK_OK;
    a->begun_ns = times + (size_t)a->index * 2 * t->calls;
    a->ended_ns = a->begun_ns + t->calls;
    a->tasks = t->jobs_each;
    for (unsigned k = 0; !s && k < a->tasks; k++) {
        a->task[k].job = rtk_trial_job(t, a->index, k);
        s = rtk_task_prepare(&a->task[k], t,
                             lender_for(team, a, a->task[k].job), seed);
    }
    return s;
}

static rtk_status protect(rtk_team *team) {
    rtk_status s = RTK_OK;
    if (!rtk_report_hears("inputs")) return s;
    for (unsigned i = 0; !s && i < team->n; i++) {
        rtk_actor *a = &team->actor[i];
        for (unsigned k = 0; !s && k < a->tasks; k++)
            if (a->task[k].job->op->claims->promises & RTK_INPUTS_UNTOUCHED)
                s = rtk_arrays_protect(&a->task[k].arrays, true);
    }
    return s;
}

rtk_status rtk_team_new(rtk_team **team, const rtk_trial *trial) {
    size_t actors = sizeof(rtk_actor) * trial->actors;
    size_t times = (size_t)trial->actors * 2 * trial->calls * sizeof(uint64_t);
    rtk_team *made = map_bytes(sizeof *made + actors + times,
                               trial->usage->actors == RTK_PROCESSES);
    if (!made) return RTK_ENOMEM;
    uint64_t *stamps = (uint64_t *)(void *)((char *)(made + 1) + actors);
    made->n = trial->actors;
    rtk_status s = RTK_OK;
    for (unsigned i = 0; !s && i < made->n; i++) {
        rtk_actor *a = &made->actor[i];
        a->trial = trial;
        a->team = made;
        a->index = i;
        s = prepare(made, a, stamps);
    }
    if (!s) s = protect(made);
    if (!s) *team = made;
    return s;
}
