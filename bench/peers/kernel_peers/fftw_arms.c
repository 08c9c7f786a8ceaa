#include "bench/peers/kernel_peers/transform_arms.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fftw3.h>

enum { ALIGN = 64 };

typedef void *planner(int rank, const fftw_iodim64 *dims, int many,
                      const fftw_iodim64 *loops, void *in, void *out, int sign,
                      unsigned flags);
typedef void *real_planner(int rank, const fftw_iodim64 *dims, int many,
                           const fftw_iodim64 *loops, void *in, void *out,
                           unsigned flags);
typedef void *kind_planner(int rank, const fftw_iodim64 *dims, int many,
                           const fftw_iodim64 *loops, void *in, void *out,
                           const fftw_r2r_kind *kinds, unsigned flags);
typedef void executor(void *plan, void *in, void *out);

/* One library in one precision. Optional: what MKL does not have. */
typedef struct functions {
    planner *c2c;
    real_planner *r2c;
    kind_planner *r2r;
    executor *run[3]; /* by rtk_transform_kind */
    void (*destroy)(void *plan);
    int (*init_threads)(void);
    void (*with_threads)(int threads);
    void (*time_limit)(double seconds); /* optional */
    void (*forget)(void);               /* optional */
} functions;

typedef struct fftw_arm {
    rtk_peer_arm arm;
    functions f;
    void *plan, *in, *out;
    executor *run;
} fftw_arm;

/* The address of `name` in `library`, stored as whatever pointer `to` is. */
static void *find(void *library, int is_float, const char *name) {
    char full[64];
    snprintf(full, sizeof full, "fftw%s_%s", is_float ? "f" : "", name);
    return dlsym(library, full);
}

static int load(functions *f, const char *path, int is_float) {
    void *l = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!l) return 0;
    const struct {
        void *to;
        const char *name;
        int optional;
    } wanted[] = {
        {&f->c2c, "plan_guru64_dft", 0},
        {&f->r2c, "plan_guru64_dft_r2c", 0},
        {&f->r2r, "plan_guru64_r2r", 0},
        {&f->run[RTK_TRANSFORM_C2C], "execute_dft", 0},
        {&f->run[RTK_TRANSFORM_R2C], "execute_dft_r2c", 0},
        {&f->run[RTK_TRANSFORM_DCT2], "execute_r2r", 0},
        {&f->destroy, "destroy_plan", 0},
        {&f->init_threads, "init_threads", 0},
        {&f->with_threads, "plan_with_nthreads", 0},
        {&f->time_limit, "set_timelimit", 1},
        {&f->forget, "forget_wisdom", 1},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *at = find(l, is_float, wanted[i].name);
        if (!at && !wanted[i].optional) return 0;
        memcpy(wanted[i].to, &at, sizeof at);
    }
    return f->init_threads();
}

static uint64_t elements(const rtk_transform_spec *s) {
    uint64_t n = 1;
    for (int i = 0; i < s->rank; i++) n *= s->shape[i];
    return n;
}

/* Axes of the array as FFTW wants them: those that are transformed, in order,
 * and those that are looped over. Of a real transform, the last one that is
 * transformed is halved in the output. */
typedef struct layout {
    fftw_iodim64 dims[RTK_TRANSFORM_RANK_MAX], loops[RTK_TRANSFORM_RANK_MAX];
    int rank, many;
} layout;

static layout lay(const rtk_transform_spec *s) {
    layout l = {.rank = 0};
    ptrdiff_t is = 1, os = 1;
    int last = s->rank - 1;
    while (last > 0 && !(s->axes >> last & 1)) last--;
    fftw_iodim64 all[RTK_TRANSFORM_RANK_MAX];
    for (int i = s->rank - 1; i >= 0; i--) {
        ptrdiff_t n = (ptrdiff_t)s->shape[i];
        all[i] = (fftw_iodim64){.n = n, .is = is, .os = os};
        is *= n;
        os *= s->kind == RTK_TRANSFORM_R2C && i == last ? n / 2 + 1 : n;
    }
    for (int i = 0; i < s->rank; i++)
        if (s->axes >> i & 1)
            l.dims[l.rank++] = all[i];
        else
            l.loops[l.many++] = all[i];
    return l;
}

static void *plan(const functions *f, const rtk_transform_spec *s, void *in,
                  void *out) {
    static const fftw_r2r_kind kinds[] = {FFTW_REDFT10, FFTW_REDFT10,
                                          FFTW_REDFT10};
    unsigned flags = s->measure ? FFTW_MEASURE : FFTW_ESTIMATE;
    layout l = lay(s);
    switch (s->kind) {
    case RTK_TRANSFORM_C2C:
        return f->c2c(l.rank, l.dims, l.many, l.loops, in, out, FFTW_FORWARD,
                      flags);
    case RTK_TRANSFORM_R2C:
        return f->r2c(l.rank, l.dims, l.many, l.loops, in, out, flags);
    default:
        return f->r2r(l.rank, l.dims, l.many, l.loops, in, out, kinds, flags);
    }
}

static int call(rtk_peer_arm *arm) {
    fftw_arm *a = (fftw_arm *)arm;
    a->run(a->plan, a->in, a->out);
    return 0;
}

static void drop(rtk_peer_arm *arm) {
    fftw_arm *a = (fftw_arm *)arm;
    if (a->plan) a->f.destroy(a->plan);
    free(a);
}

/* Zeros: a large array whose pages are all there. */
static void *scratch(uint64_t bytes) {
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    void *p = aligned_alloc(ALIGN, bytes);
    if (p) memset(p, 0, bytes);
    return p;
}

rtk_peer_arm *rtk_fftw_arm(const char *path, const rtk_transform_spec *spec,
                           void *in, void *out) {
    if (spec->rank < 1 || spec->rank > RTK_TRANSFORM_RANK_MAX) return NULL;
    fftw_arm *a = calloc(1, sizeof *a);
    if (!a || !load(&a->f, path, spec->is_float)) {
        free(a);
        return NULL;
    }
    a->arm = (rtk_peer_arm){.call = call, .drop = drop};
    a->in = in;
    a->out = out;
    a->run = a->f.run[spec->kind];
    /* Enough for either side: complex, and the halves rounded up. */
    uint64_t bytes = 16 * (elements(spec) + elements(spec) / spec->shape[0]) +
                     16 * elements(spec);
    void *x = scratch(bytes), *y = scratch(bytes);
    if (a->f.time_limit) a->f.time_limit(spec->at_most);
    a->f.with_threads(spec->threads);
    double start = rtk_peer_now_ns();
    if (x && y) a->plan = plan(&a->f, spec, x, y);
    a->arm.plan_ns = rtk_peer_now_ns() - start;
    if (a->f.forget) a->f.forget();
    free(x);
    free(y);
    if (a->plan) return &a->arm;
    drop(&a->arm);
    return NULL;
}
