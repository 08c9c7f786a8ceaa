/* What the runner says about itself and its plug-in before the first request:
 * the command line never loads a plug-in, so a bad one cannot harm it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/runner.h"

static json_t *numbers(const int64_t *value, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_integer(value[i]));
    return list;
}

static json_t *param(const rtk_param *p) {
    json_t *words = json_null();
    if (p->words) {
        words = json_array();
        for (int64_t i = 0; i <= p->most - p->least; i++)
            json_array_append_new(words, json_string(p->words[i]));
    }
    return json_pack("{ss ss sI sI sI so so so}", "name", p->name, "summary",
                     p->summary ? p->summary : "", "initial",
                     (json_int_t)p->initial, "least", (json_int_t)p->least,
                     "most", (json_int_t)p->most, "stress",
                     numbers(p->stress, p->n_stress), "sweep",
                     numbers(p->sweep, p->n_sweep), "words", words);
}

static json_t *declined(const rtk_subject *subject) {
    json_t *map = json_object();
    for (const rtk_scenario *const *s = rtk_scenarios; *s; s++) {
        const char *why = rtk_scenario_declined_by(*s, subject);
        if (why) json_object_set_new(map, (*s)->name, json_string(why));
    }
    return map;
}

static json_t *op(const rtk_op *o) {
    const rtk_claims *c = o->claims;
    static const char *const mt[] = {"MT-Safe", "MT-Safe init", "MT-Unsafe"};
    static const char *const tier[] = {"A", "B", "C"};
    return json_pack("{ss ss ss? ss sf sI}", "name", o->name, "mt", mt[c->mt],
                     "mt_object", c->mt_object, "repeatable",
                     tier[c->repeatable], "tolerance", c->tolerance, "promises",
                     (json_int_t)c->promises);
}

/* Patterns of outcomes that some trial must come to. */
static json_t *required(const rtk_subject *s) {
    json_t *list = json_array();
    for (size_t i = 0; i < s->n_outcomes; i++)
        if (s->outcomes[i].grade == RTK_REQUIRED)
            json_array_append_new(list, json_string(s->outcomes[i].pattern));
    return list;
}

static bool only_by_name(const rtk_subject *s) {
    for (size_t i = 0; i < s->n_ops; i++)
        if (!(rtk_subject_op(s, i)->claims->promises & RTK_ONLY_BY_NAME))
            return false;
    return true;
}

static json_t *subject(const rtk_subject *s) {
    json_t *params = json_array(), *ops = json_array();
    for (size_t i = 0; i < s->n_params; i++)
        json_array_append_new(params, param(rtk_subject_param(s, i)));
    for (size_t i = 0; i < s->n_ops; i++)
        json_array_append_new(ops, op(rtk_subject_op(s, i)));
    return json_pack("{ss ss sb sb so so so so}", "name", s->name, "summary",
                     s->summary ? s->summary : "", "flops", s->flops != NULL,
                     "only_by_name", only_by_name(s), "params", params, "ops",
                     ops, "declined", declined(s), "required", required(s));
}

static void say(void *to, const char *key, const char *value) {
    json_array_append_new(
        to, json_pack("{ss ss}", "name", key, "value", value ? value : ""));
}

rtk_status rtk_runner_hello(int fd, const rtk_loaded *loaded, bool cold,
                            bool instrumented, const char *sentence) {
    json_t *subjects = json_array(), *about = json_array();
    const rtk_plugin *p = loaded ? loaded->plugin : NULL;
    for (size_t i = 0; p && i < p->n_subjects; i++)
        json_array_append_new(subjects, subject(p->subjects[i]));
    if (p && p->about) p->about(say, about);
    json_t *line = json_pack(
        "{ss sb sb sb ss ss so so}", "raw", "hello", "loaded", p != NULL,
        "cold", cold, "instrumented", instrumented, "sentence", sentence,
        "plugin", p ? p->name : "", "subjects", subjects, "libraries", about);
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    bool written = text && dprintf(fd, "%s\n", text) > 0;
    free(text);
    json_decref(line);
    return written ? RTK_OK : RTK_EIO;
}
