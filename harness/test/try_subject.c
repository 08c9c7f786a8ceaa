#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/emit.h"
#include "harness/random.h"
#include "harness/report.h"
#include "harness/test/try_subject.h"

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self, (void)args;
    static const char *const names[] = {"x", "y"};
    for (size_t i = 0; i < 2; i++) {
        rtk_view *v = rtk_view_at(views, i);
        v->name = names[i];
        v->type = RTK_FLOAT64;
        v->flow = i ? RTK_OUT : RTK_IN;
        v->rank = 1;
        v->shape[0] = RTK_TRY_N;
    }
    views->n = 2;
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args;
    double *x = rtk_view_at(views, 0)->data;
    for (size_t i = 0; i < RTK_TRY_N; i++) x[i] = rtk_random_uniform(seed, i);
    return RTK_OK;
}

void rtk_try_double(const rtk_views *views) {
    const double *x = rtk_view_at(views, 0)->data;
    double *y = rtk_view_at(views, 1)->data;
    for (size_t i = 0; i < RTK_TRY_N; i++) y[i] = 2 * x[i];
}

static rtk_status usual(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    (void)self, (void)instance, (void)call;
    rtk_try_double(views);
    return RTK_OK;
}

static _Noreturn void try_trial(const void *trial, int fd) {
    struct rtk_team *team = NULL;
    rtk_emit_to(fd);
    rtk_report_prepare();
    rtk_status prepared = rtk_trial_prepare(trial, &team);
    rtk_trial_run(trial, team, prepared);
    _exit(EXIT_SUCCESS);
}

static _Noreturn void try_here(const void *arg, int fd) {
    const rtk_try *what = arg;
    rtk_claims claims = what->claims;
    rtk_op op = what->op;
    rtk_subject s = what->subject;
    op.size = sizeof op;
    op.name = "run";
    op.run = what->run ? what->run : usual;
    op.claims = &claims;
    s.size = sizeof s;
    s.name = "tried";
    s.describe = describe;
    s.fill = fill;
    s.open = what->open;
    s.close = what->close;
    s.ops = &op;
    s.n_ops = 1;
    s.op_size = sizeof op;
    unsigned actors = what->actors ? what->actors : 2;
    rtk_job *jobs = calloc(actors, sizeof *jobs);
    if (!jobs) _exit(EXIT_FAILURE);
    for (unsigned i = 0; i < actors; i++) jobs[i].op = &op;
    const rtk_trial t = {.subject = &s,
                         .usage = &what->usage,
                         .jobs = jobs,
                         .jobs_each = 1,
                         .promises = claims.promises,
                         .workers = RTK_WORKERS_UNSET,
                         .actors = actors,
                         .calls = what->calls ? what->calls : 40,
                         .budget_ns = UINT64_C(10000000000),
                         .seed = 1};
    try_trial(&t, fd);
}

static void sort_in(rtk_tried *tried, json_t *line) {
    const char *raw = json_string_value(json_object_get(line, "raw"));
    if (raw && strcmp(raw, "finding") == 0) {
        json_array_append_new(tried->findings, line);
    } else {
        json_decref(tried->trial);
        tried->trial = line;
    }
}

/* What `go` has to say, in a process of its own. */
static rtk_tried listen_to(void (*go)(const void *, int), const void *what) {
    rtk_tried tried = {.findings = json_array()};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        go(what, ends[1]);
    }
    close(ends[1]);
    FILE *lines = fdopen(ends[0], "r");
    assert_non_null(lines);
    if (!lines) return tried;
    for (char text[8192]; fgets(text, sizeof text, lines);) {
        json_t *line = json_loads(text, 0, NULL);
        assert_non_null(line);
        sort_in(&tried, line);
    }
    fclose(lines);
    waitpid(child, NULL, 0);
    return tried;
}

rtk_tried rtk_try_run(const rtk_try *what) {
    return listen_to(try_here, what);
}

rtk_tried rtk_try_trial(const rtk_trial *trial) {
    return listen_to(try_trial, trial);
}

size_t rtk_tried_findings(const rtk_tried *tried, const char *oracle,
                          const char *kind) {
    size_t count = 0, i;
    const json_t *line;
    json_array_foreach(tried->findings, i, line) {
        const char *o = json_string_value(json_object_get(line, "oracle"));
        const char *k = json_string_value(json_object_get(line, "kind"));
        count += strcmp(o, oracle) == 0 && (!kind || strcmp(k, kind) == 0);
    }
    return count;
}

bool rtk_tried_judged(const rtk_tried *tried, const char *oracle) {
    size_t i;
    const json_t *name;
    bool found = false;
    json_array_foreach(json_object_get(tried->trial, "oracles"), i, name)
        found |= strcmp(json_string_value(name), oracle) == 0;
    return found;
}

void rtk_tried_free(rtk_tried *tried) {
    json_decref(tried->findings);
    json_decref(tried->trial);
    *tried = (rtk_tried){0};
}
