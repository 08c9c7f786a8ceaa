#include "harness/oracles/environment.h"

#include <errno.h>
#include <fenv.h>
#include <langinfo.h>
#include <pthread.h>
#include <string.h>

/* No call of the system or of libc sets this. */
enum { ERROR_UNTOUCHED = 0x52544b };

/* ---- Modes of arithmetic ----------------------------------------------------
 * A word of modes and one of flags, read without a change to either.
 */

#if defined(__x86_64__)

/* Bits of MXCSR, and of the x87's control word. */
enum {
    FLAGS = 0x3f,
    DENORMALS = 0x8040,
    ROUNDING = 0x6000,
    TRAPS = 0x1f80,
    USUAL_MODES = 0x1f80,
    X87_TRAPS = 0x3f,
    X87_PRECISION = 0x300,
    X87_ROUNDING = 0xc00,
    USUAL_X87 = 0x37f
};

static void note_modes(rtk_environment *e) {
    uint32_t sse;
    uint16_t control, status;
    __asm__ __volatile__("stmxcsr %0" : "=m"(sse));
    __asm__ __volatile__("fnstcw %0" : "=m"(control));
    __asm__ __volatile__("fnstsw %0" : "=m"(status));
    e->modes = sse & ~(uint32_t)FLAGS;
    e->x87 = control & (X87_TRAPS | X87_PRECISION | X87_ROUNDING);
    e->flags = (sse & FLAGS) | (uint32_t)(status & FLAGS) << 8;
}

static void set_flags(bool raised) {
    uint32_t sse;
    __asm__ __volatile__("stmxcsr %0" : "=m"(sse));
    sse = raised ? sse | FLAGS : sse & ~(uint32_t)FLAGS;
    __asm__ __volatile__("ldmxcsr %0" : : "m"(sse));
}

static void restore_modes(const rtk_environment *before) {
    uint32_t sse = before->modes | (before->flags & FLAGS);
    uint16_t control = (uint16_t)(before->x87 | 0x40);
    __asm__ __volatile__("ldmxcsr %0" : : "m"(sse));
    __asm__ __volatile__("fldcw %0" : : "m"(control));
}

static unsigned mode_changes(const rtk_environment *x,
                             const rtk_environment *y) {
    uint32_t modes = x->modes ^ y->modes, x87 = x->x87 ^ y->x87;
    unsigned changes = 0;
    if (modes & ROUNDING || x87 & X87_ROUNDING) changes |= RTK_CHANGED_ROUNDING;
    if (modes & DENORMALS) changes |= RTK_CHANGED_DENORMALS;
    if (modes & TRAPS || x87 & X87_TRAPS) changes |= RTK_CHANGED_TRAPS;
    if (x87 & X87_PRECISION) changes |= RTK_CHANGED_PRECISION;
    return changes;
}

unsigned rtk_environment_unusual(const rtk_environment *environment) {
    rtk_environment usual = {.modes = USUAL_MODES, .x87 = USUAL_X87};
    return mode_changes(&usual, environment);
}

#else

static void note_modes(rtk_environment *e) {
    e->modes = (uint32_t)fegetround();
    e->x87 = (uint32_t)fegetexcept();
    e->flags = (uint32_t)fetestexcept(FE_ALL_EXCEPT);
}

static void set_flags(bool raised) {
    if (raised)
        feraiseexcept(FE_ALL_EXCEPT);
    else
        feclearexcept(FE_ALL_EXCEPT);
}

static void restore_modes(const rtk_environment *before) {
    fesetround((int)before->modes);
    fedisableexcept(FE_ALL_EXCEPT);
    feenableexcept((int)before->x87);
}

/* Flushing of denormals is known by what it does. */
static unsigned mode_changes(const rtk_environment *x,
                             const rtk_environment *y) {
    return (x->modes != y->modes ? RTK_CHANGED_ROUNDING : 0) |
           (x->x87 != y->x87 ? RTK_CHANGED_TRAPS : 0);
}

