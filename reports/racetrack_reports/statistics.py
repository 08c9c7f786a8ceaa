"""What the figures of a sweep mean: pure functions on lists of samples.

A sample is the time of one call in one round; samples of two cells with the
same index come from the same round, so their ratio is free of what slowed the
whole machine in that round."""

import collections
import math

import numpy as np

Spread = collections.namedtuple("Spread", "low median high")


def spread(values):
    """Quartiles and median, by linear interpolation; None of nothing."""
    if not len(values):
        return None
    return Spread(*map(float, np.quantile(values, (0.25, 0.5, 0.75))))


def ratios(above, below):
    """above / below for each round that both have; a time of 0 is none."""
    return [a / b for a, b in zip(above, below) if a > 0 and b > 0]


def speed_up(base, times):
    """How many times faster than `base`: Spread of the ratio by round."""
    return spread(ratios(base, times))


def efficiency(speed, threads):
    """The speed-up each thread is worth: 1 is ideal."""
    return Spread(*(s / threads for s in speed))


def karp_flatt(speed, threads):
    """The experimentally determined serial fraction
    (1/S - 1/p) / (1 - 1/p); None for one thread."""
    if threads < 2 or not speed > 0:
        return None
    return (1 / speed - 1 / threads) / (1 - 1 / threads)


def geometric_mean(values):
    values = [v for v in values if v > 0]
    return math.exp(math.fsum(map(math.log, values)) / len(values)) \
        if values else None


def throughput(cell):
    """(median, unit) of a cell: Gflop/s where the work is known."""
    median = spread(cell["wall_ns"]).median
    if cell["flops"]:
        return cell["flops"] / median, "Gflop/s"
    return 1e9 / median, "calls/s"


def threads(cell):
    """Threads that a cell asked for. BLAS threads are 0 where no BLAS is."""
    return cell["workers"] * max(1, cell["blas_threads"])


def usable(cell):
    return cell["status"] == "measured" and min(cell["wall_ns"], default=0) > 0


Point = collections.namedtuple(
    "Point", "cell threads speed efficiency serial relative")
Curve = collections.namedtuple(
    "Curve", "subject args label common base points best thrifty")


def label(args):
    """n=1024 batch=8"""
    return " ".join(f"{k}={int(v) if v == int(v) else format(v, 'g')}"
                    for k, v in args.items()) or "default"


def curve(subject, args, cells):
    """The points of one subject and size against its one-thread cell (the
    one with the fewest threads where none was measured). None where no cell
    was measured."""
    cells = sorted(filter(usable, cells),
                   key=lambda c: (c["blas_threads"], c["workers"]))
    if not cells:
        return None
    base = min(cells, key=lambda c: (threads(c), c["workers"]))
    best = min(cells, key=lambda c: spread(c["wall_ns"]).median)
    points = []
    for c in cells:
        speed = speed_up(base["wall_ns"], c["wall_ns"])
        relative = speed_up(best["wall_ns"], c["wall_ns"])
        # Against a base of one thread only: the formula assumes it.
        serial = karp_flatt(speed.median, threads(c)) \
            if threads(base) == 1 and not c["oversubscribed"] else None
        points.append(Point(c, threads(c), speed,
                            efficiency(speed, threads(c) / threads(base)),
                            serial, relative))
    # Cells that were not clearly slower than the best: their better half of
    # the rounds reaches it. Of these the one that keeps fewest threads busy.
    near = [p for p in points if p.relative.high >= 1 or p.cell is best]
    find = {id(p.cell): p for p in points}
    thrifty = min(near, key=lambda p: (p.threads, -p.relative.median))
    return Curve(subject, args, label(args), "", base, points,
                 find[id(best)], thrifty)


def told_apart(curves):
    """The curves of a subject, labelled by the arguments that differ; what
    all have in common goes apart."""
    differ = {k for a in curves for b in curves for k in {**a.args, **b.args}
              if a.args.get(k) != b.args.get(k)}
    if not differ:
        return curves
    common = {k: v for k, v in curves[0].args.items() if k not in differ}
    return [c._replace(label=label({k: v for k, v in c.args.items()
                                    if k in differ}),
                       common=label(common) if common else "")
            for c in curves]


def curves(cells):
    """A Curve for each subject and size, in the order of the records."""
    groups = {}
    for c in cells:
        key = c["subject"], tuple(sorted(c["args"].items()))
        groups.setdefault(key, []).append(c)
    found = (curve(key[0], group[0]["args"], group)
             for key, group in groups.items())
    subjects = {}
    for c in found:
        if c:
            subjects.setdefault(c.subject, []).append(c)
    return [c for own in subjects.values() for c in told_apart(own)]


def fewest_blas(curve):
    """The points with the fewest BLAS threads: workers alone vary."""
    blas = min(p.cell["blas_threads"] for p in curve.points)
    return [p for p in curve.points if p.cell["blas_threads"] == blas]


def scales(curve):
    return len({p.cell["workers"] for p in fewest_blas(curve)}) > 1


def is_grid(curve):
    return len({p.cell["blas_threads"] for p in curve.points}) > 1


def at_most(hits, trials, rate):
    """P(no more than so many hits) at this rate, by logarithms: there are more ways to
    draw from a thousand than a float can count."""
    if rate <= 0 or rate >= 1:
        return float(rate <= 0 or hits >= trials)
    ways = math.lgamma(trials + 1)
    return min(1.0, math.fsum(math.exp(
        ways - math.lgamma(k + 1) - math.lgamma(trials - k + 1) +
        k * math.log(rate) + (trials - k) * math.log1p(-rate))
        for k in range(hits + 1)))


def bisect(holds, steps=60):
    """Where in [0, 1] `holds` turns from true to false."""
    low, high = 0.0, 1.0
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def exact_interval(hits, trials, level=0.95):
    """The interval of a rate that was seen as hits of trials, which holds at least as
    often as it says (Clopper and Pearson 1934)."""
    tail = (1 - level) / 2
    low = bisect(lambda p: 1 - at_most(hits - 1, trials, p) <= tail) if hits else 0.0
    high = bisect(lambda p: at_most(hits, trials, p) > tail) if hits < trials else 1.0
    return low, high
