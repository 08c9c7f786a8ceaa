/* The value of a setting is a fold over the scopes that are open on it, oldest
 * first: so any of them can go at any time, and the rest still says what the
 * value is. */

#include "kernels/threadpools/pool_holds.h"

#include <sched.h>
#include <stdlib.h>

/* This thread's holds of settings of a thread, each with a scope open. */
static _Thread_local rtk_hold *mine;

/* ---- Holds ----------------------------------------------------------------
 */

static rtk_hold *search(const rtk_setting *setting) {
    rtk_hold *h = mine;
    while (h && h->setting != setting) h = h->next;
    return h;
}

rtk_hold *rtk_hold_of(rtk_setting *setting) {
    if (setting->scope != RTK_POOL_THREAD) return &setting->hold;
    rtk_hold *hold = search(setting);
    if (hold) return hold;
    hold = calloc(1, sizeof *hold);
    if (!hold) return NULL;
    hold->setting = setting;
    hold->next = mine;
    mine = hold;
    return hold;
}

void rtk_hold_leave(rtk_hold *hold) {
    rtk_hold **link = &mine;
    if (hold->setting->scope != RTK_POOL_THREAD || hold->oldest) return;
    while (*link && *link != hold) link = &(*link)->next;
    if (!*link) return;
    *link = hold->next;
    free(hold);
}

unsigned rtk_setting_limits(rtk_setting *setting) {
    const rtk_hold *hold =
        setting->scope == RTK_POOL_THREAD ? search(setting) : &setting->hold;
    unsigned n = 0;
    for (const rtk_entry *e = hold ? hold->oldest : NULL; e; e = e->newer) n++;
    return n;
}

void rtk_hold_link(rtk_entry *entry) {
    rtk_hold *hold = entry->hold;
    entry->newer = NULL;
    entry->older = hold->newest;
    if (hold->newest)
        hold->newest->newer = entry;
    else
        hold->oldest = entry;
    hold->newest = entry;
}

void rtk_hold_unlink(rtk_entry *entry) {
    rtk_hold *hold = entry->hold;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        hold->oldest = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        hold->newest = entry->older;
}

void rtk_holds_after_fork(uint64_t thread) {
    rtk_entry *next;
    for (rtk_setting *s = rtk_registry_settings(); s; s = s->next) {
        for (rtk_entry *e = s->hold.oldest; e; e = next) {
            next = e->newer;
            if (e->owner != thread) rtk_hold_unlink(e);
        }
    }
}

/* ---- Values ---------------------------------------------------------------
 */

static int get(const rtk_hold *hold) {
    return hold->setting->ways->get(hold->setting);
}

static int mark(const rtk_hold *hold) {
    const rtk_setting_ways *ways = hold->setting->ways;
    return ways->mark ? ways->mark(hold->setting) : ways->get(hold->setting);
}

static rtk_status back(const rtk_hold *hold) {
    const rtk_setting_ways *ways = hold->setting->ways;
    if (mark(hold) == hold->mark) return RTK_OK;
    if (!ways->back) return ways->set(hold->setting, hold->mark);
    ways->back(hold->setting, hold->mark);
    return RTK_OK;
}

/* An exclusive scope is open with such others only that want no less. */
static int fold(const rtk_hold *hold) {
    int value = INT_MAX;
    for (const rtk_entry *e = hold->oldest; e; e = e->newer) {
        if (e->flags & RTK_LIMIT_LATEST || e->wanted < value) value = e->wanted;
    }
    return value;
}

bool rtk_hold_note(rtk_hold *hold, bool overwrite) {
    int now = get(hold);
    bool foreign = hold->held && now != hold->applied;
    if (!hold->held || (foreign && !overwrite)) {
        hold->mark = mark(hold);
        hold->before = now;
    }
    hold->applied = now;
    hold->held = true;
    return foreign;
}

rtk_status rtk_hold_apply(rtk_hold *hold) {
    if (!hold->oldest) {
        hold->held = false;
        return back(hold);
    }
    int value = fold(hold);
    if (get(hold) == value) return RTK_OK;
    return hold->setting->ways->set(hold->setting, value);
}

int rtk_hold_read(rtk_hold *hold) {
    hold->applied = get(hold);
    return hold->applied;
}

/* ---- Entries --------------------------------------------------------------
 */

static int cpus(void) {
    cpu_set_t set;
    /* More CPUs than the set has room for: no reason to hold anybody back. */
    if (sched_getaffinity(0, sizeof set, &set)) return CPU_SETSIZE;
    return CPU_COUNT(&set);
}

int rtk_entry_wanted(const rtk_entry *entry) {
    const rtk_hold *hold = entry->hold;
    const rtk_setting *setting = hold->setting;
    int wanted = entry->asked;
    if (setting->most > 0 && wanted > setting->most) wanted = setting->most;
    if (entry->flags & RTK_LIMIT_GROW) return wanted;
    int before = hold->held ? hold->before : get(hold);
    if (wanted <= before) return wanted;
    int most = cpus();
    if (most < before) most = before;
    return wanted < most ? wanted : most;
}

bool rtk_entries_clash(const rtk_entry *entry, const rtk_entry *open) {
    bool fixed = entry->flags & RTK_LIMIT_EXCLUSIVE;
    bool was_fixed = open->flags & RTK_LIMIT_EXCLUSIVE;
    if (fixed && was_fixed) return entry->wanted != open->wanted;
    if (fixed)
        return open->flags & RTK_LIMIT_LATEST ? entry->wanted != open->wanted
                                              : entry->wanted > open->wanted;
    if (was_fixed)
        return entry->flags & RTK_LIMIT_LATEST ? entry->wanted != open->wanted
                                               : entry->wanted < open->wanted;
    return false;
}
