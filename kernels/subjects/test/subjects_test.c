/* The subjects are run as the harness would, over their stress values, and each
 * check must refute an output that was tampered with: a check that cannot fail
 * is no check. */

#include "kernels/workers/test/unit.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "kernels/subjects/subjects.h"

enum { ACTORS = 3, COMBINATIONS = 24, TAMPERED = 3 };

/* ---- A host in small ------------------------------------------------------
 */

static void *allocate(size_t bytes, size_t alignment) {
    return aligned_alloc(alignment,
                         (bytes + alignment - 1) / alignment * alignment);
}

static uint64_t random_bits(uint64_t seed, uint64_t index) {
    uint64_t z = seed * UINT64_C(0xD1342543DE82EF95) +
                 (index + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static double random_uniform(uint64_t seed, uint64_t index) {
    return 0.5 + (double)(random_bits(seed, index) >> 11) * 0x1p-53;
}

static const rtk_host host = {.size = sizeof host,
                              .abi = RTK_ABI,
                              .allocate = allocate,
                              .release = free,
                              .random_bits = random_bits,
                              .random_uniform = random_uniform};

static const rtk_plugin *plugin;

static int load(void **state) {
    (void)state;
    plugin = racetrack_plugin(&host);
    return plugin ? 0 : -1;
}

/* ---- A trial in small -----------------------------------------------------
 */

typedef struct trial {
    const rtk_subject *subject;
    int64_t value[RTK_PARAMS_MAX];
    rtk_args args;
    rtk_view view[RTK_VIEWS_MAX];
    rtk_views views;
    void *instance;
} trial;

/* Parameters: the defaults, or values of the stress tables by `pick`. */
static void choose(trial *t, uint64_t pick) {
    for (size_t i = 0; i < t->subject->n_params; i++) {
        const rtk_param *p = &t->subject->params[i];
        assert_int_equal(sizeof *p, p->size);
        assert_true(p->least <= p->initial && p->initial <= p->most);
        t->value[i] = p->n_stress
                          ? p->stress[random_bits(pick, i) % p->n_stress]
                          : p->initial;
    }
    t->args = (rtk_args){sizeof t->args, t->value, t->subject->n_params};
}

static void poison(const trial *t) {
    for (size_t i = 0; i < t->views.n; i++)
        if (t->view[i].flow == RTK_OUT)
            memset(t->view[i].data, -1, rtk_view_bytes(&t->view[i]));
}

static void set_up(trial *t, const rtk_subject *subject, uint64_t pick) {
    memset(t, 0, sizeof *t);
    t->subject = subject;
    choose(t, pick);
    t->views =
        (rtk_views){sizeof t->views, RTK_VIEWS_MAX, sizeof *t->view, t->view};
    assert_int_equal(RTK_OK,
                     subject->describe(subject->self, &t->args, &t->views));
    for (size_t i = 0; i < t->views.n; i++) {
        t->view[i].data = allocate(rtk_view_bytes(&t->view[i]), 64);
        assert_non_null(t->view[i].data);
    }
    poison(t);
    assert_int_equal(RTK_OK,
                     subject->fill(subject->self, &t->args, &t->views, pick));
    if (subject->open)
        assert_int_equal(RTK_OK, subject->open(subject->self, &t->args,
                                               &t->views, 2, &t->instance));
}

static void tear_down(trial *t) {
    if (t->subject->close) t->subject->close(t->subject->self, t->instance);
    for (size_t i = 0; i < t->views.n; i++) free(t->view[i].data);
}

static rtk_status run(trial *t, int64_t workers) {
    rtk_call call = {.size = sizeof call, .workers = workers, .actors = 1};
    return t->subject->ops->run(t->subject->self, t->instance, &t->views,
                                &call);
}

static double error_of(const trial *t) {
    rtk_truth truth = {.size = sizeof truth, .error = NAN};
    rtk_call call = {.size = sizeof call, .seed = 5};
    assert_int_equal(RTK_OK, t->subject->check(t->subject->self, &t->args,
                                               &t->views, &call, &truth));
    assert_true(strlen(truth.text) < sizeof truth.text);
    return truth.error;
}

static bool held(const trial *t) {
    return error_of(t) <= t->subject->ops->claims->tolerance;
}

/* ---- Tampering ------------------------------------------------------------
 */

/* A NaN is what was wanted of it: then another value. */
static double moved(double x, double by) {
    return isnan(x) ? 1 : x + by * (1 + fabs(x));
}

/* Change element `i` of an output: a relative 1e-2 in float, 1e-6 in double, or
 * one in integers. */
static void tamper(rtk_view *view, size_t i) {
    size_t reals = view->type == RTK_COMPLEX64 || view->type == RTK_COMPLEX128;
    double *wide = view->data;
    float *narrow = view->data;
    if (view->type == RTK_COMPLEX64 || view->type == RTK_FLOAT32)
        narrow[i << reals] = (float)moved(narrow[i << reals], 1e-2);
    else if (view->type == RTK_INT64)
        ((int64_t *)view->data)[i] += 1;
    else if (view->type == RTK_INT32)
        ((int32_t *)view->data)[i] += 1;
    else
        wide[i << reals] = moved(wide[i << reals], 1e-6);
}

static void assert_tampering_shows(trial *t, rtk_view *view) {
    size_t bytes = rtk_view_bytes(view), count = rtk_view_count(view);
    void *sound = malloc(bytes);
    assert_non_null(sound);
    memcpy(sound, view->data, bytes);
    for (size_t i = 0; i < TAMPERED; i++) {
        tamper(view, i == 0 ? 0 : random_bits(bytes, i) % count);
        assert_false(held(t));
        memcpy(view->data, sound, bytes);
    }
    memset(view->data, -1, bytes);
    assert_false(held(t));
    memcpy(view->data, sound, bytes);
    assert_true(held(t));
    free(sound);
}

/* ---- Facts ----------------------------------------------------------------
 */

static void the_plugin_lists_the_reference_kernels(void **state) {
    static const char *const names[] = {"fft.c2c", "linalg.gemm", "map.apply",
                                        "reduce.sum"};
    (void)state;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        unsigned found = 0;
        for (size_t i = 0; i < plugin->n_subjects; i++)
            found += !strcmp(names[n], plugin->subjects[i]->name);
        assert_int_equal(1, found);
    }
    assert_string_equal(RTK_LANE, plugin->lane);
}

static void another_hosts_abi_is_refused(void **state) {
    rtk_host other = host;
    (void)state;
    other.abi = RTK_ABI + 1;
    assert_null(racetrack_plugin(&other));
}

static void say(void *to, const char *key, const char *value) {
    *(unsigned *)to += strlen(key) && strlen(value);
}

static void it_says_which_libraries_are_in_use(void **state) {
    unsigned said = 0;
    (void)state;
    plugin->about(say, &said);
    assert_int_equal(4, said);
}

static void sound_outputs_are_held(void **state) {
    static const int64_t workers[] = {RTK_WORKERS_UNSET, 1, 2, 3, -1};
    (void)state;
    for (size_t i = 0; i < plugin->n_subjects; i++)
        for (uint64_t pick = 0; pick < COMBINATIONS; pick++) {
            trial t;
            set_up(&t, plugin->subjects[i], pick);
            assert_false(held(&t));
            assert_int_equal(RTK_OK, run(&t, workers[pick % 5]));
            assert_true(held(&t));
            tear_down(&t);
        }
}

static void a_tampered_output_is_refuted(void **state) {
    (void)state;
    for (size_t i = 0; i < plugin->n_subjects; i++)
        for (uint64_t pick = 0; pick < COMBINATIONS / 3; pick++) {
            trial t;
            set_up(&t, plugin->subjects[i], pick);
            assert_int_equal(RTK_OK, run(&t, 2));
            for (size_t v = 0; v < t.views.n; v++)
                if (t.view[v].flow == RTK_OUT)
                    assert_tampering_shows(&t, &t.view[v]);
            tear_down(&t);
        }
}

/* Laws of the first operation that an output breaks. */
static size_t broken_laws(const trial *t) {
    const rtk_op *op = t->subject->ops;
    size_t broken = 0;
    for (size_t i = 0; i < op->n_laws; i++) {
        rtk_truth truth = {.size = sizeof truth};
        rtk_call call = {.size = sizeof call, .seed = 5};
        assert_int_equal(RTK_OK,
                         op->laws[i].hold(t->subject->self, t->instance,
                                          &t->args, &t->views, &call, &truth));
        broken += !(truth.error <= op->claims->tolerance);
    }
    return broken;
}

static void laws_hold_and_break_when_an_output_is_tampered_with(void **state) {
    size_t laws = 0;
    (void)state;
    for (size_t i = 0; i < plugin->n_subjects; i++)
        for (uint64_t pick = 0; pick < COMBINATIONS; pick++) {
            trial t;
            size_t n = plugin->subjects[i]->ops->n_laws;
            set_up(&t, plugin->subjects[i], pick);
            assert_int_equal(RTK_OK, run(&t, 2));
            assert_int_equal(0, broken_laws(&t));
            /* A sum over all may miss a small change, but not all do. */
            tamper(&t.view[t.views.n - 1], 0);
            assert_true(broken_laws(&t) >= (n > 0));
            poison(&t);
            assert_int_equal(n, broken_laws(&t));
            laws += n;
            tear_down(&t);
        }
    assert_true(laws > 0);
}

static void tier_a_has_equal_bits(void **state) {
    (void)state;
    for (size_t i = 0; i < plugin->n_subjects; i++) {
        if (plugin->subjects[i]->ops->claims->repeatable != RTK_TIER_A)
            continue;
        for (uint64_t pick = 0; pick < COMBINATIONS / 3; pick++) {
            trial one, many;
            set_up(&one, plugin->subjects[i], pick);
            set_up(&many, plugin->subjects[i], pick);
            assert_int_equal(RTK_OK, run(&one, 1));
            assert_int_equal(RTK_OK, run(&many, 3));
            for (size_t v = 0; v < one.views.n; v++)
                assert_memory_equal(one.view[v].data, many.view[v].data,
                                    rtk_view_bytes(&one.view[v]));
            tear_down(&one);
            tear_down(&many);
        }
    }
}

static void zero_workers_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < plugin->n_subjects; i++) {
        trial t;
        set_up(&t, plugin->subjects[i], 1);
        assert_int_equal(RTK_EINVAL, run(&t, 0));
        tear_down(&t);
    }
}

