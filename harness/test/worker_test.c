/* Actors in processes that are started afresh: this very program, with a table
 * of operations of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs those before it. */
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/lane.h"
#include "harness/random.h"
#include "harness/test/try_subject.h"
#include "harness/worker.h"

enum {
    ACTORS = 4,
    COUNT = 4096,
    KILLED = 2,
    CALLS_BEFORE = 3,
    CALLS = 40,
    FDS = 1024
};

/* Set in workers alone. */
static bool fresh;

/* ---- A subject: x is read, y written, s common to all
 * ------------------------ */

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    static const char *const names[] = {"x", "y", "s"};
    static const rtk_flow flows[] = {RTK_IN, RTK_OUT, RTK_INOUT};
    (void)self, (void)args;
    views->n = 3;
    for (size_t i = 0; i < 3; i++) {
        rtk_view *v = rtk_view_at(views, i);
        v->name = names[i];
        v->type = i < 2 ? RTK_FLOAT64 : RTK_INT64;
        v->flow = flows[i];
        v->share = i < 2 ? RTK_SHARE_ANY : RTK_SHARE_ALWAYS;
        v->rank = 1;
        v->shape[0] = COUNT;
    }
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args;
    double *x = rtk_view_at(views, 0)->data;
    for (size_t i = 0; i < COUNT; i++) x[i] = rtk_random_uniform(seed, i);
    return RTK_OK;
}

#define CALL(name, ...)                                                        \
    static rtk_status name(void *self, void *instance, const rtk_views *views, \
                           rtk_call *call) {                                   \
        double *x = rtk_view_at(views, 0)->data;                               \
        double *y = rtk_view_at(views, 1)->data;                               \
        (void)self, (void)instance, (void)call;                                \
        for (size_t i = 0; i < COUNT; i++) y[i] = 2 * x[i];                    \
        __VA_ARGS__                                                            \
        return RTK_OK;                                                         \
    }

CALL(doubles, )
CALL(tells_its_address, y[0] = (double)(uintptr_t)x;)
/* The inode of the file that x lies in, when it is shared and read-only. */
static double mapping_of(const void *x) {
    char line[256], mode[8];
    unsigned long start, end, inode, at = (unsigned long)(uintptr_t)x;
    double found = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %7s %*s %*s %lu", &start, &end, mode,
                   &inode) == 4 &&
            at >= start && at < end && strcmp(mode, "r--s") == 0)
            found = (double)inode;
    if (maps) fclose(maps);
    return found;
}

CALL(
    tells_its_mapping, y[0] = mapping_of(x); if (y[0] == 0) {
        call->message = "the input is not shared and read-only";
        return RTK_EFAILED;
    })
CALL(writes_input, if (fresh && call->actor == 1) x[0] = 1;)
CALL(is_killed,
     if (call->actor == KILLED && call->round == CALLS_BEFORE) raise(SIGKILL);)
CALL(crashes, if (fresh) raise(SIGSEGV);)
CALL(exits, if (fresh && call->actor == KILLED) _exit(7);)
CALL(rounds_upwards, if (fresh) fesetround(FE_UPWARD);)
CALL(drifts, for (unsigned i = 0; i < call->actor; i++)
                 y[0] = nextafter(y[0], INFINITY);)

/* Pipes and memory of the harness are none of the library's. */
static bool open_to_harness(void) {
    DIR *d = opendir("/proc/self/fd");
    bool found = false;
    for (const struct dirent *e; d && (e = readdir(d));) {
        char path[64], target[64];
        int fd = atoi(e->d_name);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(path, target, sizeof target - 1);
        target[n > 0 ? n : 0] = 0;
        found |= fd > STDERR_FILENO && fd != rtk_emit_descriptor() &&
                 (strstr(target, "memfd:") || strstr(target, "pipe:"));
    }
    if (d) closedir(d);
    return found;
}

CALL(
    has_descriptors, if (fresh && open_to_harness()) {
        call->message = "a descriptor of the harness is open";
        return RTK_EFAILED;
    })

static int64_t *common_of(const rtk_views *views) {
    return rtk_view_at(views, 2)->data;
}

/* All writes and reads of the common array are told to the compiler one by
 * one, as they would be in a library that thinks it is alone. */
static rtk_status publishes(void *self, void *instance, const rtk_views *views,
                            rtk_call *call) {
    volatile int64_t *s = common_of(views);
    (void)self, (void)instance;
    double *y = rtk_view_at(views, 1)->data;
    for (size_t i = 0; i < COUNT; i++) s[i] = call->actor;
    for (size_t i = 0; i < COUNT; i++) y[i] = (double)s[i] - call->actor;
    return RTK_OK;
}

