/* Making a team: its memory, its arrays, its inputs. */
#include <string.h>
#include <sys/mman.h>

#include "harness/actors.h"

static bool across(const rtk_trial *t) {
    return t->usage->actors == RTK_PROCESSES;
}

static void *map_bytes(size_t bytes, bool shared) {
    int kind = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, kind, -1, 0);
    return map == MAP_FAILED ? NULL : map;
}

static bool has_flow(const rtk_arrays *a, rtk_flow flow) {
    for (size_t i = 0; i < a->views.n; i++)
        if (a->view[i].flow == flow && rtk_arrays_own(a, i)) return true;
    return false;
}

rtk_status rtk_arrays_twin(rtk_arrays *made, const rtk_trial *t,
                           const rtk_arrays *lender) {
    rtk_status s =
        rtk_arrays_init(made, t->subject, &t->args, across(t), lender, true);
    if (s) return s;
    /* An input that is never shared was mapped anew: copy it. */
    for (size_t i = 0; i < made->views.n; i++)
        if (made->view[i].flow != RTK_OUT && rtk_arrays_own(made, i))
            memcpy(made->view[i].data, lender->view[i].data,
                   made->store[i].data_bytes);
    return RTK_OK;
}

static rtk_status prepare(rtk_team *team, rtk_actor *a, uint64_t *times) {
    const rtk_trial *t = a->trial;
    const rtk_arrays *lender = a->index ? &team->actor[0].arrays : NULL;
    a->begun_ns = times + (size_t)a->index * 2 * t->calls;
    a->ended_ns = a->begun_ns + t->calls;
    rtk_status s = rtk_arrays_init(&a->arrays, t->subject, &t->args, across(t),
                                   lender, t->usage->share_inputs);
    if (s) return s;
    /* Private inputs differ, so that mixing them up shows in the values. */
    uint64_t seed = t->seed + (t->usage->share_inputs ? 0 : a->index);
    s = t->subject->fill(t->subject->self, &t->args, &a->arrays.views, seed);
    if (!s) s = rtk_arrays_twin(&a->kept, t, &a->arrays);
    /* A process cannot make it later where its parent sees it. */
    if (!s && across(t)) s = rtk_arrays_twin(&a->deviant, t, &a->arrays);
    if (!s && has_flow(&a->arrays, RTK_INOUT))
        s = rtk_arrays_twin(&a->pristine, t, &a->arrays);
    return s;
}

rtk_status rtk_team_new(rtk_team **team, const rtk_trial *trial) {
    size_t times = (size_t)trial->actors * 2 * trial->calls * sizeof(uint64_t);
    rtk_team *made = map_bytes(sizeof *made + times, across(trial));
    if (!made) return RTK_ENOMEM;
    made->n = trial->actors;
    rtk_status s = RTK_OK;
    for (unsigned i = 0; !s && i < made->n; i++) {
        rtk_actor *a = &made->actor[i];
        a->trial = trial;
        a->team = made;
        a->index = i;
        s = prepare(made, a, (uint64_t *)(void *)(made + 1));
    }
    bool untouched = trial->op->claims->promises & RTK_INPUTS_UNTOUCHED;
    for (unsigned i = 0; !s && untouched && i < made->n; i++)
        s = rtk_arrays_protect(&made->actor[i].arrays, true);
    if (!s) *team = made;
    return s;
}
