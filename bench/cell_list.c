#include "bench/cell_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernels/workers/workers.h"

enum { CELLS_MAX = 4096 };

/* A list that is being made. */
typedef struct builder {
    const rtk_sweep *ask;
    rtk_cell_list *list;
    char *sentence;
} builder;

/* ---- The list of cells -----------------------------------------------------
 */

/* Append `item` to a list of pointers. */
static rtk_status append(void *list, size_t *n, void *item) {
    void **old = *(void ***)list;
    void **grown = realloc(old, (*n + 1) * sizeof *grown);
    if (!grown) return RTK_ENOMEM;
    grown[(*n)++] = item;
    *(void ***)list = grown;
    return RTK_OK;
}

/* The site for these parameters, made when there is none. */
static rtk_status site_for(builder *st, const rtk_subject *subject,
                           const int64_t *value, rtk_site **site) {
    size_t bytes = subject->n_params * sizeof *value;
    for (size_t i = 0; i < st->list->n_sites; i++) {
        *site = st->list->sites[i];
        if ((*site)->subject == subject &&
            memcmp((*site)->value, value, bytes) == 0)
            return RTK_OK;
    }
    *site = calloc(1, sizeof **site);
    if (!*site) return RTK_ENOMEM;
    (*site)->subject = subject;
    memcpy((*site)->value, value, bytes);
    rtk_status s = append(&st->list->sites, &st->list->n_sites, *site);
    if (s) free(*site);
    return s;
}

static rtk_status add_cell(builder *st, const rtk_subject *subject,
                           const int64_t *value, rtk_point point) {
    int64_t with_blas[RTK_PARAMS_MAX];
    memcpy(with_blas, value, sizeof with_blas);
    if (point.blas)
        with_blas[rtk_subject_param_index(subject, "blas")] = point.blas;
    rtk_bench_cell *cell = calloc(1, sizeof *cell);
    if (!cell) return RTK_ENOMEM;
    rtk_status s = site_for(st, subject, with_blas, &cell->site);
    cell->op = rtk_subject_op(subject, 0);
    cell->point = point;
    cell->seed = st->ask->seed;
    if (!s) s = append(&st->list->cells, &st->list->n_cells, cell);
    if (s) free(cell);
    return s;
}

/* All points of one subject at one size. */
static rtk_status add_points(builder *st, const rtk_subject *subject,
                             const int64_t *value, const rtk_point *points,
                             size_t n) {
    rtk_status s = RTK_OK;
    if (st->list->n_cells + n > CELLS_MAX) {
        snprintf(st->sentence, RTK_SENTENCE,
                 "this makes more than %d cells; name fewer subjects, sizes or "
                 "workers",
                 CELLS_MAX);
        return RTK_EINVAL;
    }
    for (size_t i = 0; i < n && !s; i++)
        s = add_cell(st, subject, value, points[i]);
    return s;
}

/* ---- Sizes -----------------------------------------------------------------
 */

/* The values that parameter `i` takes. */
typedef struct values {
    const int64_t *value;
    size_t n;
} values;

static bool is_blas(const rtk_param *p) {
    return strcmp(p->name, "blas") == 0;
}

/* The parameter that is the subject's size, or n_params. */
static size_t size_param(const rtk_subject *subject) {
    for (size_t i = 0; i < subject->n_params; i++) {
        const rtk_param *p = rtk_subject_param(subject, i);
        if (p->n_sweep && !is_blas(p)) return i;
    }
    return subject->n_params;
}

/* The last setting of `name`, or NULL. */
static const int64_t *set_to(const rtk_sweep *ask, const char *name) {
    for (size_t i = ask->n_settings; i-- > 0;)
        if (strcmp(ask->settings[i].name, name) == 0)
            return &ask->settings[i].value;
    return NULL;
}

static values values_of(const rtk_sweep *ask, const rtk_subject *subject,
                        size_t i) {
    const rtk_param *p = rtk_subject_param(subject, i);
    const int64_t *set = set_to(ask, p->name);
    if (set) return (values){set, 1};
    /* BLAS threads are the points', not a size. */
    if (is_blas(p)) return (values){&p->initial, 1};
    if (ask->n_sizes && i == size_param(subject))
        return (values){ask->sizes, ask->n_sizes};
    return p->n_sweep ? (values){p->sweep, p->n_sweep}
                      : (values){&p->initial, 1};
}

