/* The program that `racetrack replay --export` writes, behind the contract and
 * the constants of a trial: it stands alone, so lines that include files of
 * this tree are left out of it. Each trial is a process: it loads the plug-in,
 * lets its threads call the operations, and compares. */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/subject.h"
#include "stress/repro/repro_host.h"
#include "stress/repro/repro_trial.h"

enum {
    REPRO_GUARD = 64,
    REPRO_GUARD_BYTE = 0xa5,
    REPRO_POISON = 0x7f,
    REPRO_RACE_EXIT = 66
};

/* How a trial's process ends; a sanitizer's report ends it with RACE_EXIT. */
enum { REPRO_SOUND, REPRO_WRONG, REPRO_UNUSABLE };

/* ---- One operation of one thread, with its arrays
 * ------------------------------- */

typedef struct repro_task {
    const rtk_op *op;
    rtk_view view[RTK_VIEWS_MAX], kept[RTK_VIEWS_MAX], was[RTK_VIEWS_MAX];
    rtk_views views;
    void *instance;
    unsigned calls;
    rtk_call call; /* the last one */
} repro_task;

/* Read-only once the threads run, but for the tasks: each is its thread's. */
static const rtk_subject *repro_subject;
static int64_t repro_values[RTK_PARAMS_MAX];
static rtk_args repro_args = {sizeof repro_args, repro_values, 0};
static repro_task repro_tasks[REPRO_ACTORS][REPRO_OPERATIONS];
static pthread_t repro_thread[REPRO_ACTORS];
static atomic_uint repro_arrived, repro_gate;

static size_t repro_bytes_of(const rtk_view *v) {
    return rtk_view_bytes(v);
}

/* Memory with a guard behind it. */
static void *repro_guarded(size_t bytes) {
    char *memory = repro_allocate(bytes + REPRO_GUARD, 64);
    if (!memory) exit(REPRO_UNUSABLE);
    memset(memory + bytes, REPRO_GUARD_BYTE, REPRO_GUARD);
    return memory;
}

static bool repro_overrun(const rtk_view *v) {
    const unsigned char *end = (unsigned char *)v->data + repro_bytes_of(v);
    for (size_t i = 0; i < REPRO_GUARD; i++)
        if (end[i] != REPRO_GUARD_BYTE) return true;
    return false;
}

static bool repro_lent(const rtk_view *v) {
    return v->share == RTK_SHARE_ALWAYS ||
           (REPRO_SHARE_INPUTS && v->share == RTK_SHARE_ANY &&
            v->flow == RTK_IN);
}

/* The arrays of actor `a` for its operation `k`, filled. */
static void repro_prepare(unsigned a, unsigned k) {
    repro_task *t = &repro_tasks[a][k];
    t->views =
        (rtk_views){sizeof t->views, RTK_VIEWS_MAX, sizeof *t->view, t->view};
    bool own = t->op->size > offsetof(rtk_op, describe) && t->op->describe;
    for (size_t i = 0; i < RTK_VIEWS_MAX; i++)
        t->view[i].size = sizeof *t->view;
    if ((own ? t->op->describe : repro_subject->describe)(
            repro_subject->self, &repro_args, &t->views))
        exit(REPRO_UNUSABLE);
    for (size_t i = 0; i < t->views.n; i++) {
        rtk_view *v = rtk_view_at(&t->views, i);
        v->data = a && repro_lent(v) ? repro_tasks[0][k].view[i].data
                                     : repro_guarded(repro_bytes_of(v));
    }
    if ((own && t->op->fill ? t->op->fill : repro_subject->fill)(
            repro_subject->self, &repro_args, &t->views,
            REPRO_SEED + (REPRO_SHARE_INPUTS ? 0 : a)))
        exit(REPRO_UNUSABLE);
    for (size_t i = 0; i < t->views.n; i++) {
        t->was[i] = t->kept[i] = t->view[i];
        t->kept[i].data = repro_guarded(repro_bytes_of(&t->view[i]));
        t->was[i].data = repro_guarded(repro_bytes_of(&t->view[i]));
        memcpy(t->was[i].data, t->view[i].data, repro_bytes_of(&t->view[i]));
    }
}

