#ifndef RTK_POOL_HOLDS_H
#define RTK_POOL_HOLDS_H

/* What open scopes make of a setting. Internal to kernels/threadpools; all with
 * the module's lock. */

#include "kernels/threadpools/pool_registry.h"

/* The hold of `setting`, or the calling thread's, which is made if there is
 * none: NULL without memory. MT-Unsafe race:registry. */
rtk_hold *rtk_hold_of(rtk_setting *setting);

/* Free a thread's hold that nobody needs any more. MT-Unsafe race:registry. */
void rtk_hold_leave(rtk_hold *hold);

/* See what the count is now, before any of a scope's settings is changed. A
 * change by somebody else is what will come back, unless it is to be
 * overwritten. True if there was one. MT-Unsafe race:registry. */
bool rtk_hold_note(rtk_hold *hold, bool overwrite);

/* Add and remove a scope's entry. MT-Unsafe race:registry. */
void rtk_hold_link(rtk_entry *entry);
void rtk_hold_unlink(rtk_entry *entry);

/* Make the count what the open scopes want, or what was before, if there are
 * none. Returns what the library's set() did. MT-Unsafe race:registry. */
rtk_status rtk_hold_apply(rtk_hold *hold);

/* Read what became of it. MT-Unsafe race:registry. */
int rtk_hold_read(rtk_hold *hold);

/* In a forked child: only the scopes of `thread` are left.
 * MT-Unsafe race:registry. */
void rtk_holds_after_fork(uint64_t thread);

/* What `entry` may have of what it asks for. MT-Unsafe race:registry. */
int rtk_entry_wanted(const rtk_entry *entry);

/* Whether `entry` would change a value that an exclusive scope has, or is one
 * and would be changed by another's. MT-Safe. */
bool rtk_entries_clash(const rtk_entry *entry, const rtk_entry *open);

#endif
