#ifndef RTK_REPRO_TRIAL_H
#define RTK_REPRO_TRIAL_H

/* What `racetrack replay --export` writes in front of repro_body.c, here for
 * one trial of a planted fault, so that the body is compiled with the rest. */

#include <stddef.h>
#include <stdint.h>

#define REPRO_PLUGIN      "plugins/faults/native.so"
#define REPRO_PLUGIN_TSAN "plugins/faults/tsan.so"
#define REPRO_SUBJECT     "fault.static_scratch"
#define REPRO_WORKERS     RTK_WORKERS_UNSET
#define REPRO_SEED        UINT64_C(1)
#define REPRO_INSTANCE    REPRO_OWN

enum { REPRO_OWN, REPRO_SHARED, REPRO_AFTER, REPRO_EACH_CALL };
enum {
    REPRO_ACTORS = 2,
    REPRO_OPERATIONS = 1,
    REPRO_CALLS = 400,
    REPRO_TRIAL_MS = 150,
    REPRO_TIMEOUT_S = 20,
    REPRO_SHARE_INPUTS = 0,
    REPRO_ONE_CPU = 0
};

static const char *const repro_operations[] = {"run"};
static const struct {
    const char *name;
    int64_t value;
} repro_arguments[] = {{NULL, 0}};

#endif