static rtk_status is_whole(void *self, const rtk_args *args,
                           const rtk_views *views, const rtk_call *call,
                           rtk_truth *truth) {
    const double *y = rtk_view_at(views, 1)->data;
    (void)self, (void)args, (void)call;
    for (size_t i = 1; i < COUNT; i++)
        if (y[i] != y[0]) truth->error = 1;
    snprintf(truth->text, sizeof truth->text, "a torn value");
    return RTK_OK;
}

/* s[0] counts all, the rest each actor alone. */
static rtk_status counts(void *self, void *instance, const rtk_views *views,
                         rtk_call *call) {
    volatile int64_t *s = common_of(views);
    (void)self, (void)instance;
    for (int i = 0; i < COUNT; i++) s[0] = s[0] + 1;
    s[1 + call->actor] = s[1 + call->actor] + COUNT;
    return doubles(self, instance, views, call);
}

static rtk_status counts_right(void *self, void *instance,
                               const rtk_views *views, rtk_call *call) {
    int64_t *s = common_of(views);
    for (int i = 0; i < COUNT; i++)
        __atomic_fetch_add(&s[0], 1, __ATOMIC_RELAXED);
    s[1 + call->actor] += COUNT;
    return doubles(self, instance, views, call);
}

static rtk_status adds_up(void *self, const rtk_args *args,
                          const rtk_views *views, const rtk_call *call,
                          rtk_truth *truth) {
    const int64_t *s = common_of(views);
    int64_t sum = 0;
    (void)self, (void)args;
    for (unsigned i = 0; i < call->actors; i++) sum += s[1 + i];
    truth->error = sum != s[0];
    snprintf(truth->text, sizeof truth->text, "%lld updates of %lld are there",
             (long long)s[0], (long long)sum);
    return RTK_OK;
}

static int common_number;

static void *add_one(void *arg) {
    common_number++;
    return arg;
}

static rtk_status races(void *self, void *instance, const rtk_views *views,
                        rtk_call *call) {
    pthread_t thread[2];
    for (size_t i = 0; fresh && i < 2; i++)
        if (pthread_create(&thread[i], NULL, add_one, NULL) != 0) abort();
    for (size_t i = 0; fresh && i < 2; i++) pthread_join(thread[i], NULL);
    return doubles(self, instance, views, call);
}

static rtk_status describe_more(void *self, const rtk_args *args,
                                rtk_views *views) {
    rtk_status s = describe(self, args, views);
    if (fresh) rtk_view_at(views, 1)->shape[0] *= 2;
    return s;
}

static const rtk_claims exact = {.size = sizeof exact,
                                 .promises = RTK_INPUTS_UNTOUCHED |
                                             RTK_NO_DESCRIPTORS_LEFT |
                                             RTK_ENVIRONMENT_KEPT};
static const rtk_claims loose = {.size = sizeof loose,
                                 .repeatable = RTK_TIER_C};
static const rtk_claims close_by = {
    .size = sizeof close_by, .repeatable = RTK_TIER_B, .ulps = 1};

#define OP(f, c, ...)                                                          \
    {                                                                          \
        .size = sizeof(rtk_op), .name = #f, .run = f, .claims = &(c),          \
        __VA_ARGS__                                                            \
    }

static const rtk_op ops[] = {
    OP(doubles, exact, ),
    OP(tells_its_address, exact, ),
    OP(tells_its_mapping, exact, ),
    OP(writes_input, exact, ),
    OP(is_killed, exact, ),
    OP(crashes, exact, ),
    OP(exits, exact, ),
    OP(rounds_upwards, exact, ),
    OP(drifts, close_by, ),
    OP(has_descriptors, exact, ),
    OP(publishes, loose, .check = is_whole),
    OP(counts, loose, .check = adds_up),
    OP(counts_right, loose, .check = adds_up),
    OP(races, exact, ),
};
static const rtk_op odd_op = OP(doubles, exact, .describe = describe_more);

static const rtk_subject subject = {.size = sizeof subject,
                                    .name = "afresh",
                                    .describe = describe,
                                    .fill = fill,
                                    .ops = ops,
                                    .n_ops = sizeof ops / sizeof *ops,
                                    .op_size = sizeof *ops};
static const rtk_subject odd = {.size = sizeof odd,
                                .name = "odd",
                                .describe = describe,
                                .fill = fill,
                                .ops = &odd_op,
                                .n_ops = 1,
                                .op_size = sizeof odd_op};
static const rtk_subject *const subjects[] = {&subject, &odd};
static const rtk_plugin plugin = {
    .size = sizeof plugin, .subjects = subjects, .n_subjects = 2};

/* ---- Trying it --------------------------------------------------------------
 */

