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
    rtk_common *common = team->common.fd >= 0 ? &team->common : NULL;
    rtk_status s = RTK_OK;
    a->begun_ns = times + (size_t)a->index * 2 * t->calls;
    a->ended_ns = a->begun_ns + t->calls;
    a->tasks = t->jobs_each;
    for (unsigned k = 0; !s && k < a->tasks; k++) {
        a->task[k].job = rtk_trial_job(t, a->index, k);
        s = rtk_task_prepare(&a->task[k], t,
                             lender_for(team, a, a->task[k].job), seed, common);
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

void *rtk_team_map(rtk_team *team, size_t bytes) {
    return team->common.fd >= 0 ? rtk_common_map(&team->common, NULL, bytes)
                                : map_bytes(bytes, true);
}

/* A team without a common; NULL: no memory. */
static rtk_team *bare(const rtk_trial *trial) {
    rtk_team *made = map_bytes(sizeof *made + sizeof(rtk_actor) * trial->actors,
                               trial->usage->actors == RTK_PROCESSES);
    if (!made) return NULL;
    made->n = trial->actors;
    made->common.fd = made->ready = made->go = -1;
    return made;
}

/* All that lies behind the brief, in the order of the common. */
static rtk_status furnish(rtk_team *team, const rtk_trial *trial) {
    size_t seats = sizeof(rtk_seat) * team->n;
    size_t times = (size_t)team->n * 2 * trial->calls * sizeof(uint64_t);
    char *common = rtk_team_map(team, RTK_SEAT_LINE + seats + times);
    if (!common) return RTK_ENOMEM;
    _Static_assert(sizeof(rtk_gate) <= RTK_SEAT_LINE, "seats lie behind");
    team->gate = (rtk_gate *)(void *)common;
    team->seat = (rtk_seat *)(void *)(common + RTK_SEAT_LINE);
    uint64_t *stamps = (uint64_t *)(void *)(team->seat + team->n);
    rtk_status s = RTK_OK;
    for (unsigned i = 0; !s && i < team->n; i++) {
        rtk_actor *a = &team->actor[i];
        a->trial = trial;
        a->team = team;
        a->index = i;
        s = prepare(team, a, stamps);
    }
    return s ? s : protect(team);
}

rtk_status rtk_team_new(rtk_team **team, const rtk_trial *trial) {
    rtk_team *made = bare(trial);
    if (!made) return RTK_ENOMEM;
    rtk_status s = RTK_OK;
    if (trial->usage->actors == RTK_SPAWNED) {
        s = rtk_common_new(&made->common);
        if (!s) s = rtk_brief_write(&made->common, trial, &made->brief);
    }
    if (!s) s = furnish(made, trial);
    if (!s) *team = made;
    return s;
}

rtk_status rtk_team_join(rtk_team **team, const rtk_trial *trial,
                         rtk_common common, rtk_brief *brief) {
    rtk_team *made = bare(trial);
    if (!made) return RTK_ENOMEM;
    made->common = common;
    made->brief = brief;
    made->worker = true;
    rtk_status s = furnish(made, trial);
    /* More than there is. */
    if (s && made->common.used > brief->laid_out) s = RTK_EINVAL;
    if (!s) *team = made;
    return s;
}
