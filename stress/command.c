#include "stress/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stress/target.h"

void rtk_command_quote(const char *text, char quoted[RTK_QUOTED_ROOM]) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_@%+=:,./#-";
    if (*text && *text != '#' && !text[strspn(text, plain)]) {
        snprintf(quoted, RTK_QUOTED_ROOM, "%s", text);
        return;
    }
    size_t n = 0;
    quoted[n++] = '\'';
    /* A quote takes four bytes, the last one and the end two more. */
    for (; *text && n + 6 < RTK_QUOTED_ROOM; text++) {
        const char *as = *text == '\'' ? "'\\''" : (char[]){*text, 0};
        n += (size_t)sprintf(quoted + n, "%s", as);
    }
    quoted[n++] = '\'';
    quoted[n] = 0;
}

json_t *rtk_command_replay(const char *path, const char *id) {
    char quoted[RTK_QUOTED_ROOM];
    rtk_command_quote(path, quoted);
    return json_sprintf("racetrack replay %s#%s", quoted, id);
}

static void put_names(FILE *to, const char *option, const rtk_names *names) {
    char quoted[RTK_QUOTED_ROOM];
    for (size_t i = 0; i < names->n; i++) {
        rtk_command_quote(names->name[i], quoted);
        fprintf(to, " --%s %s", option, quoted);
    }
}

/* Variables beside the one that names the library, for which there is an
 * option. */
static void put_environment(FILE *to) {
    char quoted[RTK_QUOTED_ROOM];
    json_t *set = rtk_target_environment(), *value;
    const char *name;
    json_object_foreach(set, name, value) {
        if (strncmp(name, "RACETRACK_", strlen("RACETRACK_")) == 0) continue;
        rtk_command_quote(json_string_value(value), quoted);
        fprintf(to, "%s=%s ", name, quoted);
    }
    json_decref(set);
}

static void put_limits(FILE *to, const rtk_plan *plan) {
    if (plan->plain) fputs(" --plain", to);
    if (plan->perturb) fprintf(to, " --perturb %s", plan->perturb);
    if (plan->actors) fprintf(to, " --actors %u", plan->actors);
    if (plan->workers != RTK_WORKERS_UNSET)
        fprintf(to, " --workers=%" PRId64, plan->workers);
    if (plan->timeout_ms) fprintf(to, " --timeout %ums", plan->timeout_ms);
    if (!plan->declare) fputs(" --no-declare", to);
}

json_t *rtk_command_stress(const rtk_plan *plan, const char *subject,
                           const char *scenario, const char *lane,
                           uint64_t seed) {
    char *text = NULL, quoted[RTK_QUOTED_ROOM];
    size_t length;
    FILE *to = open_memstream(&text, &length);
    if (!to) return NULL;
    put_environment(to);
    rtk_command_quote(subject, quoted);
    fprintf(to, "racetrack stress%s%s %s --scenario %s",
            plan->library ? " " : "", plan->library ? plan->library : "",
            quoted, scenario);
    put_names(to, "condition", &plan->conditions);
    put_names(to, "operation", &plan->operations);
    put_names(to, "oracle", &plan->oracles);
    put_limits(to, plan);
    fprintf(to, " --lane %s --seed %" PRIu64, lane, seed);
    bool whole = !ferror(to);
    json_t *command = fclose(to) == 0 && whole ? json_string(text) : NULL;
    free(text);
    return command;
}
