import json
import math
import sqlite3

import numpy as np
import pytest

from racetrack_reports import records
from racetrack_reports.history import changes, exports, formats, store

# --- change points ---------------------------------------------------------------------


def noise(rng, kind, n):
    if kind == "normal":
        return rng.normal(0, 0.01, n)
    if kind == "skewed":
        return rng.lognormal(-4.5, 0.8, n)
    return 0.02 * (rng.random(n) < 0.3) + rng.normal(0, 0.002, n)


@pytest.mark.parametrize("kind", ["normal", "skewed", "bimodal"])
def test_series_without_a_change_raise_no_alarm(kind):
    rng = np.random.default_rng(1)
    alarms = sum(bool(changes.changes(noise(rng, kind, 50), seed))
                 for seed in range(60))
    assert alarms <= 1


@pytest.mark.parametrize("kind", ["normal", "skewed", "bimodal"])
def test_a_step_of_5_percent_is_found_where_it_is(kind):
    rng, found = np.random.default_rng(2), 0
    for seed in range(20):
        x = noise(rng, kind, 50)
        x[30:] += math.log(1.05)
        got = changes.changes(x, seed)
        found += len(got) == 1 and abs(got[0].at - 30) <= 2 and \
            abs(got[0].shift - math.log(1.05)) < 0.02
    assert found >= 18


def test_two_steps_are_two_changes_with_their_directions():
    x = np.random.default_rng(3).normal(0, 0.005, 75)
    x[25:] += 0.1
    x[50:] -= 0.06
    got = changes.changes(x)
    assert [c.at for c in got] == [25, 50]
    assert got[0].shift > 0 > got[1].shift and not got[0].passing


def test_up_and_down_again_is_one_passing_event():
    x = np.random.default_rng(4).normal(0, 0.002, 40)
    x[18:23] += 0.2
    got = changes.changes(x)
    assert len(got) == 1 and got[0].passing == 5


def test_changes_below_one_percent_are_none():
    x = np.random.default_rng(5).normal(0, 0.0005, 60)
    x[30:] += 0.006
    assert changes.changes(x) == []


def test_the_energy_distance_is_that_of_its_definition():
    """Matteson and James' formula, term by term, on six numbers split in the middle."""
    x = np.array([1.0, 2.0, 4.0, 7.0, 7.5, 9.0])
    left, right = x[:3], x[3:]
    between = np.mean([abs(a - b) for a in left for b in right])
    within = [np.mean([abs(a - b) for i, a in enumerate(lot)
                       for k, b in enumerate(lot) if i != k]) for lot in (left, right)]
    want = 3 * 3 / 6 * (2 * between - within[0] - within[1])
    assert changes.divergences(changes.distances(x))[3] == pytest.approx(want)


def test_permutations_are_drawn_from_the_seed():
    x = np.random.default_rng(6).normal(0, 0.01, 40)
    x[20:] += 0.02
    assert changes.e_divisive(x, 7) == changes.e_divisive(x, 7)


def test_the_segmentation_by_medians_is_the_best_there_is():
    """Against all ways to cut nine numbers in two."""
    x = [1, 1.1, 0.9, 1, 5, 5.2, 4.9, 5.1, 5]
    cost = changes.costs(np.array(x))
    best = min(range(1, 9), key=lambda k: cost[0, k - 1] + cost[k, 8])
    assert changes.potts(x) == [best] == [4]
    assert cost[0, 3] == pytest.approx(sum(abs(v - 1) for v in x[:4]))


@pytest.mark.parametrize("heaps", [False, True])
def test_two_heaps_are_told_from_one(heaps):
    rng = np.random.default_rng(7)
    x = rng.normal(0, 0.01, 40) + (0.2 * (rng.random(40) < 0.5) if heaps else 0)
    assert changes.two_minded(np.exp(x)) == heaps


# --- formats -----------------------------------------------------------------------------

