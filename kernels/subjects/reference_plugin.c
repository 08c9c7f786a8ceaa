/* The reference kernels as a plug-in, loaded like anybody's. */

#include <string.h>

#include "kernels/fft/fft.h"
#include "kernels/linalg/linalg.h"
#include "kernels/subjects/subjects.h"
#include "kernels/threadpools/threadpools.h"

static bool find_openblas(const rtk_pools *pools, rtk_pool_info *info) {
    for (size_t i = 0; rtk_pools_info(pools, i, info) == RTK_OK; i++)
        if (strcmp(info->internal_api, "openblas") == 0) return true;
    return false;
}

static void about(void (*say)(void *to, const char *key, const char *value),
                  void *to) {
    rtk_pools *pools = NULL;
    rtk_pool_info openblas;
    say(to, "FFTW", rtk_fft_library());
    if (rtk_pools_new(&pools) || !find_openblas(pools, &openblas)) {
        say(to, "OpenBLAS", "not found");
    } else {
        say(to, "OpenBLAS", openblas.config ? openblas.config : "");
        say(to, "OpenBLAS core",
            openblas.architecture ? openblas.architecture : "");
        say(to, "OpenBLAS threads", openblas.threading_layer);
    }
    rtk_pools_free(pools);
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
                                      .about = about,
                                      .unload = rtk_linalg_release};
    if (host->abi != RTK_ABI || host->size < sizeof *host) return NULL;
#define RTK_SUBJECT(name) subjects[index_of_##name] = rtk_##name(host);
#include "subjects.inc"
#undef RTK_SUBJECT
    return &plugin;
}
