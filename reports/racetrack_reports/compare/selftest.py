"""racetrack selftest --stats: how often does a comparison raise a false alarm, and
what does it find? See --help."""

import argparse
import json
import math
import os
import random
import signal
import subprocess
import sys
import time

from .. import __main__ as outputs
from ..statistics import exact_interval
from ..terminal import columns
from . import arguments, builds
from . import compared_cells as cells
from . import coverage, looks, rivals
from .comparison import NotMeasured
from .turns import REFERENCE, Arm, CellFailed, Rounds

EPILOG = """\
Two builds that are the same are compared many times (A/A): each alarm is a false
one. Then slow-downs of known size are put in: more calls (2, 5, 10, 20 %), 10 % each
by memory traffic, by sleeping, and in the tail only (a tenth of the samples, ten times
as much), and 20 % of the work serial, which costs that times the speed-up less one.
Half of it as the machine is found, half
with two noisy processes beside it. On the same samples, the rules of other tools.

Exit: 0 the promises are kept, as far as so many trials can tell; 4 one is broken;
2 usage; 3 could not measure; 130 or 143 interrupted: what was counted is printed.
"""

OURS = "racetrack compare"
# What is compared: subject, its size, workers, BLAS threads. At least 20 calls fit a
# sample, and two workers are faster than one: smaller ones are done by one.
CELLS = (("linalg.gemm", "n", 32, 1, 1), ("linalg.gemm", "n", 64, 1, 1),
         ("linalg.gemm", "n", 128, 1, 2), ("linalg.batch", "n", 32, 2, 0),
         ("reduce.sum", "n", 65536, 1, 0), ("reduce.sum", "n", 1048576, 2, 0),
         ("fft.c2c", "n0", 4096, 1, 0), ("fft.c2c", "n0", 16384, 2, 0),
         ("linalg.batch", "n", 16, 1, 0))
SELECTION = ("--subject", "linalg.gemm", "--subject", "reduce.sum", "--subject",
             "fft.c2c", "--subject", "linalg.batch", "--workers", "1,2",
             "--blas-threads", "1,2")
SAME = Arm("A/A", "head")
CALLS = {share: Arm(f"calls {share} %", "head", "calls", share / 100)
         for share in (2, 5, 10, 20)}
OTHERS = (CALLS[20], Arm("bytes 10 %", "head", "bytes", 0.10),
          Arm("serial 20 %", "head", "serial", 0.20),
          Arm("block 10 %", "head", "block", 0.10),
          Arm("tail 10 %", "head", "calls", 0.10, tail=0.1))
NOISE_DUTY = 0.5
# Families: A/A, with slow-downs, with 2 %. And seconds that they may take.
FULL, QUICK = (300, 16, 24, 2600), (14, 2, 2, 140)
PROMISES = (  # arm, threads, least share of cells found; the threshold is 1 % at 2 %
    ("calls 5 %", "one thread", 0.95), ("calls 10 %", "one thread", 0.99),
    ("calls 10 %", "several threads", 0.90), ("calls 2 %", "one thread", 0.70))
FALSE_ALARMS = 0.01  # a family of all cells, at most


