#include "stress/target.h"

#include <stdlib.h>
#include <string.h>

/* By interface, the variable in which its plug-in finds the library. */
static const struct {
    const char *interface, *variable;
} interfaces[] = {{"blas", "RACETRACK_BLAS"}, {"fftw", "RACETRACK_FFTW"}};

/* What decides a trial beside its request. */
static const char *const variables[] = {
    "RACETRACK_BLAS",   "RACETRACK_FFTW",   "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS", "OMP_NUM_THREADS",  "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS", "OPENBLAS_CORETYPE"};

enum {
    INTERFACES = sizeof interfaces / sizeof *interfaces,
    VARIABLES = sizeof variables / sizeof *variables
};

void rtk_target_take(rtk_target *target, rtk_plan *plan, const char *interface,
                     const char *path) {
    char whole[4096], plugins[4200], quoted[RTK_QUOTED_ROOM];
    if (!realpath(path, whole)) snprintf(whole, sizeof whole, "%s", path);
    for (size_t i = 0; i < INTERFACES; i++) {
        if (strcmp(interfaces[i].interface, interface) == 0)
            setenv(interfaces[i].variable, whole, 1);
        else
            unsetenv(interfaces[i].variable);
    }
    snprintf(plugins, sizeof plugins, "%s/../plugins/%s", plan->runners,
             interface);
    if (!realpath(plugins, target->plugin))
        snprintf(target->plugin, sizeof target->plugin, "%s", plugins);
    rtk_command_quote(whole, quoted);
    snprintf(target->option, sizeof target->option, "--%s %s", interface,
             quoted);
    plan->plugin = target->plugin;
    plan->library = target->option;
}

void rtk_target_plugin(rtk_target *target, rtk_plan *plan, const char *path) {
    char quoted[RTK_QUOTED_ROOM];
    rtk_command_quote(path, quoted);
    snprintf(target->option, sizeof target->option, "--plugin %s", quoted);
    plan->library = target->option;
}

json_t *rtk_target_environment(void) {
    json_t *set = NULL;
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = getenv(variables[i]);
        if (!value) continue;
        if (!set) set = json_object();
        json_object_set_new(set, variables[i], json_string(value));
    }
    return set;
}

void rtk_target_restore(const json_t *environment) {
    if (!json_is_object(environment)) return;
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value =
            json_string_value(json_object_get(environment, variables[i]));
        if (value)
            setenv(variables[i], value, 1);
        else
            unsetenv(variables[i]);
    }
}