static const rtk_usage spawned = {.actors = RTK_SPAWNED, .share_inputs = true};
static const rtk_usage forked = {.actors = RTK_PROCESSES, .share_inputs = true};

static rtk_tried try_op(const rtk_subject *s, const rtk_op *op,
                        const rtk_usage *usage) {
    rtk_job jobs[2 * ACTORS];
    unsigned actors = usage->threads_each ? 2 * ACTORS : ACTORS;
    memset(jobs, 0, sizeof jobs);
    for (unsigned i = 0; i < actors; i++) jobs[i].op = op;
    rtk_trial t = {.subject = s,
                   .usage = usage,
                   .jobs = jobs,
                   .jobs_each = 1,
                   .promises = op->claims->promises,
                   .workers = RTK_WORKERS_UNSET,
                   .actors = actors,
                   .calls = CALLS,
                   .budget_ns = UINT64_C(20000000000),
                   .seed = 1};
    return rtk_try_trial(&t);
}

static rtk_tried try(rtk_try_call call, const rtk_usage *usage) {
    size_t i = 0;
    while (ops[i].run != call) i++;
    return try_op(&subject, &ops[i], usage);
}

static int64_t calls_of(const rtk_tried *tried) {
    return json_integer_value(json_object_get(tried->trial, "calls"));
}

/* The summary of the first finding of `oracle`, or "". */
static const char *summary_of(const rtk_tried *tried, const char *oracle) {
    size_t i;
    const json_t *f;
    json_array_foreach(
        tried->findings, i,
        f) if (strcmp(json_string_value(json_object_get(f, "oracle")),
                      oracle) ==
               0) return json_string_value(json_object_get(f, "summary"));
    return "";
}

static void all_make_their_calls_and_give_the_same_bits(void **state) {
    (void)state;
    rtk_usage threaded = spawned;
    threaded.threads_each = 2;
    rtk_tried one = try(doubles, &spawned), two = try(doubles, &threaded);
    assert_int_equal(json_array_size(one.findings), 0);
    assert_int_equal(json_array_size(two.findings), 0);
    assert_int_equal(calls_of(&one), ACTORS * CALLS);
    assert_int_equal(calls_of(&two), 2 * ACTORS * CALLS);
    assert_true(rtk_tried_judged(&one, "bits"));
    rtk_tried_free(&one);
    rtk_tried_free(&two);
}

static void inputs_lie_elsewhere_only_for_who_is_started_afresh(void **state) {
    (void)state;
    rtk_tried here = try(tells_its_address, &forked);
    rtk_tried there = try(tells_its_address, &spawned);
    assert_int_equal(rtk_tried_findings(&here, "bits", NULL), 0);
    assert_int_equal(rtk_tried_findings(&there, "bits", NULL), ACTORS - 1);
    rtk_tried_free(&here);
    rtk_tried_free(&there);
}

static void all_processes_have_one_mapping_of_an_input(void **state) {
    (void)state;
    static const rtk_usage *const both[] = {&spawned, &forked};
    for (size_t i = 0; i < 2; i++) {
        rtk_tried tried = try(tells_its_mapping, both[i]);
        assert_string_equal(summary_of(&tried, "status"), "");
        assert_int_equal(json_array_size(tried.findings), 0);
        assert_true(rtk_tried_judged(&tried, "bits"));
        rtk_tried_free(&tried);
    }
}

static void inputs_are_read_only_there_too(void **state) {
    (void)state;
    rtk_tried tried = try(writes_input, &spawned);
    assert_int_equal(rtk_tried_findings(&tried, "inputs", "input modified"), 1);
    rtk_tried_free(&tried);
}

static void one_that_is_killed_is_told_with_its_calls(void **state) {
    (void)state;
    rtk_tried tried = try(is_killed, &spawned);
    assert_int_equal(rtk_tried_findings(&tried, "crash", "process died"), 1);
    assert_string_equal(
        summary_of(&tried, "crash"),
        "the process of actor 2 died after 3 calls, of signal 9");
    assert_int_equal(calls_of(&tried), (ACTORS - 1) * CALLS + CALLS_BEFORE);
    rtk_tried_free(&tried);
}

static void one_that_exits_is_told_with_its_code(void **state) {
    (void)state;
    rtk_tried tried = try(exits, &spawned);
    assert_string_equal(
        summary_of(&tried, "crash"),
        "the process of actor 2 died after 0 calls, with exit code 7");
    rtk_tried_free(&tried);
}

static void each_that_crashes_tells_its_own_story(void **state) {
    (void)state;
    rtk_tried tried = try(crashes, &spawned);
    assert_int_equal(rtk_tried_findings(&tried, "crash", "segmentation fault"),
                     ACTORS - 1);
    assert_int_equal(calls_of(&tried), CALLS);
    rtk_tried_free(&tried);
}

