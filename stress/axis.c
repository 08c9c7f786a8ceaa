#include "stress/axis.h"

#include <string.h>

#include "stress/covering.h"

#define RTK_AXIS(name) extern const rtk_axis rtk_axis_##name;
#include "axes.inc"
#undef RTK_AXIS

const rtk_axis *const rtk_axes[] = {
#define RTK_AXIS(name) &rtk_axis_##name,
#include "axes.inc"
#undef RTK_AXIS
    NULL};

const rtk_axis *rtk_axis_find(const char *name) {
    for (const rtk_axis *const *a = rtk_axes; *a; a++)
        if (strcmp((*a)->name, name) == 0) return *a;
    return NULL;
}

size_t rtk_axis_value_find(const rtk_axis *axis, const char *name) {
    size_t v = 0;
    while (v < axis->n && strcmp(axis->values[v].name, name) != 0) v++;
    return v;
}

/* The values of `axis` that are allowed; the plain one always is. */
static unsigned allowed(const rtk_axis *axis, const rtk_usage *usage,
                        const rtk_subject *subject, uint64_t promises,
                        uint8_t value[RTK_LEVELS_MAX]) {
    unsigned n = 0;
    for (size_t v = 0; v < axis->n; v++)
        if (v == 0 || (!(axis->values[v].promise & ~promises) &&
                       !(axis->values[v].clashes & promises) &&
                       (!axis->allows || axis->allows(v, usage, subject))))
            value[n++] = (uint8_t)v;
    return n;
}

void rtk_rows_make(rtk_rows *rows, const rtk_usage *usage,
                   const rtk_subject *subject, uint64_t promises) {
    uint8_t value[RTK_AXES][RTK_LEVELS_MAX] = {{0}};
    uint8_t level[RTK_ROWS_MAX][RTK_FACTORS_MAX];
    unsigned levels[RTK_AXES];
    for (size_t a = 0; a < RTK_AXES; a++) levels[a] = 1;
    for (const rtk_axis *const *a = rtk_axes; *a; a++)
        levels[(*a)->id] =
            allowed(*a, usage, subject, promises, value[(*a)->id]);
    rows->n = rtk_covering_array(levels, RTK_AXES, level, RTK_ROWS_MAX);
    for (size_t r = 0; r < rows->n; r++)
        for (size_t a = 0; a < RTK_AXES; a++)
            rows->row[r].at[a] = value[a][level[r][a]];
}
