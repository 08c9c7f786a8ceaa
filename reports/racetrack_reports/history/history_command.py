"""racetrack history. See --help."""

import argparse
import math
import os
import pathlib
import sys

from .. import __main__ as outputs
from .. import records
from ..terminal import columns
from . import changes, exports, formats, store

EPILOG = """\
A run is a file of records of racetrack bench or compare (its head), or JSON of Google
Benchmark, pyperf or asv. Importing it again replaces it. Series are of one machine
each; a change is what two methods see that fail in different ways, 1 % at least.

Exit: 0 done, 1 changes: a cell became slower and stayed so, 2 usage, 3 the database
cannot be used or a file cannot be written, 130 interrupted.

examples:
  racetrack history import out/comparison.jsonl --commit $(git rev-parse HEAD)
  racetrack history import results/*.json
  racetrack history list
  racetrack history show "fft.c2c n0=4096"
  racetrack history changes
  racetrack history export 3 --format pyperf -o run.json
"""
BARS = "▁▂▃▄▅▆▇█"


def default_path():
    home = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return pathlib.Path(home) / "racetrack" / "history.db"


def parser():
    p = argparse.ArgumentParser(
        prog="racetrack history", description="Runs over time, in one SQLite file.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--db", type=pathlib.Path, default=default_path(), metavar="FILE",
                   help="the database (default: under the user's data)")
    what = p.add_subparsers(dest="what", required=True, metavar="COMMAND")
    one = what.add_parser("import", help="put runs in, each whole or not at all")
    one.add_argument("files", nargs="+", metavar="FILE")
    one.add_argument("--commit", default="", help="of which they are, if they do not "
                     "say so")
    one.add_argument("--date", default="", help="when, if they do not say so")
    what.add_parser("list", help="the runs and how many cells each has")
    one = what.add_parser("show", help="the times of cells, run after run")
    one.add_argument("cell", metavar="PART", help="of a cell's name")
    one = what.add_parser("changes", help="where times changed")
    one.add_argument("cell", metavar="PART", nargs="?", default="")
    one.add_argument("--reference", metavar="CELL", help="times are taken by those of "
                     "this cell in the same run")
    one = what.add_parser("export", help="one run, for another tool")
    one.add_argument("run", type=int, metavar="RUN", help="its number in the list")
    one.add_argument("--format", choices=exports.FORMATS, default="google")
    one.add_argument("-o", "--output", default="-", metavar="FILE")
    return p


def put_in(db, options):
    """All files are read before the first is put in."""
    runs = [formats.load(path) for path in options.files]
    for run in runs:
        run.commit = run.commit or options.commit
        run.date = run.date or formats.in_utc(options.date)
        number = db.add(run)
        print(f"run {number}: {len(run.cells)} cells of {run.source}"
              f"{', ' + run.commit[:12] if run.commit else ''}")
    return 0


def show_list(db, _):
    rows = [("RUN", "DATE", "COMMIT", "CELLS", "MACHINE", "SOURCE")]
    rows += [(str(n), r.date[:19], r.commit[:12], str(count), r.machine, r.source)
             for n, r, count in db.runs()]
    for line in columns(rows):
        print("  ".join(line).rstrip())
    return 0


def matching(db, part):
    names = [n for n in db.cells() if part in n]
    if not names:
        raise records.Unreadable(f"no cell in {db.path} has \"{part}\" in its name")
    return names


def bar(values):
    """The series as a row of bars, lowest to highest."""
    low, high = min(values), max(values)
    span = (high - low) or 1
    return "".join(BARS[round((v - low) / span * (len(BARS) - 1))] for v in values)


def duration(ns):
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= scale:
            return f"{ns / scale:.4g} {unit}"
    return f"{ns:.4g} ns"


def show(db, options):
    for name in matching(db, options.cell):
        for machine, rows in db.series(name).items():
            lows = [r[3] for r in rows]
            print(f"{name}\n  on {machine}: {bar(lows)}")
            for number, commit, date, low, samples in rows:
                spread = max(samples) / min(samples)
                print(f"  run {number}  {date[:19]}  {commit[:12]:12}  "
                      f"{duration(low)} (low tenth of {len(samples)}, "
                      f"{spread:.2f} x from least to most)" +
                      ("  in two heaps" if changes.two_minded(samples) else ""))
    return 0


def logs(rows, reference):
    """ln of each run's low time, by the reference's of the same run where asked."""
    base = {number: low for number, _, _, low, _ in reference or ()}
    kept = [r for r in rows if reference is None or r[0] in base]
    return kept, [math.log(r[3] / (base[r[0]] if base else 1)) for r in kept]


def find_changes(db, options):
    worse = 0
    if options.reference and options.reference not in db.cells():
        raise records.Unreadable(f"there is no cell \"{options.reference}\"")
    for name in matching(db, options.cell):
        for machine, rows in db.series(name).items():
            reference = db.series(options.reference).get(machine, []) \
                if options.reference else None
            kept, values = logs(rows, reference)
            for change in changes.changes(values) if len(values) > 5 else ():
                number, commit, date, _, samples = kept[change.at]
                if changes.two_minded(samples):
                    word = "in two heaps, not judged"
                elif change.passing:
                    word = f"passing, {change.passing} runs"
                else:
                    word = "slower" if change.shift > 0 else "faster"
                worse += word == "slower"
                print(f"{name}: {math.expm1(change.shift) * 100:+.1f} % from run "
                      f"{number} ({date[:10]}{', ' + commit[:12] if commit else ''}), "
                      f"p {change.p:.3g}: {word}; {machine}")
    if not worse:
        print("no cell became slower and stayed so")
    return 1 if worse else 0


def export(db, options):
    run = db.run(options.run)
    if run is None:
        raise records.Unreadable(f"there is no run {options.run}; racetrack history "
                                 "list shows them")
    outputs.write(options.output, exports.render(run, options.format))
    return 0


COMMANDS = {"import": put_in, "list": show_list, "show": show,
            "changes": find_changes, "export": export}


def main(argv):
    options = parser().parse_args(argv)
    if options.what != "import" and not options.db.exists():
        print(f"racetrack: there is no history at {options.db}; racetrack history "
              "import makes it", file=sys.stderr)
        return 2
    try:
        with store.Store(options.db) as db:
            return COMMANDS[options.what](db, options)
    except records.Unreadable as e:
        print(f"racetrack: {e}", file=sys.stderr)
        return 2
    except store.Unusable as e:
        print(f"racetrack: {e}", file=sys.stderr)
        return 2 if e.usage else 3
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        print(f"racetrack: {e.filename or 'the result'}: {e.strerror or e}",
              file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130
