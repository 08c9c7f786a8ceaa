"""racetrack compare. See --help."""

import argparse
import datetime
import json
import os
import pathlib
import sys
import time

from .. import __main__ as outputs
from .. import records
from ..history import formats, store
from ..terminal import wants_colour
from . import advisory, arguments, builds, instructions, show
from .comparison import Comparison, Request
from .coprocess import OPENBLAS_SPIN

EPILOG = """\
BASE and HEAD are each a plug-in (a folder with native.so, or one .so), a build folder
(its plug-in is looked for in plugins/reference, or where --plugin says), or a git
revision, which is built in a worktree under the user's cache and kept. How: by
racetrack.toml of the tree ([build] command = "...", plugin = "..."), or by --build
and --plugin. BASE can also be records of an earlier run (a file of records, or Google
Benchmark's JSON): that is advice, for the machine is another by now.

Cells are worse, better, same, or cannot tell; what is worse is measured again by
fresh processes before it counts. A third arm, base once more, runs with both: if
those two differ, the machine was too unsteady and nobody is blamed.

Exit: 0 no regression, 1 a cell is worse, wrong or broken, 2 usage, 3 could not
measure (with --strict also: cannot tell), 130 or 143 interrupted; the answers so far
are kept.

examples:
  racetrack compare main HEAD
  racetrack compare build/before build/default linalg.gemm --size 64,256
  racetrack compare --merge-base HEAD --markdown comment.md
  racetrack compare before/plugins/mylib after/plugins/mylib --budget 2m
"""


