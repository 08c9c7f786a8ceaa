#include "stress/base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "stress/record_text.h"

/* Take what the base needs of one record. */
static void take(json_t *base, const json_t *record) {
    static const char *const of_run[] = {"run", "plugin", "lanes", "libraries"};
    const char *kind = rtk_text(record, "record");
    if (strcmp(kind, "run") == 0) {
        for (size_t i = 0; i < sizeof of_run / sizeof *of_run; i++)
            json_object_set(base, of_run[i],
                            json_object_get(record, of_run[i]));
    } else if (strcmp(kind, "finding") == 0 &&
               !json_is_true(json_object_get(record, "planted"))) {
        json_object_set_new(json_object_get(base, "fingerprints"),
                            rtk_text(record, "fingerprint"), json_true());
    } else if (strcmp(kind, "end") == 0) {
        bool whole = strcmp(rtk_text(record, "status"), "complete") == 0;
        json_object_set_new(base, "partial", json_boolean(!whole));
    }
}

/* Read all lines; a last one that was cut is left out. */
static bool read_all(FILE *file, json_t *base) {
    char *text = NULL;
    size_t room = 0;
    bool first = true, good = true;
    while (good && getline(&text, &room, file) > 0) {
        json_t *record = json_loads(text, 0, NULL);
        if (!record) {
            good = !first && getc(file) == EOF;
            break;
        }
        if (first) good = strcmp(rtk_text(record, "record"), "run") == 0;
        if (good) take(base, record);
        first = false;
        json_decref(record);
    }
    free(text);
    return good && !first;
}

rtk_status rtk_base_load(const char *path, json_t **base,
                         char sentence[RTK_SENTENCE]) {
    char place[4096];
    struct stat at;
    bool folder = stat(path, &at) == 0 && S_ISDIR(at.st_mode);
    snprintf(place, sizeof place, "%s%s", path, folder ? "/records.jsonl" : "");
    FILE *file = fopen(place, "re");
    if (!file) {
        snprintf(sentence, RTK_SENTENCE, "the base %.400s cannot be read: %s",
                 place, strerror(errno));
        return RTK_EINVAL;
    }
    json_t *read =
        json_pack("{s{} sb}", "fingerprints", "partial", 1 /* no end */);
    bool good = read_all(file, read);
    fclose(file);
    if (good) {
        *base = read;
        return RTK_OK;
    }
    json_decref(read);
    snprintf(sentence, RTK_SENTENCE,
             "the base %.400s is no file of racetrack records", place);
    return RTK_EINVAL;
}

bool rtk_base_has(const json_t *base, const char *fingerprint) {
    return json_object_get(json_object_get(base, "fingerprints"),
                           fingerprint) != NULL;
}

static void say(json_t *list, json_t *sentence) {
    json_array_append_new(list, sentence);
}

static bool holds(const json_t *list, const char *text) {
    size_t i;
    const json_t *one;
    json_array_foreach(list, i, one) if (strcmp(json_string_value(one), text) ==
                                         0) return true;
    return false;
}

/* The same library in the base, or NULL. */
static const json_t *library_like(const json_t *base, const json_t *library) {
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(base, "libraries"), i, one) {
        if (strcmp(rtk_text(one, "name"), rtk_text(library, "name")) == 0 &&
            strcmp(rtk_text(one, "lane"), rtk_text(library, "lane")) == 0)
            return one;
    }
    return NULL;
}

static json_t *unlike(const json_t *base, const char *plugin,
                      const json_t *lanes, const json_t *libraries) {
    json_t *list = json_array();
    const char *other = rtk_text(base, "plugin");
    size_t i;
    const json_t *one;
    if (strcmp(other, plugin) != 0)
        say(list, json_sprintf("the base tried the plug-in %s, this run %s",
                               other, plugin));
    json_array_foreach(lanes, i, one) if (!holds(json_object_get(base, "lanes"),
                                                 json_string_value(one)))
        say(list, json_sprintf("the base did not run in: %s",
                               json_string_value(one)));
    json_array_foreach(libraries, i, one) {
        const char *now = rtk_text(one, "value");
        const json_t *old = library_like(base, one);
        if (old && strcmp(rtk_text(old, "value"), now) != 0)
            say(list, json_sprintf("%s (%s) was %s in the base and is %s now",
                                   rtk_text(one, "name"), rtk_text(one, "lane"),
                                   rtk_text(old, "value"), now));
    }
    if (json_is_true(json_object_get(base, "partial")))
        say(list, json_string("the base is partial: it may have seen less than "
                              "it could"));
    return list;
}

json_t *rtk_base_card(const json_t *base, const char *plugin,
                      const json_t *lanes, const json_t *libraries) {
    if (!base) return json_null();
    size_t n = json_object_size(json_object_get(base, "fingerprints"));
    return json_pack("{ss sI so}", "run", rtk_text(base, "run"), "findings",
                     (json_int_t)n, "unlike",
                     unlike(base, plugin, lanes, libraries));
}
