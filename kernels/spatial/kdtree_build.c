/* From points to forks and leaves; see kdtree_build.h. */

#include "kernels/spatial/kdtree_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/workers/workers.h"

enum {
    BUCKET_BYTES = 128 << 10, /* of coordinates: two such fit into a cache */
    BUCKET_LEAST = 1024,
    BUCKETS_MOST = 1024,
    SAMPLES = 32, /* of a bucket */
    CHUNK = 16384,
    CHUNKS_MOST = 1024,
    NODES_A_PART = 64
};

/* What the loops share. Each part writes its chunk's, its bucket's or its
 * node's. */
typedef struct job {
    rtk_kdtree *t;
    const rtk_kdtree_maker *make;
    const rtk_array *points;
    int64_t workers;
    unsigned effective;

    rtk_kdtree_bucket top; /* the sample's; its leaves are the buckets */
    uint32_t *number_of;   /* a leaf of top: its bucket */
    size_t n_buckets;
    rtk_kdtree_bucket *buckets;

    size_t chunk, n_chunks;
    uint16_t *goes; /* n: a point's bucket */
    size_t *offset; /* a row of n_buckets for each chunk */
    char *x;        /* the points, bucket after bucket */
    int64_t *id;
} job;

static rtk_status loop(job *b, size_t parts, rtk_part run) {
    rtk_loop done = {.size = sizeof done};
    rtk_status s = rtk_parallel_for(NULL, b->workers, parts, run, b, &done);
    if (!s && done.effective > b->effective) b->effective = done.effective;
    return s;
}

/* ---- The sample ------------------------------------------------------------
 */

static uint64_t mixed(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;
    return x ^ x >> 31;
}

/* One point at random from each of as many stretches of equal length. */
static rtk_status sample(job *b, size_t count) {
    rtk_kdtree *t = b->t;
    size_t row = t->d * rtk_kdtree_bytes(t), step = t->n / count;
    b->top = (rtk_kdtree_bucket){.count = count,
                                 .x = rtk_kdtree_room_new(count, row),
                                 .id = calloc(count, sizeof(int64_t)),
                                 .leaf = SAMPLES};
    if (!b->top.x || !b->top.id) return RTK_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * step + mixed(i + 1) % step;
        if (!b->make->load(t, b->points, at, RTK_KDTREE_CHECK,
                           (char *)b->top.x + i * row))
            return RTK_EINVAL;
    }
    return b->make->cut(&b->top, t->d, t->split);
}

static size_t buckets_wanted(const rtk_kdtree *t) {
    size_t each = BUCKET_BYTES / (t->d * rtk_kdtree_bytes(t));
    size_t least = each < BUCKET_LEAST ? BUCKET_LEAST : each;
    size_t wanted = t->n / least;
    return wanted < BUCKETS_MOST ? wanted : BUCKETS_MOST;
}

/* Decide on the buckets: one, or those of the sample's leaves. */
static rtk_status divide(job *b) {
    size_t wanted = buckets_wanted(b->t);
    rtk_status s = sample(b, wanted > 1 ? wanted * SAMPLES : 1);
    if (s) return s;
    size_t forks = b->top.n_forks;
    b->number_of = calloc(forks, sizeof *b->number_of);
    if (!b->number_of) return RTK_ENOMEM;
    for (size_t f = 0; f < forks; f++) {
        rtk_kdtree_fork *fork = &b->top.forks[f];
        if (fork->right != f) continue;
        fork->dim = 0;
        b->number_of[f] = (uint32_t)b->n_buckets++;
    }
    b->buckets = calloc(b->n_buckets, sizeof *b->buckets);
    return b->buckets ? RTK_OK : RTK_ENOMEM;
}

/* ---- Points to buckets -----------------------------------------------------
 */

static size_t chunk_end(const job *b, size_t part) {
    size_t end = (part + 1) * b->chunk;
    return end < b->t->n ? end : b->t->n;
}