static rtk_status in_range(builder *st, const rtk_subject *subject, size_t i,
                           const values *v) {
    const rtk_param *p = rtk_subject_param(subject, i);
    for (size_t k = 0; k < v->n; k++) {
        if (v->value[k] >= p->least && v->value[k] <= p->most) continue;
        snprintf(st->sentence, RTK_SENTENCE,
                 "%s takes %s from %lld to %lld, not %lld", subject->name,
                 p->name, (long long)p->least, (long long)p->most,
                 (long long)v->value[k]);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

/* The combination with number `at`, the last parameter fastest. */
static void pick(const values *all, size_t n, size_t at, int64_t *value) {
    for (size_t i = n; i > 0; i--) {
        const values *v = &all[i - 1];
        /* Always so: every parameter has a value. */
        if (!v->value || !v->n) continue;
        value[i - 1] = v->value[at % v->n];
        at /= v->n;
    }
}

/* Every combination of the parameters' values. */
static rtk_status add_sizes(builder *st, const rtk_subject *subject,
                            const rtk_point *points, size_t n_points) {
    values all[RTK_PARAMS_MAX] = {{NULL, 0}};
    size_t combinations = 1;
    for (size_t i = 0; i < subject->n_params; i++) {
        all[i] = values_of(st->ask, subject, i);
        rtk_status s = in_range(st, subject, i, &all[i]);
        if (s) return s;
        combinations *= all[i].n;
        if (combinations > CELLS_MAX) combinations = CELLS_MAX + 1;
    }
    rtk_status s = RTK_OK;
    for (size_t c = 0; c < combinations && !s; c++) {
        int64_t value[RTK_PARAMS_MAX] = {0};
        pick(all, subject->n_params, c, value);
        s = add_points(st, subject, value, points, n_points);
    }
    return s;
}

static rtk_status blas_in_range(builder *st, const rtk_subject *subject,
                                const rtk_point *points, size_t n) {
    size_t blas = rtk_subject_param_index(subject, "blas");
    rtk_status s = RTK_OK;
    for (size_t i = 0; blas < subject->n_params && i < n && !s; i++) {
        int64_t threads = points[i].blas;
        values v = {&threads, 1};
        s = in_range(st, subject, blas, &v);
    }
    return s;
}

/* Whether `subject` can be measured as asked. */
static rtk_status acceptable(builder *st, const rtk_subject *subject) {
    if (subject->n_params > RTK_PARAMS_MAX || !subject->n_ops) {
        snprintf(st->sentence, RTK_SENTENCE,
                 "%s cannot be measured: it has no operation, or more than %d "
                 "parameters",
                 subject->name, RTK_PARAMS_MAX);
        return RTK_EINVAL;
    }
    if (st->ask->n_sizes && size_param(subject) == subject->n_params) {
        snprintf(st->sentence, RTK_SENTENCE,
                 "%s has no size: none of its parameters has values to sweep",
                 subject->name);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

static rtk_status add_subject(builder *st, const rtk_subject *subject) {
    rtk_status s = acceptable(st, subject);
    if (s) return s;
    bool blas = rtk_subject_param_index(subject, "blas") < subject->n_params;
    const int64_t *fixed = set_to(st->ask, "blas");
    rtk_axes axes = st->ask->axes;
    if (fixed) {
        axes.n_blas = 1;
        axes.blas[0] = *fixed;
    }
    rtk_point points[RTK_POINTS_MAX];
    size_t n = 0;
    s = rtk_points_choose(&axes, rtk_cpus_usable(), blas, points, &n);
    if (s)
        snprintf(st->sentence, RTK_SENTENCE,
                 "workers must be 1 or more, or -1 (all usable CPUs), -2 ... "
                 "down to 1; BLAS threads 1 or more; %d points at most",
                 RTK_POINTS_MAX);
    if (!s) s = blas_in_range(st, subject, points, n);
    if (!s) s = add_sizes(st, subject, points, n);
    return s;
}

/* A setting that fits no subject is a slip of the pen. */
static rtk_status all_settings_fit(const rtk_sweep *ask, char *sentence) {
    for (size_t i = 0; i < ask->n_settings; i++) {
        bool fits = false;
        for (size_t k = 0; k < ask->n_subjects; k++)
            fits |= rtk_subject_param_index(ask->subjects[k],
                                            ask->settings[i].name) <
                    ask->subjects[k]->n_params;
        if (fits) continue;
        snprintf(sentence, RTK_SENTENCE,
                 "no subject that is measured has a parameter %.64s",
                 ask->settings[i].name);
        return RTK_EINVAL;
    }
    return RTK_OK;
}

rtk_status rtk_cell_list_build(rtk_cell_list *list, const rtk_sweep *ask,
                               char sentence[RTK_SENTENCE]) {
    builder st = {ask, list, sentence};
    *list = (rtk_cell_list){0};
    rtk_status s = all_settings_fit(ask, sentence);
    for (size_t i = 0; i < ask->n_subjects && !s; i++)
        s = add_subject(&st, ask->subjects[i]);
    return s;
}

void rtk_cell_list_destroy(rtk_cell_list *list) {
    for (size_t i = 0; i < list->n_cells; i++) {
        rtk_cell_close(list->cells[i]);
        free(list->cells[i]);
    }
    for (size_t i = 0; i < list->n_sites; i++) {
        rtk_site_close(list->sites[i]);
        free(list->sites[i]);
    }
    free(list->cells);
    free(list->sites);
    *list = (rtk_cell_list){0};
}

size_t rtk_cell_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (size_t)pages / 2 * (size_t)page : SIZE_MAX;
}
