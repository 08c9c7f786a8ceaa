#include "stress/tell.h"

#include "harness/progress.h"
#include "stress/record_text.h"

/* More frames than this are in the records and the report. */
enum { FRAMES = 8 };

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

void rtk_finding_tell(const json_t *finding, FILE *to) {
    size_t i, depth;
    const json_t *stack, *frame;
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
    json_array_foreach(json_object_get(finding, "stacks"), i, stack) {
        fprintf(to, "    %s\n", rtk_text(stack, "title"));
        json_array_foreach(json_object_get(stack, "frames"), depth, frame) {
            if (depth < FRAMES) tell_frame(frame, depth, to);
        }
    }
    fprintf(to, "    %s\n", rtk_text(finding, "replay"));
    fflush(to);
}
