#include "harness/brief.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Copy a name; false: it is too long. */
static bool copy(char *to, size_t room, const char *name) {
    size_t n = name ? strlen(name) + 1 : 0;
    if (n > room) return false;
    if (n) memcpy(to, name, n);
    return true;
}

static size_t jobs_of(const rtk_trial *t) {
    return (size_t)t->actors * t->jobs_each;
}

static size_t op_index(const rtk_subject *s, const rtk_op *op) {
    size_t i = 0;
    while (i < s->n_ops && rtk_subject_op(s, i) != op) i++;
    return i;
}

static bool copy_names(rtk_brief *b, const rtk_trial *t) {
    bool fit =
        copy(b->plugin, sizeof b->plugin, t->loaded ? t->loaded->path : NULL) &&
        copy(b->subject, sizeof b->subject, t->subject->name) &&
        copy(b->perturb, sizeof b->perturb, t->perturb);
    const char *name;
    for (size_t i = 0; fit && (name = rtk_report_heard(i)); i++)
        fit = copy(b->heard[i], sizeof b->heard[i], name);
    return fit;
}

rtk_status rtk_brief_write(rtk_common *common, const rtk_trial *trial,
                           rtk_brief **brief) {
    size_t n = jobs_of(trial),
           bytes = sizeof **brief + n * sizeof *(*brief)->job;
    rtk_brief *b = rtk_common_map(common, NULL, bytes);
    if (!b) return RTK_ENOMEM;
    b->bytes = bytes;
    b->trial = *trial;
    b->usage = *trial->usage;
    for (size_t i = 0; i < n; i++) {
        b->job[i].op = op_index(trial->subject, trial->jobs[i].op);
        memcpy(b->job[i].value, trial->jobs[i].value, sizeof b->job[i].value);
    }
    if (!copy_names(b, trial)) return RTK_EINVAL;
    *brief = b;
    return RTK_OK;
}

rtk_brief *rtk_brief_read(rtk_common *common) {
    rtk_common from_start = *common;
    rtk_brief *b = rtk_common_map(common, NULL, sizeof *b);
    if (!b) return NULL;
    size_t bytes = b->bytes;
    munmap(b, sizeof *b);
    *common = from_start;
    return rtk_common_map(common, NULL, bytes);
}

void rtk_brief_hear(const rtk_brief *brief) {
    const char *names[RTK_HEARD_MAX];
    size_t n = 0;
    for (; n < RTK_HEARD_MAX && brief->heard[n][0]; n++)
        names[n] = brief->heard[n];
    rtk_report_only(names, n);
}

rtk_status rtk_brief_trial(const rtk_brief *brief, const rtk_loaded *loaded,
                           rtk_trial *trial) {
    rtk_trial t = brief->trial;
    t.loaded = loaded;
    t.usage = &brief->usage;
    t.perturb = brief->perturb[0] ? brief->perturb : NULL;
    t.subject = rtk_plugin_subject(loaded, brief->subject);
    if (!t.subject) return RTK_EINVAL;
    size_t n = jobs_of(&t);
    rtk_job *jobs = calloc(n, sizeof *jobs);
    if (!jobs) return RTK_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (brief->job[i].op >= t.subject->n_ops) {
            free(jobs);
            return RTK_EINVAL;
        }
        jobs[i].op = rtk_subject_op(t.subject, brief->job[i].op);
        memcpy(jobs[i].value, brief->job[i].value, sizeof jobs[i].value);
    }
    t.jobs = jobs;
    *trial = t;
    return RTK_OK;
}
