#ifndef RTK_SYMBOLS_H
#define RTK_SYMBOLS_H

#include <jansson.h>

/* Turn the stacks of a raw finding, frames [module, offset], into frames with
 * function, file and line; inlined calls become frames of their own. Answers
 * are cached; the symbolizer is one process, started at the first question.
 * Without it frames keep module and offset.
 *
 *   stacks  [{title, frames: [[module, offset], ...]}, ...]
 *
 * Returns a new list in the form of the record "finding"; the caller's.
 * MT-Unsafe race:symbols. */
json_t *rtk_symbols_resolve(const json_t *stacks);

/* End the symbolizer and forget the cache. MT-Unsafe race:symbols. */
void rtk_symbols_close(void);

#endif
