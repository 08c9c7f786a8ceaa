"""Does head scale worse than base? Ratios of ratios, from rounds that both cells
share. A cell that is faster by itself but gains less from workers is mixed: shown,
and failed only if its own time is worse."""

import dataclasses
import math

import numpy as np

from .. import paired
from . import compared_cells as points
from . import judge

THRESHOLD = 0.05


@dataclasses.dataclass
class Scaling:
    """`what`: efficiency (several workers against one) or oversubscription (more
    threads than CPUs against none too many). `shift`: ln of head's loss by base's;
    above 0 head loses more. `serial`: {arm: Karp and Flatt's serial part with its
    99 % interval}, of efficiency only."""
    what: str
    cell: points.Cell
    against: points.Cell
    shift: paired.Estimate
    answer: str
    serial: dict


def serial_part(speedup, workers):
    """The serial share that this speed-up would come from (Karp and Flatt 1990)."""
    return (1 / speedup - 1 / workers) / (1 - 1 / workers)


def serial_parts(one, many, workers, seed):
    """Karp and Flatt's figure from the low times of two cells, rounds resampled."""
    one, many = np.asarray(one, float), np.asarray(many, float)
    both = min(len(one), len(many))
    shift = paired.low_quantile(many[:both], one[:both], resamples=2000, seed=seed)
    # More speed-up is less serial work: the interval turns round.
    values = [serial_part(math.exp(x), workers) for x in (shift.shift, shift.high,
                                                          shift.low)]
    return paired.Estimate(*values)


def ratio_of_ratios(pairs, against):
    """ln of what head loses from one cell to the other, by what base loses."""
    mine, other = judge.shifts_of(pairs)[0], judge.shifts_of(against)[0]
    both = min(len(mine), len(other))
    return paired.hodges_lehmann(mine[:both] - other[:both])


def word(shift):
    way = judge.direction(shift, THRESHOLD)
    if way:
        return "worse" if way > 0 else "better"
    return "same" if judge.equal(shift, THRESHOLD) else "cannot tell"


def reference_of(cell, cells):
    """(what is asked, the cell to hold this one against), or None."""
    if cell.oversubscribed:
        within = [c for c in cells if not c.oversubscribed and
                  (c.subject, c.args) == (cell.subject, cell.args)]
        best = max(within, key=lambda c: c.threads, default=None)
        return best and ("oversubscription", best)
    one = points.sibling(cell, cells, workers=1)
    return ("efficiency", one) if cell.workers > 1 and one else None


def compare(cells, pairs, seed=1):
    """A Scaling for each cell that has another to be held against; `pairs`: {key:
    Pairs} of head."""
    found = []
    for cell in cells:
        reference = reference_of(cell, cells)
        if not reference:
            continue
        what, other = reference
        mine, theirs = pairs[cell.key], pairs[other.key]
        shift = ratio_of_ratios(mine, theirs)
        serial = {}
        if what == "efficiency":
            serial = {"base": serial_parts(theirs.wall_base, mine.wall_base,
                                           cell.workers, seed),
                      "head": serial_parts(theirs.wall, mine.wall, cell.workers, seed)}
        found.append(Scaling(what, cell, other, shift, word(shift), serial))
    return found
