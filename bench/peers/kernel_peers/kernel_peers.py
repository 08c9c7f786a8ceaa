#!/usr/bin/env python3
"""Our kernels and the libraries that people use, in one interleaved run.

Each round of a cell runs every arm once, in an order drawn for the round, with
the same number of calls; ratios are taken within a round and shown as median
[quartiles], above 1 where racetrack is faster. Of a peer that was tried in
several ways the fastest counts that uses at most as many threads. Each answer is
compared with SciPy's before anything is timed. C and C++ are timed in C; SciPy,
NumPy and ducc0 as a user calls them from Python. Planning is not part of a time
and is shown apart.

Exit: 0 measured; 1 a wrong answer of ours; 2 usage; 3 could not measure; 77
skipped, as the environment is not there; 130, 143 interrupted: what was measured
stands, marked partial. A missed target is told, and no error."""

import argparse
import fnmatch
import json
import os
import pathlib
import re
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PYTHON = ROOT / "build/peers-venv/bin/python"
# The name of a family and the module that has its cells and targets.
FAMILIES = {"fft": "fft_cells", "linalg": "linalg_cells",
            "toeplitz": "toeplitz_cells", "kdtree": "kdtree_cells",
            "qmc": "qmc_cells", "cache": "cache_cells"}


def refuse(code, sentence):
    print(f"kernel-peers: {sentence}", file=sys.stderr)
    sys.exit(code)


def seconds(text):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|min)?", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no time such as 0, 90s or 5m")
    return float(match[1]) * (60 if (match[2] or "s")[0] == "m" else 1)


def counts(text):
    if not re.fullmatch(r"[1-9]\d{0,2}(,[1-9]\d{0,2})*", text):
        raise argparse.ArgumentTypeError(
            f"'{text}' is no list of worker counts such as 1,2")
    return sorted({1, *map(int, text.split(","))})


class Parser(argparse.ArgumentParser):
    def error(self, message):
        refuse(2, f"{message}; see --help")


def arguments():
    parser = Parser(description=__doc__,
                    formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("build", type=pathlib.Path,
                        help="the build tree, such as build/default")
    parser.add_argument("--cases", action="append", metavar="GLOB",
                        help="only cells whose name fits, such as 'fft*2-D'; "
                             "may be repeated")
    parser.add_argument("--budget", type=seconds, default=120.0, metavar="TIME",
                        help="in all, about (120s); 0: each arm once, only to compare")
    parser.add_argument("--workers", type=counts, default=[1, 2], metavar="LIST",
                        help="1,2 by default; 1 is always one of them")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="of the order of the arms")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path,
                        help="all samples, too")
    parser.add_argument("--markdown", action="store_true", help="tables alone")
    parser.add_argument("--list", action="store_true", help="the cells' names, and stop")
    return parser.parse_args()


def enter_environment():
    """Go on in the environment that has the peers, with pools that sleep soon."""
    if pathlib.Path(sys.prefix) == PYTHON.parents[1]:
        return
    if not PYTHON.exists():
        print(f"kernel-peers: skipped: {PYTHON.parents[1]} is not there; "
              "bench/peers/kernel_peers/peers_environment.py makes it")
        sys.exit(77)
    os.execv(PYTHON, [PYTHON, __file__, *sys.argv[1:]])


def select(options):
    """(cells, families with their targets)"""
    cells, families = [], []
    for name, module in FAMILIES.items():
        family = __import__(module)
        families.append((name, family.TARGETS))
        cells += family.cells()
    globs = options.cases or ["*"]
    chosen = [c for c in cells if any(fnmatch.fnmatch(c.name, g) for g in globs)]
    if not chosen:
        refuse(2, f"no cell is called {' or '.join(globs)}; --list shows all "
                  f"{len(cells)}")
    return chosen, families


