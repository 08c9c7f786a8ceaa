/* Two levels. The lines themselves, `made`, stand in one list under one lock,
 * which a hit never takes. In front of it are shelves: threads are numbered,
 * and number i uses shelf i, modulo their count, so threads on different
 * shelves share nothing that is written. A shelf has leases: copies of a line's
 * description with a count of users, guarded by the shelf's lock. A lease holds
 * one reference to its line however many use it; so a hit is one lock of a
 * shelf that mostly nobody else wants, and so is handing back.
 *
 * Who takes a line off the list takes its leases off all shelves afterwards,
 * and who puts a lease on a shelf looks under that shelf's lock whether its
 * line is still on the list: one of the two sees the other. A lease that leaves
 * its shelf while in use is freed by its last user, and so is a line by its
 * last lease: nobody ever sees one that is gone. Lines are made outside of all
 * locks of the cache; when two threads make the same one, the second to come
 * takes the first one's.
 *
 * All locks are held across a fork, so that a child finds everything as it
 * should be; what other threads had in use there stays allocated. */

#include "kernels/fft/line_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/fft/upgrade.h"
#include "kernels/workers/planted.h"

enum {
    SHELVES = 16,
    PLACES = 32, /* of a shelf */
    KEPT = 256,  /* lines of the process at first, */
    KEPT_BYTES = 1 << 28
};

/* A line, shared by all shelves. */
typedef struct made {
    rtk_line line;
    struct made *next; /* guarded by `lines_lock` */
    uint64_t used;     /* when it was last looked for; so, too */
    /* Relaxed: written under `lines_lock`; who reads it has the lock of a shelf
     * that was taken since, or will be asked again. */
    atomic_bool listed;
    /* Relaxed, a hint for eviction: a lease was used since it was last asked.
     */
    atomic_bool touched;
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
    bool offered;   /* for an upgrade */
    uint64_t used;  /* by the shelf's clock */
    size_t uses;
} lease;

struct shelf {
    pthread_mutex_t lock; /* guards the places and their leases */
    uint64_t clock;
    size_t hits;
    lease *place[PLACES];
} __attribute__((aligned(128)));

static shelf shelves[SHELVES];
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

/* Guards the list, its clock, the limit and the counts. */
static pthread_mutex_t lines_lock = PTHREAD_MUTEX_INITIALIZER;
static made *lines;
static uint64_t lines_clock;
static size_t kept, limit = KEPT, planned, evicted;
static size_t kept_bytes, limit_bytes = KEPT_BYTES;

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

static made *unlist(made **at) {
    made *m = *at;
    if (!m) return NULL;
    *at = m->next;
    m->next = NULL;
    kept--;
    kept_bytes -= m->line.table_bytes;
    atomic_store_explicit(&m->listed, false, memory_order_relaxed);
    return m;
}

/* Whether a lease of it was used since this was last asked. */
static bool was_touched(made *m) {
    return atomic_exchange_explicit(&m->touched, false, memory_order_relaxed);
}

/* Take the one that was not looked for the longest off the list; one that a
 * shelf gave away in the meantime counts as looked for now. */
static made *drop_oldest(void) {
    made **oldest = NULL;
    if (!lines) return NULL;
    for (size_t tries = kept; !oldest; tries--) {
        oldest = &lines;
        for (made **at = &lines; *at; at = &(*at)->next)
            if ((*at)->used < (*oldest)->used) oldest = at;
        if (tries && was_touched(*oldest)) {
            (*oldest)->used = ++lines_clock;
            oldest = NULL;
        }
    }
    evicted++;
    return unlist(oldest);
}

/* Take lines off the list until it is within the limits, each with its own
 * reference, to be let go without the lock. */
static made *trim(size_t most, size_t most_bytes) {
    made *gone = NULL;
    while (kept > most || (kept && kept_bytes > most_bytes)) {
        made *m = drop_oldest();
        m->next = gone;
        gone = m;
    }
    return gone;
}

static void sweep(const made *gone);

static void let_all_go(made *gone) {
    while (gone) {
        made *next = gone->next;
        sweep(gone);
        let_go(gone);
        gone = next;
    }
}

static void list(made *fresh) {
    fresh->next = lines;
    fresh->used = ++lines_clock;
    lines = fresh;
    kept++;
    kept_bytes += fresh->line.table_bytes;
    atomic_store_explicit(&fresh->listed, true, memory_order_relaxed);
    /* The list's. */
    atomic_fetch_add_explicit(&fresh->holders, 1, memory_order_relaxed);
}

/* Put `fresh` on the list, or find that another thread was faster: then that
 * one is given. One reference is the caller's. */
static made *publish(made *fresh) {
    pthread_mutex_lock(&lines_lock);
    made *first = find(&fresh->line.spec), *gone = NULL;
    planned++;
    if (!first) {
        list(fresh);
        gone = trim(limit, limit_bytes);
    }
    pthread_mutex_unlock(&lines_lock);
    let_all_go(gone);
    if (!first) return fresh;
    let_go(fresh);
    return first;
}

/* Put `fresh` on the list in the place of the one with its key. */
static void replace(made *fresh) {
    pthread_mutex_lock(&lines_lock);
    made **at = &lines;
    while (*at && !same(&(*at)->line.spec, &fresh->line.spec))
        at = &(*at)->next;
    made *gone = *at ? unlist(at) : NULL;
    planned++;
    list(fresh);
    if (gone)
        gone->next = trim(limit, limit_bytes);
    else
        gone = trim(limit, limit_bytes);
    pthread_mutex_unlock(&lines_lock);
    let_all_go(gone);
    let_go(fresh);
}