/* Make ready for a call: outputs poisoned, the rest as it was filled. */
static void repro_restore(repro_task *t) {
    for (size_t i = 0; i < t->views.n; i++) {
        rtk_view *v = &t->view[i];
        if (repro_lent(v)) continue;
        if (v->flow == RTK_OUT)
            memset(v->data, REPRO_POISON, repro_bytes_of(v));
        if (v->flow == RTK_INOUT)
            memcpy(v->data, t->was[i].data, repro_bytes_of(v));
    }
}

static bool repro_shares_output(const repro_task *t) {
    for (size_t i = 0; i < t->views.n; i++)
        if (repro_lent(&t->view[i]) && t->view[i].flow != RTK_IN) return true;
    return false;
}

/* Keep the first outputs; later ones must have the same bits, where that is
 * claimed. */
static void repro_compare(repro_task *t) {
    for (size_t i = 0; i < t->views.n; i++) {
        const rtk_view *v = &t->view[i];
        if (v->flow == RTK_IN || repro_lent(v)) continue;
        if (!t->calls)
            memcpy(t->kept[i].data, v->data, repro_bytes_of(v));
        else if (t->op->claims->repeatable == RTK_TIER_A &&
                 memcmp(t->kept[i].data, v->data, repro_bytes_of(v)) != 0)
            repro_fail("bits", "a call gave other bits than the first");
    }
}

static void repro_check(const repro_task *t, rtk_views *views,
                        const rtk_call *call) {
    rtk_truth truth = {.size = sizeof truth};
    char text[300];
    rtk_status (*judge)(void *, const rtk_args *, const rtk_views *,
                        const rtk_call *, rtk_truth *) =
        t->op->check ? t->op->check : repro_subject->check;
    if (!judge || judge(repro_subject->self, &repro_args, views, call, &truth))
        return;
    if (truth.error <= t->op->claims->tolerance) return;
    snprintf(text, sizeof text, "error %g, claimed %g; %s", truth.error,
             t->op->claims->tolerance, truth.text);
    repro_fail("truth", text);
}

/* ---- The threads
 * -------------------------------------------------------------- */

static void repro_open_one(repro_task *t) {
    if (repro_subject->open &&
        repro_subject->open(repro_subject->self, &repro_args, &t->views,
                            REPRO_WORKERS, &t->instance))
        repro_fail("status", "an instance could not be opened");
}

static void repro_close_one(repro_task *t) {
    if (repro_subject->close && t->instance)
        repro_subject->close(repro_subject->self, t->instance);
    t->instance = NULL;
}

static void repro_call_once(unsigned a, repro_task *t, unsigned n) {
    rtk_call call = {.size = sizeof call,
                     .workers = REPRO_WORKERS,
                     .seed = REPRO_SEED + a,
                     .actor = a,
                     .actors = REPRO_ACTORS,
                     .round = n};
    repro_restore(t);
    if (REPRO_INSTANCE == REPRO_EACH_CALL) repro_open_one(t);
    rtk_status s =
        t->op->run(repro_subject->self, t->instance, &t->views, &call);
    if (REPRO_INSTANCE == REPRO_EACH_CALL) repro_close_one(t);
    if (s)
        repro_fail("status", call.message ? call.message : rtk_status_text(s));
    repro_compare(t);
    t->call = call;
    /* Arrays that all share are whole only after the join. */
    if (!t->calls++ && !repro_shares_output(t))
        repro_check(t, &t->views, &call);
}

/* Spread the calls of the threads over each other. */
static void repro_jitter(unsigned a, unsigned n) {
    uint64_t bits = repro_random_bits(REPRO_SEED ^ (a + 1), n);
    if (bits % 8 == 0) sched_yield();
    for (uint64_t spin = bits & 128 ? (bits >> 8) % 1024 : 0; spin; spin--)
        __asm__ __volatile__("");
}

