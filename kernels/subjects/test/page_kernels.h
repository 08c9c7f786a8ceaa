#ifndef RTK_PAGE_KERNELS_H
#define RTK_PAGE_KERNELS_H

/* All that takes `workers`, called alike: for the tests of what SciPy's page
 * on parallel execution says. */

#include "kernels/workers/test/unit.h"

#include "kernels/fft/fft.h"
#include "kernels/linalg/linalg.h"
#include "kernels/reduce/sum.h"
#include "kernels/workers/apply.h"

enum { PAGE_KERNELS = 5, PAGE_BYTES = 1 << 18 };
enum {
    PAGE_POINTS = 64,
    PAGE_LINES = 128,
    PAGE_SUMMANDS = 100000,
    PAGE_ITEMS = 4096,
    PAGE_SIDE = 16
};
enum { PAGE_BATCH = 64 };

/* One kernel and its output, which is the same for all workers. */
typedef struct page_kernel {
    const char *name;
    rtk_status (*run)(int64_t workers, void *out, unsigned *effective);
} page_kernel;

static double page_lines[2 * PAGE_POINTS * PAGE_LINES];
static double page_summands[PAGE_SUMMANDS];
static double page_factors[2][PAGE_SIDE * PAGE_SIDE * PAGE_BATCH];
static int page_items[PAGE_ITEMS];
static rtk_fft_plan *page_plan;

/* A number in -0.5 .. 0.5. MT-Safe. */
static inline double page_some(size_t i) {
    return (double)(i * 2654435761U % 1000003U) / 1000003.0 - 0.5;
}

/* Make the inputs that all kernels read. MT-Unsafe init. */
static inline void page_set_up(void) {
    rtk_array a = rtk_array_dense(RTK_DOUBLE_COMPLEX, 2,
                                  (size_t[]){PAGE_LINES, PAGE_POINTS}, NULL);
    if (!page_plan)
        assert_int_equal(
            RTK_OK, rtk_fft_plan_new(&page_plan, RTK_FFT_fft, &a, &a, NULL));
    for (size_t i = 0; i < sizeof page_lines / sizeof *page_lines; i++)
        page_lines[i] = page_some(i);
    for (size_t i = 0; i < PAGE_SUMMANDS; i++)
        page_summands[i] = page_some(i + 7);
    for (size_t i = 0; i < sizeof *page_factors / sizeof **page_factors; i++) {
        page_factors[0][i] = page_some(i + 11);
        page_factors[1][i] = page_some(i + 13);
    }
    for (int i = 0; i < PAGE_ITEMS; i++) page_items[i] = i;
}

/* As page_kernel.run, like those that follow. MT-Safe. */
static inline rtk_status page_fft(int64_t workers, void *out,
                                  unsigned *effective) {
    return rtk_fft_plan_run(page_plan, page_lines, out, workers, effective);
}

/* MT-Safe. */
static inline rtk_status page_sum(int64_t workers, void *out,
                                  unsigned *effective) {
    return rtk_sum(page_summands, PAGE_SUMMANDS, workers, out, effective);
}

/* MT-Safe. */
static inline rtk_status page_matmul(int64_t workers, void *out,
                                     unsigned *effective) {
    const size_t shape[] = {PAGE_BATCH, PAGE_SIDE, PAGE_SIDE};
    rtk_array a = rtk_array_dense(RTK_DOUBLE, 3, shape, page_factors[0]);
    rtk_array b = rtk_array_dense(RTK_DOUBLE, 3, shape, page_factors[1]);
    rtk_array c = rtk_array_dense(RTK_DOUBLE, 3, shape, out);
    rtk_linalg_options how = {
        .size = sizeof how, .workers = workers, .effective = effective};
    return rtk_matmul(&a, &b, &c, &how);
}

/* An rtk_apply_fn: about the square root. MT-Safe. */
static inline rtk_status page_root(void *context, const void *item,
                                   void *result) {
    double x = *(const int *)item, y = x;
    (void)context;
    for (int i = 0; i < 20; i++) y = (y + x / (y + 1)) / 2;
    *(double *)result = y;
    return RTK_OK;
}

/* MT-Safe. */
static inline rtk_status page_apply(int64_t workers, void *out,
                                    unsigned *effective) {
    rtk_loop loop = {0};
    rtk_apply_job job = {.fn = page_root,
                         .items = page_items,
                         .results = out,
                         .n = PAGE_ITEMS,
                         .item_size = sizeof *page_items,
                         .result_size = sizeof(double)};
    rtk_status s = rtk_apply(NULL, workers, &job, &loop);
    if (effective) *effective = loop.effective;
    return s;
}

/* The same as an rtk_part. MT-Safe. */
static inline rtk_status page_root_part(void *arg, size_t part) {
    return page_root(NULL, &page_items[part], (double *)arg + part);
}

/* MT-Safe. */
static inline rtk_status page_loop(int64_t workers, void *out,
                                   unsigned *effective) {
    rtk_loop what = {0};
    rtk_status s =
        rtk_parallel_for(NULL, workers, PAGE_ITEMS, page_root_part, out, &what);
    if (effective) *effective = what.effective;
    return s;
}

/* All of them. */
static const page_kernel page_kernels[PAGE_KERNELS] = {
    {"rtk_fft_plan_run", page_fft},
    {"rtk_sum", page_sum},
    {"rtk_matmul", page_matmul},
    {"rtk_apply", page_apply},
    {"rtk_parallel_for", page_loop}};

#endif
