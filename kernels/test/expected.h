#ifndef RTK_EXPECTED_H
#define RTK_EXPECTED_H

/* SciPy's own answers, committed: kernels/<field>/test/expected/<name>.json,
 * written by <name>.py beside it through kernels/test/write_expected.py. For
 * tests alone. */

#include <jansson.h>
#include <stddef.h>

/* The cases of kernels/<path>.json, an array of objects; release the result
 * with json_decref(). Ends the process with a sentence when there is no such
 * file. MT-Safe. */
json_t *rtk_expected_cases(const char *path);

/* The numbers of array `name` of a case, in C order, NaN and infinities among
 * them; complex ones as pairs. The caller frees them.
 *
 *   count  out, may be NULL: how many, a pair counting twice
 *
 * Ends the process with a sentence when there is no such array. MT-Safe. */
double *rtk_expected_numbers(const json_t *of, const char *name, size_t *count);

/* The whole number `name` of a case; ends the process when there is none.
 * MT-Safe. */
long rtk_expected_int(const json_t *of, const char *name);

/* The text `name` of a case; ends the process when there is none. MT-Safe. */
const char *rtk_expected_text(const json_t *of, const char *name);

#endif
