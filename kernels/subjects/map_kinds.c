#include "kernels/subjects/map_kinds.h"

#include <pthread.h>
#include <stdbool.h>

#include "kernels/workers/apply.h"

enum { USER_THREADS = 4 };

typedef struct crew {
    rtk_part run;
    void *arg;
    size_t parts, step;
} crew;

typedef struct member {
    crew *crew;
    size_t first;
    pthread_t id;
    bool started;
} member;

static void *work(void *arg) {
    const member *m = arg;
    const crew *c = m->crew;
    for (size_t i = m->first; i < c->parts; i += c->step)
        (void)!c->run(c->arg, c->parts - 1 - i);
    return NULL;
}

static rtk_status user_map(void *self, rtk_part run, void *arg, size_t parts,
                           unsigned workers) {
    (void)self;
    member members[USER_THREADS];
    size_t count = workers < USER_THREADS ? workers : USER_THREADS;
    crew c = {run, arg, parts, count};
    for (size_t i = 0; i < count; i++) {
        members[i] = (member){.crew = &c, .first = i};
        members[i].started =
            i > 0 && !pthread_create(&members[i].id, NULL, work, &members[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (!members[i].started) work(&members[i]);
    for (size_t i = 0; i < count; i++)
        if (members[i].started) pthread_join(members[i].id, NULL);
    return RTK_OK;
}

const rtk_executor rtk_map_user = {.size = sizeof rtk_map_user,
                                   .name = "user",
                                   .map = user_map,
                                   .most = USER_THREADS};

/* All items in one go, as a vectorised function takes them. */
static rtk_status whole_apply(void *self, const rtk_apply_job *job,
                              unsigned workers, rtk_loop *loop) {
    (void)self;
    (void)workers;
    const char *item = job->items;
    char *result = job->results;
    rtk_status first = RTK_OK;
    loop->failed_part = job->n;
    for (size_t i = 0; i < job->n; i++) {
        rtk_status s = job->fn(job->context, item + i * job->item_size,
                               result + i * job->result_size);
        if (!s || first) continue;
        first = s;
        loop->failed_part = i;
    }
    loop->parts_run = loop->first_unrun = job->n;
    return first;
}

const rtk_executor rtk_map_whole = {
    .size = sizeof rtk_map_whole, .name = "whole", .apply = whole_apply};

/* The last part is never run. */
static rtk_status short_map(void *self, rtk_part run, void *arg, size_t parts,
                            unsigned workers) {
    return user_map(self, run, arg, parts - 1, workers);
}

const rtk_executor rtk_map_short = {.size = sizeof rtk_map_short,
                                    .name = "short",
                                    .map = short_map,
                                    .most = USER_THREADS};

static rtk_status failing_map(void *self, rtk_part run, void *arg, size_t parts,
                              unsigned workers) {
    rtk_status s = user_map(self, run, arg, parts, workers);
    return s ? s : RTK_EIO;
}

const rtk_executor rtk_map_failing = {.size = sizeof rtk_map_failing,
                                      .name = "failing",
                                      .map = failing_map,
                                      .most = USER_THREADS};
