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
#include "stress/repro/repro_trial.h"

enum { GUARD = 64, GUARD_BYTE = 0xa5, POISON = 0x7f, RACE_EXIT = 66 };

/* How a trial's process ends; a sanitizer's report ends it with RACE_EXIT. */
enum { SOUND, WRONG, UNUSABLE };

/* ---- What a plug-in is given
 * -------------------------------------------------- */

static uint64_t scramble(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t random_bits(uint64_t seed, uint64_t index) {
    return scramble(scramble(seed + UINT64_C(0x9e3779b97f4a7c15)) +
                    (index + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

static double random_uniform(uint64_t seed, uint64_t index) {
    return 0.5 + (double)(random_bits(seed, index) >> 11) * 0x1p-53;
}

static void *allocate(size_t bytes, size_t alignment) {
    void *memory = NULL;
    if (alignment < sizeof(void *)) alignment = sizeof(void *);
    return posix_memalign(&memory, alignment, bytes ? bytes : 1) ? NULL
                                                                 : memory;
}

static rtk_status parallel_for(int64_t workers, size_t n, size_t block,
                               void (*body)(void *, size_t, size_t),
                               void *arg) {
    (void)workers;
    for (size_t lo = 0; block && lo < n; lo += block)
        body(arg, lo, n - lo < block ? n : lo + block);
    return RTK_OK;
}

static void fail(const char *oracle, const char *sentence) {
    static atomic_int told;
    /* One sentence a trial; nothing hangs on the order. */
    if (!atomic_exchange_explicit(&told, 1, memory_order_relaxed))
        fprintf(stderr, "%s: %s\n", oracle, sentence);
    /* Read after the threads were joined. */
    extern atomic_int failed;
    atomic_store_explicit(&failed, 1, memory_order_relaxed);
}

atomic_int failed;

static void log_line(const char *line) {
    fprintf(stderr, "%s\n", line);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define REPRO_TSAN 1
void __tsan_read_range(void *data, unsigned long bytes);
void __tsan_write_range(void *data, unsigned long bytes);
#endif
#endif
#ifndef REPRO_TSAN
#define REPRO_TSAN 0
static void __tsan_read_range(void *data, unsigned long bytes) {
    (void)data, (void)bytes;
}
static void __tsan_write_range(void *data, unsigned long bytes) {
    (void)data, (void)bytes;
}
#endif

static void declare_read(const void *data, size_t bytes) {
    __tsan_read_range((void *)(uintptr_t)data, bytes);
}

static void declare_write(void *data, size_t bytes) {
    __tsan_write_range(data, bytes);
}

static void no_lock(const void *lock) {
    (void)lock;
}

static const rtk_host host = {.size = sizeof host,
                              .abi = RTK_ABI,
                              .allocate = allocate,
                              .release = free,
                              .random_bits = random_bits,
                              .random_uniform = random_uniform,
                              .parallel_for = parallel_for,
                              .report = fail,
                              .log = log_line,
                              .declare_read = declare_read,
                              .declare_write = declare_write,
                              .lock_taken = no_lock,
                              .lock_released = no_lock};

/* ---- One operation of one thread, with its arrays
 * ------------------------------- */

typedef struct task {
    const rtk_op *op;
    rtk_view view[RTK_VIEWS_MAX], kept[RTK_VIEWS_MAX], was[RTK_VIEWS_MAX];
    rtk_views views;
    void *instance;
    unsigned calls;
} task;

/* Read-only once the threads run, but for the tasks: each is its thread's. */
static const rtk_subject *subject;
static int64_t values[RTK_PARAMS_MAX];
static rtk_args args = {sizeof args, values, 0};
static task tasks[ACTORS][OPERATIONS];
static pthread_t thread[ACTORS];
static atomic_uint arrived, gate;

static size_t bytes_of(const rtk_view *v) {
    return rtk_view_bytes(v);
}

/* Memory with a guard behind it. */
static void *guarded(size_t bytes) {
    char *memory = allocate(bytes + GUARD, 64);
    if (!memory) exit(UNUSABLE);
    memset(memory + bytes, GUARD_BYTE, GUARD);
    return memory;
}

static bool overrun(const rtk_view *v) {
    const unsigned char *end = (unsigned char *)v->data + bytes_of(v);
    for (size_t i = 0; i < GUARD; i++)
        if (end[i] != GUARD_BYTE) return true;
    return false;
}

static bool lent(const rtk_view *v) {
    return v->share == RTK_SHARE_ALWAYS ||
           (SHARE_INPUTS && v->share == RTK_SHARE_ANY && v->flow == RTK_IN);
}

/* The arrays of actor `a` for its operation `k`, filled. */
static void prepare(unsigned a, unsigned k) {
    task *t = &tasks[a][k];
    t->views =
        (rtk_views){sizeof t->views, RTK_VIEWS_MAX, sizeof *t->view, t->view};
    bool own = t->op->size > offsetof(rtk_op, describe) && t->op->describe;
    for (size_t i = 0; i < RTK_VIEWS_MAX; i++)
        t->view[i].size = sizeof *t->view;
    if ((own ? t->op->describe : subject->describe)(subject->self, &args,
                                                    &t->views))
        exit(UNUSABLE);
    for (size_t i = 0; i < t->views.n; i++) {
        rtk_view *v = rtk_view_at(&t->views, i);
        v->data =
            a && lent(v) ? tasks[0][k].view[i].data : guarded(bytes_of(v));
    }
    if ((own && t->op->fill ? t->op->fill : subject->fill)(
            subject->self, &args, &t->views, SEED + (SHARE_INPUTS ? 0 : a)))
        exit(UNUSABLE);
    for (size_t i = 0; i < t->views.n; i++) {
        t->was[i] = t->kept[i] = t->view[i];
        t->kept[i].data = guarded(bytes_of(&t->view[i]));
        t->was[i].data = guarded(bytes_of(&t->view[i]));
        memcpy(t->was[i].data, t->view[i].data, bytes_of(&t->view[i]));
    }
}

/* Make ready for a call: outputs poisoned, the rest as it was filled. */
static void restore(task *t) {
    for (size_t i = 0; i < t->views.n; i++) {
        rtk_view *v = &t->view[i];
        if (lent(v)) continue;
        if (v->flow == RTK_OUT) memset(v->data, POISON, bytes_of(v));
        if (v->flow == RTK_INOUT) memcpy(v->data, t->was[i].data, bytes_of(v));
    }
}

/* Keep the first outputs; later ones must have the same bits, where that is
 * claimed. */
static void compare(task *t) {
    for (size_t i = 0; i < t->views.n; i++) {
        const rtk_view *v = &t->view[i];
        if (v->flow == RTK_IN || lent(v)) continue;
        if (!t->calls)
            memcpy(t->kept[i].data, v->data, bytes_of(v));
        else if (t->op->claims->repeatable == RTK_TIER_A &&
                 memcmp(t->kept[i].data, v->data, bytes_of(v)) != 0)
            fail("bits", "a call gave other bits than the first");
    }
}

static void check(const task *t, rtk_views *views, const rtk_call *call) {
    rtk_truth truth = {.size = sizeof truth};
    char text[300];
    rtk_status (*judge)(void *, const rtk_args *, const rtk_views *,
                        const rtk_call *, rtk_truth *) =
        t->op->check ? t->op->check : subject->check;
    if (!judge || judge(subject->self, &args, views, call, &truth)) return;
    if (truth.error <= t->op->claims->tolerance) return;
    snprintf(text, sizeof text, "error %g, claimed %g; %s", truth.error,
             t->op->claims->tolerance, truth.text);
    fail("truth", text);
}

/* ---- The threads
 * -------------------------------------------------------------- */

static void open_one(task *t) {
    if (subject->open &&
        subject->open(subject->self, &args, &t->views, WORKERS, &t->instance))
        fail("status", "an instance could not be opened");
}

static void close_one(task *t) {
    if (subject->close && t->instance)
        subject->close(subject->self, t->instance);
    t->instance = NULL;
}

static void call_once(unsigned a, task *t, unsigned n) {
    rtk_call call = {.size = sizeof call,
                     .workers = WORKERS,
                     .seed = SEED + a,
                     .actor = a,
                     .actors = ACTORS,
                     .round = n};
    restore(t);
    if (INSTANCE == EACH_CALL) open_one(t);
    rtk_status s = t->op->run(subject->self, t->instance, &t->views, &call);
    if (INSTANCE == EACH_CALL) close_one(t);
    if (s) fail("status", call.message ? call.message : rtk_status_text(s));
    compare(t);
    /* Arrays that all share are whole only after the join. */
    if (!t->calls++) check(t, &t->views, &call);
}

/* Spread the calls of the threads over each other. */
static void jitter(unsigned a, unsigned n) {
    uint64_t bits = random_bits(SEED ^ (a + 1), n);
    if (bits % 8 == 0) sched_yield();
    for (uint64_t spin = bits & 128 ? (bits >> 8) % 1024 : 0; spin; spin--)
        __asm__ __volatile__("");
}

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void *actor(void *arg) {
    unsigned a = (unsigned)(uintptr_t)arg;
    /* The last one opens the gate. Releases and acquires only here: more order
     * would hide races. */
    if (atomic_fetch_add_explicit(&arrived, 1, memory_order_acq_rel) + 1 ==
        ACTORS)
        atomic_store_explicit(&gate, 1, memory_order_release);
    while (!atomic_load_explicit(&gate, memory_order_acquire)) sched_yield();
    if (INSTANCE == AFTER)
        for (unsigned k = 0; k < OPERATIONS; k++) open_one(&tasks[a][k]);
    uint64_t end = now_ms() + TRIAL_MS;
    for (unsigned n = 0; n < CALLS && (n < 2 || now_ms() < end); n++) {
        jitter(a, n);
        call_once(a, &tasks[a][random_bits(SEED ^ (7000 + a), n) % OPERATIONS],
                  n);
    }
    return NULL;
}

/* ---- A trial
 * ------------------------------------------------------------------ */

static const rtk_op *find_op(const char *name) {
    for (size_t i = 0; i < subject->n_ops; i++) {
        const rtk_op *op =
            (const rtk_op *)((const char *)subject->ops + i * subject->op_size);
        if (strcmp(op->name, name) == 0) return op;
    }
    return NULL;
}

static void set_args(void) {
    args.n = subject->n_params;
    for (size_t i = 0; i < subject->n_params; i++) {
        const rtk_param *p = (const rtk_param *)((const char *)subject->params +
                                                 i * subject->param_size);
        values[i] = p->initial;
        for (size_t k = 0; arguments[k].name; k++)
            if (strcmp(arguments[k].name, p->name) == 0)
                values[i] = arguments[k].value;
    }
}

static void load(const char *path, const char *name) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    rtk_plugin_entry entry = NULL;
    if (library) *(void **)&entry = dlsym(library, "racetrack_plugin");
    const rtk_plugin *p = entry ? entry(&host) : NULL;
    for (size_t i = 0; p && i < p->n_subjects; i++)
        if (strcmp(p->subjects[i]->name, name) == 0) subject = p->subjects[i];
    if (!subject) {
        fprintf(stderr, "%s: %s\n", path,
                library ? "there is no such subject" : dlerror());
        exit(UNUSABLE);
    }
    if (REPRO_TSAN && strcmp(p->lane, "tsan") != 0)
        fputs("this plug-in is not built with ThreadSanitizer, which is blind "
              "to races in it\n",
              stderr);
}

/* Open what is opened before the threads start; a shared instance once. */
static void open_all(void) {
    if (INSTANCE != OWN && INSTANCE != SHARED) return;
    for (unsigned a = 0; a < ACTORS; a++)
        for (unsigned k = 0; k < OPERATIONS; k++)
            if (INSTANCE == OWN || a + k == 0)
                open_one(&tasks[a][k]);
            else
                tasks[a][k].instance = tasks[0][0].instance;
}

static void finish(void) {
    for (unsigned a = 0; a < ACTORS; a++)
        for (unsigned k = 0; k < OPERATIONS; k++) {
            task *t = &tasks[a][k];
            for (size_t i = 0; i < t->views.n; i++) {
                const rtk_view *v = &t->view[i];
                if (overrun(v)) fail("canary", "a call wrote past an array");
                if (v->flow == RTK_IN &&
                    memcmp(v->data, t->was[i].data, bytes_of(v)) != 0)
                    fail("inputs", "a call wrote to an input");
            }
            if (INSTANCE != SHARED || a + k == 0) close_one(t);
        }
}

static void limit(void) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    if (ONE_CPU) sched_setaffinity(0, sizeof one, &one);
}

static void trial(const char *path, const char *name) {
    alarm(TIMEOUT_S);
    limit();
    load(path, name);
    set_args();
    for (unsigned a = 0; a < ACTORS; a++)
        for (unsigned k = 0; k < OPERATIONS; k++) {
            tasks[a][k].op = find_op(operations[k]);
            if (!tasks[a][k].op) exit(UNUSABLE);
            prepare(a, k);
        }
    open_all();
    for (unsigned a = 1; a < ACTORS; a++)
        if (pthread_create(&thread[a], NULL, actor, (void *)(uintptr_t)a))
            exit(UNUSABLE);
    actor(NULL);
    for (unsigned a = 1; a < ACTORS; a++) pthread_join(thread[a], NULL);
    finish();
    exit(atomic_load_explicit(&failed, memory_order_relaxed) ? WRONG : SOUND);
}

int main(int argc, char **argv) {
    static const char *const variables[] = {
        "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS",
        "MKL_NUM_THREADS", "BLIS_NUM_THREADS"};
    unsigned times = argc > 1 ? (unsigned)atoi(argv[1]) : 20;
    const char *path = argc > 2 ? argv[2] : REPRO_TSAN ? PLUGIN_TSAN : PLUGIN;
    const char *name = argc > 3 ? argv[3] : SUBJECT;
    unsigned wrong = 0, crashed = 0, hung = 0, raced = 0, unusable = 0;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        setenv(variables[i], "1", 0);
    setenv("RACETRACK_SHARE", "always", 0);
    for (unsigned n = 0; n < times; n++) {
        int how = 0;
        pid_t child = fork();
        if (child == 0) trial(path, name);
        if (child < 0 || waitpid(child, &how, 0) < 0) return 3;
        int code = WIFEXITED(how) ? WEXITSTATUS(how) : 0;
        hung += WIFSIGNALED(how) && WTERMSIG(how) == SIGALRM;
        crashed += (WIFSIGNALED(how) && WTERMSIG(how) != SIGALRM) ||
                   (code > UNUSABLE && code != RACE_EXIT);
        wrong += code == WRONG;
        raced += code == RACE_EXIT;
        unusable += code == UNUSABLE;
    }
    unsigned bad = wrong + crashed + hung + raced;
    printf("%s: failed in %u of %u trials (%.0f %%): %u wrong, %u reported by "
           "the sanitizer, %u crashed, %u hung; %u could not run\n",
           name, bad, times, times ? 100.0 * bad / times : 0, wrong, raced,
           crashed, hung, unusable);
    return bad ? 1 : unusable ? 3 : 0;
}
