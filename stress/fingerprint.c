#include "stress/fingerprint.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* FNV-1a, 64 bits: Fowler, Noll, Vo. */
static uint64_t hash(uint64_t h, const char *text) {
    for (; text && *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return h * UINT64_C(1099511628211);
}

/* Frames of the sanitizers, of our hooks and of libc say where it was seen, not
 * what. */
static int says_nothing(const json_t *frame) {
    static const char *const noise[] = {
        "__interceptor", "___interceptor",   "__tsan",        "__asan",
        "__sanitizer",   "sanitizer_common", "harness/hooks/"};
    const char *function =
        json_string_value(json_object_get(frame, "function"));
    const char *module = json_string_value(json_object_get(frame, "module"));
    const char *file = json_string_value(json_object_get(frame, "file"));
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++)
        if ((function && strncmp(function, noise[i], strlen(noise[i])) == 0) ||
            (file && strstr(file, noise[i])))
            return 1;
    if (module && strstr(module, "/libc.so")) return 1;
    /* An interceptor of the sanitizer's runtime has a plain name, no file. */
    return !file && module && strstr(module, "racetrack-runner");
}

const json_t *rtk_finding_top(const json_t *stack) {
    size_t i;
    const json_t *frame;
    json_array_foreach(json_object_get(stack, "frames"), i,
                       frame) if (!says_nothing(frame)) return frame;
    return NULL;
}

static const char *base_name(const json_t *frame) {
    const char *file = json_string_value(json_object_get(frame, "file"));
    const char *slash = file ? strrchr(file, '/') : NULL;
    return slash ? slash + 1 : file;
}

static const char *function_of(const json_t *frame) {
    return json_string_value(json_object_get(frame, "function"));
}

void rtk_function_name(const char *name, char *text, size_t room) {
    static const char *const copies[] = {".constprop.", ".isra.", ".part.",
                                         ".cold",       ".llvm.", ".lto_priv.",
                                         "._omp_fn.",   ".omp_"};
    snprintf(text, room, "%s", name ? name : "");
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        char *at = strstr(text, copies[i]);
        if (at && at != text) *at = 0;
    }
}

static uint64_t place(const json_t *stack) {
    const json_t *frame = rtk_finding_top(stack);
    char function[1024];
    if (!frame) return 0;
    rtk_function_name(function_of(frame), function, sizeof function);
    return hash(hash(UINT64_C(14695981039346656037), function),
                base_name(frame));
}

void rtk_finding_place(const json_t *stacks, char *text, size_t room) {
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < 2 && used < room; i++) {
        const json_t *frame = rtk_finding_top(json_array_get(stacks, i));
        const char *function = frame ? function_of(frame) : NULL;
        if (!function) continue;
        const char *file = base_name(frame);
        json_int_t line = json_integer_value(json_object_get(frame, "line"));
        int n = snprintf(text + used, room - used, "%s%s",
                         used ? " and " : " in ", function);
        if (file && n > 0 && (size_t)n < room - used)
            n += snprintf(text + used + n, room - used - (size_t)n,
                          " (%s:%lld)", file, (long long)line);
        used += n > 0 ? (size_t)n : 0;
    }
}

void rtk_fingerprint(const char *oracle, const char *kind, const char *subject,
                     const json_t *stacks, char text[17]) {
    uint64_t h = hash(hash(UINT64_C(14695981039346656037), oracle), kind);
    bool sanitizer = strcmp(oracle, "tsan") == 0 || strcmp(oracle, "asan") == 0;
    bool located = sanitizer || strcmp(oracle, "crash") == 0 ||
                   strcmp(oracle, "inputs") == 0 ||
                   strcmp(oracle, "lock-order") == 0;
    uint64_t where = 0;
    /* The two accesses of a race: a sum, so that their order is nothing. */
    for (size_t i = 0; located && i < 2; i++)
        where += place(json_array_get(stacks, i));
    if (!where) h = hash(h, subject);
    h = (h ^ where) * UINT64_C(1099511628211);
    snprintf(text, 17, "%016llx", (unsigned long long)h);
}
