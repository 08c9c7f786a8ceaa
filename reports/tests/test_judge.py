import dataclasses
import math

import numpy as np
import pytest

from racetrack_reports import paired
from racetrack_reports.compare import compared_cells as cells
from racetrack_reports.compare import coverage, judge, looks, rivals, scaling
from racetrack_reports.compare.turns import Pairs

SAMPLES = 4


def cell(number=0, workers=1, threads=None, over=False, subject="s", args=()):
    one = cells.Cell(subject, args or (("n", number),), workers, 0, threads or workers,
                     over)
    one.threshold = 0.03 if one.single else 0.05
    return one


def pairs(shift, rounds=60, spread=0.02, seed=1, scale=1.0):
    """Rounds whose arm is slower by the shift; the machine slows both alike."""
    rng = np.random.default_rng(seed)
    shared = rng.exponential(0.2, rounds)[:, None]
    one, other = (100 * scale * np.exp(
        shared + rng.exponential(spread, (rounds, SAMPLES))) for _ in range(2))
    return Pairs(one.tolist(), (other * math.exp(shift)).tolist(),
                 one.tolist(), (other * math.exp(shift)).tolist())


def mirrored(p):
    return Pairs(p.wall, p.wall_base, p.cpu, p.cpu_base)


def said(shift, rounds=30, alpha=0.003, **more):
    one = cell()
    return judge.judge([one], {one.key: pairs(shift, **more)}, rounds, alpha,
                       1)[one.key]


def test_the_looks_spend_one_percent_in_all():
    assert sum(alpha for _, alpha in judge.LOOKS) == pytest.approx(0.01)
    assert [n for n, _ in judge.LOOKS] == [10, 20, 30, 60]
    assert sum(alpha for _, alpha in looks.CONFIRMING) == pytest.approx(0.01)


@pytest.mark.parametrize("shift, answer", [
    (0, "same"), (0.10, "worse"), (-0.10, "better"), (0.05, "worse")])
def test_the_four_answers(shift, answer):
    assert said(shift).answer == answer


def test_what_cannot_be_told_says_what_could_have_been_seen():
    got = said(0.02, spread=0.15)
    assert got.answer == "cannot tell"
    assert 0.01 < got.visible < 0.5


def test_ten_rounds_tell_nothing_however_large_the_change():
    assert said(0.5, rounds=10, alpha=0.001).answer == "cannot tell"


@pytest.mark.parametrize("seed", range(5))
def test_exchanging_the_arms_mirrors_the_answer(seed):
    one = cell()
    p = pairs(0.08, seed=seed)
    there, back = (judge.judge([one], {one.key: x}, 30, 0.003, 1)[one.key]
                   for x in (p, mirrored(p)))
    assert (there.answer, back.answer) == ("worse", "better")
    assert there.channels["wall"].shift == pytest.approx(-back.channels["wall"].shift)
    assert there.channels["cpu"].low == pytest.approx(-back.channels["cpu"].high)


def test_another_unit_changes_nothing():
    one = cell()
    small, large = (judge.judge([one], {one.key: pairs(0.08, scale=s)}, 30, 0.003, 1)
                    for s in (1, 1e6))
    a, b = small[one.key], large[one.key]
    assert a.answer == b.answer
    for name in a.channels:
        assert a.channels[name] == pytest.approx(b.channels[name])


def test_cpu_time_gates_one_thread_only():
    single, many = cell(1), cell(2, workers=2)
    got = judge.judge([single, many], {c.key: pairs(0) for c in (single, many)}, 30,
                      0.003, 1)
    assert got[single.key].gates == ("wall", "cpu")
    assert got[many.key].gates == ("wall", "least")


def test_time_that_is_slept_is_seen_by_the_wall_alone():
    one = cell()
    p = pairs(0.10)
    p = dataclasses.replace(p, cpu=pairs(0).cpu, cpu_base=pairs(0).cpu_base)
    got = judge.judge([one], {one.key: p}, 30, 0.003, 1)[one.key]
    assert (got.answer, got.by) == ("worse", "wall")


def test_channels_that_disagree_are_worse_and_mixed():
    one = cell()
    p = dataclasses.replace(pairs(0.10), cpu=pairs(-0.10).cpu)
    got = judge.judge([one], {one.key: p}, 30, 0.003, 1)[one.key]
    assert got.answer == "worse" and got.mixed


def test_a_small_but_certain_change_is_not_worth_failing_for():
    got = said(0.015, spread=0.002)
    assert got.channels["wall"].low > 0 and got.answer == "same"


def test_a_family_without_change_is_quiet_and_finds_the_one_that_changed():
    lot = [cell(i) for i in range(12)]
    got = judge.judge(lot, {c.key: pairs(0.1 if i == 7 else 0, seed=i)
                            for i, c in enumerate(lot)}, 30, 0.003, 1)
    worse = [c for c in lot if got[c.key].answer == "worse"]
    assert worse == [lot[7]]
    assert got[lot[7].key].p["wall"] <= 0.003 < min(
        p for c in lot if c is not lot[7] for p in got[c.key].p.values())


def test_false_alarms_of_families_stay_within_their_level():
    """300 families of 8 cells, by the look at 30 rounds: its part is 0.3 %."""
    lot, alarms = [cell(i) for i in range(8)], 0
    for family in range(300):
        got = judge.judge(lot, {c.key: pairs(0, rounds=30, spread=0.05,
                                             seed=1000 * family + i)
                                for i, c in enumerate(lot)}, 30, 0.003, family)
        alarms += any(a.answer == "worse" for a in got.values())
    assert alarms <= 4  # 5 and more: less than 1 in 1000, if the level is kept