static void close_leaves_no_thread_where_that_is_claimed(void **state) {
    unsigned before = unit_threads();
    (void)state;
    for (size_t i = 0; i < plugin->n_subjects; i++) {
        if (!(plugin->subjects[i]->ops->claims->promises & RTK_NO_THREADS_LEFT))
            continue;
        for (uint64_t pick = 0; pick < COMBINATIONS; pick++) {
            trial t;
            set_up(&t, plugin->subjects[i], pick);
            assert_int_equal(RTK_OK, run(&t, 3));
            tear_down(&t);
            assert_true(unit_threads_become(before));
        }
    }
}

/* An actor with outputs of its own, sharing inputs and instance. */
typedef struct actor {
    trial own;
    rtk_status status;
    pthread_t id;
} actor;

static void *act(void *arg) {
    actor *a = arg;
    for (int round = 0; !a->status && round < 4; round++)
        a->status = run(&a->own, 1 + round % 3);
    return NULL;
}

static void start(actor *a, const trial *shared) {
    *a = (actor){.own = *shared};
    a->own.views.first = a->own.view;
    for (size_t v = 0; v < shared->views.n; v++)
        if (shared->view[v].flow == RTK_OUT)
            a->own.view[v].data =
                allocate(rtk_view_bytes(&shared->view[v]), 64);
    poison(&a->own);
    assert_int_equal(0, pthread_create(&a->id, NULL, act, a));
}