/* Find each point's bucket, and count. */
static rtk_status assign(void *arg, size_t part) {
    job *b = arg;
    const rtk_kdtree *t = b->t;
    size_t row = t->d * rtk_kdtree_bytes(t), end = chunk_end(b, part);
    size_t *count = b->offset + part * b->n_buckets;
    double room[RTK_KDTREE_LOCKSTEP * RTK_KDTREE_DIMENSIONS_MAX];
    uint32_t leaf[RTK_KDTREE_LOCKSTEP];
    memset(room, 0, sizeof room);
    for (size_t i = part * b->chunk; i < end; i += RTK_KDTREE_LOCKSTEP) {
        size_t some =
            end - i < RTK_KDTREE_LOCKSTEP ? end - i : RTK_KDTREE_LOCKSTEP;
        for (size_t l = 0; l < some; l++)
            if (!b->make->load(t, b->points, i + l, RTK_KDTREE_CHECK,
                               (char *)room + l * row))
                return RTK_EINVAL;
        b->make->descend(b->top.forks, t->d, room, leaf);
        for (size_t l = 0; l < some; l++) {
            uint32_t number = b->number_of[leaf[l]];
            b->goes[i + l] = (uint16_t)number;
            count[number]++;
        }
    }
    return RTK_OK;
}

/* Counts to places, bucket after bucket and in them chunk after chunk. */
static void place(job *b) {
    size_t at = 0, row = b->t->d * rtk_kdtree_bytes(b->t);
    for (size_t k = 0; k < b->n_buckets; k++) {
        rtk_kdtree_bucket *bucket = &b->buckets[k];
        bucket->x = b->x + at * row;
        bucket->id = b->id + at;
        bucket->leaf = b->t->leaf;
        for (size_t c = 0; c < b->n_chunks; c++) {
            size_t *offset = &b->offset[c * b->n_buckets + k];
            size_t count = *offset;
            *offset = at;
            at += count;
            bucket->count += count;
        }
    }
}

static rtk_status scatter(void *arg, size_t part) {
    job *b = arg;
    const rtk_kdtree *t = b->t;
    size_t row = t->d * rtk_kdtree_bytes(t), end = chunk_end(b, part);
    size_t *offset = b->offset + part * b->n_buckets;
    for (size_t i = part * b->chunk; i < end; i++) {
        size_t to = offset[b->goes[i]]++;
        (void)b->make->load(t, b->points, i, RTK_KDTREE_COPY, b->x + to * row);
        b->id[to] = (int64_t)i;
    }
    return RTK_OK;
}

static rtk_status distribute(job *b) {
    const rtk_kdtree *t = b->t;
    size_t each = (t->n + CHUNKS_MOST - 1) / CHUNKS_MOST;
    b->chunk = each < CHUNK ? CHUNK : each;
    b->n_chunks = (t->n + b->chunk - 1) / b->chunk;
    b->goes = rtk_kdtree_room_new(t->n, sizeof *b->goes);
    b->offset = calloc(b->n_chunks * b->n_buckets, sizeof *b->offset);
    b->x = rtk_kdtree_room_new(t->n, t->d * rtk_kdtree_bytes(t));
    b->id = rtk_kdtree_room_new(t->n, sizeof *b->id);
    if (!b->goes || !b->offset || !b->x || !b->id) return RTK_ENOMEM;
    rtk_status s = loop(b, b->n_chunks, assign);
    if (s) return s;
    place(b);
    return loop(b, b->n_chunks, scatter);
}

/* ---- Buckets to the tree ---------------------------------------------------
 */

/* Depth of the leaf `f` of the sample's tree. */
static size_t depth_of(const rtk_kdtree_bucket *top, size_t f) {
    size_t at = 0, depth = 0;
    for (; at != f; depth++)
        at = f < top->forks[at].right ? at + 1 : top->forks[at].right;
    return depth;
}

static rtk_status cut(void *arg, size_t part) {
    job *b = arg;
    rtk_kdtree_bucket *bucket = &b->buckets[part];
    if (bucket->count > UINT32_MAX) return RTK_EUNSUPPORTED;
    return b->make->cut(bucket, b->t->d, b->t->split);
}

/* Where the sample's forks come to lie among those of the buckets. Returns
 * false when there are too many. */
static bool number_forks(job *b, size_t *at) {
    size_t n = 0;
    for (size_t f = 0; f < b->top.n_forks; f++) {
        at[f] = n;
        if (b->top.forks[f].right == f) {
            rtk_kdtree_bucket *bucket = &b->buckets[b->number_of[f]];
            bucket->at = n;
            n += bucket->n_forks;
            if (bucket->deepest > b->t->depth) b->t->depth = bucket->deepest;
        } else {
            n++;
        }
    }
    b->t->n_forks = n;
    return n <= UINT32_MAX;
}

