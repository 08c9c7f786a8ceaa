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
    if (!s->describe) return "describe()";
    if (!s->fill) return "fill()";
    if (!s->open != !s->close) return "open() and close() together";
    if (!s->n_ops) return "an operation";
    if (s->n_params > RTK_PARAMS_MAX) return "a number of parameters up to 16";
    for (size_t i = 0; i < s->n_ops; i++)
        if (!s->ops[i].run || !s->ops[i].claims || !s->ops[i].name)
            return "an operation with name, run() and claims";
    for (size_t i = 0; i < s->n_params; i++)
        if (!s->params[i].name || s->params[i].least > s->params[i].most)
            return "a parameter with a name and a range";
    return NULL;
}

static bool adopt_claims(rtk_op *ops, size_t n) {
    for (size_t i = 0; i < n; i++) {
        rtk_claims *mine = ops[i].claims ? calloc(1, sizeof *mine) : NULL;
        if (mine) copy_struct(mine, sizeof *mine, ops[i].claims);
        if (ops[i].claims && !mine) return false;
        ops[i].claims = mine;
    }
    return true;
}

static rtk_subject *adopt_subject(const rtk_subject *theirs) {
    rtk_subject *s = calloc(1, sizeof *s);
    if (!s) return NULL;
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
    return adopt_claims(ops, s->n_ops) ? s : NULL;
}

const rtk_plugin *rtk_plugin_adopt(const rtk_plugin *theirs,
                                   char sentence[RTK_SENTENCE]) {
    rtk_plugin *mine = calloc(1, sizeof *mine);
    if (!mine) return NULL;
    copy_struct(mine, sizeof *mine, theirs);
    size_t n = mine->subjects ? mine->n_subjects : 0;
    const rtk_subject **list = calloc(n + 1, sizeof *list);
    snprintf(sentence, RTK_SENTENCE, "out of memory");
    for (size_t i = 0; list && i < n; i++) {
        const rtk_subject *s =
            mine->subjects[i] ? adopt_subject(mine->subjects[i]) : NULL;
        const char *what = s ? lacking(s) : "a table";
        if (what) {
            snprintf(sentence, RTK_SENTENCE, "its subject %zu (%s) lacks %s",
                     i + 1, s && s->name ? s->name : "no name", what);
            return NULL;
        }
        list[i] = s;
    }
    mine->subjects = list;
    mine->n_subjects = n;
    return list ? mine : NULL;
}
