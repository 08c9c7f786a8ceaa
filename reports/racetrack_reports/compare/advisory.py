"""Head against records of an earlier run: advice, never a verdict. The machine has
another temperature and other neighbours by now, and its times are no pairs."""

import json
import pathlib
import sys

from .. import __main__ as outputs
from .. import unpaired
from ..history import formats
from . import arguments, builds, show
from .compared_cells import common
from .comparison import NotMeasured
from .coprocess import Gone, Refused
from .turns import REFERENCE, Arm, CellFailed, Rounds

ROUNDS, SURE = 10, 0.01


def is_stored(word):
    """Whether BASE is records rather than a build."""
    path = pathlib.Path(word)
    return path.is_file() and path.suffix in (".jsonl", ".json") or \
        any((path / f).is_file() for f in ("records.jsonl", "comparison.jsonl"))


def measure(options, build):
    """A formats.Run of the build, measured now."""
    arm = Arm(REFERENCE, REFERENCE)
    cells = {}
    with Rounds(options.bench_program, {REFERENCE: build.plugin}, [arm], options.seed,
                arguments.selection(options, options.subjects)) as rounds:
        try:
            rounds.start()
            greeting = rounds.processes[REFERENCE].greeting
            for cell in common({REFERENCE: greeting["cells"]})[0]:
                try:
                    rounds.calibrate(cell)
                    samples = cells.setdefault(cell.name, [])
                    rounds.sink = lambda s, into=samples: into.append(
                        s["wall_ns"] / s["calls"])
                    for _ in range(ROUNDS):
                        rounds.one_round([cell])
                except CellFailed as e:
                    print(f"racetrack: {e}", file=sys.stderr)
                    cells.pop(cell.name, None)
        except (Gone, Refused) as e:
            raise NotMeasured(f"head cannot be started: {e}") from None
    return formats.Run(machine=formats.machine_of(greeting["machine"]),
                       software=sorted(greeting["libraries"]), cells=cells)


def refuse_unlike(base, head):
    """Times of unlike machines or libraries are not compared."""
    if base.machine != head.machine:
        raise NotMeasured(f"the base was measured on another machine ({base.machine}; "
                          f"this is {head.machine}): its times say nothing here")
    if base.software and head.software and base.software != head.software:
        unlike = sorted(set(base.software) ^ set(head.software))
        raise NotMeasured("the base was measured with other libraries (" +
                          "; ".join(unlike) + "): build both with the same")


def rows_of(base, head):
    """(cell, ratio, Mann-Whitney, Kolmogorov-Smirnov, word) of the common cells."""
    for name in (n for n in head.cells if n in base.cells):
        old, new = base.cells[name], head.cells[name]
        rank = unpaired.mann_whitney(old, new)
        spread = unpaired.kolmogorov_smirnov(old, new)
        ratio = sorted(new)[len(new) // 2] / sorted(old)[len(old) // 2]
        word = "no difference shown"
        if min(rank.smallest, spread.smallest) > SURE:
            word = f"cannot be shown with {len(old)} and {len(new)} samples"
        elif rank.p <= SURE and ratio > 1.03:
            word = "suspect: slower"
        elif rank.p <= SURE and ratio < 1 / 1.03:
            word = "suspect: faster"
        elif spread.p <= SURE:
            word = "suspect: another spread"
        yield name, ratio, rank, spread, word


def table(rows):
    yield "ADVICE", "CELL", "MEDIANS", "P (RANKS)", "P (DISTRIBUTIONS)", "SMALLEST P"
    for name, ratio, rank, spread, word in rows:
        yield (word, name, f"{(ratio - 1) * 100:+.1f} %", f"{rank.p:.2g}",
               f"{spread.p:.2g}", f"{rank.smallest:.2g}")


def compare(options, words, how, top):
    base = formats.load(words[0])
    if is_stored(words[1]):
        head = formats.load(words[1])
    else:
        head = measure(options, builds.resolve(words[1], how, top, builds.tell))
    refuse_unlike(base, head)
    rows = list(rows_of(base, head))
    if not rows:
        raise NotMeasured("base and head have no cell in common")
    if options.json or options.output:
        text = json.dumps({"advisory": True, "exit": 0, "cells": [
            {"cell": n, "ratio": r, "p_ranks": m.p, "p_distributions": k.p,
             "smallest_p": m.smallest, "advice": w} for n, r, m, k, w in rows]}) + "\n"
        if options.output:
            outputs.write(options.output, text)
    if options.json:
        sys.stdout.write(text)
    else:
        for line in show.columns(list(table(rows))):
            print("  ".join(line).rstrip())
        print("\nadvice only (exit code 0): the base was measured at another time; "
              "racetrack compare of two builds gives a verdict")
    return 0
