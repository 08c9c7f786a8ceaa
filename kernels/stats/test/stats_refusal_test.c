/* Points and discrepancies that get no memory say so, leave nothing behind (as
 * the asan lane finds), and the next call is as good as ever. */

#include "kernels/workers/test/unit.h"

#include <string.h>

#include "kernels/stats/discrepancy.h"
#include "kernels/stats/halton.h"
#include "kernels/stats/latin_hypercube.h"
#include "kernels/stats/poisson_disk.h"
#include "kernels/stats/sobol.h"
#include "kernels/workers/test/inject.h"

enum { N = 40, D = 3, MOST = 200 };

static rtk_status sobol(double *x) {
    rtk_sobol_options o = {.size = sizeof o, .dimensions = D, .scramble = 1};
    rtk_sobol *s = NULL;
    rtk_status status = rtk_sobol_new(&s, &o);
    if (!status) status = rtk_sobol_draw(s, 3, N, x, 1, NULL);
    rtk_sobol_free(s);
    return status;
}

static rtk_status halton(double *x) {
    rtk_halton_options o = {.size = sizeof o, .dimensions = D, .scramble = 1};
    rtk_halton *h = NULL;
    rtk_status status = rtk_halton_new(&h, &o);
    if (!status) status = rtk_halton_draw(h, 3, N, x, 1, NULL);
    rtk_halton_free(h);
    return status;
}

static rtk_status latin(double *x) {
    return rtk_latin_hypercube(x, N, D, NULL, 1, NULL);
}

static rtk_status poisson(double *x) {
    rtk_poisson_disk_options o = {
        .size = sizeof o, .dimensions = 2, .radius = 0.4, .workers = 1};
    rtk_poisson_disk *set = NULL;
    rtk_status s = rtk_poisson_disk_new(&set, &o);
    if (s) return s;
    size_t used = 2 * rtk_poisson_disk_count(set);
    assert_true(used <= (size_t)N * D);
    memcpy(x, rtk_poisson_disk_points(set), used * sizeof *x);
    rtk_poisson_disk_free(set);
    return RTK_OK;
}

static rtk_status discrepancy(double *x) {
    double points[N * D];
    for (size_t i = 0; i < (size_t)N * D; i++)
        points[i] = (double)i / (double)(N * D);
    return rtk_discrepancy(points, N, D, RTK_DISCREPANCY_CD, 1, x, NULL);
}

static void whatever_memory_is_refused_it_is_said(void **state) {
    static rtk_status (*const calls[])(double *) = {sobol, halton, latin,
                                                    poisson, discrepancy};
    (void)state;
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
        double want[N * D] = {0}, got[N * D] = {0};
        int refused = 1, failed = 0;
        assert_int_equal(RTK_OK, calls[c](want));
        for (int first = 1; refused && first < MOST; first++) {
            inject_arm(INJECT_MEMORY, first, 1);
            rtk_status s = calls[c](got);
            refused = inject_disarm();
            assert_int_equal(s, refused ? RTK_ENOMEM : RTK_OK);
            failed += refused;
        }
        assert_int_equal(refused, 0);
        assert_in_range(failed, 1, MOST);
        assert_memory_equal(want, got, sizeof want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_memory_is_refused_it_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