/* A bucket's forks, and a place for each leaf. */
static void splice(rtk_kdtree *t, const rtk_kdtree_bucket *bucket) {
    for (size_t f = 0; f < bucket->n_forks; f++) {
        rtk_kdtree_fork fork = bucket->forks[f];
        bool leaf = fork.right == f;
        if (leaf) {
            t->home[bucket->at + f] = rtk_kdtree_leaf_ref(t->n_slots, fork.dim);
            t->n_slots += rtk_kdtree_room(fork.dim);
            t->n_leaves++;
            fork.dim = 0;
        }
        fork.right += (uint32_t)bucket->at;
        t->forks[bucket->at + f] = fork;
    }
}

static rtk_status assemble(job *b) {
    rtk_kdtree *t = b->t;
    size_t *at = calloc(b->top.n_forks, sizeof *at);
    if (!at) return RTK_ENOMEM;
    bool fits = number_forks(b, at);
    if (fits) {
        t->forks = rtk_kdtree_room_new(t->n_forks, sizeof *t->forks);
        t->home = calloc(t->n_forks, sizeof *t->home);
    }
    if (t->forks && t->home)
        for (size_t f = 0; f < b->top.n_forks; f++) {
            rtk_kdtree_fork fork = b->top.forks[f];
            if (fork.right == f) {
                splice(t, &b->buckets[b->number_of[f]]);
            } else {
                fork.right = (uint32_t)at[fork.right];
                t->forks[at[f]] = fork;
            }
        }
    free(at);
    if (!fits) return RTK_EUNSUPPORTED;
    return t->forks && t->home ? RTK_OK : RTK_ENOMEM;
}

static rtk_status pack(void *arg, size_t part) {
    job *b = arg;
    b->make->pack(b->t, b->buckets[part].at, &b->buckets[part]);
    return RTK_OK;
}

static rtk_status measure(void *arg, size_t part) {
    job *b = arg;
    size_t end = (part + 1) * NODES_A_PART;
    if (end > b->t->n_nodes) end = b->t->n_nodes;
    for (size_t i = part * NODES_A_PART; i < end; i++)
        b->make->measure(b->t, i);
    return RTK_OK;
}

static rtk_status fill(job *b) {
    rtk_kdtree *t = b->t;
    size_t bytes = rtk_kdtree_bytes(t);
    t->x = rtk_kdtree_room_new(t->n_slots, t->d * bytes);
    t->ids = rtk_kdtree_room_new(t->n_slots, sizeof *t->ids);
    t->boxes = rtk_kdtree_room_new(t->n_nodes, RTK_KDTREE_BOX * t->d * bytes);
    if (!t->x || !t->ids || !t->boxes) return RTK_ENOMEM;
    rtk_status s = loop(b, b->n_buckets, pack);
    size_t parts = (t->n_nodes + NODES_A_PART - 1) / NODES_A_PART;
    if (!s) s = loop(b, parts, measure);
    /* Kids come after their nodes. */
    for (size_t i = t->n_nodes; !s && i-- > 0;) b->make->join(t, i);
    return s;
}

static void release(job *b) {
    for (size_t k = 0; b->buckets && k < b->n_buckets; k++)
        free(b->buckets[k].forks);
    free(b->buckets);
    free(b->top.x);
    free(b->top.id);
    free(b->top.forks);
    free(b->number_of);
    free(b->goes);
    free(b->offset);
    free(b->x);
    free(b->id);
}

rtk_status rtk_kdtree_build(rtk_kdtree *tree, const rtk_array *points,
                            int64_t workers, unsigned *effective) {
    job b = {.t = tree,
             .make = rtk_kdtree_maker_of(tree),
             .points = points,
             .workers = workers,
             .effective = 1};
    rtk_status s = divide(&b);
    if (!s) s = distribute(&b);
    for (size_t f = 0; !s && f < b.top.n_forks; f++)
        if (b.top.forks[f].right == f)
            b.buckets[b.number_of[f]].depth = depth_of(&b.top, f);
    if (!s) s = loop(&b, b.n_buckets, cut);
    if (!s) s = assemble(&b);
    if (!s) s = rtk_kdtree_widen(tree);
    if (!s) s = fill(&b);
    release(&b);
    if (!s) *effective = b.effective;
    return s;
}