def parser():
    p = argparse.ArgumentParser(prog="racetrack selftest --stats", epilog=EPILOG,
                                description="Are comparisons sharp, and silent?",
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--stats", action="store_true", help=argparse.SUPPRESS)
    p.add_argument("--quick", action="store_true",
                   help="3 minutes instead of 45, with the bounds that fewer trials "
                   "support")
    p.add_argument("--budget", type=arguments.seconds, metavar="TIME",
                   help="end after this time, with what was tried (45m; 3m)")
    p.add_argument("--families", type=int, metavar="N", help="A/A families (300; 24)")
    p.add_argument("--seed", type=arguments.seed, default=1, metavar="N")
    p.add_argument("-o", "--output", metavar="FILE", help="the counts as JSON, "
                   "written anew after each family")
    p.add_argument("--markdown", metavar="FILE", help="the table as Markdown")
    arguments.add_program(p)
    p.add_argument("--plugin", default=os.environ.get("RACETRACK_REFERENCE"),
                   help=argparse.SUPPRESS)
    return p


class Counts:
    """[alarms, trials] by rule, arm and kind of cell, and of whole families."""

    def __init__(self):
        self.cells, self.families = {}, {}

    def add(self, table, key, hit):
        row = table.setdefault(key, [0, 0])
        row[0] += bool(hit)
        row[1] += 1

    def cell(self, rule, arm, cell, hit):
        kind = "one thread" if cell.single else "several threads"
        self.add(self.cells, (rule, arm, kind), hit)

    def family(self, rule, arm, hit):
        self.add(self.families, (rule, arm), hit)


class Trials:
    """Measures families of cells and counts what is said of them."""

    def __init__(self, options, families, until):
        self.options, self.until = options, until
        self.same, self.slow, self.small = families
        self.counts, self.noise, self.done = Counts(), [], []
        self.differs = [0, 0]  # cells of A/A that were called better or worse
        self.draw = random.Random(f"stats {options.seed}")

    def measure(self, arms, seed):
        plugin = self.options.plugin
        return Rounds(self.options.bench_program,
                      {REFERENCE: plugin, "head": plugin},
                      [Arm(REFERENCE, REFERENCE), *arms], seed, SELECTION, duet=True)

    def chosen(self, rounds, single):
        rounds.start()
        lists = {a: p.greeting["cells"] for a, p in rounds.processes.items()}
        found = []
        for cell in cells.common(lists)[0]:
            args = dict(cell.args)
            if any((s, args.get(name), w, b) == (cell.subject, n, cell.workers,
                                                 cell.blas_threads)
                   for s, name, n, w, b in CELLS) and (cell.single or not single):
                rounds.calibrate(cell)
                found.append(cell)
        return found

    def answers(self, rounds, chosen, arms, seed):
        """{arm: {key: Answer}}, looked at as a comparison does."""
        return looks.look(rounds, {arm.name: chosen for arm in arms},
                          lambda rounds, cells: rounds.one_round(cells), seed)

    def confirmed(self, chosen, arms, found, seed):
        """{arm: keys of the cells that are worse once more, measured afresh}."""
        suspects = {arm.name: [c for c in chosen
                               if found[arm.name][c.key].answer == "worse"]
                    for arm in arms}
        again = {arm.name: set() for arm in arms}
        wanted = [c for c in chosen if any(c in cs for cs in suspects.values())]
        if not wanted:
            return again
        asked = [arm for arm in arms if suspects[arm.name]]
        with self.measure(asked, seed) as rounds:
            for cell in wanted:
                rounds.known[cell.key] = cell.calls, f"{cell.call_ns:.3f}", \
                    int(cell.spins)
            said = looks.look(rounds, {a.name: suspects[a.name] for a in asked},
                              lambda rounds, cells: rounds.one_round(cells), seed,
                              looks.CONFIRMING, "worse")
            for name, answers in said.items():
                again[name] = {k for k, a in answers.items() if a.answer == "worse"}
        return again

    def family(self, arms, threshold=None, single=False):
        """One comparison of all cells, with each of these arms as head."""
        seed = self.draw.randrange(1 << 31)
        with self.measure(arms, seed) as rounds:
            chosen = self.chosen(rounds, single)
            for cell in chosen:
                cell.threshold = threshold or cell.threshold
            found = self.answers(rounds, chosen, arms, seed)
            pairs = dict(rounds.pairs)
        again = self.confirmed(chosen, arms, found, seed + 1)
        for arm in arms:
            self.count(chosen, arm, found[arm.name], again[arm.name], pairs)

    def count(self, chosen, arm, found, again, pairs):
        if arm.kind == "serial":  # nothing changes where one worker does it all
            chosen = [c for c in chosen if c.workers > 1]
        said = {c.key: rivals.alarms(pairs[c.key, arm.name]) for c in chosen}
        for cell in chosen:
            said[cell.key][OURS] = cell.key in again
            for rule, hit in said[cell.key].items():
                self.counts.cell(rule, arm.name, cell, hit)
            if arm is SAME:
                self.differs[0] += found[cell.key].answer in ("worse", "better")
                self.differs[1] += 1
        for rule in (OURS, *rivals.RULES):
            self.counts.family(rule, arm.name,
                               any(said[c.key][rule] for c in chosen))

    # --- the whole experiment ------------------------------------------------------------

    def plan(self):
        """(arms, threshold, single) of each family, kinds well mixed."""
        todo = [([SAME], None, False)] * self.same
        for i in range(self.slow):
            todo.append(([CALLS[5], CALLS[10], OTHERS[i % len(OTHERS)]], None, False))
        todo += [([CALLS[2]], 0.01, True)] * self.small
        self.draw.shuffle(todo)
        return todo  # what is cut off by the budget is a part of each kind

    def make_noise(self, on):
        if on and not self.noise:
            self.noise = [subprocess.Popen(
                [sys.executable, "-m", __name__.replace("selftest", "noise"),
                 str(self.draw.randrange(1 << 31)), str(NOISE_DUTY)])
                for _ in range(2)]
        elif not on:
            for process in self.noise:
                process.kill()
                process.wait()
            self.noise = []

    def run(self, tell, save):
        todo = self.plan()
        try:
            for number, (arms, threshold, single) in enumerate(todo):
                if time.monotonic() > self.until:
                    break
                tell(number, len(todo))
                self.make_noise(number % 2 == 1)
                self.family(arms, threshold, single)
                self.done.append(arms)
                save()
        except CellFailed as e:
            raise NotMeasured(f"a cell failed: {e}") from None
        finally:
            self.make_noise(False)


# --- the table -------------------------------------------------------------------------


def share(hits, trials):
    low, high = exact_interval(hits, trials)
    return f"{hits}/{trials} ({100 * low:.1f} to {100 * high:.1f} %)"


def table(counts):
    """False alarms of a family, and what is found of each slow-down, by rule."""
    arms = [a.name for a in (*CALLS.values(), *OTHERS[1:])]
    yield ("RULE", "FALSE ALARMS, FAMILY", "CELL", *(
        f"{arm}, {kind}" for arm in arms for kind in ("one thread", "several threads")
        if any(k[1:] == (arm, kind) for k in counts.cells)))
    for rule in (OURS, *rivals.RULES):
        alarms = counts.families.get((rule, "A/A"), [0, 0])
        one = [sum(x) for x in zip([0, 0], *(
            v for k, v in counts.cells.items() if k[:2] == (rule, "A/A")))]
        row = [rule, share(*alarms) if alarms[1] else "", share(*one) if one[1] else ""]
        for arm in arms:
            for kind in ("one thread", "several threads"):
                if any(k[1:] == (arm, kind) for k in counts.cells):
                    row.append(share(*counts.cells[rule, arm, kind]))
        yield tuple(row)


def promises(trials):
    """(sentence, kept, broken): kept by the figures; broken beyond their doubt."""
    hits, n = trials.counts.families.get((OURS, "A/A"), [0, 0])
    low, high = exact_interval(hits, n) if n else (0, 1)
    most = bound(n) if n and not hits else high
    yield (f"false alarms: {hits} of {n} families; with 95 % confidence at most "
           f"{100 * most:.1f} % (asked: {100 * FALSE_ALARMS:g} %)",
           most <= FALSE_ALARMS, low > FALSE_ALARMS)
    for arm, kind, asked in PROMISES:
        found, n = trials.counts.cells.get((OURS, arm, kind), [0, 0])
        low, high = exact_interval(found, n) if n else (0, 1)
        yield (f"{arm}, {kind}: found {share(found, n) if n else 'nothing tried'} "
               f"(asked: {100 * asked:g} %)", n and found / n >= asked, high < asked)


def turned(rows):
    """The table with a rule a column, for there are more arms than rules."""
    return [tuple(row) for row in zip(*rows)]


def bound(trials):
    """What so many silent families can show, for the reader of a short run."""
    return 1 - 0.05 ** (1 / trials)


def verdicts_of(trials, covered):
    return [*promises(trials), *coverage.promises(covered)]


def as_json(trials, covered, elapsed_s):
    return {"cells": {" | ".join(k): v for k, v in trials.counts.cells.items()},
            "families": {" | ".join(k): v for k, v in trials.counts.families.items()},
            "differs": trials.differs, "coverage": covered,
            "promises": [{"promise": s, "kept": bool(k), "broken": bool(b)}
                         for s, k, b in verdicts_of(trials, covered)],
            "done": len(trials.done), "elapsed_s": round(elapsed_s, 1)}


def report(trials, covered, options, elapsed_s):
    rows = turned(list(table(trials.counts)))
    verdicts = verdicts_of(trials, covered)
    for line in columns(rows):
        print("  ".join(line).rstrip())
    print(f"\ncells of A/A called better or worse before confirmation: "
          f"{share(*trials.differs) if trials.differs[1] else 'none tried'}")
    for sentence, kept, broken in verdicts:
        print(f"target, {sentence}: "
              f"{'met' if kept else 'MISSED' if broken else 'not shown'}")
    print(f"{len(trials.done)} families in {elapsed_s:.0f} s")
    if options.markdown:
        head, *rest = rows
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += ["| " + " | ".join(r) + " |" for r in rest]
        outputs.write(options.markdown, "\n".join(lines) + "\n")
    return 4 if any(broken for _, _, broken in verdicts) else 0


def selftest(options):
    arguments.need_program(options)
    if options.families is not None and options.families < 1:
        raise builds.NoBuild("--families takes 1 or more")
    began = time.monotonic()
    *families, seconds = QUICK if options.quick else FULL
    if options.families:
        families[0], seconds = options.families, math.inf
    seconds = options.budget or seconds
    trials = Trials(options, families, began + seconds)
    shown, stop = sys.stderr.isatty(), 0

    def tell(number, of):
        spent = time.monotonic() - began
        left = f", {spent / number * (of - number):.0f} s more" if number else ""
        if shown:
            print(f"\r\x1b[Kselftest: family {number + 1} of {of}, {spent:.0f} s{left}",
                  end="", file=sys.stderr, flush=True)

    def save():  # after each family, so that nothing is lost by what may come
        if options.output:
            outputs.write(options.output, json.dumps(as_json(
                trials, covered, time.monotonic() - began), indent=1) + "\n")

    covered = coverage.simulate(200 if options.quick else 4000)
    save()
    try:
        trials.run(tell, save)
    except KeyboardInterrupt as e:
        stop = 128 + (e.args[0] if e.args else signal.SIGINT)
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr)
    code = report(trials, covered, options, time.monotonic() - began)
    return stop or code


def main(argv):
    return arguments.guarded(selftest, parser().parse_args(argv))
