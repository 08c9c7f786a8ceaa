#ifndef RTK_LINALG_KINDS_H
#define RTK_LINALG_KINDS_H

/* The operations of linalg.batch: what each calls, what its arrays are, and
 * what must hold for its results. */

#include <stdbool.h>
#include <stddef.h>

#include "harness/subject.h"
#include "kernels/linalg/linalg.h"

/* Views 0 and 1 are matrices, the next ones results, the last one info. */
enum {
    RTK_LINALG_A,
    RTK_LINALG_B,
    RTK_LINALG_OUT,
    RTK_LINALG_OUTS = 3,
    RTK_LINALG_SIDES = 3 /* columns of b */
};

/* A result: numbers as the input's, or their real or complex kind; lengths of
 * one matrix by letter: m, n, k = min(m, n), s = RTK_LINALG_SIDES; '1' for
 * none. "p" as number: pivots, which are int. */
typedef struct rtk_linalg_result {
    const char *name;
    char number; /* 's'ame, 'r'eal, 'c'omplex, 'p'ivots; 0: no result */
    char rows, columns;
} rtk_linalg_result;

typedef struct rtk_linalg_kind {
    const char *name;
    bool square;   /* all matrices are n x n */
    bool singular; /* a singular one is told of */
    bool spoiled;  /* and then its first result is NaN */
    bool silent;   /* has no info: NaN goes its way */
    bool edges;    /* of a, only the first column and row are read */
    rtk_linalg_result out[RTK_LINALG_OUTS];
    /* Call it: a and b, then results. */
    rtk_status (*run)(const rtk_array *a, const rtk_linalg_options *how);
    /* The largest error of matrix t, in units of rounding and length. */
    long double (*error)(const rtk_array *a, size_t t);
} rtk_linalg_kind;

enum { RTK_LINALG_KINDS = 12 };

/* All of them. MT-Safe. */
const rtk_linalg_kind *rtk_linalg_kinds(void);

#endif
