"""Is head slower than base? Estimators on samples that were taken in pairs.

Round r has a time of base and one of head, from the same seconds of the same
machine. A shift is a difference of logarithms: 0 is no change, ln 1.05 is 5 %
slower. Intervals are two-sided, at 99 % where nothing else is said. Functions
are pure: what is drawn depends on `seed` alone."""

import collections
import functools
import math
import statistics

import numpy as np

Estimate = collections.namedtuple("Estimate", "shift low high")

LOW = 0.10  # noise of a shared machine only ever makes slower
BATCH = 500


def log_ratios(base, head):
    """ln(head / base) of each round."""
    return np.log(np.asarray(head, float)) - np.log(np.asarray(base, float))


# --- the low quantile -----------------------------------------------------------


def low_shift(base, head, quantile=LOW):
    """ln of head's low quantile by base's, both interpolated linearly."""
    return float(np.log(np.quantile(head, quantile) / np.quantile(base, quantile)))


def low_quantiles(rows, quantile=LOW):
    """np.quantile(rows, quantile, axis=1), in less time."""
    place = quantile * (rows.shape[1] - 1)
    below = int(place)
    above = min(below + 1, rows.shape[1] - 1)
    parts = np.partition(rows, (below, above), axis=1)
    return parts[:, below] + (place - below) * (parts[:, above] - parts[:, below])


