#include "stress/suppressions.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stress/fingerprint.h"
#include "stress/record_text.h"
#include "stress/toml_read.h"

/* ---- Reading
 * ------------------------------------------------------------------ */

/* The keys of a pattern: of the finding itself, then of a frame on top of one
 * of its first two stacks. */
static const char *const of_finding[] = {"fingerprint", "oracle",   "kind",
                                         "subject",     "scenario", "lane"};
static const char *const of_frame[] = {"function", "file", "library"};
/* A pattern with one of these, spelt out, covers one place. */
static const char *const literal[] = {"fingerprint", "function", "file"};

enum { FINDING_KEYS = 6, FRAME_KEYS = 3, LITERAL_KEYS = 3, CELL_KEYS = 3 };

static bool listed(const char *const *list, size_t n, const char *key) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], key) == 0) return true;
    return false;
}

/* Days since 1970-01-01 of "YYYY-MM-DD"; false: there is no such day. */
static bool days(const char *text, long *number) {
    struct tm day = {0}, asked;
    int end = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &day.tm_year, &day.tm_mon, &day.tm_mday,
               &end) != 3 ||
        end != 10 || text[10])
        return false;
    day.tm_year -= 1900;
    day.tm_mon--;
    asked = day;
    time_t at = timegm(&day);
    if (day.tm_mon != asked.tm_mon || day.tm_mday != asked.tm_mday)
        return false;
    *number = (long)(at / 86400);
    return true;
}

long rtk_suppressions_today(void) {
    return (long)(time(NULL) / 86400);
}

/* The types of an entry's keys; the first seven are texts. */
static const char *wrong(const json_t *entry) {
    static const char *const texts[] = {"id",   "reason", "owner",
                                        "link", "since",  "expires"};
    static const char *const other[] = {"max_hits", "must_match", "match"};
    const char *key;
    json_t *value;
    long day;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!*rtk_text(entry, texts[i])) return texts[i];
    if (json_integer_value(json_object_get(entry, "max_hits")) < 1)
        return "max_hits";
    if (!json_is_boolean(json_object_get(entry, "must_match")))
        return "must_match";
    if (!json_array_size(json_object_get(entry, "match"))) return "match";
    if (!days(rtk_text(entry, "since"), &day)) return "since";
    if (!days(rtk_text(entry, "expires"), &day)) return "expires";
    json_object_foreach(
        (json_t *)(uintptr_t)entry, key,
        value) if (!listed(texts, sizeof texts / sizeof *texts, key) &&
                   !listed(other, sizeof other / sizeof *other,
                           key)) return key;
    return NULL;
}

static const char *wrong_pattern(const json_t *entry) {
    size_t i;
    const json_t *pattern;
    json_array_foreach(json_object_get(entry, "match"), i, pattern) {
        const char *key;
        json_t *value;
        if (!json_object_size(pattern)) return "match";
        json_object_foreach((json_t *)(uintptr_t)pattern, key, value) {
            bool known = listed(of_finding, FINDING_KEYS, key) ||
                         listed(of_frame, FRAME_KEYS, key);
            if (!known || !json_is_string(value)) return key;
        }
    }
    return NULL;
}

