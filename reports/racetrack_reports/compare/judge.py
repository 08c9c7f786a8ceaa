"""Worse, better, same, or cannot tell: what the pairs of a cell come to.

Channels. `wall`: the low tenth of the wall times, for noise of a shared machine
only ever makes slower; it always gates. `cpu`: the Hodges-Lehmann shift of CPU time,
which neighbours disturb less and which sees no waiting; it gates where one thread
works, as several may wait awake and are charged for it. There `least` gates in its
place, the Hodges-Lehmann shift of each round's least wall time: luck in the meeting
of threads moves the low tenth of one run from the other's.

A cell is looked at after some numbers of rounds. Each look spends its part of 1 %,
so that looking often is not a way to find something."""

import dataclasses
import math

import numpy as np

from .. import paired

# Rounds, and what this look may be wrong in. No test of 10 rounds can be as sure as
# its part asks (2 / 2^10 = 0.002): that look serves to find cells that fail.
LOOKS = ((10, 0.001), (20, 0.002), (30, 0.003), (60, 0.004))
LOW_ROUNDS = 20  # with fewer, the bootstrap of a low tenth covers too little
GUARD = 1 / 3  # of the threshold: the whole interval must lie beyond it
RESAMPLES = FLIPS = 4000
ORDER = ("worse", "cannot tell", "better", "same")


@dataclasses.dataclass
class Answer:
    """What can be said of one arm of one cell. Shifts are logarithms of ratios."""
    answer: str
    rounds: int
    level: float       # of the intervals
    channels: dict     # name -> paired.Estimate
    gates: tuple       # names of the channels that may fail it
    p: dict            # name -> p for the whole family; {}: nothing to test
    visible: float     # the smallest shift that would have been seen by 80 %
    by: str = ""       # the channel that decided
    mixed: bool = False  # channels disagree about the direction


def shifts_of(pairs):
    """ln(arm / reference) of each round, by the medians of its samples: (wall, cpu)."""
    return tuple(np.log(np.median(a, axis=1)) - np.log(np.median(b, axis=1))
                 for a, b in ((pairs.wall, pairs.wall_base),
                              (pairs.cpu, pairs.cpu_base)))


def least_of(pairs):
    """The same of wall time by the least of its samples."""
    return np.log(np.min(pairs.wall, axis=1)) - np.log(np.min(pairs.wall_base, axis=1))


def first(pairs, rounds):
    return dataclasses.replace(pairs, **{
        f.name: np.asarray(getattr(pairs, f.name)[:rounds], float)
        for f in dataclasses.fields(pairs)})


def estimates(cell, pairs, level, seed):
    """({channel: interval}, which gate)."""
    least, cpu = least_of(pairs), shifts_of(pairs)[1]
    low = paired.low_quantile(pairs.wall_base, pairs.wall, level, RESAMPLES, seed)
    if len(cpu) < LOW_ROUNDS:
        low = low._replace(low=-math.inf, high=math.inf)
    channels = {"wall": paired.low_widened(low, least)}
    for name, x in (("least", least), ("cpu", cpu)):
        channels[name] = paired.widened(paired.hodges_lehmann(x, level), x, level)
    return channels, ("wall", "cpu") if cell.single else ("wall", "least")


def direction(estimate, threshold):
    """1: slower than the threshold; -1: faster; 0: not shown. By the interval."""
    least, guard = math.log1p(threshold), math.log1p(threshold * GUARD)
    if estimate.low > guard and estimate.shift >= least:
        return 1
    return -1 if estimate.high < -guard and estimate.shift <= -least else 0


def unchanged(channels, gates, threshold):
    """Whether wall time is within the threshold, either way, by one of its channels,
    and so is CPU time where it gates."""
    return (equal(channels["wall"], threshold) or equal(channels["least"], threshold)) \
        and ("cpu" not in gates or equal(channels["cpu"], threshold))


def equal(estimate, threshold):
    """Whether the whole interval lies within the threshold, either way."""
    return -math.log1p(threshold) < estimate.low and \
        estimate.high < math.log1p(threshold)


def evidence(channel, pairs):
    """The shifts of rounds that tell whether a channel's change is luck. The low tenth
    of a whole run rests on a few rounds, so that exchanging arms says little of it:
    for `wall` speak the least times and the middle ones of each round."""
    wall, cpu = shifts_of(pairs)
    return {"cpu": [cpu], "least": [least_of(pairs)],
            "wall": [wall, least_of(pairs)]}[channel]


def family(rows, rounds, seed):
    """{(key, channel): p} over all rows: (key, channel, pairs)."""
    signs = paired.draw_signs(rounds, FLIPS, seed)
    keys, seen, flipped = [], [], []
    for key, channel, pairs in rows:
        for shifts in evidence(channel, pairs):
            one, many = paired.shift_statistics(shifts, signs)
            keys.append((key, channel))
            seen.append(one)
            flipped.append(many)
    found = {}
    for key, p in zip(keys, paired.largest_of_family(np.array(seen),
                                                     np.stack(flipped, axis=1))):
        found[key] = min(float(p), found.get(key, 1.0))
    return found


def judge(cells, pairs_of, rounds, alpha, seed):
    """{cell key: Answer} of one arm after `rounds` rounds; `pairs_of`: {key: Pairs}.
    The family is all of `cells` on all their channels that gate."""
    lots = {c.key: first(pairs_of[c.key], rounds) for c in cells}
    found, rows, suspects = {}, [], False
    for cell in cells:
        channels, gates = estimates(cell, lots[cell.key], 1 - alpha, seed)
        found[cell.key] = channels, gates
        rows += [(cell.key, name, lots[cell.key]) for name in gates]
        suspects |= any(direction(channels[name], cell.threshold) for name in gates)
    p = family(rows, rounds, seed) if suspects else {}
    return {c.key: answer(c, lots[c.key], *found[c.key], p, rounds, alpha)
            for c in cells}


def answer(cell, pairs, channels, gates, p, rounds, alpha):
    own = {name: p[cell.key, name] for name in gates if (cell.key, name) in p}
    shown = {name: direction(channels[name], cell.threshold)
             if own.get(name, 1) <= alpha else 0 for name in gates}
    word, by = "cannot tell", ""
    for sign, name_of in ((1, "worse"), (-1, "better")):
        sure = [name for name in gates if shown[name] == sign]
        if sure and word == "cannot tell":
            word, by = name_of, sure[0]
    if not any(shown.values()) and unchanged(channels, gates, cell.threshold):
        word = "same"
    visible = paired.smallest_visible(shifts_of(pairs)[1] if "cpu" in gates else
                                      least_of(pairs))
    return Answer(word, rounds, 1 - alpha, channels, gates, own, visible, by,
                  len({s for s in shown.values() if s}) > 1)
