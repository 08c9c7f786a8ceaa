"""What is made of samples: ratios within a round, their quartiles, means of cells.
The standard library alone."""

import math
import random
import statistics


def quartiles(values):
    """(lower quartile, median, upper quartile)."""
    values = list(values)
    if len(values) < 2:
        return tuple(values * 3)
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def ratios(numerator, denominator):
    """Round by round; rounds that only one of the two has are left out."""
    return [a / b for a, b in zip(numerator, denominator, strict=False)]


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values))


def mean_of_cells(cells, seed=1, draws=400):
    """The geometric mean of the cells' median ratios, with a 95 % interval: rounds
    are drawn again, within each cell.

    cells  one list of ratios each, none empty
    """
    cells = [list(c) for c in cells]
    point = geometric_mean(statistics.median(c) for c in cells)
    rng = random.Random(seed)
    drawn = sorted(
        geometric_mean(statistics.median(rng.choices(c, k=len(c))) for c in cells)
        for _ in range(draws))
    cut = int(0.025 * draws)
    return drawn[cut], point, drawn[-1 - cut]


def best(times):
    """The name whose median time is the least; None of nothing.

    times  name -> samples
    """
    measured = {name: statistics.median(t) for name, t in times.items() if t}
    return min(measured, key=measured.get) if measured else None


def calls_for(fastest, least=2e-3):
    """How many calls a sample has, so that the fastest arm takes `least` seconds."""
    return max(1, math.ceil(least / fastest))


def amortised(plan, ours, theirs):
    """Calls after which planning has paid for itself; None: never."""
    if plan <= 0:
        return 0
    if not ours < theirs:
        return None
    return math.ceil(plan / (theirs - ours))


def shown(values, digits=2):
    """median [lower quartile, upper quartile]"""
    if not values:
        return "-"
    low, median, high = quartiles(values)
    return f"{median:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
