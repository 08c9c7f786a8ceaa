/* What the actors of a trial do: operations and arguments, drawn from its
 * seed. */
#include <stdlib.h>
#include <string.h>

#include "harness/random.h"
#include "kernels/workers/workers.h"
#include "stress/runner.h"

/* Where the random numbers of each decision begin. */
enum {
    DRAW_OP = 500,
    DRAW_VALUE = 1000,
    DRAW_MIX = 100000,
    DRAW_EDGE = 40, /* behind the values of a job */
    TRIES = 16
};
enum { RTK_OPS_DRAWN = 256 }; /* operations of a subject, at most */

/* A draw in the making. */
typedef struct draw {
    const rtk_request *request;
    const rtk_subject *subject;
    const rtk_trial *trial;
    uint64_t seed;
} draw;

static const int64_t sides[] = {
    [RTK_SIZES_BELOW] = -1, [RTK_SIZES_AT] = 0, [RTK_SIZES_ABOVE] = 1};

/* The parameter that `bits` put at a threshold; NULL: none has any. */
static const rtk_param *edge_by(const draw *d, uint64_t bits) {
    const rtk_param *found[RTK_PARAMS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < d->subject->n_params; i++) {
        const rtk_param *p = rtk_subject_param(d->subject, i);
        if (p->n_thresholds) found[n++] = p;
    }
    return n ? found[bits % n] : NULL;
}

/* The value of a parameter that `bits` choose under the conditions. Beside one
 * that is at a threshold the others are small, so that a call stays short. */
static int64_t value_by(const draw *d, const rtk_param *p,
                        const rtk_param *edge, uint64_t bits) {
    unsigned sizes = d->trial->conditions.at[RTK_AXIS_SIZES];
    if (sizes == RTK_SIZES_LEAST) return p->least;
    if (sizes && edge) {
        if (p != edge) return p->n_stress ? p->stress[0] : p->initial;
        int64_t v = edge->thresholds[bits % edge->n_thresholds] + sides[sizes];
        return v < p->least ? p->least : v > p->most ? p->most : v;
    }
    return p->n_stress ? p->stress[bits % p->n_stress] : p->initial;
}

static rtk_status values(const draw *d, uint64_t at, rtk_job *job) {
    const json_t *args = json_object_get(d->request->json, "args");
    const rtk_param *edge =
        edge_by(d, rtk_random_bits(d->seed, at + DRAW_EDGE));
    for (size_t i = 0; i < d->subject->n_params; i++) {
        const rtk_param *p = rtk_subject_param(d->subject, i);
        const json_t *given = args ? json_object_get(args, p->name) : NULL;
        job->value[i] =
            json_is_integer(given)
                ? json_integer_value(given)
                : value_by(d, p, edge, rtk_random_bits(d->seed, at + i));
        if (job->value[i] < p->least || job->value[i] > p->most)
            return RTK_EINVAL;
    }
    return RTK_OK;
}

/* Whether the scenario admits operation `i`. */
static bool admits(const draw *d, size_t i) {
    const rtk_op *op = rtk_subject_op(d->subject, i);
    return !rtk_scenario_declined(d->request->scenario, op);
}

/* Whether the request names operation `op`, or none. */
static bool asked_for(const draw *d, const rtk_op *op) {
    const json_t *asked = json_object_get(d->request->json, "operations");
    if (!json_array_size(asked)) return true;
    size_t k;
    const json_t *name;
    json_array_foreach(asked, k, name) if (strcmp(json_string_value(name),
                                                  op->name) == 0) return true;
    return false;
}

/* The operation that `bits` choose among those admitted, or only among those
 * that are asked for, too; NULL: none. */
static const rtk_op *op_among(const draw *d, uint64_t bits, bool asked) {
    const rtk_op *found[RTK_OPS_DRAWN];
    size_t n = 0;
    for (size_t i = 0; i < d->subject->n_ops && n < RTK_OPS_DRAWN; i++) {
        const rtk_op *op = rtk_subject_op(d->subject, i);
        if (admits(d, i) && (!asked || asked_for(d, op))) found[n++] = op;
    }
    return n ? found[bits % n] : NULL;
}

/* The same, so that naming the operations that a trial drew draws them again:
 * what is not asked for is drawn, too, and then not used. */
static const rtk_op *op_by(const draw *d, uint64_t bits) {
    const rtk_op *op = op_among(d, bits, false);
    return op && asked_for(d, op) ? op : NULL;
}

/* Whether `op` may be used by actor `a` while the actors before it do what was
 * drawn for them. */
static bool compatible(const rtk_job *jobs, unsigned a, unsigned each,
                       const rtk_op *op) {
    for (size_t k = 0; k < (size_t)a * each; k++)
        if (rtk_ops_conflict(op, jobs[k].op) ||
            rtk_ops_conflict(jobs[k].op, op))
            return false;
    return true;
}

/* Draw the jobs of actor `a`; false: nothing fits beside the others. */
static bool mix(const draw *d, rtk_job *jobs, unsigned a, unsigned each) {
    bool fixed = d->subject->open &&
                 d->request->scenario->usage.instance == RTK_INSTANCE_SHARED;
    for (unsigned k = 0; k < each; k++) {
        rtk_job *job = &jobs[a * each + k];
        uint64_t at = DRAW_MIX + (uint64_t)(a * each + k) * 100;
        job->op = NULL;
        for (unsigned t = 0; t < TRIES && !job->op; t++) {
            const rtk_op *op = op_by(d, rtk_random_bits(d->seed, at + 50 + t));
            if (op && compatible(jobs, a, each, op)) job->op = op;
        }
        for (unsigned t = 0; t < TRIES && !job->op; t++) {
            const rtk_op *op =
                op_among(d, rtk_random_bits(d->seed, at + 50 + t), true);
            if (op && compatible(jobs, a, each, op)) job->op = op;
        }
        if (!job->op && k == 0) return false;
        if (!job->op) job->op = jobs[(size_t)a * each].op;
        /* One instance has one set of arguments. */
        if (fixed)
            memcpy(job->value, jobs[0].value, sizeof job->value);
        else if (values(d, at, job))
            return false;
    }
    return true;
}

static uint64_t promises(const rtk_job *jobs, size_t n) {
    uint64_t all = ~UINT64_C(0);
    for (size_t i = 0; i < n; i++) all &= jobs[i].op->claims->promises;
    return all;
}

rtk_status rtk_request_jobs(const rtk_request *request, rtk_trial *trial) {
    draw d = {request, trial->subject, trial, trial->seed};
    bool mixed = trial->usage->mixed;
    unsigned each = mixed ? RTK_TASKS_MAX : 1, n = trial->actors;
    rtk_job *jobs = calloc((size_t)n * each, sizeof *jobs);
    if (!jobs) return RTK_ENOMEM;
    jobs[0].op = op_by(&d, rtk_random_bits(d.seed, DRAW_OP));
    if (!jobs[0].op)
        jobs[0].op = op_among(&d, rtk_random_bits(d.seed, DRAW_OP), true);
    rtk_status s = RTK_EINVAL;
    if (jobs[0].op) s = values(&d, DRAW_VALUE, &jobs[0]);
    for (unsigned i = 1; !s && !mixed && i < n; i++) jobs[i] = jobs[0];
    for (unsigned i = 0; !s && mixed && i < n; i++)
        if (!mix(&d, jobs, i, each)) trial->actors = n = i;
    if (!s && n == 0) s = RTK_EINVAL;
    trial->jobs = jobs; /* as long as the trial's process */
    trial->jobs_each = each;
    if (!s) trial->promises = promises(jobs, (size_t)n * each);
    return s;
}
