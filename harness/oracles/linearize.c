#include "harness/oracles/linearize.h"

#include <stdlib.h>
#include <string.h>

/* States kept for one number of calls: what a few actors can make of it. */
enum { STATES_MAX = 4096 };

/* How far each actor is, and behind it the state, all in one piece of memory
 * that can be compared. */
typedef uint32_t progress;

typedef struct frontier {
    char *at;
    size_t n;
} frontier;

static size_t whole(size_t bytes) {
    size_t alignment = _Alignof(max_align_t);
    return (bytes + alignment - 1) / alignment * alignment;
}

/* Where the state lies behind the progress of the actors. */
static size_t state_at(const rtk_history *h) {
    return whole(h->actors * sizeof(progress));
}

static size_t record_bytes(const rtk_history *h) {
    return state_at(h) + whole(h->state_bytes);
}

static progress *progress_of(const frontier *f, size_t i, size_t bytes) {
    return (progress *)(void *)(f->at + i * bytes);
}

/* The actor whose next call ended first; -1 when all is done. */
static int earliest(const rtk_history *h, const progress *done) {
    int first = -1;
    for (unsigned a = 0; a < h->actors; a++)
        if (done[a] < h->n[a] &&
            (first < 0 || h->event[a][done[a]].ended_ns <
                              h->event[first][done[first]].ended_ns))
            first = (int)a;
    return first;
}

/* Add to `next` what the record `from` becomes with one call more. False when
 * there is no room. */
static bool extend(const rtk_history *h, const progress *from, frontier *next) {
    size_t bytes = record_bytes(h);
    int first = earliest(h, from);
    if (first < 0) return true;
    uint64_t bound = h->event[first][from[first]].ended_ns;
    for (unsigned a = 0; a < h->actors; a++) {
        if (from[a] >= h->n[a] || h->event[a][from[a]].begun_ns > bound)
            continue;
        if (next->n == STATES_MAX) return false;
        progress *to = progress_of(next, next->n, bytes);
        memcpy(to, from, bytes);
        if (!h->apply(h->context, (char *)to + state_at(h), a,
                      &h->event[a][from[a]]))
            continue;
        to[a]++;
        next->n++;
    }
    return true;
}

static int compare(const void *x, const void *y, void *bytes) {
    return memcmp(x, y, *(const size_t *)bytes);
}

static void drop_equals(frontier *f, size_t bytes) {
    size_t kept = 0;
    qsort_r(f->at, f->n, bytes, compare, &bytes);
    for (size_t i = 0; i < f->n; i++)
        if (!kept ||
            memcmp(f->at + (kept - 1) * bytes, f->at + i * bytes, bytes) != 0)
            memmove(f->at + kept++ * bytes, f->at + i * bytes, bytes);
    f->n = kept;
}

static void explain(const rtk_history *h, const frontier *last,
                    size_t explained, rtk_impasse *impasse) {
    const progress *done = progress_of(last, 0, record_bytes(h));
    impasse->explained = explained;
    for (unsigned a = 0; a < h->actors; a++) impasse->next[a] = done[a];
    impasse->actor = (unsigned)earliest(h, done);
}

static rtk_linearity search(const rtk_history *h, frontier *now, frontier *next,
                            rtk_impasse *impasse) {
    size_t calls = 0, bytes = record_bytes(h);
    for (unsigned a = 0; a < h->actors; a++) calls += h->n[a];
    for (size_t done = 0; done < calls; done++) {
        next->n = 0;
        for (size_t i = 0; i < now->n; i++)
            if (!extend(h, progress_of(now, i, bytes), next))
                return RTK_NOT_DECIDED;
        if (!next->n) {
            explain(h, now, done, impasse);
            return RTK_NOT_LINEAR;
        }
        drop_equals(next, bytes);
        frontier swap = *now;
        *now = *next;
        *next = swap;
    }
    return RTK_LINEAR;
}

rtk_linearity rtk_linearize(const rtk_history *history, rtk_impasse *impasse) {
    size_t bytes = record_bytes(history);
    frontier now = {calloc(STATES_MAX, bytes), 1};
    frontier next = {calloc(STATES_MAX, bytes), 0};
    rtk_linearity answer = RTK_NOT_DECIDED;
    if (now.at && next.at && history->actors <= RTK_HISTORY_ACTORS_MAX) {
        if (history->state_bytes)
            memcpy(now.at + state_at(history), history->start,
                   history->state_bytes);
        answer = search(history, &now, &next, impasse);
    }
    free(now.at);
    free(next.at);
    return answer;
}