unsigned rtk_environment_unusual(const rtk_environment *environment) {
    volatile double least = 0x1p-1022, half = 0.5;
    rtk_environment usual = {.modes = FE_TONEAREST};
    return mode_changes(&usual, environment) |
           (least * half == 0 ? RTK_CHANGED_DENORMALS : 0);
}

#endif

/* ---- The rest ---------------------------------------------------------------
 */

static void note_locale(rtk_environment *e) {
    static const nl_item item[RTK_LOCALE_PARTS] = {RADIXCHAR, CODESET, D_FMT,
                                                   YESEXPR, CRNCYSTR};
    e->locale = uselocale((locale_t)0);
    /* Where they lie says which table is in use, also after setlocale(), whose
     * own answer may go while it is read. */
    for (size_t i = 0; i < RTK_LOCALE_PARTS; i++)
        e->part[i] = nl_langinfo(item[i]);
}

/* There is no way to ask but to set. */
static void note_cancel(rtk_environment *e) {
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &e->cancel_state);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &e->cancel_type);
    pthread_setcanceltype(e->cancel_type, &old);
    pthread_setcancelstate(e->cancel_state, &old);
}

void rtk_environment_note(rtk_environment *environment) {
    rtk_environment e;
    memset(&e, 0, sizeof e);
    e.error = errno;
    note_modes(&e);
    pthread_sigmask(SIG_SETMASK, NULL, &e.mask);
    note_locale(&e);
    note_cancel(&e);
    *environment = e;
    errno = e.error;
}

void rtk_environment_arm(rtk_environment *environment, bool raised,
                         bool known) {
    set_flags(raised);
    errno = ERROR_UNTOUCHED;
    if (known) {
        environment->error = errno;
        note_modes(environment);
    } else {
        rtk_environment_note(environment);
    }
}

unsigned rtk_environment_changes(const rtk_environment *before,
                                 const rtk_environment *after) {
    unsigned changes = mode_changes(before, after);
    if (before->flags & ~after->flags) changes |= RTK_CHANGED_FLAGS;
    if (before->error && !after->error) changes |= RTK_CHANGED_ERRNO;
    if (memcmp(&before->mask, &after->mask, sizeof before->mask) != 0)
        changes |= RTK_CHANGED_SIGNALS;
    if (before->locale != after->locale ||
        memcmp(before->part, after->part, sizeof before->part) != 0)
        changes |= RTK_CHANGED_LOCALE;
    if (before->cancel_state != after->cancel_state ||
        before->cancel_type != after->cancel_type)
        changes |= RTK_CHANGED_CANCEL;
    return changes;
}

void rtk_environment_restore(const rtk_environment *before, unsigned changes) {
    int old;
    /* What setlocale() has done to the whole process stays: others use it. */
    if (changes & RTK_CHANGED_LOCALE) uselocale(before->locale);
    if (changes & RTK_CHANGED_SIGNALS)
        pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
    if (changes & RTK_CHANGED_CANCEL) {
        pthread_setcancelstate(before->cancel_state, &old);
        pthread_setcanceltype(before->cancel_type, &old);
    }
    if (changes & (RTK_CHANGED_ROUNDING | RTK_CHANGED_DENORMALS |
                   RTK_CHANGED_TRAPS | RTK_CHANGED_PRECISION))
        restore_modes(before);
}

const char *rtk_change_text(rtk_change change) {
    switch (change) {
    case RTK_CHANGED_ROUNDING: return "rounding mode changed";
    case RTK_CHANGED_DENORMALS: return "flushing of denormals changed";
    case RTK_CHANGED_TRAPS: return "floating-point traps changed";
    case RTK_CHANGED_PRECISION: return "precision of the x87 changed";
    case RTK_CHANGED_FLAGS: return "floating-point flags cleared";
    case RTK_CHANGED_ERRNO: return "errno set to zero";
    case RTK_CHANGED_SIGNALS: return "signal mask changed";
    case RTK_CHANGED_LOCALE: return "locale changed";
    case RTK_CHANGED_CANCEL: return "cancel state changed";
    }
    return "environment changed";
}
