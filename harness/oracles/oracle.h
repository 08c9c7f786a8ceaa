#ifndef RTK_ORACLE_H
#define RTK_ORACLE_H

/* An oracle is a judge of a trial: a file in harness/oracles/ called
 * <name>_oracle.c, which defines one value of this type called
 * rtk_<name>_oracle; the list is made from the folder.
 *
 * Hooks of actors run on the thread that makes the call. They touch memory of
 * their actor alone and take no lock: an ordering of ours would hide from
 * ThreadSanitizer the race that is looked for. What they see they note in
 * their own memory, and it becomes a finding after the join. What hooks use of
 * the processor is measured and told in the record. */

#include "harness/actors.h"
#include "harness/emit.h"

typedef struct rtk_oracle {
    const char *name, *summary;
    const char *claim; /* what a subject claims to be judged by it */

    /* Whether it could refute something here; NULL: always. */
    bool (*applies)(const rtk_trial *trial);
    size_t actor_bytes; /* of its own for each actor, zeroed, seen by the
                           trial's process when the actor is one; see
                           rtk_oracle_memory() */

    void (*trial_begins)(rtk_team *team); /* nothing is open, one thread */
    void (*actor_begins)(rtk_actor *actor);
    void (*call_begins)(rtk_actor *actor, rtk_task *task);
    void (*call_ended)(rtk_actor *actor, rtk_task *task, rtk_status status,
                       const rtk_call *call);
    void (*actor_ends)(rtk_actor *actor);
    void (*forked)(rtk_actor *actor); /* in the child, right after */

    /* After the join. Each returns whether it could judge: it had the time and
     * the memory. First all look at what the actors left, then those that make
     * calls of their own do, then all is closed. */
    bool (*judge)(rtk_team *team);
    bool (*probe)(rtk_team *team);
    bool (*trial_ended)(rtk_team *team);

    /* Add members to the line of the trial; the plug-in may be gone. */
    void (*tell)(rtk_line *line);
} rtk_oracle;

/* All oracles, in order of name; NULL behind the last. MT-Safe. */
extern const rtk_oracle *const rtk_oracles[];

/* The oracle called `name`, or NULL. MT-Safe. */
const rtk_oracle *rtk_oracle_find(const char *name);

/* Whether it looks on at each call, and not only at the end. MT-Safe. */
bool rtk_oracle_per_call(const rtk_oracle *oracle);

/* The memory that `oracle` has for `actor`, of actor_bytes.
 * MT-Unsafe race:actor. */
void *rtk_oracle_memory(const rtk_oracle *oracle, const rtk_actor *actor);

/* Whether some operation of the trial has what `has` asks for. MT-Safe. */
bool rtk_trial_has(const rtk_trial *trial,
                   bool (*has)(const rtk_trial *trial, const rtk_op *op));

/* Whether the hook after the join that runs has used its time, and should leave
 * what is left unjudged: hundreds of actors with dear checks would else be
 * taken for a trial that hangs. MT-Unsafe race:oracles. */
bool rtk_oracle_late(void);

/* ---- What the trial and its actors call ------------------------------------
 */

/* Choose the oracles that apply and are heard, and let them begin.
 * Returns RTK_OK or RTK_ENOMEM. MT-Unsafe race:oracles. */
RTK_CHECKED rtk_status rtk_oracles_begin(rtk_team *team);

/* The hooks of the same names. MT-Unsafe race:actor. */
void rtk_oracles_actor_begins(rtk_actor *actor);
void rtk_oracles_call_begins(rtk_actor *actor, rtk_task *task);
void rtk_oracles_call_ended(rtk_actor *actor, rtk_task *task, rtk_status status,
                            const rtk_call *call);
void rtk_oracles_actor_ends(rtk_actor *actor);
void rtk_oracles_forked(rtk_actor *actor);

/* Judge after the join.
 *
 *   whole  all actors could be started: further calls may be made
 *
 * MT-Unsafe race:team. */
void rtk_oracles_judge(rtk_team *team, bool whole);

/* The same after all is closed. MT-Unsafe race:team. */
void rtk_oracles_end(rtk_team *team);

/* Add to the line of the trial which oracles could have spoken, what each cost
 * and what they have to tell.
 *
 *   judged  the actors have ended and all oracles have judged
 *
 * MT-Unsafe race:oracles. */
void rtk_oracles_tell(rtk_line *line, bool judged);

#endif
