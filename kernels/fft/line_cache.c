/* Two levels. The lines themselves, `made`, stand in one list under one lock,
 * which a hit never takes. In front of it are shelves: a thread uses the shelf
 * that its identity falls to, so threads on different shelves share nothing
 * that is written. A shelf has leases: copies of a line's description with a
 * count of users, guarded by the shelf's lock. A lease holds one reference to
 * its line however many use it; so a hit is one lock of a shelf that mostly
 * nobody else wants, and so is handing back.
 *
 * A lease that falls off its shelf while in use is freed by its last user, and
 * so is a line by its last lease: nobody ever sees one that is gone. Lines are
 * made outside of all locks of the cache; when two threads make the same one,
 * the second to come takes the first one's.
 *
 * All locks are held across a fork, so that a child finds everything as it
 * should be; what other threads had in use there stays allocated. */

#include "kernels/fft/line_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/fft/planner.h"
#include "kernels/workers/planted.h"

enum {
    SHELVES = 16,
    PLACES = 32, /* of a shelf */
    KEPT = 256   /* lines of the process at first */
};

/* A line, shared by all shelves. */
typedef struct made {
    rtk_line line;
    struct made *next; /* guarded by `lines_lock` */
    uint64_t used;     /* when it was last looked for; so, too */
    /* Leases, and 1 for the list: the last to let go releases it. */
    atomic_uint holders;
} made;

typedef struct shelf shelf;

typedef struct lease {
    rtk_line line; /* first: what users see */
    made *made;
    shelf *shelf;
    unsigned users; /* guarded by the shelf's lock, as all below */
    bool off_shelf; /* its last user frees it */
    uint64_t used;
} lease;

struct shelf {
    pthread_mutex_t lock; /* guards the places and their leases */
    uint64_t clock;
    lease *place[PLACES];
} __attribute__((aligned(128)));

static shelf shelves[SHELVES];
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

/* Guards the list, its clock, the limit and the counts. */
static pthread_mutex_t lines_lock = PTHREAD_MUTEX_INITIALIZER;
static made *lines;
static uint64_t lines_clock;
static size_t kept, limit = KEPT, planned, evicted;

/* ---- Forks -----------------------------------------------------------------
 */

static void lock_all(void) {
    for (size_t i = 0; i < SHELVES; i++) pthread_mutex_lock(&shelves[i].lock);
    pthread_mutex_lock(&lines_lock);
}

static void unlock_all(void) {
    pthread_mutex_unlock(&lines_lock);
    for (size_t i = SHELVES; i-- > 0;) pthread_mutex_unlock(&shelves[i].lock);
}

static void prepare(void) {
    for (size_t i = 0; i < SHELVES; i++)
        pthread_mutex_init(&shelves[i].lock, NULL);
    /* Without memory for the handlers, only a fork while another thread looks
     * for a line is undefined. */
    (void)!pthread_atfork(lock_all, unlock_all, unlock_all);
}

/* ---- Lines -----------------------------------------------------------------
 */

static bool same(const rtk_line_spec *a, const rtk_line_spec *b) {
    return a->n == b->n && a->kind == b->kind && a->real == b->real &&
           a->effort == b->effort && a->weighted == b->weighted;
}

static void let_go(made *m) {
    /* Releases what this thread did with the line; the last acquires it all. */
    if (m &&
        atomic_fetch_sub_explicit(&m->holders, 1, memory_order_acq_rel) == 1) {
        rtk_line_release(&m->line);
        free(m);
    }
}

/* The line, one reference taken; NULL: not there. With `lines_lock`. */
static made *find(const rtk_line_spec *spec) {
    for (made *m = lines; m; m = m->next) {
        if (!same(&m->line.spec, spec)) continue;
        m->used = ++lines_clock;
        /* The list's own reference keeps it while the lock is held. */
        atomic_fetch_add_explicit(&m->holders, 1, memory_order_relaxed);
        return m;
    }
    return NULL;
}

/* Take the one that was not looked for the longest off the list. */
static made *drop_oldest(void) {
    made **oldest = &lines;
    for (made **at = &lines; *at; at = &(*at)->next)
        if ((*at)->used < (*oldest)->used) oldest = at;
    made *m = *oldest;
    *oldest = m->next;
    m->next = NULL;
    kept--;
    evicted++;
    return m;
}

/* Take lines off the list until it is within the limit, each with its own
 * reference, to be let go without the lock. */
static made *trim(void) {
    made *gone = NULL;
    while (kept > limit) {
        made *m = drop_oldest();
        m->next = gone;
        gone = m;
    }
    return gone;
}

static void let_all_go(made *gone) {
    while (gone) {
        made *next = gone->next;
        let_go(gone);
        gone = next;
    }
}

/* Put `fresh` on the list, or find that another thread was faster: then that
 * one is given. One reference is the caller's. */
static made *publish(made *fresh) {
    pthread_mutex_lock(&lines_lock);
    made *first = find(&fresh->line.spec), *gone = NULL;
    planned++;
    if (!first) {
        fresh->next = lines;
        fresh->used = ++lines_clock;
        lines = fresh;
        kept++;
        /* The list's. */
        atomic_fetch_add_explicit(&fresh->holders, 1, memory_order_relaxed);
        gone = trim();
    }
    pthread_mutex_unlock(&lines_lock);
    let_all_go(gone);
    if (!first) return fresh;
    let_go(fresh);
    return first;
}

