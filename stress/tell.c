#include "stress/tell.h"

#include <stdbool.h>
#include <string.h>

#include "harness/progress.h"
#include "stress/record_text.h"

/* More frames than this are in the records and the report. */
enum { FRAMES = 8 };

/* Whether a stack before the `i`th has the same frames. */
static bool told(const json_t *stacks, size_t i) {
    const json_t *frames = json_object_get(json_array_get(stacks, i), "frames");
    for (size_t k = 0; k < i; k++)
        if (json_equal(frames,
                       json_object_get(json_array_get(stacks, k), "frames")))
            return true;
    return false;
}

static void tell_frame(const json_t *frame, size_t depth, FILE *to) {
    const char *function = rtk_text(frame, "function");
    const char *file = rtk_text(frame, "file");
    fprintf(to, "      #%zu %s", depth, *function ? function : "?");
    if (*file)
        fprintf(to, " %s:%lld", file,
                (long long)json_integer_value(json_object_get(frame, "line")));
    else
        fprintf(to, " in %s", rtk_text(frame, "module"));
    fputc('\n', to);
}

/* Many threads that wait at the same place are told of once. */
static void tell_stacks(const json_t *stacks, FILE *to) {
    size_t i, depth, alike = 0;
    const json_t *stack, *frame;
    json_array_foreach(stacks, i, stack) {
        const json_t *frames = json_object_get(stack, "frames");
        if (json_array_size(frames) && told(stacks, i)) {
            alike++;
            continue;
        }
        fprintf(to, "    %s\n", rtk_text(stack, "title"));
        json_array_foreach(frames, depth, frame) {
            if (depth < FRAMES) tell_frame(frame, depth, to);
        }
    }
    if (alike) fprintf(to, "    and %zu stacks like these\n", alike);
}

static void tell_output(const char *output, FILE *to) {
    for (size_t n; *output; output += n + (output[n] == '\n')) {
        n = strcspn(output, "\n");
        fprintf(to, "    printed: %.*s\n", (int)n, output);
    }
}

void rtk_finding_tell(const json_t *finding, FILE *to) {
    const json_t *known = json_object_get(finding, "known");
    rtk_progress_clear(true);
    fprintf(to, "%s %s %s %s: %s: %s\n", rtk_text(finding, "id"),
            rtk_text(finding, "subject"), rtk_text(finding, "scenario"),
            rtk_text(finding, "lane"), rtk_text(finding, "oracle"),
            rtk_text(finding, "summary"));
    if (json_is_object(known)) {
        fprintf(to, "    known since %s as %s, accepted until %s\n",
                rtk_text(known, "date"), rtk_text(known, "id"),
                rtk_text(known, "expires"));
        return;
    }
    const json_t *seen = json_object_get(finding, "seen_before");
    if (json_is_true(seen)) {
        fprintf(to, "    seen before, in the base\n    %s\n",
                rtk_text(finding, "replay"));
        return;
    }
    if (json_is_false(seen)) fputs("    new since the base\n", to);
    tell_stacks(json_object_get(finding, "stacks"), to);
    tell_output(rtk_text(finding, "output"), to);
    fprintf(to, "    %s\n", rtk_text(finding, "replay"));
    fflush(to);
}
