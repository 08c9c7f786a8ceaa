#include "stress/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stress/record_text.h"
#include "stress/scenario.h"

#include "repro_body.inc"
#include "repro_host.inc"
#include "repro_license.inc"
#include "repro_status.inc"
#include "repro_subject.inc"

/* ---- What can be exported
 * ------------------------------------------------------ */

/* What the program looks at itself, or a sanitizer and the kernel do. */
static bool looks_at(const char *oracle) {
    static const char *const known[] = {"truth",  "bits",  "status", "inputs",
                                        "canary", "crash", "hang",   "tsan"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], oracle) == 0) return true;
    return false;
}

static rtk_status possible(const rtk_again *again, const rtk_scenario *scenario,
                           char sentence[RTK_SENTENCE]) {
    const char *oracle = rtk_text(again->finding, "oracle");
    const char *name = rtk_text(again->trial, "scenario");
    if (!looks_at(oracle)) {
        snprintf(sentence, RTK_SENTENCE,
                 "a finding of the oracle %s cannot be exported: only "
                 "racetrack looks at that",
                 oracle);
        return RTK_EUNSUPPORTED;
    }
    if (!scenario || scenario->usage.actors != RTK_THREADS ||
        scenario->usage.interrupts || scenario->usage.fork != RTK_FORK_NONE ||
        scenario->usage.finish != RTK_FINISH_ORDERLY) {
        snprintf(sentence, RTK_SENTENCE,
                 "the scenario %s cannot be exported: a program is written for "
                 "threads that end in order, without forks, processes and "
                 "signals",
                 name);
        return RTK_EUNSUPPORTED;
    }
    return RTK_OK;
}

/* ---- Text
 * ---------------------------------------------------------------------- */

