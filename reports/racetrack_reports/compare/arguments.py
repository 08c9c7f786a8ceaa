"""What the commands that compare builds have in common: options, and how each failure
becomes one sentence and an exit code."""

import argparse
import os
import signal
import sys

from .. import records
from ..history import store
from . import builds
from .comparison import NotMeasured
from .coprocess import Gone, Refused


def seconds(text):
    number, unit = text.rstrip("smh"), text[len(text.rstrip("smh")):]
    scale = {"": 1, "s": 1, "m": 60, "h": 3600, "ms": 1e-3}.get(unit)
    try:
        value = float(number) * scale
    except (TypeError, ValueError):
        value = 0
    if not 0 < value <= 1e6:
        raise argparse.ArgumentTypeError(f"\"{text}\" is no time above 0; it takes "
                                         "500ms, 60s or 2m")
    return value


def share(text):
    """A threshold: "3%" or "0.03"."""
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        value = 0
    if not 0.001 <= value <= 10:
        raise argparse.ArgumentTypeError(f"\"{text}\" is no share of 0.1% to 1000%")
    return value


def threshold(text):
    """"5%", or "gemm=5%" for cells whose name has gemm in it."""
    part, _, value = text.rpartition("=")
    return part, share(value)


def seed(text):
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1 << 53:
        raise argparse.ArgumentTypeError(f"\"{text}\" is no whole number 0 .. 2^53")
    return value


def add_cells(p):
    """Options that choose cells, as those of racetrack bench."""
    p.add_argument("--workers", action="append", metavar="LIST", help="as 1,2,-1")
    p.add_argument("--blas-threads", action="append", metavar="LIST", help="as 1,2")
    p.add_argument("--size", action="append", metavar="LIST",
                   help="values of each subject's size")
    p.add_argument("--param", action="append", metavar="NAME=VALUE",
                   help="fix another parameter")


def add_builds(p):
    p.add_argument("--plugin", metavar="PATH", help="where a build folder, or the "
                   "tree of a revision, has the plug-in")
    p.add_argument("--build", metavar="COMMAND", help="builds a revision in its tree")


def selection(options, subjects):
    words = []
    for name in subjects:
        words += ["--subject", name]
    for option in ("workers", "blas_threads", "size", "param"):
        for value in getattr(options, option) or ():
            words += ["--" + option.replace("_", "-"), value]
    return tuple(words)


def fail(code, sentence):
    print(f"racetrack: {sentence}", file=sys.stderr)
    return code


def interrupted(number, _):
    raise KeyboardInterrupt(number)


def guarded(work, options):
    """Run a command of comparing; every failure is one sentence and an exit code."""
    signal.signal(signal.SIGTERM, interrupted)
    try:
        return work(options)
    except builds.NoBuild as e:
        return fail(2 if e.usage else 3, e)
    except records.Unreadable as e:
        return fail(2, e)
    except (Gone, Refused) as e:
        return fail(3, f"a build cannot be started: {e}")
    except store.Unusable as e:
        return fail(2 if e.usage else 3, e)
    except NotMeasured as e:
        return fail(2 if e.usage else 3, e)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        return fail(3, f"{e.filename or 'results'}: {e.strerror or e}")
    except KeyboardInterrupt as e:
        return 128 + (e.args[0] if e.args else signal.SIGINT)


def add_program(p):
    """The program that takes the samples; racetrack says where it is."""
    p.add_argument("--bench-program", default=os.environ.get("RACETRACK_BENCH"),
                   help=argparse.SUPPRESS)


def need_program(options):
    if not options.bench_program or not os.access(options.bench_program, os.X_OK):
        raise NotMeasured("benchmarks are not built: racetrack-bench is not there")
