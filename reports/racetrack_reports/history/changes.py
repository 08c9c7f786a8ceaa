"""Where a series of times changed. Two opinions that fail in different ways, E-divisive
with a permutation test and an L1 segmentation; an alarm is what both see.

A series is the logarithm of one cell's time, run after run of one machine."""

import bisect
import dataclasses
import math

import numpy as np

LEAST = 3          # runs on either side of a change
PERMUTATIONS, SURE = 499, 0.01
MAGNITUDE = 0.01   # smaller changes are none
NEAR = 2           # runs that two opinions may lie apart
SHORT = 5          # up and down again within so many runs is one passing event
SEGMENTS_MOST = 10
WINDOW = 12        # runs
LONGEST = 400      # runs; older ones are left out


@dataclasses.dataclass
class Change:
    """The first run of a new level, the change as a logarithm, and how sure."""
    at: int
    shift: float
    p: float
    passing: int = 0  # runs after which the old level was back; 0: it stayed


def distances(x):
    return np.abs(x[:, None] - x[None, :])


def divergences(d):
    """The energy distance between the parts before and after each place, by its
    weight (Matteson and James 2014); -inf where a part is too short."""
    n = len(d)
    cumulative = np.cumsum(np.cumsum(d, axis=0), axis=1)
    whole = cumulative[-1, -1]
    out = np.full(n, -np.inf)
    for k in range(LEAST, n - LEAST + 1):
        left = cumulative[k - 1, k - 1]
        across = cumulative[k - 1, -1] - left
        right = whole - left - 2 * across
        m = n - k
        out[k] = k * m / n * (2 * across / (k * m) - left / (k * max(1, k - 1)) -
                              right / (m * max(1, m - 1)))
    return out


def best_split(x, rng):
    """(place, p) of the likeliest change in x, or None where x is too short."""
    if len(x) < 2 * LEAST:
        return None
    d = distances(x)
    scores = divergences(d)
    place, reached = int(np.argmax(scores)), 1
    for done in range(PERMUTATIONS):
        order = rng.permutation(len(x))
        reached += divergences(d[np.ix_(order, order)]).max() >= scores[place]
        # It cannot become significant any more.
        if reached > SURE * (PERMUTATIONS + 1) and done >= 20:
            return place, reached / (done + 2)
    return place, reached / (PERMUTATIONS + 1)


def e_divisive(x, seed=1):
    """[(place, p)] of all changes, found one inside the other; then, where the whole
    hides it, in windows, for what goes up and down again leaves both ends alike."""
    rng, found = np.random.default_rng(seed), {}
    divide(x, 0, len(x), rng, found)
    for start in range(0, len(x) - WINDOW // 2, WINDOW // 2):
        if found or len(x) <= WINDOW:
            break
        at = split_of(x, start, min(start + WINDOW, len(x)), rng, found)
        if at:
            divide(x, 0, at, rng, found)
            divide(x, at, len(x), rng, found)
    return sorted(found.items())


def split_of(x, start, end, rng, found):
    """The place of a sure change in x[start:end], noted in `found`, or None."""
    split = best_split(np.asarray(x[start:end], float), rng)
    if not split or split[1] > SURE:
        return None
    found[start + split[0]] = float(split[1])
    return start + split[0]


def divide(x, start, end, rng, found):
    """Find changes in x[start:end], one inside the other."""
    at = split_of(x, start, end, rng, found)
    if at:
        divide(x, start, at, rng, found)
        divide(x, at, end, rng, found)


def costs(x):
    """cost[i][j]: the sum of distances from the median of x[i..j]."""
    n = len(x)
    out = np.full((n, n), np.inf)
    for i in range(n):
        ordered = []
        for j in range(i, n):
            bisect.insort(ordered, x[j])
            row = np.asarray(ordered)
            out[i, j] = np.abs(row - row[len(row) // 2]).sum()
    return out


def potts(x):
    """Places of the segmentation by medians that pays best: ln of its mean error and
    4 ln n / n for each segment, as asv's."""
    x, n = np.asarray(x, float), len(x)
    if n < 2 * LEAST:
        return []
    cost = costs(x)
    best, back = cost[0].copy(), []
    options = [(score(best[-1], n, 1), [])]
    for k in range(2, min(SEGMENTS_MOST, n // LEAST) + 1):
        total = np.full(n, np.inf)
        came = np.zeros(n, int)
        for j in range(n):
            ways = best[:j] + cost[1:j + 1, j]
            if len(ways):
                came[j] = int(np.argmin(ways)) + 1
                total[j] = ways[came[j] - 1]
        back.append(came)
        best = total
        options.append((score(best[-1], n, k), places(back, n)))
    return min(options, key=lambda o: o[0])[1]


def score(error, n, segments):
    return math.log(max(error / n, 1e-12)) + 4 * math.log(n) / n * segments


def places(back, n):
    """Where segments begin, from the tables of where they came from."""
    found, end = [], n - 1
    for came in reversed(back):
        found.append(int(came[end]))
        end = found[-1] - 1
    return sorted(p for p in found if p > 0)


def levels(x, at):
    """Medians of the segments between the places."""
    edges = [0, *at, len(x)]
    return [float(np.median(x[a:b])) for a, b in zip(edges, edges[1:])]


def merge_passing(found):
    """A change that is undone within a few runs is one event, not two."""
    out = []
    for change in found:
        last = out[-1] if out else None
        if last and not last.passing and change.at - last.at <= SHORT and \
                abs(change.shift + last.shift) < abs(last.shift) / 2:
            last.passing = change.at - last.at
        else:
            out.append(change)
    return out


def changes(x, seed=1):
    """The Changes that both opinions see, at least 1 % each."""
    x = np.asarray(x, float)
    skipped = max(0, len(x) - LONGEST)
    x = x[skipped:]
    first = e_divisive(x, seed)
    second = potts(x) if first else []
    agreed = [(at, p) for at, p in first
              if any(abs(at - other) <= NEAR for other in second)]
    level = levels(x, [at for at, _ in agreed])
    found = [Change(at + skipped, after - before, p)
             for (at, p), before, after in zip(agreed, level, level[1:])
             if abs(after - before) >= math.log1p(MAGNITUDE)]
    return merge_passing(found)


def two_minded(times):
    """Whether times of one run lie in two heaps: then a mean or a median says little,
    and a change of it may be luck. By the best split in two: less than 12 % of the variance is
    left inside the heaps (of a normal lot 36 % are, of a uniform one 25 %)."""
    x = np.sort(np.log(np.asarray(times, float)))
    n = len(x)
    if n < 10 or x[0] == x[-1]:
        return False
    k = np.arange(2, n - 1)
    sums, squares = np.cumsum(x), np.cumsum(x * x)
    left = squares[k - 1] - sums[k - 1] ** 2 / k
    right = squares[-1] - squares[k - 1] - (sums[-1] - sums[k - 1]) ** 2 / (n - k)
    whole = squares[-1] - sums[-1] ** 2 / n
    best = int(np.argmin(left + right))
    few = min(k[best], n - k[best]) / n
    return bool((left + right)[best] / whole < 0.12 and few >= 0.15)