/* A C string literal. */
static void literal(FILE *to, const char *text) {
    fputc('"', to);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(to, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            fprintf(to, "\\%03o", (unsigned)*text);
        else
            fputc(*text, to);
    fputc('"', to);
}

/* Text inside a comment: it must not end it. */
static void remark(FILE *to, const char *text) {
    for (; *text; text++) {
        fputc(*text == '\n' ? ' ' : *text, to);
        if (text[0] == '*' && text[1] == '/') fputc(' ', to);
    }
}

/* Whether a line includes the contract. */
static bool contract(const char *line, size_t n) {
    static const char *const files[] = {"subject.h\"", "status.h\""};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (memmem(line, n, files[i], strlen(files[i]))) return true;
    return false;
}

/* The source of a plug-in, which takes the place of the shared object. */
static bool paste_source(FILE *to, const char *path) {
    FILE *from = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (!from) return false;
    while ((n = getline(&line, &room, from)) > 0)
        if (strncmp(line, "#include \"", 10) != 0 || !contract(line, (size_t)n))
            fputs(line, to);
    bool good = !ferror(from);
    free(line);
    fclose(from);
    fputs("\n#define REPRO_BUILT_IN 1\n\n", to);
    return good;
}

/* A file of this tree without the lines that include others of it. */
static void paste(FILE *to, const char *text) {
    while (*text) {
        size_t n = strcspn(text, "\n");
        if (strncmp(text, "#include \"", 10) != 0)
            fprintf(to, "%.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void paste_license(FILE *to) {
    const char *text = repro_license;
    while (*text) {
        size_t n = strcspn(text, "\n");
        fprintf(to, " *%s%.*s\n", n ? " " : "", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

/* ---- The parts
 * ----------------------------------------------------------------- */

/* Conditions that the program does not bring about. */
static void left_out(FILE *to, const rtk_again *again) {
    static const char *const brought[] = {"workers", "callers", "limits",
                                          "sizes"};
    const char *axis, *perturb = rtk_text(again->request, "perturb");
    json_t *value;
    json_object_foreach(json_object_get(again->request, "conditions"), axis,
                        value) {
        bool done = false;
        for (size_t i = 0; i < sizeof brought / sizeof *brought; i++)
            done |= strcmp(brought[i], axis) == 0;
        if (!done)
            fprintf(to, " * Left out: the condition %s=%s.\n", axis,
                    json_string_value(value));
    }
    const rtk_scenario *scenario =
        rtk_scenario_find(rtk_text(again->trial, "scenario"));
    if (scenario && scenario->usage.burst)
        fprintf(to,
                " * Left out: all wait for each other after each %u calls.\n",
                scenario->usage.burst);
    if (*perturb && strcmp(perturb, "none") != 0)
        fprintf(to, " * Left out: the perturbation %s.\n", perturb);
    if (json_array_size(json_object_get(again->request, "operations")) > 1)
        fputs(" * Each thread draws its operations from the list below; their "
              "arguments\n * are equal.\n",
              to);
}

static void head(FILE *to, const rtk_again *again, bool built_in) {
    bool tsan = strcmp(rtk_text(again->finding, "oracle"), "tsan") == 0;
    fputs("/* ", to);
    remark(to, rtk_text(again->finding, "subject"));
    fputs(": ", to);
    remark(to, rtk_text(again->finding, "summary"));
    fprintf(to,
            "\n *\n * Compile and run:\n *\n"
            " *     %s -g -O1 -pthread THIS.c %s-ldl -o repro\n"
            " *     ./repro [TRIALS [PLUGIN.so [SUBJECT]]]\n"
            " *\n * It prints how many of so many trials failed, and exits "
            "with 1 if one did.\n",
            tsan ? "clang -fsanitize=thread" : "cc",
            built_in ? "LIBRARIES " : "");
    if (tsan && !built_in)
        fputs(" * clang must be of the version that the plug-in was built "
              "with.\n",
              to);
    fputs(built_in
              ? " * The plug-in that calls the library under test is part of "
                "it (PLUGIN.so is not\n * looked at); LIBRARIES are those "
                "that it is linked with.\n"
              : " * The plug-in calls the library under test; it needs nothing "
                "else of racetrack.\n",
          to);
    left_out(to, again);
    fprintf(to,
            " *\n * Fingerprint %s. Made by racetrack, of whose contract it "
            "has a copy:\n *\n",
            rtk_text(again->finding, "fingerprint"));
    paste_license(to);
    fputs(" */\n\n#define _GNU_SOURCE 1\n\n", to);
}

/* The plug-in's file for a lane. */
static void plugin(FILE *to, const char *name, const char *path,
                   const char *lane) {
    char file[4200];
    struct stat at;
    bool folder = stat(path, &at) == 0 && S_ISDIR(at.st_mode);
    snprintf(file, sizeof file, "%s%s%s%s", path, folder ? "/" : "",
             folder ? lane : "", folder ? ".so" : "");
    fprintf(to, "#define %s ", name);
    literal(to, file);
    fputc('\n', to);
}

static json_int_t number(const rtk_again *again, const char *key,
                         json_int_t missing) {
    const json_t *value = json_object_get(again->request, key);
    return json_is_integer(value) ? json_integer_value(value) : missing;
}

static void names(FILE *to, const rtk_again *again) {
    size_t i;
    const json_t *name;
    const char *key;
    json_t *value;
    fputs("static const char *const repro_operations[] = {", to);
    json_array_foreach(json_object_get(again->request, "operations"), i, name) {
        if (i) fputs(", ", to);
        literal(to, json_string_value(name));
    }
    fputs("};\nstatic const struct {\n    const char *name;\n    int64_t "
          "value;\n} repro_arguments[] = {",
          to);
    json_object_foreach(json_object_get(again->request, "args"), key, value) {
        fputs("{", to);
        literal(to, key);
        fprintf(to, ", INT64_C(%" JSON_INTEGER_FORMAT ")}, ",
                json_integer_value(value));
    }
    fputs("{NULL, 0}};\n\n", to);
}

static void constants(FILE *to, const rtk_again *again,
                      const rtk_usage *usage) {
    static const char *const instances[] = {"REPRO_OWN", "REPRO_SHARED",
                                            "REPRO_AFTER", "REPRO_EACH_CALL"};
    const char *path = rtk_text(again->trial, "plugin");
    json_int_t workers = number(again, "workers", 0);
    bool hang = strcmp(rtk_text(again->finding, "oracle"), "hang") == 0;
    bool one_cpu =
        strcmp(
            rtk_text(json_object_get(again->request, "conditions"), "limits"),
            "one_cpu") == 0;
    plugin(to, "REPRO_PLUGIN", path, "native");
    plugin(to, "REPRO_PLUGIN_TSAN", path, "tsan");
    fputs("#define REPRO_SUBJECT ", to);
    literal(to, rtk_text(again->trial, "subject"));
    fprintf(to, "\n#define REPRO_SEED UINT64_C(%" JSON_INTEGER_FORMAT ")\n",
            json_integer_value(json_object_get(again->trial, "seed")));
    if (json_is_integer(json_object_get(again->request, "workers")))
        fprintf(to, "#define REPRO_WORKERS INT64_C(%" JSON_INTEGER_FORMAT ")\n",
                workers);
    else
        fputs("#define REPRO_WORKERS RTK_WORKERS_UNSET\n", to);
    fprintf(to,
            "#define REPRO_INSTANCE %s\n\n"
            "enum { REPRO_OWN, REPRO_SHARED, REPRO_AFTER, REPRO_EACH_CALL "
            "};\nenum {\n"
            "    REPRO_ACTORS = %" JSON_INTEGER_FORMAT
            ",\n    REPRO_OPERATIONS = %zu,\n"
            "    REPRO_CALLS = %" JSON_INTEGER_FORMAT
            ",\n    REPRO_TRIAL_MS = %" JSON_INTEGER_FORMAT
            ",\n    REPRO_TIMEOUT_S = %d,\n"
            "    REPRO_SHARE_INPUTS = %d,\n    REPRO_ONE_CPU = %d\n};\n\n",
            instances[usage->instance], number(again, "actors", 4),
            json_array_size(json_object_get(again->request, "operations")),
            number(again, "calls", 400), number(again, "trial_ms", 150),
            hang ? 5 : 30, usage->share_inputs, one_cpu);
}

/* All parts; false: one could not be read or written. */
static bool write_all(FILE *to, const rtk_again *again, const rtk_usage *usage,
                      const char *source) {
    head(to, again, source != NULL);
    paste(to, repro_status);
    paste(to, repro_subject);
    if (source && !paste_source(to, source)) return false;
    constants(to, again, usage);
    names(to, again);
    paste(to, repro_host);
    paste(to, repro_body);
    return !ferror(to);
}

rtk_status rtk_export(const rtk_again *again, const char *path,
                      const char *source, char sentence[RTK_SENTENCE]) {
    const rtk_scenario *scenario =
        rtk_scenario_find(rtk_text(again->trial, "scenario"));
    char beside[4200];
    rtk_status s = possible(again, scenario, sentence);
    if (s) return s;
    if (source && access(source, R_OK) != 0) {
        snprintf(sentence, RTK_SENTENCE, "the source %.400s cannot be read: %s",
                 source, strerror(errno));
        return RTK_EINVAL;
    }
    snprintf(beside, sizeof beside, "%s.%d.tmp", path, getpid());
    FILE *to = fopen(beside, "wxe");
    bool good = to && write_all(to, again, &scenario->usage, source);
    if (to && fclose(to) != 0) good = false;
    if (good && rename(beside, path) == 0) return RTK_OK;
    snprintf(sentence, RTK_SENTENCE, "%.400s cannot be written: %s", path,
             strerror(errno));
    if (to) unlink(beside);
    return RTK_EIO;
}
