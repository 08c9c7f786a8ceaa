#ifndef RTK_SEMANTICS_H
#define RTK_SEMANTICS_H

/* What the tests of the thread runtime's semantics share: slots for parts,
 * pools that cut nothing off, and meetings that prove who was there. */

#include "kernels/workers/test/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "kernels/workers/workers.h"

enum { MEET_SECONDS = 30, MAX_WORKERS = 8, SCHEDULES = RTK_DYNAMIC + 1 };

/* A place where `size` threads wait for each other, again and again. */
typedef struct meeting {
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t all;   /* signalled by the last to come */
    unsigned size, there, rounds;
} meeting;

/* Make a meeting of `size` threads. MT-Unsafe race:m. */
static inline void meeting_set_up(meeting *m, unsigned size) {
    *m = (meeting){.size = size};
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->all, NULL);
}

/* Release it. MT-Unsafe race:m. */
static inline void meeting_tear_down(meeting *m) {
    pthread_cond_destroy(&m->all);
    pthread_mutex_destroy(&m->lock);
}

/* Wait until all are there; false when they have not come for long, so that a
 * missing thread fails a test instead of holding it up. MT-Safe. */
static inline bool meeting_attend(meeting *m) {
    struct timespec limit;
    bool came = true;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += MEET_SECONDS;
    pthread_mutex_lock(&m->lock);
    unsigned round = m->rounds;
    if (++m->there == m->size) {
        m->there = 0;
        m->rounds++;
        pthread_cond_broadcast(&m->all);
    }
    while (came && m->rounds == round)
        came = !pthread_cond_timedwait(&m->all, &m->lock, &limit);
    pthread_mutex_unlock(&m->lock);
    return came;
}

/* One slot for each part: how often it was called. Not atomic, so that
 * ThreadSanitizer sees a part that is called twice at once. */
typedef struct slots {
    size_t parts;
    unsigned *calls;
} slots;

/* Slots at zero; asserts that there is memory. MT-Safe. */
static inline slots slots_new(size_t parts) {
    slots s = {.parts = parts, .calls = calloc(parts + 1, sizeof *s.calls)};
    assert_non_null(s.calls);
    return s;
}

/* Release them. MT-Unsafe race:s. */
static inline void slots_free(slots *s) {
    free(s->calls);
}

/* The part: counts its call. MT-Safe. */
static inline rtk_status slots_note(void *arg, size_t part) {
    slots *s = arg;
    /* A part that there is none of has a slot as well. */
    s->calls[part < s->parts ? part : s->parts]++;
    return RTK_OK;
}

/* Whether every part was called `times`, and nothing else. MT-Unsafe race:s. */
static inline bool slots_are(const slots *s, unsigned times) {
    for (size_t i = 0; i < s->parts; i++)
        if (s->calls[i] != times) return false;
    return !s->calls[s->parts];
}

/* A loop of `parts` parts that must run each of them once.
 *
 * Returns the loop's status, or RTK_EFAILED for a part that did not.
 * MT-Safe. */
static inline rtk_status run_once(const rtk_executor *executor, int64_t workers,
                                  size_t parts) {
    unsigned calls[256] = {0};
    slots s = {.parts = parts, .calls = calls};
    if (parts >= 256) return RTK_EINVAL;
    rtk_status status =
        rtk_parallel_for(executor, workers, parts, slots_note, &s, NULL);
    return status ? status : slots_are(&s, 1) ? RTK_OK : RTK_EFAILED;
}

/* A pool that shares every loop. Asserts that it could be made. MT-Safe. */
static inline rtk_pool *pool_that_shares(unsigned threads) {
    rtk_pool *pool = NULL;
    rtk_pool_options options = {
        .size = sizeof options, .threads = threads, .always_share = 1};
    assert_int_equal(RTK_OK, rtk_pool_new_with(&pool, &options));
    return pool;
}

/* Make the process-wide pool share every loop; call it first of all.
 * MT-Unsafe const:env. */
static inline void share_always(void) {
    setenv("RACETRACK_SHARE", "always", 1);
}

/* Threads of this process without any pool's; by count_threads_from_here(). */
static unsigned threads_at_rest;

/* The body of a thread that does nothing but to give its id, an int, if it is
 * asked for one. MT-Safe. */
static inline void *come_and_go(void *id) {
    if (id) *(int *)id = (int)syscall(SYS_gettid);
    return NULL;
}

/* Count the threads of a process that has no pool's. Its first thread has to
 * come and go before, as a sanitizer starts one of its own with it; and a
 * thread that was joined is listed for a moment longer.
 * MT-Unsafe race:threads_at_rest. */
static inline void count_threads_from_here(void) {
    char path[64];
    pthread_t thread;
    int id = 0;
    if (!pthread_create(&thread, NULL, come_and_go, &id))
        pthread_join(thread, NULL);
    snprintf(path, sizeof path, "/proc/self/task/%d", id);
    while (!access(path, F_OK)) sched_yield();
    threads_at_rest = unit_threads();
}

/* Files that this process has open, the one that counts them included.
 * MT-Safe. */
static inline unsigned open_descriptors(void) {
    unsigned n = 0;
    DIR *files = opendir("/proc/self/fd");
    assert_non_null(files);
    while (readdir(files)) n++;
    closedir(files);
    return n;
}

/* Whether a thread of this process sleeps in the kernel, or is gone.
 *
 *   id  the kernel's
 *
 * MT-Safe. */
static inline bool thread_rests(int id) {
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", id);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return true;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    const char *state = n > 0 ? strrchr(text, ')') : NULL;
    return !state || state[2] == 'S';
}

/* Parts that end only when all `size` workers have one, as each thread stays in
 * its part until the others have come. */
typedef struct gathering {
    meeting m;
    pthread_t by[RTK_WORKERS_MAX];
    bool came[RTK_WORKERS_MAX];
} gathering;

/* The part of a gathering. MT-Safe. */
static inline rtk_status gather(void *arg, size_t part) {
    gathering *g = arg;
    g->by[part] = pthread_self();
    g->came[part] = meeting_attend(&g->m);
    return RTK_OK;
}

/* Whether `workers` threads run a loop at the same time. MT-Safe. */
static inline bool gathers(const rtk_executor *executor, unsigned workers) {
    gathering *g = calloc(1, sizeof *g);
    assert_non_null(g);
    meeting_set_up(&g->m, workers);
    bool all = !rtk_parallel_for(executor, workers, workers, gather, g, NULL);
    for (unsigned i = 0; i < workers; i++) all = all && g->came[i];
    meeting_tear_down(&g->m);
    free(g);
    return all;
}

#endif
