#include <string.h>

#include "cli/options.h"

const rtk_command rtk_commands[] = {
    {"list",
     "[subjects|scenarios|axes|oracles|perturbations|faults|suppressions...]",
     "Tell what there is",
     "  racetrack list\n  racetrack list subjects --plugin ./plugins/mylib\n",
     "pKFJk", rtk_cmd_list},
    {"info", "[-- PROGRAM [ARGUMENTS...]]",
     "Tell the CPUs usable here, and the thread pools of a library or program",
     "  racetrack info\n"
     "  racetrack info --load libopenblas.so.0 --callers 8\n"
     "  racetrack info -- ./program its arguments\n"
     "  racetrack info --json -o pools.json -- python3 script.py\n"
     "  racetrack info --calibrate --budget 10s\n"
     "\nThe report follows when the program has ended. Its exit code stands "
     "in\n"
     "the report: info itself ends with 0 if it could look, 2 for usage, 3 if "
     "it\n"
     "could not (nothing can be loaded into programs that are statically "
     "linked\n"
     "or run with another user's rights), 130 or 143 when it was "
     "interrupted.\n",
     "LcCbtRJ", rtk_cmd_info},
    {"stress", "[SUBJECT...]",
     "Try to refute the claims of subjects with many threads and processes",
     "  racetrack stress\n"
     "  racetrack stress fft.c2c --scenario shared_instance --lane tsan\n"
     "  racetrack stress --plugin ./plugins/mylib --budget 5m --seed 7\n"
     "  racetrack stress --base before/records.jsonl\n"
     "  racetrack stress --blas /usr/lib/x86_64-linux-gnu/libblas.so.3\n",
     "pKFslbSwatorkxJDOAPqey", rtk_cmd_stress},
    {"conformance", "",
     "Tell how BLAS and FFTW libraries may be used, as a matrix",
     "  racetrack conformance -o matrix.md\n"
     "  racetrack conformance --blas ./libmyblas.so --budget 2m\n"
     "\nWithout a path, all libraries that Debian ships and that are "
     "installed.\nThe budget is for all of them.\n",
     "KFlbtSRrkJ", rtk_cmd_conformance},
    {"replay", "RECORDS#FINDING",
     "Run the trial of a finding again, tell how often it fails, shrink it",
     "  racetrack replay out#f1 --times 50\n"
     "  racetrack replay out#f1 --shrink --budget 2m\n"
     "  racetrack replay out/shrunk-f1.jsonl#f1 --export repro.c\n"
     "  racetrack replay out#f1 --export repro.c --source mylib_subject.c\n"
     "\n--shrink writes the smallest trial beside the records, as "
     "shrunk-f1.jsonl\n"
     "(or to --records FILE), which can be replayed and exported in its "
     "turn.\n",
     "nqdbrXu", rtk_cmd_replay},
    {"bench", "[SUBJECT...]",
     "Sweep workers x BLAS threads x size and write the times",
     "  racetrack bench linalg.gemm --workers 1,2 --blas-threads 1,2\n",
     "pKFbSworBz", rtk_cmd_bench},
    {"compare", "BASE HEAD [SUBJECT...]",
     "Tell whether head is slower than base: builds or revisions, in turns", "",
     "", NULL},
    {"history", "COMMAND",
     "Keep runs in a database, find where times changed, import and export", "",
     "", NULL},
    {"bisect", "GOOD BAD", "Find the commit that made a cell slower", "", "",
     NULL},
    {"report", "RECORDS",
     "Make the HTML page, Markdown, JUnit, SARIF and annotations from records",
     "  racetrack report out/records.jsonl -o report.html\n"
     "  racetrack report out/records.jsonl --sarif out.sarif --github\n",
     "Rmjfge", rtk_cmd_report},
    {"gate", "[SUBJECT...]",
     "Canary, stress, sweep, comparison and report: one verdict, one exit code",
     "  racetrack gate --out out\n"
     "  racetrack gate --plugin ./plugins/mylib --budget 2m\n"
     "  racetrack gate --tier merge\n",
     "pKFslbSorkxqegyTG", rtk_cmd_gate},
    {"selftest", "[FAULT...]",
     "Find planted faults, to see whether the tool itself is sharp",
     "  racetrack selftest\n  racetrack selftest static_scratch --seed 3\n"
     "  racetrack selftest --power --quick\n"
     "  racetrack selftest --cost\n"
     "  racetrack selftest --stats --quick\n"
     "\n--stats measures comparisons instead: see selftest --stats --help.\n"
     "The budget is for each fault, and with --power for each of its "
     "seeds.\n",
     "bSorDVEQYy", rtk_cmd_selftest},
    {"new-subject", "NAME",
     "Write a commented plug-in to begin with, for a library of your own",
     "  racetrack new-subject mylib\n"
     "  racetrack new-subject mylib --dir test/racetrack\n",
     "i", rtk_cmd_new_subject},
    {0}};

static const rtk_command *find(const char *name) {
    for (const rtk_command *c = rtk_commands; c->name; c++)
        if (strcmp(c->name, name) == 0) return c;
    return NULL;
}

/* Whether this is `command` with the option `option`. */
static bool asks_for(int argc, char **argv, const char *command,
                     const char *option) {
    bool found = false;
    for (int i = 2; i < argc; i++) found |= strcmp(argv[i], option) == 0;
    return found && strcmp(argv[1], command) == 0;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        rtk_help(stderr);
        return RTK_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        rtk_help(stdout);
        return RTK_EXIT_AS_CLAIMED;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("racetrack " RTK_VERSION);
        return RTK_EXIT_AS_CLAIMED;
    }
    const rtk_command *command = find(argv[1]);
    if (!command)
        return rtk_fail(RTK_EXIT_USAGE,
                        "there is no command \"%s\"; see racetrack --help",
                        argv[1]);
    if (!command->run || asks_for(argc, argv, "selftest", "--stats"))
        return rtk_delegate(argc, argv);
    static rtk_options options;
    int exit_code;
    if (!rtk_options_parse(argc, argv, command, &options, &exit_code))
        return exit_code;
    rtk_interrupt_watch();
    exit_code = command->run(&options);
    /* What could not be shown was not told. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        rtk_fail(0, "the standard output could not be written");
        if (exit_code == RTK_EXIT_AS_CLAIMED) exit_code = RTK_EXIT_NOT_MEASURED;
    }
    return exit_code;
}