# --- families of rounds ----------------------------------------------------------------


def test_the_family_statistic_of_one_row_is_the_exact_sign_flip_test():
    """Eight rounds: all 256 ways, counted."""
    shifts = np.array([.1, .2, .15, .3, .05, .12, .18, .22])
    signs = np.array([[1 if i >> b & 1 else -1 for b in range(8)] for i in range(256)],
                     float)
    seen, flipped = paired.shift_statistics(shifts, signs)
    p = paired.largest_of_family(np.array([seen]), flipped[:, None])
    assert p[0] == pytest.approx((2 + 1) / 257)  # itself and its opposite


def test_low_quantiles_are_numpys():
    rows = np.random.default_rng(1).lognormal(size=(50, 37))
    assert paired.low_quantiles(rows) == pytest.approx(np.quantile(rows, 0.1, axis=1))


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
def test_what_rounds_carry_over_is_estimated(rho):
    rng = np.random.default_rng(3)
    found = [paired.carried_over(coverage.carry(rng, 60, rho)) for _ in range(300)]
    assert np.mean(found) == pytest.approx(rho, abs=0.09)


@pytest.mark.parametrize("level,freedom,quantile", [
    (0.99, 29, 2.75639), (0.99, 10, 3.16927), (0.999, 15, 4.07277), (0.95, 6, 2.44691)])
def test_students_quantiles_are_those_of_tables(level, freedom, quantile):
    assert paired.student(level, freedom) == pytest.approx(quantile, rel=0.01)


def test_rounds_that_carry_over_widen_an_interval_about_its_middle():
    one = paired.Estimate(0.1, 0.08, 0.13)
    shifts = coverage.carry(np.random.default_rng(5), 60, 0.6)
    wide, low = paired.widened(one, shifts), paired.low_widened(one, shifts)
    assert wide.shift == low.shift == one.shift
    assert wide.low < low.low < one.low and one.high < low.high < wide.high
    apart = np.resize([1.0, -1.0], 60)  # neighbours that differ widen nothing
    assert paired.widened(one, apart) == pytest.approx(one)
    assert paired.low_widened(one, apart) == pytest.approx(one)


# --- scaling ------------------------------------------------------------------------------


def test_karp_and_flatt_of_amdahls_law_is_its_serial_part():
    for workers in (2, 4, 16):
        speedup = 1 / (0.1 + 0.9 / workers)
        assert scaling.serial_part(speedup, workers) == pytest.approx(0.1)


def scaled(one_shift, many_shift):
    lot = [cell(5), cell(5, workers=2)]
    found = scaling.compare(lot, {lot[0].key: pairs(one_shift, seed=1),
                                  lot[1].key: pairs(many_shift, seed=2)})
    assert len(found) == 1
    return found[0]


def test_a_cell_that_gains_less_from_workers_scales_worse():
    got = scaled(-0.10, 0.05)
    assert (got.what, got.answer) == ("efficiency", "worse")
    assert got.shift.shift == pytest.approx(0.15, abs=0.02)


def test_a_cell_that_is_slower_alike_scales_the_same():
    assert scaled(0.2, 0.2).answer == "same"


def test_serial_parts_have_intervals_that_hold_them():
    """Two workers, speed-up 1.6: the serial part is 0.25."""
    one, many = pairs(0, seed=3).wall, (np.array(pairs(0, seed=3).wall) / 1.6).tolist()
    got = scaling.serial_parts(one, many, 2, 1)
    assert got.low <= 0.25 <= got.high and got.high - got.low < 0.2


def test_too_many_threads_are_held_against_the_best_that_fits():
    fit, over = cell(5, workers=2), cell(5, workers=8, over=True)
    found = scaling.compare([cell(5), fit, over], {
        c.key: pairs(0.2 if c is over else 0, seed=i)
        for i, c in enumerate((cell(5), fit, over))})
    got = [s for s in found if s.what == "oversubscription"]
    assert len(got) == 1 and got[0].against.key == fit.key and got[0].answer == "worse"


# --- intervals and rivals -----------------------------------------------------------------


def test_intervals_of_99_percent_hold_98_to_99_point_7_of_1000():
    for sentence, kept, broken in coverage.promises(coverage.simulate(1000)):
        share = float(sentence.split(": ")[1].split(" %")[0]) / 100
        # Three thousandths are the doubt of a thousand simulations.
        assert coverage.LOW <= share <= coverage.HIGH + 0.003 and not broken, sentence


@pytest.mark.parametrize("rule", rivals.RULES)
def test_rivals_see_a_doubled_time_and_not_a_halved_one(rule):
    quiet = Pairs(*([[1.0 + 0.001 * (i * 7 % 11) + 0.0001 * k for k in range(4)]
                     for i in range(30)] for _ in range(4)))
    slow = dataclasses.replace(quiet, wall=(2 * np.array(quiet.wall)).tolist())
    fast = dataclasses.replace(quiet, wall=(0.5 * np.array(quiet.wall)).tolist())
    assert rivals.alarms(slow)[rule] and not rivals.alarms(fast)[rule]
    assert not rivals.alarms(quiet)[rule]
