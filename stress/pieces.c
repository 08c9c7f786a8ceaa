#include "stress/pieces.h"

#include <string.h>

#include "stress/record_text.h"

static json_t *begun(json_t *findings, json_int_t id) {
    size_t i;
    json_t *finding;
    json_array_foreach(findings, i, finding) {
        const json_t *own = json_object_get(finding, "id");
        if (own && json_integer_value(own) == id) return finding;
    }
    return NULL;
}

/* A stack that did not fit into one line goes on where it was. */
static void add_stack(json_t *stacks, json_t *stack) {
    size_t n = json_array_size(stacks);
    if (n && json_is_true(json_object_get(stack, "continued")))
        json_array_extend(
            json_object_get(json_array_get(stacks, n - 1), "frames"),
            json_object_get(stack, "frames"));
    else
        json_array_append(stacks, stack);
}

void rtk_pieces_add(json_t *findings, const json_t *line) {
    if (strcmp(rtk_text(line, "raw"), "finding") == 0) {
        json_array_append_new(findings, json_deep_copy(line));
        return;
    }
    json_t *finding =
        begun(findings, json_integer_value(json_object_get(line, "of")));
    size_t i;
    json_t *stack;
    json_array_foreach(json_object_get(line, "stacks"), i, stack)
        add_stack(json_object_get(finding, "stacks"), stack);
}
