"""racetrack bisect: the commit that made a cell slower. See --help.

GOOD, BAD and the commit between them are measured in turns, all three: a commit
belongs to the side that its times are nearer to, which asks less of the machine than
two comparisons would. Where that cannot be told, its neighbours are tried."""

import argparse
import json
import math
import sys

import numpy as np

from .. import __main__ as outputs
from .. import paired
from . import arguments, builds, judge, show
from . import compared_cells as cells
from .comparison import NotMeasured
from .coprocess import Gone, Refused
from .turns import REFERENCE, Arm, CellFailed, Rounds

ROUNDS, LONGER = 30, 4  # of a step; so many times as many where it is needed
LEVEL = 0.9975  # of each of four looks
EPILOG = """\
Revisions are built as by racetrack compare, and kept. The cell is the one with PART
in its name; without --cell, the one that BAD makes slowest.

Exit: 0 the commit was found, 2 usage, 3 it could not be (BAD is not slower than GOOD,
nothing between them builds, or the sides cannot be told apart), 130 interrupted.

examples:
  racetrack bisect v1.2 HEAD
  racetrack bisect main~40 main --cell "fft.c2c n0=4096" --size 4096 fft.c2c
"""


def parser():
    p = argparse.ArgumentParser(prog="racetrack bisect", epilog=EPILOG,
                                description="Find the commit that made a cell slower.",
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("good", metavar="GOOD")
    p.add_argument("bad", metavar="BAD")
    p.add_argument("subjects", metavar="SUBJECT", nargs="*")
    p.add_argument("--cell", default="", metavar="PART")
    arguments.add_builds(p)
    arguments.add_cells(p)
    p.add_argument("--seed", type=arguments.seed, default=1, metavar="N")
    p.add_argument("--rounds", type=int, default=ROUNDS, metavar="N",
                   help=f"of each step ({ROUNDS})")
    p.add_argument("--threshold", type=arguments.share, default=cells.SHARE_SINGLE,
                   metavar="SHARE", help="the slow-down worth looking for (3%%)")
    p.add_argument("-o", "--output", metavar="FILE", help="the steps as JSON")
    arguments.add_program(p)
    return p


class Search:
    """Commits between good and bad, and what was measured of them."""

    def __init__(self, options):
        self.options, self.steps, self.broken = options, [], set()
        self.top = builds.top_of(".")
        if not self.top:
            raise builds.NoBuild("racetrack bisect works in a git tree; this is none")
        self.how = builds.how_to_build(self.top, options.build, options.plugin)
        self.good, self.bad = (self.commit(w) for w in (options.good, options.bad))
        listed = builds.git(self.top, "rev-list", "--first-parent", "--reverse",
                            f"{self.good}..{self.bad}")
        self.between = listed.split()
        if not self.between or self.between[-1] != self.bad:
            raise builds.NoBuild("there is no commit between GOOD and BAD")

    def commit(self, word):
        found = builds.git(self.top, "rev-parse", "--verify", "--quiet",
                           f"{word}^{{commit}}", check=False)
        if not found:
            raise builds.NoBuild(f"\"{word}\" is no revision here")
        return found

    def plugin(self, commit):
        return builds.resolve(commit, self.how, self.top, builds.tell).plugin

    # --- measuring -----------------------------------------------------------------

    def measure(self, plugins, wanted, enough=None):
        """(cells, {(key, arm): pairs}) of the arms, in turns; `wanted` chooses cells;
        `enough(cells, pairs)` says whether to stop before the longest."""
        arms = [Arm(REFERENCE, REFERENCE), *(Arm(a, a) for a in plugins
                                             if a != REFERENCE)]
        with Rounds(self.options.bench_program, plugins, arms, self.options.seed,
                    arguments.selection(self.options, self.options.subjects),
                    duet=False) as rounds:
            try:
                rounds.start()
                lists = {a: p.greeting["cells"] for a, p in rounds.processes.items()}
                chosen = [c for c in cells.common(lists)[0] if wanted(c)]
                if not chosen:
                    raise NotMeasured("no such cell in all of these builds", True)
                for cell in chosen:
                    rounds.calibrate(cell)
                for number in range(self.options.rounds * (LONGER if enough else 1)):
                    rounds.one_round(chosen)
                    if enough and (number + 1) % self.options.rounds == 0 and \
                            enough(chosen, rounds.pairs):
                        break
            except (Gone, Refused, CellFailed) as e:
                raise NotMeasured(f"a step cannot be measured: {e}") from None
            return chosen, rounds.pairs

    def slowest(self):
        """The cell to look for, and by how much BAD is slower in it."""
        part = self.options.cell

        def shifts(chosen, pairs):
            return {c.key: paired.low_quantile(pairs[c.key, "bad"].wall_base,
                                               pairs[c.key, "bad"].wall, LEVEL)
                    for c in chosen}

        def shown(chosen, pairs):
            return any(judge.direction(x, self.options.threshold) > 0
                       for x in shifts(chosen, pairs).values())

        chosen, pairs = self.measure({REFERENCE: self.plugin(self.good),
                                      "bad": self.plugin(self.bad)},
                                     lambda c: part in c.name, shown)
        found = shifts(chosen, pairs)
        cell = max(chosen, key=lambda c: found[c.key].low)
        if judge.direction(found[cell.key], self.options.threshold) <= 0:
            raise NotMeasured(f"BAD is not slower than GOOD: {cell.name} "
                              f"{show.interval(found[cell.key])}")
        return cell, found[cell.key]

    def side(self, cell, commit):
        """(word, where the commit lies between good, 0, and bad, 1)."""
        def nearer(chosen, pairs):
            step, bad = (judge.shifts_of(pairs[chosen[0].key, a])[0]
                         for a in ("step", "bad"))
            # Twice the step less the bad: above 0 it is nearer to the bad.
            shift = paired.widened(paired.hodges_lehmann(2 * step - bad, LEVEL),
                                   2 * step - bad, LEVEL)
            return step, bad, shift

        def told(chosen, pairs):
            shift = nearer(chosen, pairs)[2]
            return shift.low > 0 or shift.high < 0

        step, bad, shift = nearer(*self.measure(
            {REFERENCE: self.plugin(self.good), "bad": self.plugin(self.bad),
             "step": self.plugin(commit)}, lambda c: c.key == cell.key, told))
        place = float(np.median(step) / np.median(bad)) if np.median(bad) else math.nan
        word = "bad" if shift.low > 0 else "good" if shift.high < 0 else "cannot tell"
        return word, place

    # --- searching -----------------------------------------------------------------

    def order(self, low, high):
        """Places between, the middle first, then its neighbours."""
        middle = (low + high) // 2
        return sorted(range(low, high), key=lambda i: (abs(i - middle), i))

    def step(self, cell, low, high):
        """(new low, new high) after one commit that can be told, or None."""
        for place in self.order(low, high):
            commit = self.between[place]
            if commit in self.broken:
                continue
            try:
                word, share = self.side(cell, commit)
            except (builds.NoBuild, NotMeasured) as e:
                word, share = f"left out: {e}", None
                self.broken.add(commit)
            self.steps.append({"commit": commit, "answer": word, "place": share})
            left = max(0, math.ceil(math.log2(max(1, high - low))) - 1)
            print(f"{commit[:12]} {word}" + (
                f" ({share * 100:.0f} % of the way from good to bad; {left} steps more)"
                if share is not None else ""), file=sys.stderr, flush=True)
            if word == "bad":
                return low, place
            if word == "good":
                return place + 1, high
        return None

    def run(self):
        """(cell, by how much, first bad commits): one, or those that cannot be told
        apart."""
        cell, shift = self.slowest()
        print(f"{cell.name}: {show.interval(shift)} over {len(self.between)} commits",
              file=sys.stderr, flush=True)
        low, high = 0, len(self.between) - 1
        while low < high:
            found = self.step(cell, low, high)
            if not found:
                break
            low, high = found
        return cell, shift, self.between[low:high + 1]


def bisect(options):
    arguments.need_program(options)
    if options.rounds < judge.LOW_ROUNDS:
        raise builds.NoBuild(f"--rounds takes {judge.LOW_ROUNDS} or more")
    search = Search(options)
    cell, shift, found = search.run()
    if options.output:
        outputs.write(options.output, json.dumps(
            {"cell": cell.name, "change": show.estimate(shift), "first_bad": found,
             "steps": search.steps}, indent=1) + "\n")
    for commit in found:
        print(builds.git(search.top, "log", "-1", "--format=%H %s", commit))
    if len(found) > 1:
        return arguments.fail(3, f"these {len(found)} commits cannot be told apart; "
                            "the slow-down came with one of them")
    print(f"{found[0][:12]} is the first where {cell.name} is slower "
          f"({show.interval(shift)})")
    return 0


def main(argv):
    return arguments.guarded(bisect, parser().parse_intermixed_args(argv))
