/* Reading SciPy's answers. */

#include "kernels/test/expected.h"

#include <stdio.h>
#include <stdlib.h>

static void need(int there, const char *what) {
    if (there) return;
    fprintf(stderr, "expected answers: no %s\n", what);
    exit(2);
}

json_t *rtk_expected_cases(const char *path) {
    char whole[1024];
    json_error_t error;
    snprintf(whole, sizeof whole, "%s/%s.json", RTK_EXPECTED_ROOT, path);
    json_t *root = json_load_file(whole, 0, &error);
    json_t *cases = json_incref(json_object_get(root, "cases"));
    need(json_is_array(cases) && json_array_size(cases), whole);
    json_decref(root);
    return cases;
}

double *rtk_expected_numbers(const json_t *of, const char *name,
                             size_t *count) {
    const json_t *array = json_object_get(of, name);
    need(json_is_array(array), name);
    size_t n = json_array_size(array);
    double *numbers = malloc((n ? n : 1) * sizeof *numbers);
    need(numbers != NULL, "memory");
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(array, i);
        numbers[i] = json_is_string(item)
                         ? strtod(json_string_value(item), NULL)
                         : json_number_value(item);
    }
    if (count) *count = n;
    return numbers;
}

long rtk_expected_int(const json_t *of, const char *name) {
    const json_t *item = json_object_get(of, name);
    need(json_is_integer(item), name);
    return (long)json_integer_value(item);
}

const char *rtk_expected_text(const json_t *of, const char *name) {
    const json_t *item = json_object_get(of, name);
    need(json_is_string(item), name);
    return json_string_value(item);
}
