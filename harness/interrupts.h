#ifndef RTK_INTERRUPTS_H
#define RTK_INTERRUPTS_H

/* Signals that interrupt calls, as those of a profiler, a timer or a user do:
 * each call gets one, sent by a timer of its own to the thread that makes it,
 * at a moment drawn from the seed within the time that the call before took.
 *
 * Which signal is up to the library: where it catches some by the time that an
 * actor begins, those are sent, too; SIGPROF is always among them, with a
 * handler of the harness that does nothing, unless the library catches that.
 * That handler does not ask for calls to be restarted (SA_RESTART): what waits
 * in a call may get EINTR, as POSIX has it. Threads of the library's own are
 * not interrupted. */

#include "harness/actors.h"

/* The timer of a call that is being made; it belongs to its thread. */
typedef struct rtk_interrupt {
    int timer; /* the kernel's number */
    bool set;
} rtk_interrupt;

/* Install the harness's handler, where the usage of `trial` wants it and
 * nobody has one. MT-Unsafe: call before threads are started. */
void rtk_interrupts_prepare(const rtk_trial *trial);

/* Look which signals can be sent to `actor`, once its instance is open.
 * MT-Unsafe race:actor. */
void rtk_interrupts_choose(rtk_actor *actor);

/* Around call `n` of `actor`, on the thread that makes it. Nothing happens
 * unless the usage says so. errno stays as it is. MT-Unsafe race:actor. */
void rtk_interrupt_begin(const rtk_actor *actor, uint64_t n,
                         rtk_interrupt *one);

/* No signal comes after this. Counts the call in the actor when it was
 * interrupted. MT-Unsafe race:actor. */
void rtk_interrupt_end(rtk_actor *actor, const rtk_interrupt *one);

#endif
