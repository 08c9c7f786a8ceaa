#include "kernels/linalg/lapack_query.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "kernels/workers/planted.h"

/* A float cannot hold every int: LAPACK of today rounds up, of old it did not.
 */
static double value(rtk_number number, const void *work) {
    float narrow;
    double wide;
    if (rtk_number_real(number) == RTK_DOUBLE) {
        memcpy(&wide, work, sizeof wide);
        return wide;
    }
    memcpy(&narrow, work, sizeof narrow);
    return narrow < 0x1p24F ? narrow : nextafterf(narrow, INFINITY);
}

rtk_status rtk_lapack_size(rtk_number number, const void *work, int *size) {
    static int once;
    double asked = ceil(value(number, work));
    if (!(asked <= INT_MAX)) return RTK_EUNSUPPORTED;
    int now = asked >= 1 ? (int)asked : 1;
    if (RTK_PLANT(linalg_query)) {
        if (!once) once = now;
        now = once;
    }
    if (now > *size) *size = now;
    return RTK_OK;
}
