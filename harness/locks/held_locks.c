/* What each thread holds. All of it belongs to the thread; only the graph is
 * shared. */
#include "harness/locks/held_locks.h"

#include <pthread.h>
#include <string.h>

enum { HOLDS_MAX = 16 };

atomic_bool rtk_lock_order_wanted;
static atomic_uint threads, lost_holds;

static _Thread_local struct {
    rtk_lock_hold hold[HOLDS_MAX];
    size_t n;
    unsigned number; /* of the thread, from 1 */
    bool inside;     /* a lock that is taken in here is ours */
} self;

void rtk_lock_order_begin(void) {
    atomic_store_explicit(&rtk_lock_order_wanted, true, memory_order_relaxed);
}

void rtk_lock_order_end(void) {
    atomic_store_explicit(&rtk_lock_order_wanted, false, memory_order_relaxed);
}

/* ---- Stacks -----------------------------------------------------------------
 */

extern void *__libc_stack_end __attribute__((weak));

/* The end of the calling thread's stack: its own descriptor lies there, but
 * that of the first thread elsewhere. */
static uintptr_t stack_end(uintptr_t frame) {
    enum { FAR = 1 << 30 };
    uintptr_t end = (uintptr_t)pthread_self();
    if (end > frame && end - frame < FAR) return end;
    end = &__libc_stack_end ? (uintptr_t)__libc_stack_end : 0;
    return end > frame && end - frame < FAR ? end : 0;
}

/* Follow the frame pointers: cheap enough for each lock that is taken. What is
 * built without them ends the stack, or puts a wrong frame into it; it never
 * leads out of the stack. */
static void note_stack(rtk_lock_hold *hold, const void *frame) {
    uintptr_t at = (uintptr_t)frame, end = stack_end(at);
    size_t n = 0;
    while (n < RTK_LOCK_FRAMES) {
        const uintptr_t *words = (const uintptr_t *)at;
        hold->stack[n++] = (const void *)words[1];
        uintptr_t next = words[0];
        if (next <= at || next + 2 * sizeof *words > end ||
            next % sizeof *words)
            break;
        at = next;
    }
    if (n < RTK_LOCK_FRAMES) hold->stack[n] = NULL;
}

/* ---- Holds ------------------------------------------------------------------
 */

static rtk_lock_hold *find(uint32_t node) {
    for (size_t i = self.n; node && i-- > 0;)
        if (self.hold[i].node == node) return &self.hold[i];
    return NULL;
}

static void drop(rtk_lock_hold *hold) {
    size_t after = (size_t)(&self.hold[self.n] - (hold + 1));
    memmove(hold, hold + 1, after * sizeof *hold);
    self.n--;
}

static void wait_for(const rtk_lock_hold *wanted) {
    for (size_t i = 0; i < self.n; i++)
        if (self.hold[i].node != wanted->node)
            rtk_lock_edge(&self.hold[i], wanted, self.hold, self.n,
                          self.number);
}

static void take(const void *lock, rtk_lock_kind kind, const void *frame,
                 bool waits) {
    rtk_lock_hold new = {.kind = (uint8_t)kind, .count = 1};
    new.node = rtk_lock_node(lock);
    rtk_lock_hold *held = find(new.node);
    if (!new.node) return;
    if (held) {
        /* Taken once more; a wait that was interrupted begins anew. */
        if (kind != RTK_LOCK_SEMAPHORE) held->count++;
        return;
    }
    note_stack(&new, frame);
    if (waits) wait_for(&new);
    if (self.n < HOLDS_MAX)
        self.hold[self.n++] = new;
    else
        atomic_fetch_add_explicit(&lost_holds, 1, memory_order_relaxed);
}

/* Whether the caller is to be followed; begins it if so. */
static bool enter(void) {
    if (!rtk_lock_order_on() || self.inside) return false;
    self.inside = true;
    if (!self.number)
        self.number =
            1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed);
    return true;
}

void rtk_lock_waits(const void *lock, rtk_lock_kind kind, const void *frame) {
    if (!enter()) return;
    take(lock, kind, frame, true);
    self.inside = false;
}

void rtk_lock_has(const void *lock, rtk_lock_kind kind, const void *frame) {
    if (!enter()) return;
    take(lock, kind, frame, false);
    self.inside = false;
}

void rtk_lock_waits_again(const void *lock) {
    if (!enter()) return;
    const rtk_lock_hold *held = find(rtk_lock_node_find(lock));
    if (held) {
        rtk_lock_hold again = *held;
        wait_for(&again);
    }
    self.inside = false;
}

void rtk_lock_gives(const void *lock, rtk_lock_kind kind) {
    if (!enter()) return;
    bool semaphore = kind == RTK_LOCK_SEMAPHORE;
    uint32_t node = semaphore ? rtk_lock_node(lock) : rtk_lock_node_find(lock);
    rtk_lock_hold *held = find(node);
    if (held && --held->count == 0) drop(held);
    if (semaphore && held) rtk_lock_node_confirm(node);
    if (semaphore && !held && node) rtk_lock_node_signals(node);
    self.inside = false;
}

bool rtk_lock_held(const void *lock) {
    return rtk_lock_order_on() && self.n && find(rtk_lock_node_find(lock));
}

void rtk_lock_made(const void *lock, unsigned initial) {
    if (!enter()) return;
    rtk_lock_hold *held = find(rtk_lock_node_find(lock));
    if (held) drop(held);
    rtk_lock_node_forget(lock);
    uint32_t node = initial != 1 ? rtk_lock_node(lock) : 0;
    if (node) rtk_lock_node_signals(node);
    self.inside = false;
}

void rtk_lock_order_tell(rtk_line *line) {
    rtk_lock_lost lost = rtk_lock_graph_lost();
    unsigned holds = atomic_load_explicit(&lost_holds, memory_order_relaxed);
    unsigned all = lost.locks + lost.edges + holds;
    if (all) rtk_line_number(line, "lock_orders_lost", all);
}
