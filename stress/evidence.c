#include "stress/evidence.h"

/* Outcomes that are told apart; the rest are counted together. */
enum { OUTCOMES_MAX = 64 };

json_t *rtk_evidence_new(void) {
    return json_pack("{s{} sI s{} s{}}", "oracle_us", "cpu_us", (json_int_t)0,
                     "outcomes", "patterns");
}

static void count(json_t *map, const char *key, json_int_t more) {
    json_int_t before = json_integer_value(json_object_get(map, key));
    json_object_set_new(map, key, json_integer(before + more));
}

static void add_outcome(json_t *evidence, const json_t *trial) {
    const char *text = json_string_value(json_object_get(trial, "outcome"));
    const json_t *pattern = json_object_get(trial, "pattern");
    json_t *grade = json_object_get(trial, "grade");
    json_t *all = json_object_get(evidence, "outcomes");
    if (!text || !grade) return;
    if (!json_object_get(all, text) && json_object_size(all) >= OUTCOMES_MAX)
        text = "(others)";
    json_t *one = json_object_get(all, text);
    if (!one) {
        one = json_pack("{sI sO}", "count", (json_int_t)0, "grade", grade);
        json_object_set_new(all, text, one);
    }
    count(one, "count", 1);
    if (pattern)
        count(json_object_get(evidence, "patterns"), json_string_value(pattern),
              1);
}

void rtk_evidence_add(json_t *evidence, const json_t *trial) {
    const char *name;
    json_t *us;
    json_object_foreach(json_object_get(trial, "oracle_us"), name, us) {
        count(json_object_get(evidence, "oracle_us"), name,
              json_integer_value(us));
    }
    count(evidence, "cpu_us",
          json_integer_value(json_object_get(trial, "cpu_us")));
    add_outcome(evidence, trial);
}

json_t *rtk_evidence_shares(const json_t *evidence) {
    json_t *shares = json_object();
    double whole =
        (double)json_integer_value(json_object_get(evidence, "cpu_us"));
    const char *name;
    json_t *us;
    json_object_foreach(json_object_get(evidence, "oracle_us"), name, us) {
        double part = (double)json_integer_value(us);
        if (whole > 0)
            json_object_set_new(shares, name, json_real(part / whole));
    }
    return shares;
}

json_t *rtk_evidence_outcomes(const json_t *evidence) {
    json_t *all = json_object_get(evidence, "outcomes");
    return json_object_size(all) ? all : NULL;
}

const char *rtk_evidence_missing(const json_t *evidence,
                                 const json_t *required) {
    size_t i;
    const json_t *pattern;
    json_array_foreach(required, i, pattern) {
        const char *text = json_string_value(pattern);
        if (text &&
            !json_object_get(json_object_get(evidence, "patterns"), text))
            return text;
    }
    return NULL;
}
