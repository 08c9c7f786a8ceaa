#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "stress/conformance.h"
#include "stress/record_text.h"

enum { PATIENCE_MS = 15000 };

/* Those that were given, or all that Debian ships. */
static json_t *libraries_of(const rtk_options *o) {
    const struct {
        const char *interface;
        const rtk_names *names;
    } given[] = {{"blas", &o->blas_libraries}, {"fftw", &o->fftw_libraries}};
    if (!o->blas_libraries.n && !o->fftw_libraries.n)
        return rtk_conformance_known();
    json_t *list = json_array();
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < given[i].names->n; k++)
            json_array_append_new(
                list, rtk_conformance_given(given[i].interface,
                                            given[i].names->name[k]));
    return list;
}

/* A library that was asked for by name and cannot be tried is a mistake of
 * usage; the first sentence about one. */
static const char *refusal(const json_t *libraries) {
    size_t i;
    const json_t *library;
    json_array_foreach(
        libraries, i,
        library) if (*rtk_text(library, "refused")) return rtk_text(library,
                                                                    "refused");
    return NULL;
}

static bool any_tried(const json_t *libraries) {
    size_t i;
    const json_t *library;
    json_array_foreach(
        libraries, i,
        library) if (json_array_size(json_object_get(library,
                                                     "cells"))) return true;
    return false;
}

/* The command as it can be given again: without the folders of this build. */
static void command_text(const rtk_options *o, char *text, size_t room) {
    snprintf(text, room, "racetrack");
    for (int i = 1; i < o->argc; i++) {
        size_t used = strlen(text);
        snprintf(text + used, room - used, " %s", o->argv[i]);
    }
}

static int show(const rtk_options *o, const json_t *libraries) {
    char command[4096];
    command_text(o, command, sizeof command);
    if (o->json) {
        json_dumpf(libraries, stdout, JSON_INDENT(2));
        putchar('\n');
        if (!o->output) return 0;
    }
    if (!rtk_conformance_page(libraries, &o->plan, command, o->output))
        return 0;
    return rtk_fail(RTK_EXIT_NOT_MEASURED, "%s could not be written",
                    o->output ? o->output : "the standard output");
}

int rtk_cmd_conformance(rtk_options *options) {
    rtk_run run;
    unsigned refuted;
    if (options->words.n)
        return rtk_fail(RTK_EXIT_USAGE,
                        "racetrack conformance takes libraries by --blas and "
                        "--fftw, not \"%s\"",
                        options->words.name[0]);
    if (options->plan.lanes.n > 1)
        return rtk_fail(RTK_EXIT_USAGE,
                        "racetrack conformance takes one lane at a time");
    if (!options->plan.lanes.n)
        options->plan.lanes = (rtk_names){{"native"}, 1};
    /* Slow is not stuck: a few hundred callers take their time. */
    if (!options->plan.timeout_ms) options->plan.timeout_ms = PATIENCE_MS;
    json_t *libraries = libraries_of(options);
    int code = rtk_run_begin(&run, options,
                             json_pack("[s]", options->plan.lanes.name[0]),
                             json_array());
    if (code) {
        json_decref(libraries);
        return code;
    }
    run.session.tell = NULL;
    rtk_status s =
        rtk_conformance_run(&run.session, &options->plan, libraries, &refuted);
    run.refuted = refuted > 0;
    rtk_run_step(&run, s, "a lane could not be started");
    /* What documentation forbids does not fail the run. */
    run.session.fresh = 0;
    run.not_measured |= !any_tried(libraries);
    int shown = show(options, libraries);
    code = rtk_run_end(&run, options->strict);
    const char *why = refusal(libraries);
    bool given = options->blas_libraries.n + options->fftw_libraries.n > 0;
    if (given && why && code < RTK_EXIT_SIGNAL)
        code = rtk_fail(RTK_EXIT_USAGE, "%s", why);
    else if (shown && code == RTK_EXIT_AS_CLAIMED)
        code = shown;
    json_decref(libraries);
    return code;
}
