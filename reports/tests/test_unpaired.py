import itertools
import math

import numpy as np
import pytest

from racetrack_reports import unpaired

LOTS = [([1, 2, 3], [4, 5, 6, 7]), ([1, 9, 4, 6], [2, 3, 5, 8]), ([5], [1, 2, 3]),
        ([1, 1, 2], [2, 2, 3, 3]), ([4, 4, 4], [4, 4]), ([1, 5, 5, 9], [5, 5, 7])]


def dealt(a, b):
    """All ways to deal the values of both."""
    values = list(a) + list(b)
    for chosen in itertools.combinations(range(len(values)), len(a)):
        yield ([values[i] for i in chosen],
               [v for i, v in enumerate(values) if i not in chosen])


def pairs_won(a, b):
    return sum((x > y) + .5 * (x == y) for x in a for y in b)


def largest_distance(a, b):
    return max(abs(sum(x <= v for x in a) / len(a) - sum(y <= v for y in b) / len(b))
               for v in [*a, *b])


@pytest.mark.parametrize("a, b", LOTS)
def test_mann_whitney_counts_all_ways_to_deal(a, b):
    far = abs(pairs_won(a, b) - len(a) * len(b) / 2)
    ways = [abs(pairs_won(*d) - len(a) * len(b) / 2) >= far - 1e-9 for d in dealt(a, b)]
    got = unpaired.mann_whitney(a, b)
    assert got.exact and got.statistic == pairs_won(a, b)
    assert got.p == pytest.approx(sum(ways) / len(ways))


@pytest.mark.parametrize("a, b", LOTS)
def test_kolmogorov_smirnov_counts_all_ways_to_deal(a, b):
    seen = largest_distance(a, b)
    ways = [largest_distance(*d) >= seen - 1e-9 for d in dealt(a, b)]
    got = unpaired.kolmogorov_smirnov(a, b)
    assert got.exact and got.statistic == pytest.approx(seen)
    assert got.p == pytest.approx(sum(ways) / len(ways))


# As printed in tables: the two-sided p of two lots that do not meet.
@pytest.mark.parametrize("n, p", ((3, .1), (4, .0286), (5, .00794), (7, .000583)))
def test_lots_that_do_not_meet_have_the_smallest_p(n, p):
    low, high = range(n), range(n, 2 * n)
    for test in (unpaired.mann_whitney, unpaired.kolmogorov_smirnov):
        got = test(low, high)
        assert got.p == pytest.approx(p, rel=.005)
        assert got.p == pytest.approx(got.smallest)


def test_many_samples_give_what_few_would():
    """The approximations, where both ways are at hand."""
    rng = np.random.default_rng(1)
    for shift in (0, .3, .6):
        a, b = rng.normal(0, 1, 50), rng.normal(shift, 1, 50)
        for test in (unpaired.mann_whitney, unpaired.kolmogorov_smirnov):
            exact = test(a, b)
            least, unpaired.EXACT_MOST = unpaired.EXACT_MOST, 10
            try:
                near = test(a, b)
            finally:
                unpaired.EXACT_MOST = least
            assert exact.exact and not near.exact
            assert near.p == pytest.approx(exact.p, rel=.25, abs=.01)


def test_nothing_differs_from_itself():
    for lot in ([3, 3, 3], [1, 2, 3, 4]):
        for test in (unpaired.mann_whitney, unpaired.kolmogorov_smirnov):
            assert test(lot, lot).p == 1
    many = np.arange(200)
    assert unpaired.mann_whitney(many, many).p == 1
    assert unpaired.kolmogorov_smirnov(many, many).p == 1
    assert unpaired.mann_whitney(np.ones(90), np.ones(90)).p == 1


def test_false_alarms_are_as_rare_as_the_level_says():
    rng, runs = np.random.default_rng(5), 1000
    for test in (unpaired.mann_whitney, unpaired.kolmogorov_smirnov):
        alarms = sum(test(rng.exponential(1, 12), rng.exponential(1, 15)).p <= .05
                     for _ in range(runs))
        assert alarms / runs < .05 + 3 * math.sqrt(.05 * .95 / runs)


def test_a_wider_spread_is_seen_by_one_test_alone():
    rng = np.random.default_rng(7)
    narrow, wide = rng.normal(0, 1, 80), rng.normal(0, 8, 80)
    assert unpaired.kolmogorov_smirnov(narrow, wide).p < .01
    assert unpaired.mann_whitney(narrow, wide).p > .01


def test_too_few_samples_are_never_called_significant():
    assert unpaired.judged(unpaired.mann_whitney([1, 2], [3, 4])).startswith(
        "too few samples: no p below 0.33 can come out")
    assert unpaired.judged(unpaired.mann_whitney(range(9), range(9, 18))).startswith(
        "differs (p = 4.1e-05, could have been 4.1e-05)")
    assert unpaired.judged(unpaired.mann_whitney(range(9), range(9))).startswith(
        "no difference seen (p = 1")