class Progress:
    """One line on a terminal, nothing elsewhere."""

    def __init__(self, cells, budget):
        self.cells, self.budget, self.start = cells, budget, time.monotonic()
        self.done, self.on = 0, sys.stderr.isatty()

    def show(self, measured):
        spent = time.monotonic() - self.start
        share = self.done / self.cells
        left = spent / share - spent if self.done else max(0, self.budget - spent)
        if self.on:
            print(f"\r\033[K{self.done}/{self.cells} cells, about {left:.0f} s left: "
                  f"{measured.cell.name}, round {measured.rounds + 1}",
                  end="", file=sys.stderr, flush=True)

    def clear(self):
        if self.on:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def measure_all(cells, context, options, told):
    import rounds
    found, progress = [], Progress(len(cells), options.budget)
    end = time.monotonic() + options.budget
    for i, cell in enumerate(cells):
        left = max(0.0, end - time.monotonic()) / (len(cells) - i)
        measured = rounds.measure(cell, context, max(left, 0.01 * bool(options.budget)),
                                  options.seed + i, progress.show)
        found.append(measured)
        progress.done += 1
        progress.clear()
        told(measured)
        if measured.partial:
            break
    return found


class Ended(KeyboardInterrupt):
    """By SIGTERM."""


def end(*_):
    raise Ended


def write(path, text):
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_text(text)
        beside.replace(path)
    except OSError as error:
        refuse(3, f"cannot write {path}: {error.strerror}")


def tables(report, found, families, options):
    for name, _ in families:
        own = [m for m in found if m.cell.family == name and m.ours(1)]
        if own:
            print()
            print("\n".join(report.family_table(own, options.workers)))
    print("".join(f"\n{note}" for note in report.notes(found)))
    left_out = sorted({text for m in found for text in m.left_out})
    print("\n".join(f"left out of some cells: {text}" for text in left_out))


def sums(report, found, families, options):
    means = [line for name, _ in families
             if (own := [m for m in found if m.cell.family == name])
             for line in report.mean_against(own, options.workers)]
    lines = list(report.summary(families, found, options.workers))
    for table, rows in ((report.means_table, means), (report.summary_table, lines)):
        if rows:
            print()
            print("\n".join(table(rows)))
    return means, lines


def agreement(found):
    """The sentence of a run that only compares."""
    arms = sum(len(m.arms) for m in found)
    wrong = sum(len(m.wrong) for m in found)
    return f"{len(found)} cells, {arms} arms agree with SciPy, {wrong} do not"


def main():
    options = arguments()
    enter_environment()
    if not (options.build / "peers/arm_timer.so").exists():
        refuse(3, f"{options.build} has no peers/arm_timer.so; build the target "
                  "kernel-peer-modules")
    if options.json and not os.access(options.json.parent, os.W_OK):
        refuse(3, f"cannot write {options.json}: its folder is not there, or not ours")
    import peers_variables
    variables = peers_variables.set_all()
    import peers_context
    cells, families = select(options)
    if options.list:
        print("\n".join(c.name for c in cells))
        return 0
    import peers_report as report
    from arms import OURS
    context = peers_context.Context(options.build, options.workers,
                                    options.budget / len(cells))
    signal.signal(signal.SIGTERM, end)
    head = context.head() + variables
    print("\n".join(head))
    company = peers_context.Company()
    quiet = options.markdown or not options.budget
    found = measure_all(cells, context, options, lambda m: quiet or print(
        "\n".join(report.in_full(m)), flush=True))
    means = lines = []
    disturbed = company.sentence()
    if options.budget:
        tables(report, found, families, options)
        means, lines = sums(report, found, families, options)
        print("", *report.machine(found, options.workers), sep="\n")
        print(f"{disturbed}; {sum(m.retakes for m in found)} samples were taken again, "
              f"{sum(m.samples_taken for m in found)} stand")
    else:
        print("".join(f"{m.cell.name}: WRONG: {w}\n" for m in found for w in m.wrong) +
              "".join(f"left out: {t}\n" for t in
                      sorted({t for m in found for t in m.left_out})) +
              agreement(found))
    partial = any(m.partial for m in found)
    if options.json:
        write(options.json, json.dumps(
            {"format": 1, "head": head, "disturbed": disturbed, "partial": bool(partial), "seed": options.seed,
             "cells": [report.as_data(m) for m in found], "means": means,
             "targets": lines}, indent=1) + "\n")
    if partial:
        print("kernel-peers: interrupted: what stands above is partial", file=sys.stderr)
        return 143 if any(m.partial == "Ended" for m in found) else 130
    return 1 if any(w.startswith(OURS) for m in found for w in m.wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
