/* Our quasi-random points and discrepancies, for kernel-peers. */

#include <stdlib.h>
#include <string.h>

#include "bench/peers/kernel_peers/peer_arm.h"
#include "kernels/stats/discrepancy.h"
#include "kernels/stats/halton.h"
#include "kernels/stats/latin_hypercube.h"
#include "kernels/stats/poisson_disk.h"
#include "kernels/stats/sobol.h"

/* As qmc_cells.py lays it out. */
typedef struct rtk_qmc_spec {
    int what;    /* 0: Sobol, 1: Halton, 2: discrepancy, 3: Latin hypercube,
                    4: Poisson disk */
    int variant; /* scrambled, or which discrepancy */
    uint64_t n, d;
    int64_t workers;
    double radius; /* of a Poisson disk set, which has at most n points */
} rtk_qmc_spec;

typedef struct qmc_arm {
    rtk_peer_arm arm;
    rtk_qmc_spec spec;
    const double *in;
    double *out;
    rtk_sobol *sobol;
    rtk_halton *halton;
} qmc_arm;

/* in   the points of a discrepancy
 * out  points, or the discrepancy
 *
 * Returns the arm, or NULL. MT-Safe. */
RTK_PEER_API rtk_peer_arm *rtk_qmc_arm(const rtk_qmc_spec *spec,
                                       const double *in, double *out);

/* As SciPy's arm: the sequence is there, and its first points are drawn. */
static int draw(rtk_peer_arm *arm) {
    const qmc_arm *a = (const qmc_arm *)arm;
    const rtk_qmc_spec *s = &a->spec;
    if (a->sobol)
        return (int)rtk_sobol_draw(a->sobol, 0, s->n, a->out, s->workers, NULL);
    return (int)rtk_halton_draw(a->halton, 0, s->n, a->out, s->workers, NULL);
}

static int draw_latin(rtk_peer_arm *arm) {
    const qmc_arm *a = (const qmc_arm *)arm;
    return (int)rtk_latin_hypercube(a->out, a->spec.n, a->spec.d, NULL,
                                    a->spec.workers, NULL);
}

/* What is behind the points stays NaN. */
static int draw_poisson(rtk_peer_arm *arm) {
    const qmc_arm *a = (const qmc_arm *)arm;
    rtk_poisson_disk_options o = {.size = sizeof o,
                                  .dimensions = a->spec.d,
                                  .radius = a->spec.radius,
                                  .workers = a->spec.workers};
    rtk_poisson_disk *set = NULL;
    int status = (int)rtk_poisson_disk_new(&set, &o);
    if (status) return status;
    size_t used = rtk_poisson_disk_count(set) * a->spec.d;
    if (used > a->spec.n * a->spec.d)
        status = RTK_EUNSUPPORTED;
    else
        memcpy(a->out, rtk_poisson_disk_points(set), used * sizeof *a->out);
    rtk_poisson_disk_free(set);
    return status;
}

static int measure(rtk_peer_arm *arm) {
    const qmc_arm *a = (const qmc_arm *)arm;
    return (int)rtk_discrepancy(a->in, a->spec.n, a->spec.d,
                                (rtk_discrepancy_kind)a->spec.variant,
                                a->spec.workers, a->out, NULL);
}

static void drop(rtk_peer_arm *arm) {
    qmc_arm *a = (qmc_arm *)arm;
    rtk_sobol_free(a->sobol);
    rtk_halton_free(a->halton);
    free(a);
}

static int sequence(qmc_arm *a, const rtk_qmc_spec *s) {
    rtk_sobol_options sobol = {.size = sizeof sobol,
                               .dimensions = s->d,
                               .scramble = s->variant,
                               .seed = 1};
    rtk_halton_options halton = {.size = sizeof halton,
                                 .dimensions = s->d,
                                 .scramble = s->variant,
                                 .seed = 1};
    if (s->what == 0) return (int)rtk_sobol_new(&a->sobol, &sobol);
    return s->what == 1 ? (int)rtk_halton_new(&a->halton, &halton) : 0;
}

rtk_peer_arm *rtk_qmc_arm(const rtk_qmc_spec *spec, const double *in,
                          double *out) {
    qmc_arm *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    static int (*const calls[])(rtk_peer_arm *) = {draw, draw, measure,
                                                   draw_latin, draw_poisson};
    a->arm.call = calls[spec->what];
    a->arm.drop = drop;
    a->spec = *spec;
    a->in = in;
    a->out = out;
    if (!sequence(a, spec)) return &a->arm;
    drop(&a->arm);
    return NULL;
}
