#include <string.h>

#include "cli/options.h"
#include "harness/oracles/oracle.h"
#include "harness/perturb/perturb.h"
#include "stress/axis.h"
#include "stress/catalogue.h"
#include "stress/record_text.h"
#include "stress/scenario.h"
#include "stress/suppressions.h"

static json_t *scenarios(void) {
    json_t *list = json_array();
    for (const rtk_scenario *const *s = rtk_scenarios; *s; s++)
        json_array_append_new(list, json_pack("{ss ss}", "name", (*s)->name,
                                              "summary", (*s)->summary));
    return list;
}

static json_t *faults(void) {
    json_t *list = json_array();
    for (const rtk_fault *f = rtk_faults; f->name; f++)
        json_array_append_new(
            list,
            json_pack("{ss ss ss ss ss ss ss sb}", "name", f->name, "summary",
                      f->summary, "category", rtk_fault_category(f), "kind",
                      f->kind, "lane", f->lane, "oracle", f->oracle, "scenario",
                      f->scenario, "canary", f->canary));
    return list;
}

/* Ask the plug-in, through a lane that can load it. */
static rtk_status subjects(const rtk_options *o, json_t **list,
                           char sentence[RTK_SENTENCE]) {
    static const char *const lanes[] = {"native", "tsan", "asan"};
    rtk_status s = RTK_EINVAL, first = RTK_OK;
    char first_sentence[RTK_SENTENCE] = "";
    for (size_t i = 0; s && i < 3; i++) {
        rtk_lane_servers servers;
        s = rtk_lane_open(&servers, o->bin, o->plan.plugin, lanes[i], sentence);
        if (s == RTK_ECANCELLED) return s;
        if (s && !first) {
            first = s;
            memcpy(first_sentence, sentence, sizeof first_sentence);
        }
        if (s) continue;
        *list = json_incref(json_object_get(servers.hello, "subjects"));
        rtk_lane_close(&servers);
    }
    if (s) memcpy(sentence, first_sentence, sizeof first_sentence);
    return s ? first : RTK_OK;
}

static void print(const char *title, const json_t *list) {
    size_t i;
    const json_t *one;
    printf("%s\n", title);
    json_array_foreach(list, i, one)
        printf("  %-24s %s\n", json_string_value(json_object_get(one, "name")),
               json_string_value(json_object_get(one, "summary")));
}

static json_t *axes(void) {
    json_t *list = json_array();
    for (const rtk_axis *const *a = rtk_axes; *a; a++)
        for (size_t v = 0; v < (*a)->n; v++)
            json_array_append_new(
                list, json_pack("{so ss so}", "name",
                                json_sprintf("%s=%s", (*a)->name,
                                             (*a)->values[v].name),
                                "axis", (*a)->name, "summary",
                                json_sprintf("%s: %s", (*a)->summary,
                                             (*a)->values[v].summary)));
    return list;
}

static json_t *oracles(void) {
    json_t *list = json_array();
    for (const rtk_oracle *const *o = rtk_oracles; *o; o++)
        json_array_append_new(
            list,
            json_pack(
                "{ss so ss sb}", "name", (*o)->name, "summary",
                json_sprintf("%s; claim: %s%s", (*o)->summary, (*o)->claim,
                             rtk_oracle_per_call(*o) ? "; at each call" : ""),
                "claim", (*o)->claim, "per_call", rtk_oracle_per_call(*o)));
    return list;
}

/* Of each what it accepts, and for how long. */
static rtk_status suppressions(const rtk_options *o, json_t **list,
                               char sentence[RTK_SENTENCE]) {
    json_t *found;
    rtk_status s = rtk_suppressions_load(
        o->suppressions, rtk_suppressions_today(), &found, sentence);
    if (s) return s;
    size_t i;
    json_t *one;
    json_array_foreach(found, i, one) {
        const char *fault = json_string_value(json_object_get(one, "fault"));
        json_object_set(one, "name", json_object_get(one, "id"));
        json_object_set_new(one, "summary",
                            json_sprintf("%s%s%lld days left, owner %s: %s",
                                         fault ? fault : "", fault ? "; " : "",
                                         (long long)json_integer_value(
                                             json_object_get(one, "days_left")),
                                         rtk_text(one, "owner"),
                                         rtk_text(one, "reason")));
    }
    *list = found;
    return RTK_OK;
}

static json_t *perturbations(void) {
    json_t *list = json_array();
    for (unsigned i = 0; rtk_perturb_name(i); i++)
        json_array_append_new(list,
                              json_pack("{ss ss}", "name", rtk_perturb_name(i),
                                        "summary", rtk_perturb_summary(i)));
    return list;
}

/* The lists there are: made from what is built in, or asked for. */
static const struct {
    const char *name;
    json_t *(*make)(void);
    rtk_status (*ask)(const rtk_options *o, json_t **list,
                      char sentence[RTK_SENTENCE]);
} sections[] = {
    {"subjects", NULL, subjects},
    {"scenarios", scenarios, NULL},
    {"axes", axes, NULL},
    {"oracles", oracles, NULL},
    {"perturbations", perturbations, NULL},
    {"faults", faults, NULL},
    {"suppressions", NULL, suppressions},
};

enum { SECTIONS = sizeof sections / sizeof *sections };

static int check_words(const rtk_names *words) {
    for (size_t k = 0; k < words->n; k++) {
        char names[200] = "";
        bool found = false;
        for (size_t i = 0; i < SECTIONS; i++) {
            size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                     sections[i].name);
            found |= strcmp(words->name[k], sections[i].name) == 0;
        }
        if (!found)
            return rtk_fail(RTK_EXIT_USAGE,
                            "there is no list \"%s\"; there are: %s",
                            words->name[k], names);
    }
    return RTK_EXIT_AS_CLAIMED;
}

int rtk_cmd_list(rtk_options *options) {
    char sentence[RTK_SENTENCE];
    json_t *all = json_object();
    int code = check_words(&options->words);
    for (size_t i = 0; !code && i < SECTIONS; i++) {
        json_t *list = NULL;
        rtk_status s = RTK_OK;
        if (!rtk_names_allow(&options->words, sections[i].name)) continue;
        if (sections[i].make)
            list = sections[i].make();
        else
            s = sections[i].ask(options, &list, sentence);
        if (s == RTK_ECANCELLED)
            code = RTK_EXIT_SIGNAL + rtk_interrupted();
        else if (s)
            code =
                rtk_fail(s == RTK_EIO ? RTK_EXIT_NOT_MEASURED : RTK_EXIT_USAGE,
                         "%s", sentence);
        if (code) break;
        json_object_set_new(all, sections[i].name, list);
        if (!options->json) print(sections[i].name, list);
    }
    if (!code && options->json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(all);
    return code;
}
