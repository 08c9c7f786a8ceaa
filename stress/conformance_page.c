/* The matrix as a page of Markdown. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/supervise/machine.h"
#include "stress/conformance.h"
#include "stress/record_text.h"

static bool is(const json_t *object, const char *key, const char *text) {
    return strcmp(rtk_text(object, key), text) == 0;
}

static const char *name_of(const json_t *library) {
    return rtk_text(library, "name");
}

/* A cell in a few words. */
static void short_cell(FILE *to, const json_t *cell) {
    bool forbidden = json_is_string(json_object_get(cell, "forbidden"));
    long long trials = json_integer_value(json_object_get(cell, "trials"));
    double missed = json_number_value(json_object_get(cell, "missed_rate"));
    if (is(cell, "verdict", "refuted"))
        fputs(forbidden ? "forbidden, fails" : "**refuted**", to);
    else if (is(cell, "verdict", "as claimed"))
        fprintf(to,
                forbidden ? "forbidden, not seen to fail (%lld)"
                          : "as claimed (%lld, %.2g %%)",
                trials, 100 * missed);
    else
        fputs(rtk_text(cell, "verdict"), to);
    fputs(" |", to);
}

static const json_t *first_of(const json_t *libraries, const char *interface) {
    size_t i;
    const json_t *library;
    json_array_foreach(libraries, i,
                       library) if (is(library, "interface", interface) &&
                                    json_array_size(json_object_get(
                                        library, "cells"))) return library;
    return NULL;
}

/* Uses are rows, as they have long names; libraries are columns. */
static void table(FILE *to, const json_t *libraries, const char *interface) {
    const json_t *first = first_of(libraries, interface), *cell, *library;
    size_t i, k;
    if (!first) return;
    fputs("| use |", to);
    json_array_foreach(
        libraries, k,
        library) if (is(library, "interface", interface) &&
                     json_array_size(json_object_get(library, "cells")))
        fprintf(to, " %s |", name_of(library));
    fputs("\n|---|", to);
    json_array_foreach(
        libraries, k,
        library) if (is(library, "interface", interface) &&
                     json_array_size(json_object_get(library, "cells")))
        fputs("---|", to);
    json_array_foreach(json_object_get(first, "cells"), i, cell) {
        fprintf(to, "\n| %s |", rtk_text(cell, "use"));
        json_array_foreach(libraries, k, library) {
            const json_t *own =
                json_array_get(json_object_get(library, "cells"), i);
            if (!is(library, "interface", interface)) continue;
            if (own) {
                fputc(' ', to);
                short_cell(to, own);
            }
        }
    }
    fputs("\n\n", to);
}

static void evidence(FILE *to, const json_t *cell) {
    size_t i;
    const json_t *f;
    fprintf(to, "\n**%s** (`%s`", rtk_text(cell, "use"),
            rtk_text(cell, "subject"));
    if (json_is_string(json_object_get(cell, "forbidden")))
        fprintf(to, "; forbidden: %s", rtk_text(cell, "forbidden"));
    fputs(")\n\n", to);
    json_array_foreach(json_object_get(cell, "findings"), i, f) {
        fprintf(to, "- %s: %s\n  In %lld of %lld trials of `%s`",
                rtk_text(f, "oracle"), rtk_text(f, "summary"),
                json_integer_value(json_object_get(f, "trials")),
                json_integer_value(json_object_get(f, "of")),
                rtk_text(f, "scenario"));
        long long times = json_integer_value(json_object_get(f, "times"));
        if (times)
            fprintf(to, "; replayed, it was seen in %lld of %lld.\n",
                    json_integer_value(json_object_get(f, "seen")), times);
        else
            fputs("; not replayed.\n", to);
        if (times) fprintf(to, "  `%s`\n", rtk_text(f, "replay"));
    }
}

static bool red(const json_t *cell) {
    return is(cell, "verdict", "refuted") || is(cell, "verdict", "no progress");
}

static void details(FILE *to, const json_t *library) {
    size_t i;
    const json_t *cell;
    bool any = false;
    json_array_foreach(json_object_get(library, "cells"), i, cell) {
        bool unable = is(cell, "verdict", "could not run") ||
                      is(cell, "verdict", "inconclusive") ||
                      is(cell, "verdict", "not claimed");
        if (!red(cell) && !unable) continue;
        if (!any) fprintf(to, "\n### %s\n", name_of(library));
        any = true;
        if (red(cell))
            evidence(to, cell);
        else
            fprintf(to, "\n**%s**: %s: %s\n", rtk_text(cell, "use"),
                    rtk_text(cell, "verdict"), rtk_text(cell, "reason"));
    }
}

