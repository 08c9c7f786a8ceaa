#ifndef RTK_OPTIONS_H
#define RTK_OPTIONS_H

/* The command line: the same options everywhere, and one file a sub-command. */

#include "cli/home.h"
#include "stress/campaign.h"
#include "stress/target.h"

/* Exit codes of every sub-command. */
enum {
    RTK_EXIT_AS_CLAIMED = 0,
    RTK_EXIT_REFUTED = 1,
    RTK_EXIT_USAGE = 2,
    RTK_EXIT_NOT_MEASURED = 3,
    RTK_EXIT_DETECTOR = 4,
    RTK_EXIT_SIGNAL = 128 /* plus the signal's number */
};

/* What the command line says; texts belong to argv. */
typedef struct rtk_options {
    int argc; /* the whole command, for the records */
    char **argv;
    rtk_plan plan;
    rtk_names words;                    /* what is not an option */
    rtk_names blas, sizes, worker_list; /* lists for bench, as given */
    const char *out, *records, *suppressions, *output, *markdown, *junit;
    const char *sarif, *base, *tier, *export_to, *source;
    const char *against; /* a revision for gate, "none", or NULL */
    const char *dir;     /* for new-subject; NULL: the subject's name */
    unsigned times;
    rtk_names blas_libraries, fftw_libraries; /* under test, by path */
    rtk_target target; /* the one of them, if it is one */
    rtk_names loads;   /* libraries for info */
    char **program;    /* what stands behind "--", for info; or NULL */
    unsigned callers;  /* threads that call pools; 0 = as they were counted */
    bool cost;         /* of a trial, no more */
    bool shrink, strict, json, github, budget_given, timeout_given, calibrate;
    bool power, quick; /* of selftest */
    unsigned seeds;    /* for the power; 0: as usual */
    /* Defaults, by our own path. */
    char bin[RTK_HOME_PATH], plugin[RTK_HOME_PATH], faults[RTK_HOME_PATH];
    char suppressions_default[RTK_HOME_PATH];
} rtk_options;

/* A sub-command. */
typedef struct rtk_command {
    const char *name, *arguments, *summary, *examples;
    const char *options;              /* letters of the options it takes */
    int (*run)(rtk_options *options); /* NULL: reports/ does it */
} rtk_command;

/* The sub-commands; name NULL behind the last. MT-Safe. */
extern const rtk_command rtk_commands[];

/* Tell what there is. Returns an exit code. MT-Unsafe race:options. */
int rtk_cmd_list(rtk_options *options);

/* Tell of CPUs and thread pools. Returns an exit code. MT-Unsafe
 * race:options. */
int rtk_cmd_info(rtk_options *options);

/* Try to refute the claims of subjects. Returns an exit code. MT-Unsafe
 * race:options. */
int rtk_cmd_stress(rtk_options *options);

/* Try uses of BLAS and FFTW libraries, as a matrix. Returns an exit code.
 * MT-Unsafe race:options. */
int rtk_cmd_conformance(rtk_options *options);

/* Run the trial of a finding again. Returns an exit code. MT-Unsafe
 * race:options. */
int rtk_cmd_replay(rtk_options *options);

/* Find the planted faults. Returns an exit code. MT-Unsafe race:options. */
int rtk_cmd_selftest(rtk_options *options);

/* Sweep subjects and write their times. Returns an exit code. MT-Unsafe
 * race:options. */
int rtk_cmd_bench(rtk_options *options);

/* Make pages from records. Returns an exit code. MT-Unsafe race:options. */
int rtk_cmd_report(rtk_options *options);

/* Self-test, stress, sweep and report. Returns an exit code. MT-Unsafe
 * race:options. */
int rtk_cmd_gate(rtk_options *options);

/* Write the files of a subject to begin with. Returns an exit code. MT-Unsafe
 * race:options. */
int rtk_cmd_new_subject(rtk_options *options);

/* Become the Python side with these words, argv[1..], which parses them itself.
 * Returns only when it cannot: an exit code, after a sentence.
 * MT-Unsafe race:environ. */
int rtk_delegate(int argc, char **argv);

/* Parse argv[2..] for `command`.
 *
 * Returns true; or false with *exit_code set, after a sentence or the help was
 * printed. MT-Unsafe race:options. */
bool rtk_options_parse(int argc, char **argv, const rtk_command *command,
                       rtk_options *options, int *exit_code);

/* The oracles that shall be heard, as names in an array; empty: all. The
 * caller's. MT-Safe. */
json_t *rtk_options_oracles(const rtk_options *options);

/* Print the help of all, or of one. MT-Safe. */
void rtk_help(FILE *to);
void rtk_help_command(const rtk_command *command, FILE *to);

/* Print one sentence on the standard error and give back `exit_code`.
 * MT-Safe. */
int rtk_fail(int exit_code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