def parser():
    p = argparse.ArgumentParser(
        prog="racetrack compare", epilog=EPILOG,
        description="Is head slower than base? Measured in turns on this machine.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("base", metavar="BASE")
    p.add_argument("head", metavar="HEAD", nargs="?")
    p.add_argument("subjects", metavar="SUBJECT", nargs="*",
                   help="only these; otherwise all that know their work")
    p.add_argument("--merge-base", action="store_true", help="BASE is where the one "
                   "revision that is given left the main branch")
    arguments.add_builds(p)
    arguments.add_cells(p)
    p.add_argument("--budget", type=arguments.seconds, default=300, metavar="TIME",
                   help="for all of it (5m)")
    p.add_argument("--seed", type=arguments.seed, default=1, metavar="N",
                   help="draws inputs and order (1)")
    p.add_argument("--threshold", type=arguments.threshold, action="append", default=[],
                   metavar="[PART=]SHARE", help="the slow-down worth failing for (3%% "
                   "for cells with one thread, 5%% for others), of all cells or of "
                   "those with PART in their name; may be repeated")
    p.add_argument("--no-duet", action="store_true",
                   help="one process at a time, also where two CPUs are free")
    p.add_argument("--instructions", action="store_true", help="count instructions "
                   "by callgrind as well, of cells with one thread")
    p.add_argument("--strict", action="store_true", help="cannot tell exits with 3")
    p.add_argument("--history", metavar="FILE", help="put head's times into this "
                   "database as well; see racetrack history")
    p.add_argument("--out", metavar="DIR", default="out",
                   help="folder for comparison.jsonl (out)")
    p.add_argument("-o", "--output", metavar="FILE", help="the answers as JSON")
    p.add_argument("--json", action="store_true", help="the same, printed")
    p.add_argument("--markdown", metavar="FILE", help="a summary for a pull request")
    p.add_argument("--junit", metavar="FILE", help="JUnit XML")
    arguments.add_program(p)
    return p


class Records:
    """The file of records; every line is complete or absent."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            os.replace(path, path.with_name("comparison.previous.jsonl"))
        self.file = open(path, "w", encoding="utf-8", buffering=1)
        self.path = path

    def write(self, record):
        self.file.write(json.dumps(record, allow_nan=False) + "\n")

    def close(self):
        self.file.close()


def thread_settings():
    """The variables that tell libraries about threads, as the co-processes see them."""
    return dict((OPENBLAS_SPIN,), **{k: v for k, v in os.environ.items() if k.startswith(
        ("OPENBLAS_", "OMP_", "MKL_", "BLIS_", "FFTW_", "GOTO_"))})


def run_record(options, base, head, greetings):
    libraries = [{"lane": "native", "name": f"{arm} {i}", "value": value}
                 for arm in ("base", "head")
                 for i, value in enumerate(greetings[arm]["libraries"])]
    return {"record": "run", "schema": records.SCHEMA,
            "run": f"compare-{int(time.time())}-{os.getpid()}",
            "command": ["racetrack", "compare", *sys.argv[2:]], "seed": options.seed,
            "started": datetime.datetime.now(datetime.UTC).isoformat(
                timespec="seconds"), "version": "", "plugin": str(head.plugin),
            "lanes": ["native"], "machine": greetings["base"]["machine"],
            "libraries": libraries, "environment": thread_settings(),
            "comparison": {"base": base.name, "head": head.name,
                           "base_commit": base.commit or None,
                           "head_commit": head.commit or None}}


class Progress:
    """One line that is written over, on a terminal only."""

    def __init__(self, stream):
        self.stream, self.shown, self.began = stream, stream.isatty(), time.monotonic()

    def __call__(self, sentence, done):
        if self.shown:
            spent = time.monotonic() - self.began
            self.stream.write(f"\r\x1b[Kcompare: {sentence}, {spent:.0f} s" + (
                f", at most {spent / done * (1 - done):.0f} s more" if done else ""))
            self.stream.flush()

    def close(self):
        if self.shown:
            self.stream.write("\r\x1b[K")


def both(options):
    """The words that name base and head."""
    if not options.merge_base:
        if not options.head:
            raise builds.NoBuild("racetrack compare takes BASE and HEAD")
        return options.base, options.head
    if options.head:
        options.subjects.insert(0, options.head)
    top = builds.top_of(".")
    found = top and builds.merge_base(top, options.base)
    if not found:
        raise builds.NoBuild(f"where {options.base} left the main branch is not known "
                             "here; name BASE")
    return found, options.base


def measure(options, base, head, out):
    thresholds = {part: x for part, x in options.threshold if part}
    whole = next((x for part, x in options.threshold if not part), None)
    request = Request(options.bench_program,
                      {"base": base.plugin, "again": base.plugin, "head": head.plugin},
                      arguments.selection(options, options.subjects), options.seed,
                      options.budget, not options.no_duet, whole, thresholds)
    progress = Progress(sys.stderr)

    def begin(greetings):
        out.write(run_record(options, base, head, greetings))

    try:
        return Comparison(request, out.write, progress, begin).run()
    finally:
        progress.close()


def put_results(options, result, out, words):
    for row in result.rows:
        out.write(show.answer_record(row))
    for s in result.scaling:
        out.write(show.scaling_record(result, s))
    code = result.code
    if code == 0 and options.strict and any(r.word == "cannot tell"
                                            for r in result.rows):
        code = 3
    out.write({"record": "end", "status": "partial" if result.interrupted else
               "complete", "exit": code, "reason": None,
               "elapsed_s": round(result.elapsed_s, 3)})
    text = json.dumps(show.as_json(result, *words), indent=1, allow_nan=False) + "\n"
    if options.output:
        outputs.write(options.output, text)
    if options.markdown:
        outputs.write(options.markdown, show.markdown(result, *words))
    if options.junit:
        outputs.write(options.junit, show.junit(result, *words))
    if options.history:
        with store.Store(options.history) as db:
            db.add(formats.load(out.path))
    sys.stdout.write(text if options.json else
                     show.terminal(result, wants_colour(sys.stdout)))
    return code


def compare(options):
    arguments.need_program(options)
    top = builds.top_of(".")
    words = both(options)
    how = builds.how_to_build(top, options.build, options.plugin)
    if advisory.is_stored(words[0]):
        return advisory.compare(options, words, how, top)
    base, head = (builds.resolve(w, how, top, builds.tell) for w in words)
    out = Records(pathlib.Path(options.out) / "comparison.jsonl")
    try:
        result = measure(options, base, head, out)
        if options.instructions:
            result.instructions = instructions.count(options, result, base, head)
        return put_results(options, result, out, words)
    finally:
        out.close()


def main(argv):
    p = parser()
    options = p.parse_intermixed_args(argv)
    return arguments.guarded(compare, options)

