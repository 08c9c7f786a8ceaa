#include <string.h>

#include "cli/options.h"
#include "stress/scenario.h"
#include "stress/selftest.h"

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

int rtk_cmd_list(rtk_options *options) {
    static const char *const sections[] = {"subjects", "scenarios", "faults"};
    char sentence[RTK_SENTENCE];
    json_t *all = json_object();
    for (size_t k = 0; k < options->words.n; k++) {
        const char *w = options->words.name[k];
        if (strcmp(w, sections[0]) && strcmp(w, sections[1]) &&
            strcmp(w, sections[2]))
            return rtk_fail(RTK_EXIT_USAGE,
                            "there is no list \"%s\"; there are: subjects, "
                            "scenarios, faults",
                            w);
    }
    for (size_t i = 0; i < 3; i++) {
        json_t *list = NULL;
        rtk_status s = RTK_OK;
        if (!rtk_names_allow(&options->words, sections[i])) continue;
        if (i == 0) s = subjects(options, &list, sentence);
        if (s == RTK_ECANCELLED) return RTK_EXIT_SIGNAL + rtk_interrupted();
        if (s)
            return rtk_fail(s == RTK_EIO ? RTK_EXIT_NOT_MEASURED
                                         : RTK_EXIT_USAGE,
                            "%s", sentence);
        if (i) list = i == 1 ? scenarios() : faults();
        json_object_set_new(all, sections[i], list);
        if (!options->json) print(sections[i], list);
    }
    if (options->json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(all);
    return RTK_EXIT_AS_CLAIMED;
}