static void finish(actor *a) {
    assert_int_equal(RTK_OK, a->status);
    assert_true(held(&a->own));
    for (size_t v = 0; v < a->own.views.n; v++)
        if (a->own.view[v].flow == RTK_OUT) free(a->own.view[v].data);
}

static void actors_may_share_instance_and_inputs(void **state) {
    (void)state;
    for (size_t i = 0; i < plugin->n_subjects; i++)
        for (uint64_t pick = 0; pick < COMBINATIONS / 4; pick++) {
            trial shared;
            actor actors[ACTORS];
            set_up(&shared, plugin->subjects[i], pick);
            for (size_t a = 0; a < ACTORS; a++) start(&actors[a], &shared);
            for (size_t a = 0; a < ACTORS; a++)
                pthread_join(actors[a].id, NULL);
            for (size_t a = 0; a < ACTORS; a++) finish(&actors[a]);
            tear_down(&shared);
        }
}

static int run_in_child(void *arg) {
    trial *t = arg;
    poison(t);
    return run(t, 2) || !held(t);
}

static void a_child_of_an_idle_process_runs_them(void **state) {
    (void)state;
    unit_skip_forks_under_tsan();
    for (size_t i = 0; i < plugin->n_subjects; i++)
        for (uint64_t pick = 0; pick < COMBINATIONS / 4; pick++) {
            trial t;
            set_up(&t, plugin->subjects[i], pick);
            assert_int_equal(RTK_OK, run(&t, 2));
            assert_int_equal(0, unit_fork(run_in_child, &t));
            assert_int_equal(RTK_OK, run(&t, 2));
            tear_down(&t);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_leaves_no_thread_where_that_is_claimed),
        cmocka_unit_test(the_plugin_lists_the_reference_kernels),
        cmocka_unit_test(another_hosts_abi_is_refused),
        cmocka_unit_test(it_says_which_libraries_are_in_use),
        cmocka_unit_test(sound_outputs_are_held),
        cmocka_unit_test(a_tampered_output_is_refuted),
        cmocka_unit_test(laws_hold_and_break_when_an_output_is_tampered_with),
        cmocka_unit_test(tier_a_has_equal_bits),
        cmocka_unit_test(zero_workers_are_refused),
        cmocka_unit_test(actors_may_share_instance_and_inputs),
        cmocka_unit_test(a_child_of_an_idle_process_runs_them),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, load, NULL);
}
