/* The library under test: its functions, plans, and who guards the planner. */

#include "kernels/libraries/fftw/fftw_calls.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { FORWARD = -1, BACKWARD = 1 };
enum { PRESERVE_INPUT = 1 << 4, ESTIMATE = 1 << 6 };

rtk_fftw_functions rtk_fftw;
const rtk_host *rtk_fftw_host;

static rtk_library library;

/* Guards the planner, and what is set up once in a process. Who holds it
 * plans, and leaves it when the planner returns. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;
static bool begun; /* guarded by planner */

rtk_library *rtk_fftw_library(void) {
    return &library;
}

/* fftw_..., or fftwf_... of single precision. */
static rtk_function find(const char *name) {
    char text[80];
    snprintf(text, sizeof text, "fftw%s_%s", rtk_fftw.narrow ? "f" : "", name);
    return rtk_library_function(&library, text);
}

static bool find_all(void) {
    const struct {
        const char *name;
        void *pointer;
        bool needed;
    } table[] = {{"plan_many_dft", &rtk_fftw.many_complex, true},
                 {"plan_many_dft_r2c", &rtk_fftw.many_real, true},
                 {"plan_many_dft_c2r", &rtk_fftw.many_back, true},
                 {"execute_dft", &rtk_fftw.execute_complex, true},
                 {"execute_dft_r2c", &rtk_fftw.execute_real, true},
                 {"execute_dft_c2r", &rtk_fftw.execute_back, true},
                 {"destroy_plan", &rtk_fftw.destroy, true},
                 {"export_wisdom_to_string", &rtk_fftw.export_wisdom, false},
                 {"import_wisdom_from_string", &rtk_fftw.import_wisdom, false},
                 {"forget_wisdom", &rtk_fftw.forget_wisdom, false},
                 {"cleanup", &rtk_fftw.cleanup, false},
                 {"free", &rtk_fftw.release, true},
                 {"init_threads", &rtk_fftw.init_threads, false},
                 {"plan_with_nthreads", &rtk_fftw.with_threads, false},
                 {"cleanup_threads", &rtk_fftw.cleanup_threads, false},
                 {"make_planner_thread_safe", &rtk_fftw.make_safe, false}};
    bool all = true;
    for (size_t i = 0; i < RTK_LENGTH(table); i++) {
        rtk_function f = find(table[i].name);
        *(rtk_function *)table[i].pointer = f;
        all &= f || !table[i].needed;
    }
    return all;
}

rtk_status rtk_fftw_open(char *sentence, size_t room) {
    rtk_status s = rtk_library_open(&library, "RACETRACK_FFTW", sentence, room);
    if (s) return s;
    rtk_fftw.narrow = !rtk_library_function(&library, "fftw_plan_many_dft");
    rtk_fftw.loops =
        (void (*)(int))rtk_library_function(&library, "omp_set_num_threads");
    const rtk_library_part part =
        rtk_fftw.narrow
            ? (rtk_library_part){"single FFTW", "fftwf_plan_many_dft"}
            : (rtk_library_part){"double FFTW", "fftw_plan_many_dft"};
    rtk_library_look(&library, &part, 1);
    if (find_all()) return RTK_OK;
    snprintf(sentence, room,
             "%s does not have FFTW's functions in double or single precision",
             library.path);
    return RTK_EINVAL;
}

void rtk_fftw_about(void (*say)(void *to, const char *key, const char *value),
                    void *to) {
    const char *version = dlsym(
        library.handle, rtk_fftw.narrow ? "fftwf_version" : "fftw_version");
    say(to, "library", library.path);
    say(to, "configuration", version ? version : "unknown");
    say(to, "threads",
        !rtk_fftw.with_threads                                  ? "none"
        : rtk_library_function(&library, "omp_get_max_threads") ? "OpenMP"
                                                                : "pthread");
    rtk_library_tell(&library, say, to);
}

/* ---- Plans --------------------------------------------------------------- */