static void rows(FILE *to, const json_t *libraries) {
    size_t i;
    const json_t *l;
    fputs("| library | package | version, configuration | core | threads | "
          "file |\n|---|---|---|---|---|---|\n",
          to);
    json_array_foreach(libraries, i, l) {
        bool there = json_is_true(json_object_get(l, "installed"));
        fprintf(to, "| %s | %s%s%s | %s | %s | %s | %s |\n", name_of(l),
                rtk_text(l, "package"), *rtk_text(l, "version") ? " " : "",
                rtk_text(l, "version"),
                !there                    ? "not installed, not tried"
                : *rtk_text(l, "refused") ? rtk_text(l, "refused")
                                          : rtk_text(l, "configuration"),
                rtk_text(l, "core"), rtk_text(l, "threads"),
                rtk_text(l, "path"));
    }
    fputc('\n', to);
}

static void head(FILE *to, const rtk_plan *plan, const char *command) {
    char day[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(day, sizeof day, "%Y-%m-%d", &utc);
    json_t *machine = rtk_machine_card();
    fprintf(to,
            "# How libraries may be used\n\nMade on %s by\n\n    %s\n\non %s, "
            "%lld CPUs, lane %s, seed %llu.\n\n",
            day, command, rtk_text(machine, "cpu"),
            json_integer_value(json_object_get(machine, "cpus_usable")),
            plan->lanes.n ? plan->lanes.name[0] : "native",
            (unsigned long long)plan->seed);
    fputs("Each cell is a number of trials, each in a process of its own. *As "
          "claimed* comes with the number of trials and the largest rate of "
          "failing trials that 95 % of such runs would have seen at least "
          "once. *Refuted* is a use that users rely on and that failed: what "
          "failed, how often, and how to see it again stands below. "
          "*Forbidden* is a use that documentation does not allow; it was "
          "tried all the same, and is no defect.\n\n",
          to);
    json_decref(machine);
}

static void foot(FILE *to) {
    fputs("## Not tried\n\n"
          "- Libraries that are not installed, or refused above: the plug-ins "
          "are for integers of 32 bits, and for single and double precision.\n"
          "- LAPACK where a library has none of its own; LAPACKE; the Fortran "
          "names of BLAS; most routines in single and complex precision; "
          "banded, packed and sparse matrices; orders above a few hundred.\n"
          "- Real even and odd transforms, transforms in place, guru plans, "
          "wisdom in files, MPI.\n"
          "- What a lane cannot see: the native lane sees a race only when it "
          "does damage. `--lane tsan` with a library that was built for it "
          "(`ci/build-deps`) sees more.\n"
          "- Whether *no progress* is for ever: no call ended within the "
          "time-out (15 s unless `--timeout` says more), and not all threads "
          "were blocked. On a busy machine that may be one that is very slow; "
          "the summary tells the time of the processor that it used.\n",
          to);
}

static void write_page(FILE *to, const json_t *libraries, const rtk_plan *plan,
                       const char *command) {
    size_t i;
    const json_t *library;
    head(to, plan, command);
    fputs("## BLAS and LAPACK\n\n", to);
    table(to, libraries, "blas");
    fputs("## FFTW\n\n", to);
    table(to, libraries, "fftw");
    fputs("## Libraries\n\n", to);
    rows(to, libraries);
    fputs("## Evidence\n", to);
    json_array_foreach(libraries, i, library) details(to, library);
    fputc('\n', to);
    foot(to);
}

rtk_status rtk_conformance_page(const json_t *libraries, const rtk_plan *plan,
                                const char *command, const char *path) {
    char beside[4200];
    if (!path) {
        write_page(stdout, libraries, plan, command);
        return ferror(stdout) ? RTK_EIO : RTK_OK;
    }
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *to = fopen(beside, "we");
    if (!to) return RTK_EIO;
    write_page(to, libraries, plan, command);
    bool bad = ferror(to) != 0 || fflush(to) != 0 || fsync(fileno(to)) != 0;
    bad |= fclose(to) != 0;
    bad = bad || rename(beside, path) != 0;
    if (bad) unlink(beside);
    return bad ? RTK_EIO : RTK_OK;
}
