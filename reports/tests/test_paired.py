import itertools
import math

import numpy as np
import pytest

from racetrack_reports import paired

# Two-sided critical values at 1 % of the signed-rank test, as printed in tables
# since Wilcoxon (1945).
CRITICAL = {8: 0, 10: 3, 12: 7, 15: 15, 20: 37, 25: 68, 30: 109}


def noise(rng, kind, size):
    """Of the logarithm of a time."""
    if kind == "normal":
        return rng.normal(0, .05, size)
    if kind == "skewed":
        return rng.exponential(.3, size)
    if kind == "heavy":
        return .1 * rng.pareto(1.5, size)
    return .4 * (rng.random(size) < .5) + rng.normal(0, .02, size)


@pytest.mark.parametrize("n", range(1, 9))
def test_signed_rank_tails_are_those_of_all_signs(n):
    sums = [sum(r for r, up in zip(range(1, n + 1), signs) if up)
            for signs in itertools.product((0, 1), repeat=n)]
    tails = paired.signed_rank_tails(n)
    assert len(tails) == n * (n + 1) // 2 + 1
    for w, tail in enumerate(tails):
        assert tail == sum(s <= w for s in sums) / 2 ** n


@pytest.mark.parametrize("n, critical", CRITICAL.items())
def test_intervals_are_cut_at_the_critical_values_of_the_tables(n, critical):
    shifts = np.arange(n) ** 2 / 7  # all Walsh averages differ
    averages = paired.walsh_averages(shifts)
    got = paired.hodges_lehmann(shifts)
    assert (got.low, got.high) == (averages[critical], averages[-1 - critical])


def test_so_few_rounds_that_nothing_can_be_refused_say_nothing():
    assert paired.hodges_lehmann(np.arange(7.0))[1:] == (-math.inf, math.inf)
    assert math.isfinite(paired.hodges_lehmann(np.arange(8.0)).low)


def test_hodges_and_lehmann_take_the_median_of_all_averages_of_two():
    assert list(paired.walsh_averages([0, 1, 5])) == [0, .5, 1, 2.5, 3, 5]
    assert paired.hodges_lehmann([0, 1, 5]).shift == 1.75


def test_shifts_are_logarithms_of_ratios():
    assert paired.log_ratios([1, 2], [2, 1]) == pytest.approx([math.log(2),
                                                               -math.log(2)])
    assert paired.low_shift([10, 20, 30], [11, 22, 33]) == pytest.approx(math.log(1.1))


def test_swapping_the_arms_mirrors_all_and_units_change_nothing():
    rng = np.random.default_rng(3)
    base, head = np.exp(noise(rng, "skewed", (2, 40)))
    for estimate in (paired.low_quantile,
                     lambda b, h: paired.hodges_lehmann(paired.log_ratios(b, h))):
        there, back = estimate(base, head), estimate(head, base)
        assert there == pytest.approx((-back.shift, -back.high, -back.low))
        assert estimate(base * 1e9, head * 1e9) == pytest.approx(there)


@pytest.mark.parametrize("kind", ("normal", "skewed", "heavy", "bimodal"))
def test_intervals_cover_as_often_as_they_say(kind):
    rng, true, runs = np.random.default_rng(7), math.log(1.05), 1000
    low_quantile = hodges_lehmann = 0
    for run in range(runs):
        base = np.exp(noise(rng, kind, 30))
        head = np.exp(noise(rng, kind, 30) + true)
        got = paired.low_quantile(base, head, resamples=1000, seed=run)
        low_quantile += got.low <= true <= got.high
        got = paired.hodges_lehmann(paired.log_ratios(base, head))
        hodges_lehmann += got.low <= true <= got.high
    assert 0.98 <= low_quantile / runs <= 0.999
    assert 0.98 <= hodges_lehmann / runs <= 0.999


def families(rng, cells, rounds):
    """No shift anywhere; bad rounds hit all cells, some much."""
    common = noise(rng, "heavy", rounds) * rng.choice((-1, 1), rounds)
    return common + rng.normal(0, .03, (cells, rounds))


def test_a_family_without_shifts_alarms_as_seldom_as_it_says():
    rng, runs = np.random.default_rng(9), 400
    alarms = sum(paired.family_p(families(rng, 8, 30), 1000, run).min() <= .05
                 for run in range(runs))
    # 5 %, with three standard errors of 400 runs.
    assert abs(alarms / runs - .05) < .033


def test_a_cell_that_is_slower_is_found_and_its_neighbours_are_not():
    rng = np.random.default_rng(11)
    shifts = rng.normal(0, .02, (8, 30))
    shifts[3] += .05
    p = paired.family_p(shifts)
    assert p[3] <= .001 and np.delete(p, 3).min() > .01


def test_one_bad_second_does_not_hide_a_shift():
    shifts = np.random.default_rng(13).normal(.05, .01, (1, 30))
    shifts[0, 7] = -5
    assert paired.family_p(shifts)[0] <= .001


def test_p_values_are_never_smaller_than_the_flips_can_tell():
    assert paired.family_p(np.ones((1, 30)), 200)[0] >= 1 / 201
    assert paired.family_p(np.zeros((2, 30)), 200) == pytest.approx([1, 1])


def test_the_smallest_visible_shift_is_seen_in_four_of_five_runs():
    rng, runs, rounds = np.random.default_rng(17), 400, 30
    visible = np.median([paired.smallest_visible(rng.normal(0, .05, rounds))
                         for _ in range(runs)])
    seen = sum(paired.hodges_lehmann(rng.normal(visible, .05, rounds)).low > 0
               for _ in range(runs))
    assert .7 < seen / runs < .97
