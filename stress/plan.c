/* Checking a plan against what there is, before anything is run. */
#include <string.h>

#include "stress/axis.h"
#include "stress/campaign.h"
#include "stress/record_text.h"
#include "stress/scenario.h"

static const char *const all_lanes[] = {"native", "tsan", "asan"};

bool rtk_names_allow(const rtk_names *names, const char *name) {
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->name[i], name) == 0) return true;
    return names->n == 0;
}

/* Append ", name" to a list in a sentence. */
static void also(char *list, size_t room, const char *name) {
    size_t used = strlen(list);
    snprintf(list + used, room - used, "%s%s", used ? ", " : "", name);
}

static rtk_status check_subjects(const rtk_plan *plan, const json_t *hello,
                                 char sentence[RTK_SENTENCE]) {
    const json_t *subjects = json_object_get(hello, "subjects");
    for (size_t k = 0; k < plan->subjects.n; k++) {
        char names[300] = "";
        bool found = false;
        size_t i;
        const json_t *s;
        json_array_foreach(subjects, i, s) {
            found |= strcmp(rtk_text(s, "name"), plan->subjects.name[k]) == 0;
            also(names, sizeof names, rtk_text(s, "name"));
        }
        if (found) continue;
        snprintf(sentence, RTK_SENTENCE,
                 "there is no subject \"%s\"; this plug-in has: %s",
                 plan->subjects.name[k], names);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

static rtk_status check_scenarios(const rtk_plan *plan,
                                  char sentence[RTK_SENTENCE]) {
    for (size_t k = 0; k < plan->scenarios.n; k++) {
        if (rtk_scenario_find(plan->scenarios.name[k])) continue;
        char names[300] = "";
        for (const rtk_scenario *const *s = rtk_scenarios; *s; s++)
            also(names, sizeof names, (*s)->name);
        snprintf(sentence, RTK_SENTENCE,
                 "there is no scenario \"%s\"; there are: %s",
                 plan->scenarios.name[k], names);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

/* Whether a chosen subject has the operation `name`. */
static bool has_operation(const rtk_plan *plan, const json_t *hello,
                          const char *name) {
    size_t i, k;
    const json_t *s, *op;
    json_array_foreach(json_object_get(hello, "subjects"), i, s) {
        if (!rtk_names_allow(&plan->subjects, rtk_text(s, "name"))) continue;
        json_array_foreach(json_object_get(s, "ops"), k,
                           op) if (strcmp(rtk_text(op, "name"), name) ==
                                   0) return true;
    }
    return false;
}

static rtk_status check_operations(const rtk_plan *plan, const json_t *hello,
                                   char sentence[RTK_SENTENCE]) {
    for (size_t k = 0; k < plan->operations.n; k++) {
        if (has_operation(plan, hello, plan->operations.name[k])) continue;
        snprintf(sentence, RTK_SENTENCE,
                 "no chosen subject has an operation \"%.100s\"; see racetrack "
                 "list subjects --json",
                 plan->operations.name[k]);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

/* Split "axis=value"; the axis, or NULL when there is no such. */
static const rtk_axis *condition(const char *text, size_t *value) {
    char name[64];
    const char *equals = strchr(text, '=');
    if (!equals || (size_t)(equals - text) >= sizeof name) return NULL;
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    const rtk_axis *axis = rtk_axis_find(name);
    if (!axis) return NULL;
    *value = rtk_axis_value_find(axis, equals + 1);
    return *value < axis->n ? axis : NULL;
}

static rtk_status check_conditions(const rtk_plan *plan,
                                   char sentence[RTK_SENTENCE]) {
    size_t value;
    for (size_t k = 0; k < plan->conditions.n; k++) {
        if (condition(plan->conditions.name[k], &value)) continue;
        snprintf(sentence, RTK_SENTENCE,
                 "there is no condition \"%.100s\"; it has the form "
                 "AXIS=VALUE, see racetrack list axes",
                 plan->conditions.name[k]);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

void rtk_plan_restrict(const rtk_plan *plan, json_t *request) {
    json_t *operations = json_array(), *conditions = json_object();
    size_t value;
    for (size_t k = 0; k < plan->operations.n; k++)
        json_array_append_new(operations,
                              json_string(plan->operations.name[k]));
    for (size_t k = 0; k < plan->conditions.n; k++) {
        const rtk_axis *axis = condition(plan->conditions.name[k], &value);
        json_object_set_new(conditions, axis->name,
                            json_string(axis->values[value].name));
    }
    json_object_set_new(request, "operations", operations);
    json_object_set_new(request, "conditions", conditions);
    json_object_set_new(request, "plain", json_boolean(plan->plain));
    if (plan->perturb)
        json_object_set_new(request, "perturb", json_string(plan->perturb));
}

static rtk_status check_lane_names(const rtk_plan *plan,
                                   char sentence[RTK_SENTENCE]) {
    for (size_t k = 0; k < plan->lanes.n; k++) {
        bool found = false;
        for (size_t i = 0; i < 3; i++)
            found |= strcmp(all_lanes[i], plan->lanes.name[k]) == 0;
        if (found) continue;
        snprintf(sentence, RTK_SENTENCE,
                 "there is no lane \"%s\"; there are: native, tsan, asan, all",
                 plan->lanes.name[k]);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

static void add_libraries(json_t *libraries, const char *lane,
                          const json_t *hello) {
    size_t i;
    const json_t *library;
    json_array_foreach(json_object_get(hello, "libraries"), i, library)
        json_array_append_new(libraries,
                              json_pack("{ss ss ss}", "lane", lane, "name",
                                        rtk_text(library, "name"), "value",
                                        rtk_text(library, "value")));
}

/* Open one lane and look at what it holds. */
static rtk_status probe(const rtk_plan *plan, const char *lane,
                        json_t *libraries, char sentence[RTK_SENTENCE]) {
    rtk_lane_servers servers;
    rtk_status s =
        rtk_lane_open(&servers, plan->runners, plan->plugin, lane, sentence);
    if (s) return s;
    s = check_subjects(plan, servers.hello, sentence);
    if (!s) s = check_operations(plan, servers.hello, sentence);
    if (!s && servers.why[0] && !plan->lanes.n) {
        /* Asked for by name, the other oracles may still speak. */
        memcpy(sentence, servers.why, sizeof servers.why);
        s = RTK_EUNSUPPORTED;
    }
    if (!s) add_libraries(libraries, lane, servers.hello);
    rtk_lane_close(&servers);
    return s;
}

rtk_status rtk_plan_check(const rtk_plan *plan, rtk_names *lanes,
                          json_t **libraries, char sentence[RTK_SENTENCE]) {
    rtk_status s = check_lane_names(plan, sentence), first_bad = RTK_OK;
    if (!s) s = check_scenarios(plan, sentence);
    if (!s) s = check_conditions(plan, sentence);
    json_t *found = json_array();
    char refused[RTK_SENTENCE] = "";
    lanes->n = 0;
    for (size_t i = 0; !s && i < 3; i++) {
        if (!rtk_names_allow(&plan->lanes, all_lanes[i])) continue;
        s = probe(plan, all_lanes[i], found, sentence);
        if (!s) {
            lanes->name[lanes->n++] = all_lanes[i];
        } else if (s != RTK_ECANCELLED && !plan->lanes.n &&
                   strncmp(sentence, "there is no subject", 19) != 0 &&
                   strncmp(sentence, "no chosen subject", 17) != 0) {
            /* A lane that nobody asked for by name may be missing. */
            if (!first_bad) first_bad = s;
            if (!refused[0]) memcpy(refused, sentence, sizeof refused);
            s = RTK_OK;
        }
    }
    if (!s && !lanes->n) s = first_bad;
    if (!s || s == first_bad) memcpy(sentence, refused, sizeof refused);
    if (s)
        json_decref(found);
    else
        *libraries = found;
    return s;
}
