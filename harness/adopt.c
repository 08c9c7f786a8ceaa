#include "harness/adopt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copy one struct that starts with its size. */
static void copy_struct(void *to, size_t room, const void *from) {
    size_t size;
    memcpy(&size, from, sizeof size);
    memcpy(to, from, size < room ? size : room);
    memcpy(to, &room, sizeof room);
}

/* Copy a table of `n` structs that lie `step` bytes apart; NULL if empty. */
static void *copy_table(const void *from, size_t n, size_t step, size_t room) {
    char *table = n && from && step ? calloc(n, room) : NULL;
    for (size_t i = 0; table && i < n; i++)
        copy_struct(table + i * room, room, (const char *)from + i * step);
    return table;
}

/* What the subject lacks, or NULL. */
static const char *lacking(const rtk_subject *s) {
    if (!s->name || !*s->name) return "a name";
    if (!s->open != !s->close) return "open() and close() together";
    if (!s->n_ops) return "an operation";
    if (s->n_params > RTK_PARAMS_MAX) return "a number of parameters up to 16";
    for (size_t i = 0; i < s->n_ops; i++) {
        if (!s->ops[i].run || !s->ops[i].claims || !s->ops[i].name)
            return "an operation with name, run() and claims";
        if (!s->describe && !s->ops[i].describe) return "describe()";
        if (!s->fill && !s->ops[i].fill) return "fill()";
    }
    for (size_t i = 0; i < s->n_params; i++)
        if (!s->params[i].name || s->params[i].least > s->params[i].most)
            return "a parameter with a name and a range";
    return NULL;
}

/* Point each operation at copies of its claims and laws; false: out of
 * memory. */
static bool adopt_claims(rtk_op *ops, size_t n) {
    for (size_t i = 0; i < n; i++) {
        rtk_op *op = &ops[i];
        op->laws =
            copy_table(op->laws, op->n_laws, op->law_size, sizeof *op->laws);
        op->law_size = sizeof *op->laws;
        if (!op->laws) op->n_laws = 0;
        const rtk_claims *theirs = ops[i].claims;
        rtk_claims *mine = theirs ? calloc(1, sizeof *mine) : NULL;
        if (mine) copy_struct(mine, sizeof *mine, theirs);
        ops[i].claims = mine;
        if (theirs && !mine) return false;
    }
    return true;
}

static bool adopt_subject(rtk_subject *s, const rtk_subject *theirs) {
    copy_struct(s, sizeof *s, theirs);
    rtk_param *params =
        copy_table(s->params, s->n_params, s->param_size, sizeof *params);
    rtk_op *ops = copy_table(s->ops, s->n_ops, s->op_size, sizeof *ops);
    rtk_outcome *outcomes = copy_table(s->outcomes, s->n_outcomes,
                                       s->outcome_size, sizeof *outcomes);
    if (!params) s->n_params = 0;
    if (!ops) s->n_ops = 0;
    if (!outcomes) s->n_outcomes = 0;
    s->params = params;
    s->param_size = sizeof *params;
    s->ops = ops;
    s->op_size = sizeof *ops;
    s->outcomes = outcomes;
    s->outcome_size = sizeof *outcomes;
    return adopt_claims(ops, s->n_ops);
}

/* What a plug-in is copied to. */
typedef struct adopted {
    rtk_plugin plugin;
    rtk_subject *subject; /* n_subjects */
    const rtk_subject **list;
    struct adopted *before;
} adopted;

/* All of them, so that they can be reached as long as the process lives. */
static adopted *kept;

static void release(adopted *a) {
    for (size_t i = 0; a->subject && i < a->plugin.n_subjects; i++) {
        const rtk_subject *s = &a->subject[i];
        for (size_t k = 0; k < s->n_ops; k++) {
            free((void *)(uintptr_t)s->ops[k].claims);
            free((void *)(uintptr_t)s->ops[k].laws);
        }
        free((void *)(uintptr_t)s->ops);
        free((void *)(uintptr_t)s->params);
        free((void *)(uintptr_t)s->outcomes);
    }
    free(a->subject);
    free(a->list);
    free(a);
}

/* Copy all subjects; NULL, or what is wrong with `*bad`. */
static const char *adopt_subjects(adopted *a, size_t *bad) {
    for (size_t i = 0; i < a->plugin.n_subjects; i++) {
        const rtk_subject *theirs = a->plugin.subjects[i];
        *bad = i;
        if (!theirs) return "a table";
        if (!adopt_subject(&a->subject[i], theirs)) return "memory";
        const char *what = lacking(&a->subject[i]);
        if (what) return what;
        a->list[i] = &a->subject[i];
    }
    a->plugin.subjects = a->list;
    return NULL;
}

const rtk_plugin *rtk_plugin_adopt(const rtk_plugin *theirs,
                                   char sentence[RTK_SENTENCE]) {
    snprintf(sentence, RTK_SENTENCE, "out of memory");
    adopted *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    copy_struct(&a->plugin, sizeof a->plugin, theirs);
    if (!a->plugin.subjects) a->plugin.n_subjects = 0;
    size_t n = a->plugin.n_subjects, bad = 0;
    a->subject = calloc(n + 1, sizeof *a->subject);
    a->list = calloc(n + 1, sizeof *a->list);
    if (!a->subject || !a->list) {
        release(a);
        return NULL;
    }
    const char *what = adopt_subjects(a, &bad);
    if (!what) {
        a->before = kept;
        kept = a;
        return &a->plugin;
    }
    const char *name = a->subject[bad].name;
    snprintf(sentence, RTK_SENTENCE, "its subject %zu (%s) lacks %s", bad + 1,
             name ? name : "no name", what);
    release(a);
    return NULL;
}