static rtk_status make(made **line, const rtk_line_spec *spec) {
    pthread_mutex_lock(&lines_lock);
    *line = find(spec);
    pthread_mutex_unlock(&lines_lock);
    if (*line) return RTK_OK;
    made *fresh = calloc(1, sizeof *fresh);
    if (!fresh) return RTK_ENOMEM;
    atomic_init(&fresh->holders, 1);
    rtk_status s = rtk_line_make(&fresh->line, spec);
    if (s)
        free(fresh);
    else
        *line = publish(fresh);
    return s;
}

/* ---- Shelves ---------------------------------------------------------------
 */

static shelf *own_shelf(void) {
    /* A thread's identity is an address; its low bits are all alike. */
    uintptr_t self = (uintptr_t)pthread_self();
    self = (self >> 12) * UINT64_C(0x9e3779b97f4a7c15);
    return &shelves[self >> 60 & (SHELVES - 1)];
}

static lease *look(shelf *s, const rtk_line_spec *spec) {
    size_t i = 0;
    while (i < PLACES && !(s->place[i] && same(&s->place[i]->line.spec, spec)))
        i++;
    if (i == PLACES) return NULL;
    lease *l = s->place[i];
    if (i) {
        /* One place nearer to where the search begins. */
        s->place[i] = s->place[i - 1];
        s->place[i - 1] = l;
    }
    if (!RTK_PLANT(fft_lease)) l->users++;
    l->used = ++s->clock;
    return l;
}

/* The place to be used next: a free one, or that of the oldest lease, which
 * leaves the shelf. What is to be freed is given. */
static lease *put_in(shelf *s, lease *fresh) {
    size_t at = 0;
    for (size_t i = 0; i < PLACES && s->place[at]; i++)
        if (!s->place[i] || s->place[i]->used < s->place[at]->used) at = i;
    lease *old = s->place[at];
    s->place[at] = fresh;
    if (!old) return NULL;
    old->off_shelf = true;
    return old->users ? NULL : old;
}

static void end_lease(lease *l) {
    if (!l) return;
    let_go(l->made);
    free(l);
}

static rtk_status lend(const rtk_line **line, shelf *s,
                       const rtk_line_spec *spec) {
    lease *fresh = malloc(sizeof *fresh);
    if (!fresh) return RTK_ENOMEM;
    made *m = NULL;
    rtk_status status = make(&m, spec);
    if (status) {
        free(fresh);
        return status;
    }
    *fresh = (lease){.line = m->line, .made = m, .shelf = s, .users = 1};
    pthread_mutex_lock(&s->lock);
    fresh->used = ++s->clock;
    lease *gone = put_in(s, fresh);
    pthread_mutex_unlock(&s->lock);
    end_lease(gone);
    *line = &fresh->line;
    return RTK_OK;
}

/* ---- Public ----------------------------------------------------------------
 */

rtk_status rtk_line_get(const rtk_line **line, const rtk_line_spec *spec) {
    pthread_once(&prepared, prepare);
    shelf *s = own_shelf();
    pthread_mutex_lock(&s->lock);
    lease *l = look(s, spec);
    pthread_mutex_unlock(&s->lock);
    if (!l) return lend(line, s, spec);
    *line = &l->line;
    return RTK_OK;
}

void rtk_line_put(const rtk_line *line) {
    if (!line) return;
    /* A lease begins with the line that was lent. */
    lease *l = (lease *)(uintptr_t)line;
    shelf *s = l->shelf;
    pthread_mutex_lock(&s->lock);
    if (!RTK_PLANT(fft_lease) || l->users) l->users--;
    bool last = l->users == 0 && l->off_shelf;
    pthread_mutex_unlock(&s->lock);
    if (last) end_lease(l);
}

/* Leases that nobody uses, chained through nothing: freed at once, as they hold
 * lines that are to go. */
static void clear_shelf(shelf *s) {
    lease *gone[PLACES];
    size_t n = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < PLACES; i++) {
        lease *l = s->place[i];
        if (!l) continue;
        s->place[i] = NULL;
        l->off_shelf = true;
        if (!l->users) gone[n++] = l;
    }
    pthread_mutex_unlock(&s->lock);
    while (n) end_lease(gone[--n]);
}

void rtk_fft_cache_limit(size_t most) {
    pthread_once(&prepared, prepare);
    for (size_t i = 0; i < SHELVES; i++) clear_shelf(&shelves[i]);
    pthread_mutex_lock(&lines_lock);
    limit = most;
    made *gone = trim();
    pthread_mutex_unlock(&lines_lock);
    let_all_go(gone);
}

rtk_status rtk_fft_cache_count(rtk_fft_cache_counts *counts) {
    if (!counts || counts->size < sizeof *counts) return RTK_EINVAL;
    pthread_mutex_lock(&lines_lock);
    counts->lines = kept;
    counts->planned = planned;
    counts->evicted = evicted;
    pthread_mutex_unlock(&lines_lock);
    return RTK_OK;
}