static uint64_t repro_now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void *repro_actor(void *arg) {
    unsigned a = (unsigned)(uintptr_t)arg;
    /* The last one opens the gate. Releases and acquires only here: more order
     * would hide races. */
    if (atomic_fetch_add_explicit(&repro_arrived, 1, memory_order_acq_rel) +
            1 ==
        REPRO_ACTORS)
        atomic_store_explicit(&repro_gate, 1, memory_order_release);
    while (!atomic_load_explicit(&repro_gate, memory_order_acquire))
        sched_yield();
    if (REPRO_INSTANCE == REPRO_AFTER)
        for (unsigned k = 0; k < REPRO_OPERATIONS; k++)
            repro_open_one(&repro_tasks[a][k]);
    uint64_t end = repro_now_ms() + REPRO_TRIAL_MS;
    for (unsigned n = 0; n < REPRO_CALLS && (n < 2 || repro_now_ms() < end);
         n++) {
        repro_jitter(a, n);
        repro_call_once(
            a,
            &repro_tasks[a][repro_random_bits(REPRO_SEED ^ (7000 + a), n) %
                            REPRO_OPERATIONS],
            n);
    }
    return NULL;
}

/* ---- A trial
 * ------------------------------------------------------------------ */

static const rtk_op *repro_find_op(const char *name) {
    for (size_t i = 0; i < repro_subject->n_ops; i++) {
        const rtk_op *op = (const rtk_op *)((const char *)repro_subject->ops +
                                            i * repro_subject->op_size);
        if (strcmp(op->name, name) == 0) return op;
    }
    return NULL;
}

static void repro_set_args(void) {
    repro_args.n = repro_subject->n_params;
    for (size_t i = 0; i < repro_subject->n_params; i++) {
        const rtk_param *p =
            (const rtk_param *)((const char *)repro_subject->params +
                                i * repro_subject->param_size);
        repro_values[i] = p->initial;
        for (size_t k = 0; repro_arguments[k].name; k++)
            if (strcmp(repro_arguments[k].name, p->name) == 0)
                repro_values[i] = repro_arguments[k].value;
    }
}

/* The entry of the plug-in, which may stand in front of this in one file. */
static rtk_plugin_entry repro_entry(const char *path) {
#ifdef REPRO_BUILT_IN
    (void)path;
    return racetrack_plugin;
#else
    rtk_plugin_entry entry = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library)
        *(void **)&entry = dlsym(library, "racetrack_plugin");
    else
        fprintf(stderr, "%s\n", dlerror());
    return entry;
#endif
}

static void repro_load(const char *path, const char *name) {
    rtk_plugin_entry entry = repro_entry(path);
    const rtk_plugin *p = entry ? entry(&repro_host) : NULL;
    for (size_t i = 0; p && i < p->n_subjects; i++)
        if (strcmp(p->subjects[i]->name, name) == 0)
            repro_subject = p->subjects[i];
    if (!repro_subject) {
        fprintf(stderr, "%s: there is no subject %s\n", path, name);
        exit(REPRO_UNUSABLE);
    }
    if (REPRO_TSAN && strcmp(p->lane, "tsan") != 0)
        fputs("this plug-in is not built with ThreadSanitizer, which is blind "
              "to races in it\n",
              stderr);
}

/* Open what is opened before the threads start; a shared instance once. */
static void repro_open_all(int instance) {
    bool own = instance == REPRO_OWN;
    if (!own && instance != REPRO_SHARED) return;
    for (unsigned a = 0; a < REPRO_ACTORS; a++)
        for (unsigned k = 0; k < REPRO_OPERATIONS; k++)
            if (own || a + k == 0)
                repro_open_one(&repro_tasks[a][k]);
            else
                repro_tasks[a][k].instance = repro_tasks[0][0].instance;
}

