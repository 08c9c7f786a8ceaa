#ifndef RTK_FINGERPRINT_H
#define RTK_FINGERPRINT_H

#include <jansson.h>
#include <stddef.h>

/* What makes two findings one: for a race or a crash the functions and files on
 * top of its stacks, in any order and whatever their lines and addresses; for
 * a value the oracle, the kind and the subject.
 *
 *   stacks  resolved, as in the record "finding"
 *   text    out: 16 hexadecimal digits
 *
 * MT-Safe. */
void rtk_fingerprint(const char *oracle, const char *kind, const char *subject,
                     const json_t *stacks, char text[17]);

/* The frame of a resolved stack that says what was done, borrowed: the first
 * that belongs neither to a sanitizer nor to the C library; or NULL. MT-Safe.
 */
const json_t *rtk_finding_top(const json_t *stack);

/* The name of a function without what compilers append to copies of it
 * (".constprop.0", ".isra.1", ".llvm.123", "._omp_fn.2").
 *
 *   text  out: of `room` bytes
 *
 * MT-Safe. */
void rtk_function_name(const char *name, char *text, size_t room);

/* Where a finding is, for its summary: the functions on top of its first two
 * stacks, as " in f (x.c:1) and g (y.c:2)"; empty when nothing is known.
 *
 *   text  out: of `room` bytes
 *
 * MT-Safe. */
void rtk_finding_place(const json_t *stacks, char *text, size_t room);

#endif
