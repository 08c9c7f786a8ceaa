/* The reference kernels as a plug-in, loaded like anybody's. */

#include "kernels/fft/c2c.h"
#include "kernels/subjects/subjects.h"
#include "kernels/threadpools/threadpools.h"

static const char *layer(int parallel) {
    static const char *const layers[] = {"serial", "pthreads", "OpenMP"};
    return parallel >= 0 && parallel <= 2 ? layers[parallel] : "unknown";
}

static void about(void (*say)(void *to, const char *key, const char *value),
                  void *to) {
    rtk_blas blas;
    say(to, "FFTW", rtk_fft_library());
    if (rtk_blas_find(NULL, &blas)) {
        say(to, "OpenBLAS", "not found");
        return;
    }
    say(to, "OpenBLAS", blas.config);
    say(to, "OpenBLAS core", blas.corename);
    say(to, "OpenBLAS threads", layer(blas.parallel));
}

enum {
#define RTK_SUBJECT(name) index_of_##name,
#include "subjects.inc"
#undef RTK_SUBJECT
    SUBJECTS
};

const rtk_plugin *racetrack_plugin(const rtk_host *host) {
    static const rtk_subject *subjects[SUBJECTS];
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = RTK_ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "reference",
                                      .version = "0.1.0",
                                      .subjects = subjects,
                                      .n_subjects = SUBJECTS,
                                      .about = about};
    if (host->abi != RTK_ABI || host->size < sizeof *host) return NULL;
#define RTK_SUBJECT(name) subjects[index_of_##name] = rtk_##name(host);
#include "subjects.inc"
#undef RTK_SUBJECT
    return &plugin;
}