static void repro_finish(void) {
    for (unsigned a = 0; a < REPRO_ACTORS; a++)
        for (unsigned k = 0; k < REPRO_OPERATIONS; k++) {
            repro_task *t = &repro_tasks[a][k];
            for (size_t i = 0; i < t->views.n; i++) {
                const rtk_view *v = &t->view[i];
                if (repro_overrun(v))
                    repro_fail("canary", "a call wrote past an array");
                if (v->flow == RTK_IN &&
                    memcmp(v->data, t->was[i].data, repro_bytes_of(v)) != 0)
                    repro_fail("inputs", "a call wrote to an input");
            }
            if (t->calls) repro_check(t, &t->views, &t->call);
            if (REPRO_INSTANCE != REPRO_SHARED || a + k == 0)
                repro_close_one(t);
        }
}

static void repro_limit(void) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    if (REPRO_ONE_CPU) sched_setaffinity(0, sizeof one, &one);
}

static void repro_trial(const char *path, const char *name) {
    alarm(REPRO_TIMEOUT_S);
    repro_limit();
    repro_load(path, name);
    repro_set_args();
    for (unsigned a = 0; a < REPRO_ACTORS; a++)
        for (unsigned k = 0; k < REPRO_OPERATIONS; k++) {
            repro_tasks[a][k].op = repro_find_op(repro_operations[k]);
            if (!repro_tasks[a][k].op) exit(REPRO_UNUSABLE);
            repro_prepare(a, k);
        }
    repro_open_all(REPRO_INSTANCE);
    for (unsigned a = 1; a < REPRO_ACTORS; a++)
        if (pthread_create(&repro_thread[a], NULL, repro_actor,
                           (void *)(uintptr_t)a))
            exit(REPRO_UNUSABLE);
    repro_actor(NULL);
    for (unsigned a = 1; a < REPRO_ACTORS; a++)
        pthread_join(repro_thread[a], NULL);
    repro_finish();
    exit(atomic_load_explicit(&repro_failed, memory_order_relaxed)
             ? REPRO_WRONG
             : REPRO_SOUND);
}

int main(int argc, char **argv) {
    static const char *const variables[] = {
        "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS",
        "MKL_NUM_THREADS", "BLIS_NUM_THREADS"};
    unsigned times = argc > 1 ? (unsigned)atoi(argv[1]) : 20;
    const char *path = argc > 2     ? argv[2]
                       : REPRO_TSAN ? REPRO_PLUGIN_TSAN
                                    : REPRO_PLUGIN;
    const char *name = argc > 3 ? argv[3] : REPRO_SUBJECT;
    unsigned wrong = 0, crashed = 0, hung = 0, raced = 0, unusable = 0;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        setenv(variables[i], "1", 0);
    setenv("RACETRACK_SHARE", "always", 0);
    for (unsigned n = 0; n < times; n++) {
        int how = 0;
        pid_t child = fork();
        if (child == 0) repro_trial(path, name);
        if (child < 0 || waitpid(child, &how, 0) < 0) return 3;
        int code = WIFEXITED(how) ? WEXITSTATUS(how) : 0;
        hung += WIFSIGNALED(how) && WTERMSIG(how) == SIGALRM;
        crashed += (WIFSIGNALED(how) && WTERMSIG(how) != SIGALRM) ||
                   (code > REPRO_UNUSABLE && code != REPRO_RACE_EXIT);
        wrong += code == REPRO_WRONG;
        raced += code == REPRO_RACE_EXIT;
        unusable += code == REPRO_UNUSABLE;
    }
    unsigned bad = wrong + crashed + hung + raced;
    printf("%s: failed in %u of %u trials (%.0f %%): %u wrong, %u reported by "
           "the sanitizer, %u crashed, %u hung; %u could not run\n",
           name, bad, times, times ? 100.0 * bad / times : 0, wrong, raced,
           crashed, hung, unusable);
    return bad ? 1 : unusable ? 3 : 0;
}