def low_quantile(base, head, level=0.99, resamples=2000, seed=1, quantile=LOW):
    """The shift of the low quantile with its percentile bootstrap interval. `base`
    and `head` have a time for each round, or a row of them. Rounds are drawn as a
    whole: what slows both arms of one is no evidence. Covers as it says from 30
    rounds on, 1 to 2 % less at 20."""
    base, head = np.asarray(base, float), np.asarray(head, float)
    drawn = np.random.default_rng(seed).integers(len(base), size=(resamples, len(base)))
    shifts = np.concatenate([
        np.log(low_quantiles(head[some].reshape(len(some), -1), quantile) /
               low_quantiles(base[some].reshape(len(some), -1), quantile))
        for some in np.array_split(drawn, -(-resamples // BATCH))])
    low, high = np.quantile(shifts, ((1 - level) / 2, (1 + level) / 2))
    return Estimate(low_shift(base, head, quantile), float(low), float(high))


# --- Hodges and Lehmann ---------------------------------------------------------


def walsh_averages(shifts):
    """(d_i + d_j) / 2 of all i <= j, sorted."""
    shifts = np.asarray(shifts, float)
    i, j = np.triu_indices(len(shifts))
    return np.sort((shifts[i] + shifts[j]) / 2)


@functools.lru_cache(maxsize=None)
def signed_rank_tails(n):
    """P(sum of positive ranks <= w) for w = 0, 1, ..., exactly: each of the 2^n
    ways to give n ranks their signs is as likely."""
    counts = np.zeros(n * (n + 1) // 2 + 1)
    counts[0] = 1
    for rank in range(1, n + 1):
        counts[rank:] += counts[:-rank].copy()
    return np.cumsum(counts) / 2.0 ** n


def hodges_lehmann(shifts, level=0.99):
    """The median of the Walsh averages, and the interval of all shifts that the
    signed-rank test would not refuse; infinite where so few rounds can refuse
    nothing at that level. Needs independent rounds (Hollander and Wolfe, 3.3)."""
    averages = walsh_averages(shifts)
    cut = int(np.searchsorted(signed_rank_tails(len(shifts)), (1 - level) / 2,
                              side="right"))
    low, high = (averages[cut - 1], averages[-cut]) if cut else (-math.inf, math.inf)
    return Estimate(float(np.median(averages)), float(low), float(high))


def carried_over(shifts, errors=0.0):
    """How much of a round's deviation the next one shares: the correlation of
    neighbours, corrected for its bias in short rows (Kendall 1954), and 0 where it is
    not more than so many of its standard `errors`."""
    x = np.asarray(shifts, float) - np.median(shifts)
    fence = 4 * np.median(np.abs(x))
    x = np.clip(x, -fence, fence)
    whole = float(np.sum(x * x))
    found = float(np.sum(x[1:] * x[:-1])) / whole if whole else 0.0
    if found <= errors / math.sqrt(len(x)):
        return 0.0
    return min(0.9, found + (1 + 4 * found) / len(x))


def student(level, freedom):
    """The two-sided quantile of Student's t, by Fisher's expansion: within 1 % from
    6 degrees of freedom on, to a level of 99.9 %."""
    z = statistics.NormalDist().inv_cdf((1 + level) / 2)
    return z + (z ** 3 + z) / (4 * freedom) + \
        (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)


def scaled(estimate, factor):
    middle = estimate.shift
    return Estimate(middle, middle - factor * (middle - estimate.low),
                    middle + factor * (estimate.high - middle))


def widened(estimate, shifts, level=0.99):
    """The interval of a mean or a middle that holds for independent rounds, made as
    much wider as rounds that carry over need it: such a row is worth fewer rounds."""
    rho, rounds = carried_over(shifts), len(shifts)
    worth = max(4.0, rounds * (1 - rho) / (1 + rho))
    return scaled(estimate, math.sqrt(rounds / worth) * student(level, worth - 1) /
                  student(level, rounds - 1) if worth < rounds else 1.0)


def low_widened(estimate, shifts):
    """The same of a low quantile: it rests on a few rounds that are seldom
    neighbours, so that half of it (in logarithms) is enough, where it is plain."""
    rho = carried_over(shifts, 1.0)
    return scaled(estimate, ((1 + rho) / (1 - rho)) ** 0.25)


# --- families of cells ----------------------------------------------------------


def fenced(shifts):
    """Each row drawn in to 3 quartile distances outside the quartiles of its sizes,
    or one bad second would hide all else. Signs stay, as flips need it."""
    size = np.abs(shifts)
    first, third = np.quantile(size, (0.25, 0.75), axis=1, keepdims=True)
    fence = third + 3 * (third - first)
    return np.clip(shifts, -fence, fence)


def studentised(shifts):
    """|mean| by standard error along the last axis; 0 where all are 0."""
    mean = np.abs(shifts.mean(axis=-1))
    error = shifts.std(axis=-1, ddof=1) / math.sqrt(shifts.shape[-1])
    return np.divide(mean, error, out=np.where(mean > 0, math.inf, 0.0),
                     where=error > 0)


def largest_of_family(seen, flipped):
    """How often the largest statistic of all rows is as large as each row's own,
    when each is taken by its own spread over the flips; `flipped` has a column for
    each row. None is below 1 / (flips + 1)."""
    spread = np.sqrt(np.mean(np.square(flipped), axis=0))
    spread = np.where(spread > 0, spread, 1)
    largest = (np.abs(flipped) / spread).max(axis=1)
    reached = (largest[:, None] >= np.abs(seen) / spread - 1e-12).sum(axis=0)
    return (reached + 1) / (len(flipped) + 1)


def shift_statistics(shifts, signs):
    """The mean shift by its standard error, as seen and with each row of signs."""
    shifts = fenced(np.atleast_2d(np.asarray(shifts, float)))[0]
    return (float(studentised(shifts)), studentised(shifts * signs))


def draw_signs(rounds, flips, seed):
    """For each flip whether the arms of each round change places."""
    return np.random.default_rng(seed).choice((-1.0, 1.0), size=(flips, rounds))


def family_p(shifts, flips=10000, seed=1):
    """For each cell (row) how often the largest statistic of all cells is as large
    as its own when whole rounds (columns) change sign at random, in all cells
    alike: two-sided p-values that hold for the family, whatever ties the cells
    together (Westfall and Young 1993, max-T)."""
    shifts = np.atleast_2d(np.asarray(shifts, float))
    signs = draw_signs(shifts.shape[1], flips, seed)
    rows = [shift_statistics(row, signs) for row in shifts]
    return largest_of_family(np.array([seen for seen, _ in rows]),
                             np.stack([flipped for _, flipped in rows], axis=1))


def smallest_visible(shifts, level=0.99, power=0.80):
    """The shift that would have been seen in so many of such runs, by the robust
    spread of this one."""
    shifts = np.asarray(shifts, float)
    spread = 1.4826 * np.median(np.abs(shifts - np.median(shifts)))
    quantile = statistics.NormalDist().inv_cdf
    return float((quantile((1 + level) / 2) + quantile(power)) * spread * 1.25 /
                 math.sqrt(len(shifts)))
