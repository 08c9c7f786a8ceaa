import decimal
import math
import random

import pytest
import samples

from racetrack_reports import statistics as st


def test_spread_interpolates_the_quartiles():
    assert st.spread([4, 1, 3, 2]) == (1.75, 2.5, 3.25)
    assert st.spread([7]) == (7, 7, 7)
    assert st.spread([]) is None


def test_speed_up_is_the_median_of_ratios_by_round():
    # The machine was ten times slower in the second round, for both.
    speed = st.speed_up([100, 1000, 120], [50, 500, 40])
    assert speed == st.Spread(2, 2, 2.5)


def test_speed_up_pairs_only_the_rounds_that_both_have():
    assert st.speed_up([10, 20, 30], [10, 10]).median == 1.5
    assert st.ratios([10, 0, 30], [5, 5, 0]) == [2]
    assert st.speed_up([], [1]) is None


def test_efficiency_is_the_speed_up_of_each_thread():
    assert st.efficiency(st.Spread(2, 3, 3.5), 4) == (.5, .75, .875)


@pytest.mark.parametrize("speed, threads, serial", [
    (4, 4, 0), (1, 4, 1), (2, 4, 1 / 3), (1.6, 2, .25), (.5, 2, 3)])
def test_karp_flatt_is_the_serial_fraction(speed, threads, serial):
    assert st.karp_flatt(speed, threads) == pytest.approx(serial)


def test_karp_flatt_finds_the_fraction_of_amdahls_law():
    for s in (.01, .1, .5):
        for p in (2, 3, 64):
            assert st.karp_flatt(1 / (s + (1 - s) / p), p) == pytest.approx(s)


def test_karp_flatt_of_one_thread_is_undefined():
    assert st.karp_flatt(1, 1) is None
    assert st.karp_flatt(0, 4) is None


def test_geometric_mean():
    assert st.geometric_mean([2, 8]) == pytest.approx(4)
    assert st.geometric_mean([.5, 2, 0]) == pytest.approx(1)
    assert st.geometric_mean([]) is None


def cell(workers, blas=1, wall=(100, 100), cpus=2, **more):
    rng = random.Random(1)
    return samples.cell("gemm", {"n": 64}, workers, blas, rng, 1000, .1,
                        cpus=cpus) | {"wall_ns": list(wall)} | more


def test_throughput_is_in_flops_where_the_work_is_known():
    assert st.throughput(cell(1)) == (10, "Gflop/s")
    assert st.throughput(cell(1, flops=0)) == (1e7, "calls/s")


def test_a_curve_compares_with_one_thread():
    c, = st.curves([cell(2, wall=(50, 55)), cell(1, wall=(100, 110))])
    assert [p.cell["workers"] for p in c.points] == [1, 2]
    assert c.points[1].speed == (2, 2, 2)
    assert c.points[1].efficiency == (1, 1, 1)
    assert c.points[1].serial == pytest.approx(0)
    assert c.best is c.points[1] and c.thrifty is c.best


def test_oversubscribed_points_have_no_serial_fraction():
    c, = st.curves([cell(1), cell(4, wall=(90, 90))])
    assert c.points[1].cell["oversubscribed"]
    assert c.points[1].serial is None


def test_without_a_one_thread_cell_the_smallest_is_the_base():
    c, = st.curves([cell(2, wall=(60, 60)), cell(4, wall=(30, 30), cpus=8)])
    assert c.base["workers"] == 2
    assert c.points[1].efficiency.median == 1
    assert c.points[1].serial is None


def test_the_thrifty_cell_is_not_clearly_slower_with_fewer_threads():
    c, = st.curves([cell(1, wall=(101, 98, 101, 98)),
                    cell(2, wall=(99, 99, 99, 98))])
    assert c.best.cell["workers"] == 2 and c.thrifty.cell["workers"] == 1
    assert not st.is_grid(c) and st.scales(c)


def test_cells_without_right_answers_are_left_out():
    wrong = cell(2, wall=(1, 1), status="wrong answer")
    empty = cell(4, wall=())
    c, = st.curves([cell(1), wrong, empty])
    assert len(c.points) == 1
    assert st.curves([wrong, empty]) == []


def test_sizes_and_subjects_make_curves_of_their_own():
    cells = samples.bench(random.Random(1))
    found = st.curves(cells)
    assert len(found) == 9
    assert [c.label for c in found[3:6]] == ["n=4096", "n=65536", "n=1048576"]
    grid = found[0]
    assert st.is_grid(grid)
    assert {p.cell["blas_threads"] for p in st.fewest_blas(grid)} == {1}


def test_labels_hold_what_differs_and_the_rest_stands_apart():
    a, b = st.curves([cell(1) | {"args": {"type": 0, "n": n, "batch": 4}}
                      for n in (8, 16)])
    assert (a.label, b.label) == ("n=8", "n=16")
    assert a.common == b.common == "type=0 batch=4"
    one, = st.curves([cell(1) | {"args": {"type": 0, "n": 8}}])
    assert (one.label, one.common) == ("type=0 n=8", "")


def test_a_label_shows_whole_numbers_whole():
    assert st.label({"n": 2.0, "x": .5, "m": 10**7}) == "n=2 x=0.5 m=10000000"
    assert st.label({}) == "default"


@pytest.mark.parametrize("hits, trials, low, high", [
    # R 4, binom.test(hits, trials)$conf.int
    (0, 300, 0.0, 0.01222097), (5, 10, 0.1870860, 0.8129140),
    (95, 100, 0.8871651, 0.9835681), (10, 10, 0.6915029, 1.0)])
def test_exact_intervals_are_clopper_and_pearsons(hits, trials, low, high):
    assert st.exact_interval(hits, trials) == \
        pytest.approx((low, high), abs=1e-6)


def test_exact_intervals_of_thousands_of_trials_have_their_tails():
    """By sums of 60 digits: beyond each end of the interval lie 2.5 %."""
    decimal.getcontext().prec = 60
    low, high = (decimal.Decimal(x) for x in st.exact_interval(300, 2700))

    def at_most(hits, rate):
        return sum(math.comb(2700, k) * rate ** k * (1 - rate) ** (2700 - k)
                   for k in range(hits + 1))

    assert float(1 - at_most(299, low)) == pytest.approx(0.025, rel=1e-6)
    assert float(at_most(300, high)) == pytest.approx(0.025, rel=1e-6)
