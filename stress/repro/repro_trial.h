#ifndef RTK_REPRO_TRIAL_H
#define RTK_REPRO_TRIAL_H

/* What `racetrack replay --export` writes in front of repro_body.c, here for
 * one trial of a planted fault, so that the body is compiled with the rest. */

#include <stddef.h>
#include <stdint.h>

#define PLUGIN      "plugins/faults/native.so"
#define PLUGIN_TSAN "plugins/faults/tsan.so"
#define SUBJECT     "fault.static_scratch"
#define WORKERS     RTK_WORKERS_UNSET
#define SEED        UINT64_C(1)
#define INSTANCE    OWN

enum { OWN, SHARED, AFTER, EACH_CALL };
enum {
    ACTORS = 2,
    OPERATIONS = 1,
    CALLS = 400,
    TRIAL_MS = 150,
    TIMEOUT_S = 20,
    SHARE_INPUTS = 0,
    ONE_CPU = 0
};

static const char *const operations[] = {"run"};
static const struct {
    const char *name;
    int64_t value;
} arguments[] = {{NULL, 0}};

#endif