GOOGLE = {"context": {"date": "2026-03-01T10:00:00+01:00", "num_cpus": 4,
                      "mhz_per_cpu": 3000, "library_version": "v1.8.3"},
          "benchmarks": [
              {"name": "fft/8", "run_name": "fft/8", "run_type": "iteration",
               "real_time": 2.5, "time_unit": "us", "threads": 1},
              {"name": "fft/8", "run_name": "fft/8", "run_type": "iteration",
               "real_time": 1.25, "time_unit": "us", "threads": 2},
              {"name": "fft/8_mean", "run_name": "fft/8", "run_type": "aggregate",
               "real_time": 2.0, "time_unit": "us"}]}
PYPERF = {"version": "1.0", "metadata": {"cpu_model_name": "a cpu"}, "benchmarks": [
    {"metadata": {"name": "sum"}, "runs": [
        {"warmups": [[1, 9.0]], "metadata": {"date": "2026-03-01 10:00:00"}},
        {"values": [1e-6, 2e-6]}, {"values": [3e-6]}]}]}
ASV = {"commit_hash": "abc", "date": 1767225600000, "params": {"machine": "m"},
       "version": 2, "result_columns": ["result", "params", "samples"],
       "results": {"time_a": [[1e-3], [], None], "time_b": [
           [1e-3, None, float("nan")], [["1", "2", "3"]], [[1e-3, 2e-3], None, None]]}}


@pytest.fixture
def put(tmp_path):
    def put_(data, name="x.json"):
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path
    return put_


def test_google_benchmarks_repetitions_are_read_and_its_aggregates_left(put):
    run = formats.load(put(GOOGLE))
    # Before 1.9 times of several threads were divided by their number.
    assert run.cells == {"fft/8": [2500.0, 2500.0]}
    assert run.date == "2026-03-01T09:00:00+00:00"


def test_since_1_9_google_benchmarks_times_are_those_of_the_wall(put):
    data = json.loads(json.dumps(GOOGLE))
    data["context"]["library_version"] = "v1.9.1"
    assert formats.load(put(data)).cells == {"fft/8": [2500.0, 1250.0]}


def test_pyperfs_values_are_read_and_its_warm_ups_left(put):
    run = formats.load(put(PYPERF))
    assert run.cells == {"sum": pytest.approx([1000.0, 2000.0, 3000.0])}
    assert run.machine == "a cpu" and run.date.startswith("2026-03-01")


def test_asvs_results_are_read_by_their_columns(put):
    run = formats.load(put(json.dumps(ASV).replace("NaN", "null")))
    assert run.cells == {"time_a": pytest.approx([1e6]),
                         "time_b[0]": pytest.approx([1e6, 2e6])}
    assert (run.commit, run.date) == ("abc", "2026-01-01T00:00:00+00:00")


@pytest.mark.parametrize("name", ["google", "pyperf", "asv"])
def test_what_is_exported_comes_back_the_same(put, name):
    run = formats.Run("a machine", [], "c" * 40, "2026-05-01T00:00:00+00:00",
                      {"one": [1.5, 2.5, 3.5], "two n=5": [1e6, 1.25e6]})
    back = formats.load(put(exports.render(run, name)))
    assert {k: pytest.approx(v) for k, v in back.cells.items()} == run.cells


def test_the_actions_formats_are_theirs():
    run = formats.Run(cells={"a": [1.0, 3.0, 2.0]})
    assert json.loads(exports.render(run, "github-action-benchmark")) == [
        {"name": "a", "unit": "ns", "value": 2.0, "range": "1 .. 3"}]
    assert json.loads(exports.render(run, "bencher")) == {
        "a": {"latency": {"value": 2.0, "lower_value": 1.0, "upper_value": 3.0}}}


