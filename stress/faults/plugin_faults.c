/* The planted faults and their sound twins, as a plug-in like any user's. */
#include "harness/subject.h"

#define RTK_FAULT(id, ...)                                                     \
    const rtk_subject *rtk_fault_##id(const rtk_host *host);                   \
    const rtk_subject *rtk_sound_##id(const rtk_host *host);
#include "stress/faults/faults.def"
#undef RTK_FAULT

static const rtk_subject *(*const makers[])(const rtk_host *host) = {
#define RTK_FAULT(id, ...) rtk_fault_##id, rtk_sound_##id,
#include "stress/faults/faults.def"
#undef RTK_FAULT
};

enum { SUBJECTS = sizeof makers / sizeof *makers };

const rtk_plugin *racetrack_plugin(const rtk_host *host) {
    static const rtk_subject *subjects[SUBJECTS];
    static const rtk_plugin plugin = {.size = sizeof plugin,
                                      .abi = RTK_ABI,
                                      .lane = RTK_BUILD_LANE,
                                      .name = "faults",
                                      .version = "1",
                                      .subjects = subjects,
                                      .n_subjects = SUBJECTS};
    if (host->abi != RTK_ABI) return NULL;
    for (size_t i = 0; i < SUBJECTS; i++) subjects[i] = makers[i](host);
    return &plugin;
}
