"""Render records. See --help."""

import argparse
import json
import os
import sys

from . import base, overall, records

EPILOG = """\
RECORDS is a file of records or a run folder with a records.jsonl; OUT is a
file, or - for standard output. With --gate the exit code is the run's own
(0 as claimed, 1 refuted, 3 could not measure, 4 a detector failed,
130 interrupted); without it, 0 says that all was written. 2: the records or
the arguments cannot be read. 3: a file cannot be written.

examples:
  python -m racetrack_reports out/records.jsonl -o report.html
  python -m racetrack_reports out --markdown summary.md --junit junit.xml
  python -m racetrack_reports out --sarif out.sarif --base before/records.jsonl
  python -m racetrack_reports out --github
  python -m racetrack_reports table out
  python -m racetrack_reports out --validate
"""


def parser(table):
    p = argparse.ArgumentParser(
        prog="racetrack_reports" + (" table" if table else ""),
        description="Print the verdict table of a run." if table else
        "Render the records of a run as a page, a summary and test results.",
        epilog=None if table else EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("records", metavar="RECORDS")
    if not table:
        p.add_argument("-o", "--output", metavar="OUT",
                       help="an HTML page that needs no network")
        p.add_argument("--markdown", metavar="OUT", help="a summary")
        p.add_argument("--junit", metavar="OUT", help="JUnit XML")
        p.add_argument("--json", metavar="OUT",
                       help="the verdict for a program")
        p.add_argument("--validate", action="store_true",
                       help="only judge the records by the JSON Schema")
        p.add_argument("--sarif", metavar="OUT", help="SARIF 2.1.0")
        p.add_argument("--github", action="store_true",
                       help="print annotations for a GitHub workflow")
    p.add_argument("--base", metavar="RECORDS",
                   help="records of an earlier run: say what is new since, "
                   "and let only that fail")
    p.add_argument("--gate", action="store_true",
                   help="exit with the run's own code")
    return p


def write(path, text):
    """Write beside the place and rename; a pipe or a device is written to."""
    if path == "-":
        sys.stdout.write(text)
        return
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return
    beside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(beside, "x", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, path)
    except BaseException:
        try:
            os.unlink(beside)
        except OSError:
            pass
        raise


def outputs(options, run, whole):
    """(path, text) of each file asked for; all are made before one is
    written."""
    if options.output:
        from . import page
        yield options.output, page.render(run, whole)
    if options.markdown:
        from . import markdown
        yield options.markdown, markdown.render(run, whole)
    if options.junit:
        from . import junit
        yield options.junit, junit.render(run)
    if options.sarif:
        from . import sarif
        yield options.sarif, sarif.render(run, whole)
    if options.github:
        from . import github
        yield "-", github.render(run, whole)
    if options.json:
        yield options.json, json.dumps(
            overall.as_json(run, whole), indent=1, ensure_ascii=False) + "\n"


def print_table(run, whole):
    from . import terminal
    sys.stdout.write(terminal.render(run, whole,
                                     terminal.wants_colour(sys.stdout)))


def missing(e):
    print(f"racetrack_reports: no report: {sys.executable} has no package "
          f"{e.name}; install what reports/requirements.lock lists, or "
          "name a Python that has it by RACETRACK_PYTHON", file=sys.stderr)
    return 3


def delegated(argv):
    """The exit code of a command that is not a rendering, or None."""
    if argv[:1] == ["compare"]:
        from .compare import compare_command as command
    elif argv[:1] == ["bisect"]:
        from .compare import bisect as command
    elif argv[:1] == ["selftest"]:
        from .compare import selftest as command
    elif argv[:1] == ["history"]:
        from .history import history_command as command
    else:
        return None
    return command.main(argv[1:])


def main(argv):
    try:
        code = delegated(argv)
    except ModuleNotFoundError as e:
        return missing(e)
    if code is not None:
        return code
    table = argv[:1] == ["table"]
    options = parser(table).parse_args(argv[table:])
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    path = None
    try:
        if not table and options.validate:
            faults = list(records.validate(options.records))
            print("\n".join(faults) or "all records fit the schema")
            return 2 if faults else 0
        run = records.load(options.records)
        if options.base:
            base.apply(run, records.load(options.base))
        whole = overall.overall(run)
        asked = [] if table else list(outputs(options, run, whole))
        if not asked:
            print_table(run, whole)
        for path, text in asked:
            write(path, text)
    except records.Unreadable as e:
        print(f"racetrack_reports: {e}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ModuleNotFoundError as e:
        return missing(e)
    except OSError as e:
        print(f"racetrack_reports: cannot write {path}: {e.strerror or e}",
              file=sys.stderr)
        return 3
    return whole.code if options.gate else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