static void blame(json_t *entry, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first fault stays. */
static void blame(json_t *entry, const char *format, ...) {
    char text[RTK_SENTENCE];
    va_list more;
    if (json_is_string(json_object_get(entry, "fault"))) return;
    va_start(more, format);
    vsnprintf(text, sizeof text, format, more);
    va_end(more);
    json_object_set_new(entry, "fault", json_string(text));
}

static bool spelt_out(const json_t *pattern) {
    for (size_t i = 0; i < LITERAL_KEYS; i++) {
        const char *text = rtk_text(pattern, literal[i]);
        if (*text && !strpbrk(text, "*?[")) return true;
    }
    return false;
}

static void prepare(json_t *entry, long today) {
    long expires = 0;
    size_t i;
    const json_t *pattern;
    days(rtk_text(entry, "expires"), &expires);
    json_object_set_new(entry, "days_left", json_integer(expires - today));
    json_object_set_new(entry, "hits", json_integer(0));
    json_object_set_new(entry, "fault", json_null());
    if (expires < today)
        blame(entry, "it expired on %s", rtk_text(entry, "expires"));
    json_array_foreach(json_object_get(entry, "match"), i,
                       pattern) if (!spelt_out(pattern))
        blame(entry,
              "it is too broad: pattern %zu spells out neither a fingerprint "
              "nor a function nor a file",
              i + 1);
}

static rtk_status check_entries(const char *path, json_t *list, long today,
                                char sentence[RTK_SENTENCE]) {
    size_t i, k;
    json_t *entry;
    json_array_foreach(list, i, entry) {
        const char *bad = json_is_object(entry) ? wrong(entry) : "id";
        if (!bad) bad = wrong_pattern(entry);
        for (k = 0; !bad && k < i; k++)
            if (strcmp(rtk_text(json_array_get(list, k), "id"),
                       rtk_text(entry, "id")) == 0)
                bad = "id";
        if (bad) {
            snprintf(sentence, RTK_SENTENCE,
                     "%.300s: suppression %zu (%.60s): the key \"%.40s\" is "
                     "missing, unknown, or not as docs/suppressions.md says",
                     path, i + 1, rtk_text(entry, "id"), bad);
            return RTK_EINVAL;
        }
        prepare(entry, today);
    }
    return RTK_OK;
}

rtk_status rtk_suppressions_load(const char *path, long today, json_t **list,
                                 char sentence[RTK_SENTENCE]) {
    json_t *table = NULL;
    if (!path) {
        *list = json_array();
        return RTK_OK;
    }
    if (!rtk_toml_read(path, &table, sentence, RTK_SENTENCE)) return RTK_EINVAL;
    json_t *found = json_incref(json_object_get(table, "suppression"));
    bool strange = json_object_size(table) != (found ? 1 : 0) ||
                   (found && !json_is_array(found));
    rtk_status s = RTK_OK;
    if (!found) found = json_array();
    if (strange) {
        snprintf(sentence, RTK_SENTENCE,
                 "%.400s holds something else than [[suppression]] tables",
                 path);
        s = RTK_EINVAL;
    }
    if (!s) s = check_entries(path, found, today, sentence);
    json_decref(table);
    if (s)
        json_decref(found);
    else
        *list = found;
    return s;
}

/* ---- Matching
 * ----------------------------------------------------------------- */

/* Whether the pattern's text for `key`, a glob, fits; none fits all. */
static bool fits(const json_t *pattern, const char *key, const char *text) {
    const char *glob = json_string_value(json_object_get(pattern, key));
    return !glob || fnmatch(glob, text, 0) == 0;
}

static bool fits_keys(const json_t *pattern, const char *const *keys, size_t n,
                      const json_t *object) {
    for (size_t i = 0; i < n; i++)
        if (!fits(pattern, keys[i], rtk_text(object, keys[i]))) return false;
    return true;
}

/* Text behind the last slash. */
static const char *base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A file is given by its path or by its name alone. */
static bool fits_frame(const json_t *pattern, const json_t *frame) {
    const char *file = rtk_text(frame, "file");
    char function[256];
    rtk_function_name(rtk_text(frame, "function"), function, sizeof function);
    return fits(pattern, "function", function) &&
           (fits(pattern, "file", file) || fits(pattern, "file", base(file))) &&
           fits(pattern, "library", base(rtk_text(frame, "module")));
}

static bool fits_finding(const json_t *pattern, const json_t *finding) {
    if (!fits_keys(pattern, of_finding, FINDING_KEYS, finding)) return false;
    bool places = false;
    for (size_t i = 0; i < FRAME_KEYS; i++)
        places |= json_object_get(pattern, of_frame[i]) != NULL;
    const json_t *stacks = json_object_get(finding, "stacks");
    for (size_t i = 0; places && i < 2; i++) {
        const json_t *frame = rtk_finding_top(json_array_get(stacks, i));
        if (frame && fits_frame(pattern, frame)) return true;
    }
    return !places;
}

/* The file on top of one of the first two stacks that is racetrack's own: in
 * its tree, and in what is built from it. Libraries have a "kernels/", too. */
static const char *own(const json_t *finding) {
    static const char *const trees[] = {"kernels/", "harness/", "stress/",
                                        "bench/", "cli/"};
    static const char *const built[] = {"/plugins/reference/",
                                        "/plugins/faults/", "racetrack-runner"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *frame = rtk_finding_top(
            json_array_get(json_object_get(finding, "stacks"), i));
        const char *file = rtk_text(frame, "file");
        bool ours = false, tree = false;
        while (strncmp(file, "../", 3) == 0) file += 3;
        for (size_t k = 0; k < sizeof built / sizeof *built; k++)
            ours |= strstr(rtk_text(frame, "module"), built[k]) != NULL;
        for (size_t k = 0; k < sizeof trees / sizeof *trees; k++)
            tree |= strncmp(file, trees[k], strlen(trees[k])) == 0;
        if (ours && tree) return file;
    }
    return NULL;
}

static bool entry_fits(const json_t *entry, const json_t *finding) {
    size_t i;
    const json_t *pattern;
    json_array_foreach(json_object_get(entry, "match"), i,
                       pattern) if (fits_finding(pattern, finding)) return true;
    return false;
}

const json_t *rtk_suppressions_match(json_t *list, const json_t *finding) {
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry) {
        if (!entry_fits(entry, finding)) continue;
        json_int_t hits = json_integer_value(json_object_get(entry, "hits"));
        json_int_t most =
            json_integer_value(json_object_get(entry, "max_hits"));
        json_object_set_new(entry, "hits", json_integer(++hits));
        const char *file = own(finding);
        if (file)
            blame(entry, "it covers code of racetrack itself (%s)", file);
        else if (hits > most)
            blame(entry,
                  "it is too broad: it fits more than the %lld distinct "
                  "findings of its max_hits",
                  (long long)most);
        if (!json_is_string(json_object_get(entry, "fault"))) return entry;
    }
    return NULL;
}

/* ---- Afterwards
 * --------------------------------------------------------------- */

/* Whether trials were made in a cell that the entry names. */
static unsigned due(const json_t *entry, const json_t *verdicts) {
    static const char *const cell[CELL_KEYS] = {"subject", "scenario", "lane"};
    unsigned n = 0;
    size_t i, k;
    const json_t *verdict, *pattern;
    json_array_foreach(verdicts, i, verdict) {
        bool named = false;
        json_array_foreach(json_object_get(entry, "match"), k, pattern) named |=
            fits_keys(pattern, cell, CELL_KEYS, verdict);
        n += named &&
             json_integer_value(json_object_get(verdict, "trials")) > 0 &&
             strcmp(rtk_text(verdict, "verdict"), "could not run") != 0;
    }
    return n;
}

unsigned rtk_suppressions_check(json_t *list, const json_t *verdicts) {
    unsigned faults = 0;
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry) {
        unsigned cells = due(entry, verdicts);
        bool must = json_is_true(json_object_get(entry, "must_match"));
        if (must && cells &&
            !json_integer_value(json_object_get(entry, "hits")))
            blame(entry,
                  "it must match and matched nothing in the %u cells that it "
                  "names: is it mended?",
                  cells);
        faults += json_is_string(json_object_get(entry, "fault"));
    }
    return faults;
}
