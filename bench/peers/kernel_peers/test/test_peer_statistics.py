"""What kernel-peers makes of samples, on numbers that are known."""

import dataclasses
import pathlib
import random
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

import peer_statistics as stats  # noqa: E402


def test_quartiles_of_one_value_are_that_value():
    assert stats.quartiles([3.0]) == (3.0, 3.0, 3.0)


def test_quartiles_are_those_of_the_sorted_values():
    assert stats.quartiles([5, 1, 4, 2, 3]) == (2, 3, 4)


def test_ratios_are_taken_within_a_round():
    """A machine that is ten times slower in one round changes no ratio."""
    theirs, ours = [2.0, 20.0, 2.0], [1.0, 10.0, 1.0]
    assert stats.ratios(theirs, ours) == [2.0, 2.0, 2.0]


def test_a_round_that_one_of_two_did_not_finish_is_left_out():
    assert stats.ratios([2.0, 4.0, 9.0], [1.0, 2.0]) == [2.0, 2.0]


def test_twice_as_fast_and_half_as_fast_are_level_on_average():
    assert stats.geometric_mean([2.0, 0.5]) == pytest.approx(1.0)


def test_the_interval_of_a_mean_holds_the_mean_and_shrinks_with_rounds():
    rng = random.Random(3)

    def width(rounds):
        cells = [[2.0 * rng.lognormvariate(0, 0.2) for _ in range(rounds)]
                 for _ in range(5)]
        low, point, high = stats.mean_of_cells(cells)
        assert low <= point <= high
        return high - low

    assert width(100) < width(6)


def test_the_interval_of_a_mean_mostly_holds_the_truth():
    """95 % are promised; of 60 draws fewer than 50 would be below 1 in 10^4."""
    rng, held = random.Random(5), 0
    for i in range(60):
        cells = [[2.0 * rng.lognormvariate(0, 0.1) for _ in range(15)]
                 for _ in range(4)]
        low, _, high = stats.mean_of_cells(cells, seed=i, draws=200)
        held += low <= 2.0 <= high
    assert held >= 50


def test_equal_seeds_draw_equal_intervals():
    cells = [[1.0, 2.0, 3.0], [2.0, 2.5, 4.0]]
    assert stats.mean_of_cells(cells, seed=9) == stats.mean_of_cells(cells, seed=9)


def test_the_best_has_the_least_median_whatever_its_worst():
    assert stats.best({"a": [1, 1, 100], "b": [2, 2, 2]}) == "a"
    assert stats.best({"a": [], "b": [2]}) == "b"
    assert stats.best({}) is None


@pytest.mark.parametrize(("fastest", "calls"), [
    (3e-6, 667), (1.5e-3, 2), (2e-3, 1), (5.0, 1)])
def test_a_sample_is_long_enough_for_the_clock(fastest, calls):
    assert stats.calls_for(fastest) == calls


@pytest.mark.parametrize(("plan", "ours", "theirs", "calls"), [
    (0.0, 1.0, 2.0, 0), (1.0, 1.0, 2.0, 1), (1.0, 1.0, 1.01, 100),
    (1.0, 2.0, 1.0, None), (1.0, 1.0, 1.0, None)])
def test_planning_is_paid_for_by_what_calls_save(plan, ours, theirs, calls):
    found = stats.amortised(plan, ours, theirs)
    assert found == calls or (calls and abs(found - calls) <= 1)


def test_no_samples_are_shown_as_a_dash():
    assert stats.shown([]) == "-"
    assert stats.shown([1.0, 2.0, 3.0], 1) == "2.0 [1.5, 2.5]"


# --- the command ------------------------------------------------------------------


def command(*options):
    return subprocess.run([sys.executable, HERE / "kernel_peers.py", *options],
                          capture_output=True, text=True)


@pytest.mark.parametrize(("option", "value", "named"), [
    ("--budget", "soon", "'soon' is no time"),
    ("--workers", "0", "'0' is no list of worker counts"),
    ("--workers", "1,,2", "'1,,2' is no list"),
    ("--seed", "x", "--seed")])
def test_bad_input_is_one_sentence_and_exit_code_2(option, value, named):
    done = command("build", option, value)
    assert done.returncode == 2
    assert named in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_says_what_a_ratio_is():
    done = command("--help")
    assert done.returncode == 0
    assert "above 1 where racetrack is faster" in " ".join(done.stdout.split())


# --- targets: with cells that are made up -------------------------------------------


@dataclasses.dataclass
class MadeUpArm:
    column: str
    threads: int
    role: str
    detail: str = ""


@pytest.fixture
def measured(monkeypatch):
    """Two cells: racetrack takes 1, SciPy 2 and 8, ducc0 0.5 with 2 threads and 4
    with one. Not SciPy, nor the machine, is needed for it."""
    numpy = pytest.importorskip("numpy")
    assert numpy
    import cells
    import rounds

    def make(name, scipy):
        cell = cells.Cell(name)
        m = rounds.Measured(cell)
        for arm, seconds in ((MadeUpArm("racetrack", 1, "ours"), 1.0),
                             (MadeUpArm("racetrack", 2, "ours"), 0.6),
                             (MadeUpArm("SciPy", 1, "peer"), scipy),
                             (MadeUpArm("ducc0", 1, "peer"), 4.0),
                             (MadeUpArm("ducc0", 2, "peer"), 0.5)):
            key = f"{arm.column} x{arm.threads}"
            m.arms[key], m.times[key] = arm, [seconds] * 3
        m.ceilings = {("fma", 1): [2.0] * 3, ("fma", 2): [1.0] * 3,
                      ("triad", 1): [3.0] * 3, ("triad", 2): [2.0] * 3}
        return m

    return [make("a", 2.0), make("b", 8.0)]


def test_a_mean_is_taken_over_the_cells(measured):
    import cells
    import peers_report as report
    target = cells.Target("", "mean", 4.1, cells.column("SciPy"))
    line = report.judge(target, measured, 1)
    assert line["value"] == pytest.approx(4.0)
    assert not line["met"]


def test_the_best_peer_has_at_most_as_many_threads(measured):
    import cells
    import peers_report as report
    target = cells.Target("", "worst", 0.95, cells.peer)
    assert report.judge(target, measured, 1)["value"] == pytest.approx(2.0)
    two = report.judge(target, measured, 2)
    assert two["value"] == pytest.approx(0.5 / 0.6)
    assert not two["met"]
    assert "ducc0 x2" in two["where"]


def test_scaling_is_held_against_the_ceiling_that_applies(measured):
    import cells
    import peers_report as report
    target = cells.Target("", "scaling", 0.9)
    assert report.judge(target, measured, 2)["value"] == pytest.approx(1 / 0.6 / 2)
    for m in measured:
        m.cell.footprint = 1 << 40
    assert report.judge(target, measured, 2)["value"] == pytest.approx(1 / 0.6 / 1.5)


def test_nothing_measured_is_no_line(measured):
    import cells
    import peers_report as report
    assert report.judge(cells.Target("", "mean", 1, cells.column("MKL")),
                        measured, 1) is None
    assert report.judge(cells.Target("", "worst", {2: 1}, cells.peer),
                        measured, 1) is None
