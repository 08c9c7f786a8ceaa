#ifndef RTK_STATUS_H
#define RTK_STATUS_H

/* The one error family of racetrack. Every function that can fail returns it
 * and is marked RTK_CHECKED; RTK_OK is zero, so `if (!s) s = next();` is the
 * ladder used throughout. A value is never renumbered. */
typedef enum rtk_status {
    RTK_OK = 0,
    RTK_EINVAL,       /* an argument outside its documented range */
    RTK_ENOMEM,       /* memory could not be had */
    RTK_ETHREAD,      /* a thread or process could not be started */
    RTK_EUNSUPPORTED, /* these arguments are legal, but not done here */
    RTK_ESKIPPED,     /* nothing to do here; the caller says why */
    RTK_EMAP,         /* a map dropped, repeated or reordered its items */
    RTK_ECANCELLED,   /* asked to stop before the work was complete */
    RTK_EIO,          /* the operating system refused to read or write */
    RTK_EFAILED,      /* the work itself failed; the message says how */
    RTK_EDIED,        /* the process that did the work ended in it */
    RTK_ETIMEOUT      /* the work took longer than it was allowed */
} rtk_status;

#if defined(__GNUC__) || defined(__clang__)
#define RTK_CHECKED __attribute__((warn_unused_result))
#else
#define RTK_CHECKED
#endif

/* The sentence for `status`, in English, without a full stop; never NULL.
 *
 *   status  any value, known or not
 *
 * Header-only, so that a plug-in needs no symbol of racetrack.
 * MT-Safe. */
static inline const char *rtk_status_text(rtk_status status) {
    switch (status) {
    case RTK_OK: return "done";
    case RTK_EINVAL: return "an argument is outside its range";
    case RTK_ENOMEM: return "out of memory";
    case RTK_ETHREAD: return "a thread or process could not be started";
    case RTK_EUNSUPPORTED: return "not supported here";
    case RTK_ESKIPPED: return "skipped";
    case RTK_EMAP: return "the map dropped, repeated or reordered items";
    case RTK_ECANCELLED: return "cancelled";
    case RTK_EIO: return "the operating system refused to read or write";
    case RTK_EFAILED: return "the work itself failed";
    case RTK_EDIED: return "the process that did the work ended in it";
    case RTK_ETIMEOUT: return "the work took longer than it was allowed";
    }
    return "unknown status";
}

#endif
