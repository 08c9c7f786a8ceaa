"""Do two lots of times differ that were not taken in pairs? Rank tests, exact for
few samples and with ties, and what they could have told at all.

Such lots come from other days or other machines' states, so that a difference is
no more than a suspicion."""

import collections
import math
import statistics

import numpy as np

Test = collections.namedtuple("Test", "statistic p smallest exact")

EXACT_MOST = 100  # samples together


def smallest_p(n, m):
    """No two-sided rank test of n and m samples can give less: 2 / C(n + m, n)."""
    return min(1.0, 2 / math.comb(n + m, n))


def midranks(values):
    """Twice the rank of each, which is a whole number also where some are equal."""
    values = np.asarray(values, float)
    order = np.sort(values)
    return (np.searchsorted(order, values, "left") +
            np.searchsorted(order, values, "right") + 1)


def subset_sums(weights, size):
    """How many subsets of `size` of the weights have each sum."""
    counts = np.zeros((size + 1, int(np.sum(weights)) + 1))
    counts[0, 0] = 1
    for w in map(int, weights):
        for k in range(size, 0, -1):
            counts[k, w:] += counts[k - 1, :counts.shape[1] - w]
    return counts[size]


def mann_whitney(a, b):
    """Whether values of one lot tend to be larger: U of `a` and its two-sided p,
    by all ways to deal the values there are to the two lots, or for more than
    EXACT_MOST of them by the normal distribution, ties and continuity regarded
    (Mann and Whitney 1947)."""
    n, m = len(a), len(b)
    ranks = midranks(np.concatenate([a, b]))
    total = int(ranks[:n].sum())
    u = total / 2 - n * (n + 1) / 2
    if n + m <= EXACT_MOST:
        sums = subset_sums(ranks, n)
        far = abs(total - n * (n + m + 1))
        away = np.abs(np.arange(len(sums)) - n * (n + m + 1)) >= far
        return Test(u, float(sums[away].sum() / math.comb(n + m, n)),
                    smallest_p(n, m), True)
    ties = np.unique(ranks, return_counts=True)[1]
    spread = math.sqrt(n * m / 12 * ((n + m + 1) - float(np.sum(ties ** 3 - ties)) /
                                     ((n + m) * (n + m - 1))))
    if spread == 0:
        return Test(u, 1.0, smallest_p(n, m), False)
    z = max(0.0, abs(u - n * m / 2) - 0.5) / spread
    return Test(u, 2 * statistics.NormalDist().cdf(-z), smallest_p(n, m), False)


def kolmogorov_smirnov(a, b):
    """Whether the lots' distributions differ at all, be it in spread: the largest
    distance of the two step functions and its p, exactly by the ways to deal that
    stay nearer everywhere, or for more than EXACT_MOST values by Kolmogorov's
    limit (Hodges 1958)."""
    n, m = len(a), len(b)
    values = np.sort(np.concatenate([a, b]))
    ends = np.append(values[1:] > values[:-1], True)  # of groups of equal values
    below = (np.searchsorted(np.sort(a), values[ends], "right") * m -
             np.searchsorted(np.sort(b), values[ends], "right") * n)
    apart = int(np.abs(below).max())  # in 1 / (n m)
    if n + m <= EXACT_MOST:
        ways = np.zeros(n + 1)  # to have dealt i to `a` so far
        ways[0] = 1
        i = np.arange(n + 1)
        for dealt, is_end in enumerate(ends, 1):
            ways[1:] += ways[:-1].copy()
            ways[(dealt - i < 0) | (dealt - i > m)] = 0
            if is_end:
                ways[np.abs(i * m - (dealt - i) * n) >= apart] = 0
        p = 1 - float(ways[n]) / math.comb(n + m, n) if apart else 1.0
        return Test(apart / (n * m), max(p, smallest_p(n, m)), smallest_p(n, m), True)
    d = apart / (n * m)
    x = d * math.sqrt(n * m / (n + m))
    tail = math.fsum((-1) ** (k - 1) * 2 * math.exp(-2 * (k * x) ** 2)
                     for k in range(1, 101)) if x > 0.2 else 1.0
    return Test(d, min(1.0, max(tail, smallest_p(n, m))), smallest_p(n, m), False)


def judged(test, level=0.01):
    """A test in words; "significant" only where that could come out."""
    if test.smallest > level:
        return (f"too few samples: no p below {test.smallest:.2g} can come out, "
                f"asked is {level:g}")
    word = "differs" if test.p <= level else "no difference seen"
    return f"{word} (p = {test.p:.2g}, could have been {test.smallest:.2g})"