static void what_each_changed_and_measured_is_heard(void **state) {
    (void)state;
    rtk_tried tried = try(rounds_upwards, &spawned);
    assert_int_equal(rtk_tried_findings(&tried, "hygiene", NULL), 1);
    assert_non_null(strstr(summary_of(&tried, "hygiene"), "(rounds_upwards)"));
    rtk_tried_free(&tried);
    tried = try(drifts, &spawned);
    assert_int_equal(rtk_tried_findings(&tried, "ulps", NULL), 1);
    assert_non_null(strstr(summary_of(&tried, "ulps"), "by 3 units"));
    rtk_tried_free(&tried);
}

static void no_descriptor_of_ours_is_open_in_it(void **state) {
    (void)state;
    rtk_tried tried = try(has_descriptors, &spawned);
    assert_string_equal(summary_of(&tried, "status"), "");
    assert_int_equal(json_array_size(tried.findings), 0);
    rtk_tried_free(&tried);
}

/* As often as it takes, within reason: two processes must meet. */
static bool is_seen(rtk_try_call call, const rtk_usage *usage) {
    bool seen = false;
    for (int i = 0; !seen && i < 30; i++) {
        rtk_tried tried = try(call, usage);
        assert_int_equal(rtk_tried_findings(&tried, "crash", NULL), 0);
        seen = rtk_tried_findings(&tried, "truth", "wrong result") > 0;
        rtk_tried_free(&tried);
    }
    return seen;
}

static void values_torn_or_lost_between_processes_are_seen(void **state) {
    (void)state;
    assert_true(is_seen(publishes, &spawned));
    assert_true(is_seen(publishes, &forked));
    assert_true(is_seen(counts, &spawned));
    assert_true(is_seen(counts, &forked));
}

static void a_common_state_that_is_used_rightly_is_sound(void **state) {
    (void)state;
    static const rtk_usage *const both[] = {&spawned, &forked};
    for (size_t i = 0; i < 2; i++) {
        rtk_tried tried = try(counts_right, both[i]);
        assert_int_equal(json_array_size(tried.findings), 0);
        assert_true(rtk_tried_judged(&tried, "truth"));
        rtk_tried_free(&tried);
    }
}

static void a_plug_in_that_differs_in_a_fresh_process_is_told(void **state) {
    (void)state;
    rtk_tried tried = try_op(&odd, &odd_op, &spawned);
    assert_int_equal(rtk_tried_findings(&tried, "status", "call failed"),
                     ACTORS - 1);
    assert_non_null(
        strstr(summary_of(&tried, "status"), "describes other arrays"));
    assert_int_equal(calls_of(&tried), CALLS);
    rtk_tried_free(&tried);
}

static void a_race_in_it_is_told(void **state) {
    (void)state;
    if (!rtk_lane_oracle() || strcmp(rtk_lane_oracle(), "tsan") != 0) {
        print_message("skipped: races are for the tsan lane\n");
        return;
    }
    rtk_tried tried = try(races, &spawned);
    assert_int_equal(rtk_tried_findings(&tried, "tsan", "data race"),
                     ACTORS - 1);
    rtk_tried_free(&tried);
}

int main(int argc, char **argv) {
    const rtk_loaded own = {.plugin = &plugin};
    if (argc == 3 && strcmp(argv[1], RTK_WORKER_OPTION) == 0) {
        fresh = true;
        rtk_worker_main(argv[2], &own);
    }
    /* What the tests themselves were started with is not looked at. */
    for (int fd = STDERR_FILENO + 1; fd < FDS; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_make_their_calls_and_give_the_same_bits),
        cmocka_unit_test(inputs_lie_elsewhere_only_for_who_is_started_afresh),
        cmocka_unit_test(all_processes_have_one_mapping_of_an_input),
        cmocka_unit_test(inputs_are_read_only_there_too),
        cmocka_unit_test(one_that_is_killed_is_told_with_its_calls),
        cmocka_unit_test(one_that_exits_is_told_with_its_code),
        cmocka_unit_test(each_that_crashes_tells_its_own_story),
        cmocka_unit_test(what_each_changed_and_measured_is_heard),
        cmocka_unit_test(no_descriptor_of_ours_is_open_in_it),
        cmocka_unit_test(values_torn_or_lost_between_processes_are_seen),
        cmocka_unit_test(a_common_state_that_is_used_rightly_is_sound),
        cmocka_unit_test(a_plug_in_that_differs_in_a_fresh_process_is_told),
        cmocka_unit_test(a_race_in_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
