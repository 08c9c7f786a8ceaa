#ifndef RTK_BRIEF_H
#define RTK_BRIEF_H

/* A trial as bytes, for processes that do not inherit it: the first piece of
 * the memory that they share. Nothing is drawn again, so they do what was drawn
 * for them. */

#include "harness/common.h"
#include "harness/report.h"
#include "harness/trial.h"

enum { RTK_BRIEF_NAME = 256 };

/* Read-only once the processes have been started. Pointers within `trial` mean
 * nothing. */
typedef struct rtk_brief {
    size_t bytes;
    size_t
        laid_out; /* bytes of the common memory when all pieces were mapped */
    rtk_trial trial;
    rtk_usage usage;
    char plugin[sizeof((rtk_loaded *)0)->path]; /* "": the program has it */
    char subject[RTK_BRIEF_NAME], perturb[RTK_BRIEF_NAME];
    char heard[RTK_HEARD_MAX][RTK_BRIEF_NAME]; /* oracles; "" at the end */
    struct {
        size_t op;
        int64_t value[RTK_PARAMS_MAX];
    } job[];
} rtk_brief;

/* Write `trial` into the first piece of `common`.
 *
 *   brief  out, on success only; mapped as long as the process lives
 *
 * Returns RTK_OK, RTK_ENOMEM, or RTK_EINVAL when a name is too long.
 * MT-Unsafe race:common. */
RTK_CHECKED rtk_status rtk_brief_write(rtk_common *common,
                                       const rtk_trial *trial,
                                       rtk_brief **brief);

/* Map the first piece of common memory that was joined.
 * Returns it, or NULL. MT-Unsafe race:common. */
rtk_brief *rtk_brief_read(rtk_common *common);

/* Let only the oracles speak that the brief names.
 * MT-Unsafe: call before threads are started. */
void rtk_brief_hear(const rtk_brief *brief);

/* The trial of `brief` with what `loaded` holds. It refers to both, and to
 * jobs that stay allocated.
 *
 * Returns RTK_OK, RTK_ENOMEM, or RTK_EINVAL when the subject or an operation is
 * not there. MT-Safe. */
RTK_CHECKED rtk_status rtk_brief_trial(const rtk_brief *brief,
                                       const rtk_loaded *loaded,
                                       rtk_trial *trial);

#endif
