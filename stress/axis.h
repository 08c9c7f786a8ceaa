#ifndef RTK_AXIS_H
#define RTK_AXIS_H

/* An axis is a file in stress/axes/ that defines one value of this type, called
 * rtk_axis_<file's base name>; the list is made from the folder. Trials walk
 * through combinations of the axes' values in which every pair occurs. */

#include "harness/conditions.h"
#include "harness/plugin.h"
#include "harness/usage.h"

/* One value; its number is its place, and stands in harness/conditions.h. */
typedef struct rtk_axis_value {
    const char *name, *summary;
    uint64_t promise; /* RTK_... that must be claimed, or 0 */
    uint64_t clashes; /* RTK_... that cannot be judged under it */
} rtk_axis_value;

typedef struct rtk_axis {
    const char *name, *summary;
    rtk_axis_id id;
    const rtk_axis_value *values;
    size_t n;
    /* Whether value `v` means anything here; NULL: all do. */
    bool (*allows)(size_t v, const rtk_usage *usage, const rtk_subject *s);
} rtk_axis;

/* All axes, in order of name; NULL behind the last. MT-Safe. */
extern const rtk_axis *const rtk_axes[];

/* The axis called `name`, or NULL. MT-Safe. */
const rtk_axis *rtk_axis_find(const char *name);

/* The number of the value called `name`, or axis->n. MT-Safe. */
size_t rtk_axis_value_find(const rtk_axis *axis, const char *name);

enum { RTK_ROWS_MAX = 160 };

/* Combinations of conditions; read-only once made. */
typedef struct rtk_rows {
    rtk_conditions row[RTK_ROWS_MAX];
    size_t n;
} rtk_rows;

/* Combine the values that are allowed for `usage` of `subject` under
 * `promises`, so that every two values of two axes occur together in a row.
 * Equal arguments give equal rows. MT-Safe. */
void rtk_rows_make(rtk_rows *rows, const rtk_usage *usage,
                   const rtk_subject *subject, uint64_t promises);

#endif