static made *blank(void) {
    made *m = calloc(1, sizeof *m);
    if (m) atomic_init(&m->holders, 1);
    return m;
}

static rtk_status make(made **line, const rtk_line_spec *spec) {
    pthread_mutex_lock(&lines_lock);
    *line = find(spec);
    pthread_mutex_unlock(&lines_lock);
    if (*line) return RTK_OK;
    made *fresh = blank();
    if (!fresh) return RTK_ENOMEM;
    if (RTK_PLANT(fft_publish)) {
        fresh->line.spec = *spec;
        *line = publish(fresh);
        return *line == fresh ? rtk_line_make(&fresh->line, spec) : RTK_OK;
    }
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
    static atomic_uint threads;
    static _Thread_local shelf *own;
    /* Relaxed: nothing but the number itself is passed on. */
    if (!own)
        own = &shelves[atomic_fetch_add_explicit(&threads, 1,
                                                 memory_order_relaxed) %
                       SHELVES];
    return own;
}

/* Tell eviction, by a write only when it does not know. */
static void touch(made *m) {
    if (!atomic_load_explicit(&m->touched, memory_order_relaxed))
        atomic_store_explicit(&m->touched, true, memory_order_relaxed);
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
    l->uses++;
    s->hits++;
    touch(l->made);
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
    lease *gone = NULL;
    fresh->off_shelf = !atomic_load_explicit(&m->listed, memory_order_relaxed);
    if (!fresh->off_shelf) gone = put_in(s, fresh);
    pthread_mutex_unlock(&s->lock);
    end_lease(gone);
    *line = &fresh->line;
    return RTK_OK;
}

/* Once for a lease. */
static bool is_hot(lease *l) {
    size_t hot = rtk_upgrade_hot();
    if (!hot || l->uses < hot || l->offered ||
        l->line.spec.effort != RTK_FFT_ESTIMATE)
        return false;
    l->offered = true;
    return true;
}

/* ---- Public ----------------------------------------------------------------
 */

rtk_status rtk_line_get(const rtk_line **line, const rtk_line_spec *spec) {
    pthread_once(&prepared, prepare);
    shelf *s = own_shelf();
    pthread_mutex_lock(&s->lock);
    lease *l = look(s, spec);
    bool hot = l && is_hot(l);
    pthread_mutex_unlock(&s->lock);
    if (!l) return lend(line, s, spec);
    if (hot) rtk_upgrade_offer(spec);
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

/* Take the leases of `gone`, which is off the list, off a shelf. */
static void sweep_shelf(shelf *s, const made *gone) {
    lease *idle[PLACES];
    size_t n = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < PLACES; i++) {
        lease *l = s->place[i];
        if (!l || l->made != gone) continue;
        s->place[i] = NULL;
        l->off_shelf = true;
        if (!l->users) idle[n++] = l;
    }
    pthread_mutex_unlock(&s->lock);
    while (n) end_lease(idle[--n]);
}

static void sweep(const made *gone) {
    for (size_t i = 0; i < SHELVES; i++) sweep_shelf(&shelves[i], gone);
}

void rtk_fft_cache_limit(size_t most, size_t most_bytes) {
    pthread_once(&prepared, prepare);
    pthread_mutex_lock(&lines_lock);
    limit = most;
    limit_bytes = most_bytes;
    made *gone = trim(limit, limit_bytes);
    pthread_mutex_unlock(&lines_lock);
    let_all_go(gone);
}

void rtk_fft_cache_clear(void) {
    pthread_once(&prepared, prepare);
    pthread_mutex_lock(&lines_lock);
    made *gone = trim(0, 0);
    pthread_mutex_unlock(&lines_lock);
    let_all_go(gone);
}

rtk_status rtk_fft_cache_count(rtk_fft_cache_counts *counts) {
    if (!counts || counts->size < sizeof *counts) return RTK_EINVAL;
    pthread_once(&prepared, prepare);
    size_t hits = 0;
    for (size_t i = 0; i < SHELVES; i++) {
        pthread_mutex_lock(&shelves[i].lock);
        hits += shelves[i].hits;
        pthread_mutex_unlock(&shelves[i].lock);
    }
    pthread_mutex_lock(&lines_lock);
    counts->lines = kept;
    counts->bytes = kept_bytes;
    counts->planned = planned;
    counts->evicted = evicted;
    pthread_mutex_unlock(&lines_lock);
    counts->hits = hits;
    return RTK_OK;
}

rtk_status rtk_line_upgrade(const rtk_line_spec *spec, rtk_fft_effort effort,
                            bool replaces) {
    const rtk_line *line;
    rtk_line_spec better = *spec;
    better.effort = effort;
    rtk_status s = rtk_line_get(&line, &better);
    if (s) return s;
    rtk_line_put(line);
    if (!replaces) return RTK_OK;
    made *fresh = blank();
    if (!fresh) return RTK_ENOMEM;
    s = rtk_line_make(&fresh->line, &better);
    if (s) {
        free(fresh);
        return s;
    }
    fresh->line.spec.effort = spec->effort;
    replace(fresh);
    return RTK_OK;
}