size_t rtk_fftw_elements(const rtk_fftw_shape *s, bool output) {
    size_t whole = (size_t)s->n[0] * (size_t)s->n[1];
    bool half = s->kind == (output ? RTK_FFTW_REAL : RTK_FFTW_BACK);
    return half ? whole / 2 + 1 : whole;
}

/* An inverse has input and output changed over. */
static rtk_fftw_plan make(const rtk_fftw_shape *s, bool backward, void *in,
                          void *out) {
    unsigned flags = (s->measured ? 0u : ESTIMATE) | PRESERVE_INPUT;
    int rank = s->kind == RTK_FFTW_PLANE ? 2 : 1;
    int from = (int)rtk_fftw_elements(s, backward);
    int to = (int)rtk_fftw_elements(s, !backward);
    bool real = s->kind == (backward ? RTK_FFTW_BACK : RTK_FFTW_REAL);
    if (real)
        return rtk_fftw.many_real(rank, s->n, s->batch, in, NULL, 1, from, out,
                                  NULL, 1, to, flags);
    if (s->kind == RTK_FFTW_REAL || s->kind == RTK_FFTW_BACK)
        return rtk_fftw.many_back(rank, s->n, s->batch, in, NULL, 1, from, out,
                                  NULL, 1, to, flags);
    return rtk_fftw.many_complex(rank, s->n, s->batch, in, NULL, 1, from, out,
                                 NULL, 1, to, backward ? BACKWARD : FORWARD,
                                 flags);
}

/* On arrays of its own, as measuring writes into them. */
rtk_fftw_plan rtk_fftw_plan_make(const rtk_fftw_shape *shape, bool backward) {
    size_t bytes = (size_t)shape->batch * 16 *
                   ((size_t)shape->n[0] * (size_t)shape->n[1] + 1);
    void *in = rtk_fftw_host->allocate(bytes, 4096);
    void *out = rtk_fftw_host->allocate(bytes, 4096);
    rtk_fftw_plan plan = in && out ? make(shape, backward, in, out) : NULL;
    rtk_fftw_host->release(in);
    rtk_fftw_host->release(out);
    return plan;
}

void rtk_fftw_run(const rtk_fftw_shape *shape, rtk_fftw_plan plan,
                  bool backward, void *in, void *out) {
    int real = backward ? RTK_FFTW_BACK : RTK_FFTW_REAL;
    int back = backward ? RTK_FFTW_REAL : RTK_FFTW_BACK;
    /* A plan asks for so many parts, OpenMP says how many run at once. */
    if (rtk_fftw.loops) rtk_fftw.loops(shape->threads);
    if (shape->kind == real)
        rtk_fftw.execute_real(plan, in, out);
    else if (shape->kind == back)
        rtk_fftw.execute_back(plan, in, out);
    else
        rtk_fftw.execute_complex(plan, in, out);
}

/* ---- The planner's users ------------------------------------------------- */

void rtk_fftw_enter(rtk_fftw_guard guard) {
    if (guard == RTK_FFTW_OUR_LOCK) pthread_mutex_lock(&planner);
}

void rtk_fftw_leave(rtk_fftw_guard guard) {
    if (guard == RTK_FFTW_OUR_LOCK) pthread_mutex_unlock(&planner);
}

/* Where each plan has threads of its own number that is set with it; else the
 * first decides, as the number belongs to the planner. */
void rtk_fftw_begin(rtk_fftw_guard guard, int threads) {
    pthread_mutex_lock(&planner);
    if (!begun) {
        if (rtk_fftw.init_threads) rtk_fftw.init_threads();
        if (rtk_fftw.with_threads) rtk_fftw.with_threads(threads);
        if (guard == RTK_FFTW_SAFE && rtk_fftw.make_safe) rtk_fftw.make_safe();
    }
    begun = true;
    pthread_mutex_unlock(&planner);
}

void rtk_fftw_unload(void) {
    rtk_library_close(&library);
}