@pytest.mark.parametrize("text, words", [
    ("{", "not JSON"), ("[]", "no kind that is known"), ("{}", "no kind"),
    ('{"context": {}, "benchmarks": []}', "no times"),
    ('{"context": {}, "benchmarks": [{"name": "a"}]}', "without a sound"),
    ('{"context": {}, "benchmarks": [{"name": "a", "real_time": NaN}]}', "NaN"),
    ('{"context": {}, "benchmarks": [{"name": "a", "real_time": Infinity}]}',
     "Infinity"),
    ('{"context": {}, "benchmarks": [{"name": "a", "real_time": 1e999}]}', "no time"),
    ('{"context": {}, "benchmarks": [{"name": "a", "real_time": -1}]}', "no time"),
    ('{"context": {}, "benchmarks": [{"name": "a", "real_time": "x"}]}', "no time")])
def test_what_cannot_be_read_is_refused_with_a_sentence(put, text, words):
    with pytest.raises(records.Unreadable, match=words):
        formats.load(put(text))


def test_two_runs_in_one_file_are_refused(put):
    line = json.dumps({"record": "run", "schema": 1, "run": "a", "started": "",
                       "machine": {}, "libraries": []})
    with pytest.raises(records.Unreadable, match="second run record"):
        formats.load(put(f"{line}\n{line}\n", "x.jsonl"))


# --- the store -----------------------------------------------------------------------------


def run_of(name="r", **cells):
    return formats.Run("m", ["lib"], "c1", "2026-01-02", cells or {"a": [1.0, 2.0]},
                       "file", name)


def test_a_run_comes_back_as_it_was_put_in(tmp_path):
    with store.Store(tmp_path / "deep/er/h.db") as db:
        number = db.add(run_of(a=[3.0, 1.0], b=[7.0]))
    with store.Store(tmp_path / "deep/er/h.db") as db:
        run = db.run(number)
        assert run.cells == {"a": [3.0, 1.0], "b": [7.0]}
        assert (run.machine, run.software, run.commit) == ("m", ["lib"], "c1")


def test_importing_again_replaces(tmp_path):
    with store.Store(tmp_path / "h.db") as db:
        db.add(run_of(a=[1.0]))
        db.add(run_of(b=[2.0]))
        assert len(db.runs()) == 1 and db.cells() == ["b"]


def test_an_import_that_fails_leaves_nothing(tmp_path):
    with store.Store(tmp_path / "h.db") as db:
        db.add(run_of("kept"))
        with pytest.raises((TypeError, ValueError)):
            db.add(run_of("bad", a=[1.0], b=["no number"]))
        assert [r.id for _, r, _ in db.runs()] == ["kept"]


def test_a_newer_database_is_refused(tmp_path):
    path = tmp_path / "h.db"
    base = sqlite3.connect(path)
    base.execute("PRAGMA user_version = 99")
    base.close()
    with pytest.raises(store.Unusable, match="version 99") as told:
        store.Store(path)
    assert told.value.usage


def test_another_programs_database_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "h.db"
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE theirs (x)")
    base.commit()
    with pytest.raises(store.Unusable, match="another program"):
        store.Store(path)
    assert [r[0] for r in base.execute("SELECT name FROM sqlite_master")] == ["theirs"]


def test_a_full_disk_is_a_sentence_and_nothing_is_written(tmp_path):
    with store.Store(tmp_path / "h.db") as db:
        db.add(run_of("kept"))
        pages = db.db.execute("PRAGMA page_count").fetchone()[0]
        db.db.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(store.Unusable, match="disk is full"):
            db.add(run_of("large", **{f"c{i}": [float(i)] * 500 for i in range(200)}))
        assert [r.id for _, r, _ in db.runs()] == ["kept"]


def test_series_are_of_one_machine_each_in_the_order_of_their_dates(tmp_path):
    with store.Store(tmp_path / "h.db") as db:
        for name, machine, date in (("2", "m", "2026-02"), ("1", "m", "2026-01"),
                                    ("3", "other", "2026-01")):
            run = run_of(name)
            run.machine, run.date = machine, date
            db.add(run)
        got = db.series("a")
    assert list(got) == ["m", "other"] or set(got) == {"m", "other"}
    assert [row[2] for row in got["m"]] == ["2026-01", "2026-02"]
