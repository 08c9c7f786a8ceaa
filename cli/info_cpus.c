/* CPUs, and the variables in effect. */

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/info.h"
#include "kernels/workers/cgroup_quota.h"
#include "kernels/workers/workers.h"

/* The kernel refuses a mask smaller than its own, so the room doubles. */
static json_int_t affinity(void) {
    for (size_t room = CPU_SETSIZE; room <= (size_t)1 << 20; room *= 2) {
        cpu_set_t *set = CPU_ALLOC(room);
        if (!set) return 0;
        size_t bytes = CPU_ALLOC_SIZE(room);
        int count =
            sched_getaffinity(0, bytes, set) ? 0 : CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
        if (count) return count;
    }
    return 0;
}

/* What racetrack makes of RACETRACK_CPUS: the number, 0 if it is not set, -1
 * if it is not one. */
static json_int_t lowered(void) {
    const char *text = getenv("RACETRACK_CPUS");
    char *end;
    if (!text) return 0;
    long long n = strtoll(text, &end, 10);
    /* Digits alone, as rtk_cpus_usable() takes it. */
    bool digits = *text >= '0' && *text <= '9';
    return !digits || *end || n < 1 ? -1 : n;
}

json_t *rtk_info_cpus(void) {
    json_int_t usable = rtk_cpus_usable(), quota = rtk_cgroup_cpus(""),
               mask = affinity(), ours = lowered();
    const char *limit = ours > 0 && usable == ours ? "RACETRACK_CPUS"
                        : quota && usable == quota ? "cgroup quota"
                                                   : "affinity";
    if (usable == mask) limit = "affinity";
    json_t *cpus = json_pack("{sI sI sI ss}", "usable", usable, "online",
                             (json_int_t)sysconf(_SC_NPROCESSORS_ONLN),
                             "affinity", mask, "limited_by", limit);
    /* No limit is null, not a number. */
    json_object_set_new(cpus, "cgroup_quota",
                        quota ? json_integer(quota) : json_null());
    json_object_set_new(cpus, "racetrack_cpus",
                        ours > 0 ? json_integer(ours) : json_null());
    return cpus;
}

/* What is read by us and by the libraries, and what it does. */
static const struct {
    const char *name, *what;
} variables[] = {
    {"RACETRACK_CPUS", "lowers the CPUs taken as usable"},
    {"RACETRACK_IDLE", "spin: helpers look for 200 ms before they sleep"},
    {"RACETRACK_SHARE", "always: loops are shared however small they are"},
    {"RACETRACK_PYTHON", "the Python that makes reports"},
    {"OMP_NUM_THREADS", "team of OpenMP, and of OpenBLAS without a word of its "
                        "own"},
    {"OMP_THREAD_LIMIT", "most threads of an OpenMP program"},
    {"OMP_MAX_ACTIVE_LEVELS", "how deep OpenMP loops nest with threads"},
    {"OMP_DYNAMIC", "OpenMP may take fewer threads"},
    {"OMP_PROC_BIND", "OpenMP binds its threads"},
    {"OPENBLAS_NUM_THREADS", "pool of OpenBLAS with its own threads"},
    {"GOTO_NUM_THREADS", "the same, second in rank"},
    {"OPENBLAS_CORETYPE", "kernels that OpenBLAS takes"},
    {"OPENBLAS_THREAD_TIMEOUT", "how long idle threads of OpenBLAS spin"},
    {"BLIS_NUM_THREADS", "team of BLIS"},
    {"MKL_NUM_THREADS", "team of MKL"},
    {"MKL_DYNAMIC", "MKL may take fewer threads"},
    {"MKL_THREADING_LAYER", "threads that MKL takes"},
    {"KMP_DUPLICATE_LIB_OK", "two copies of libomp may be loaded"},
};

static const char *meaning(const char *name) {
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (strcmp(variables[i].name, name) == 0) return variables[i].what;
    return NULL;
}

static const char *judged(const char *name, const char *value) {
    const char *what = meaning(name);
    if (!what) return "not known to racetrack; is it misspelt?";
    if (strcmp(name, "RACETRACK_CPUS") == 0 && lowered() < 0)
        return "without effect: not a whole number above 0";
    if (strcmp(name, "RACETRACK_IDLE") == 0 && strcmp(value, "spin"))
        return "without effect: only \"spin\" is known";
    return what;
}

json_t *rtk_info_variables(void) {
    json_t *list = json_array();
    for (char **e = environ; *e; e++) {
        const char *equals = strchr(*e, '=');
        if (!equals) continue;
        char *name = strndup(*e, (size_t)(equals - *e));
        if (name && (meaning(name) || strncmp(name, "RACETRACK_", 10) == 0))
            json_array_append_new(list, json_pack("{ss ss* ss}", "name", name,
                                                  "value", equals + 1, "effect",
                                                  judged(name, equals + 1)));
        free(name);
    }
    return list;
}
