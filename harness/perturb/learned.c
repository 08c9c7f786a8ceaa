#include "harness/perturb/learned.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { OBJECTS = 4096, SITES = 1024, WORD = 3, THREADS = 255 };

/* The last access to an object: its address in words << 9 | thread << 1 |
 * whether it wrote, and where. */
static struct {
    _Atomic uint64_t who;
    _Atomic uintptr_t pc;
} last[OBJECTS];

/* The process's own, until rtk_perturb_share() was called. */
static rtk_site own[SITES];
static rtk_site *sites = own;

static uint64_t spread(uint64_t x) {
    return (x * UINT64_C(0x9e3779b97f4a7c15)) >> 40;
}

static rtk_site *place(uintptr_t pc) {
    return &sites[spread(pc) % SITES];
}

rtk_site *rtk_sites_find(uintptr_t pc) {
    rtk_site *s = place(pc);
    bool same = atomic_load_explicit(&s->pc, memory_order_relaxed) == pc;
    return same ? s : NULL;
}

static void add(uintptr_t pc) {
    rtk_site *s = place(pc);
    if (atomic_load_explicit(&s->pc, memory_order_relaxed) == pc) return;
    atomic_store_explicit(&s->held, 0, memory_order_relaxed);
    atomic_store_explicit(&s->met, 0, memory_order_relaxed);
    atomic_store_explicit(&s->pc, pc, memory_order_relaxed);
}

void rtk_sites_learn(uint64_t thread, const rtk_point *point) {
    uint64_t word = (uint64_t)point->object >> WORD;
    uint64_t writes = rtk_point_writes(point->kind);
    uint64_t now = word << 9 | (thread % THREADS) << 1 | writes;
    size_t i = spread(word) % OBJECTS;
    uint64_t before = atomic_load_explicit(&last[i].who, memory_order_relaxed);
    if (before == now) return;
    /* The same word, another thread, and one of the two wrote. */
    if ((before ^ now) >> 9 == 0 && (before ^ now) >> 1 != 0 &&
        ((before | now) & 1)) {
        add(point->pc);
        add(atomic_load_explicit(&last[i].pc, memory_order_relaxed));
    }
    atomic_store_explicit(&last[i].who, now, memory_order_relaxed);
    atomic_store_explicit(&last[i].pc, point->pc, memory_order_relaxed);
}

void rtk_perturb_share(const char *subject, const char *scenario) {
    static char kept[200];
    char cell[sizeof kept];
    if (sites == own) {
        void *map = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        /* Without it each trial learns for itself. */
        if (map == MAP_FAILED) return;
        sites = map;
    }
    snprintf(cell, sizeof cell, "%s %s", subject, scenario);
    if (strcmp(cell, kept)) memset(sites, 0, sizeof own);
    memcpy(kept, cell, sizeof kept);
}
