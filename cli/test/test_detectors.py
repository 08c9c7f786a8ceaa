"""The detectors are sharp: each claim of the self-test can fail."""

import json
import pathlib

from conftest import PROGRAM, records

import pytest

FAULTS = pathlib.Path(PROGRAM).parents[1] / "plugins/faults"


@pytest.fixture
def selftest(run):
    """selftest(args...) into the folder out."""
    return lambda *args: run("selftest", *args, "--out", "out")


def fault(tmp_path):
    return next(r for r in records(tmp_path / "out/records.jsonl")
                if r["record"] == "fault")


def test_a_race_in_wide_vectors_is_found_by_the_declared_ranges(
        selftest, tmp_path):
    done = selftest("avx2_race")
    assert done.code == 0, done
    assert fault(tmp_path)["found_by"] == ["tsan"]


def test_without_declared_ranges_it_is_missed_and_the_gate_would_fail(
        selftest, tmp_path):
    done = selftest("avx2_race", "--no-declare", "--budget", "2s")
    assert done.code == 4, done
    assert "MISSED" in done.out
    assert not fault(tmp_path)["found"] and fault(tmp_path)["trials"] > 1


def test_a_finding_replays_with_its_seed(run, selftest, tmp_path):
    assert selftest("static_scratch").code == 0
    found = next(r for r in records(tmp_path / "out/records.jsonl")
                 if r["record"] == "finding")
    done = run("replay", f"out#{found['id']}", "--times", "3")
    assert done.code == 1, done
    assert "of 3 trials with the same seed" in done.out


def test_findings_have_both_stacks_with_function_file_and_line(
        selftest, tmp_path):
    selftest("static_scratch")
    found = next(r for r in records(tmp_path / "out/records.jsonl")
                 if r["record"] == "finding" and r["oracle"] == "tsan")
    assert len(found["stacks"]) >= 2
    for stack in found["stacks"][:2]:
        assert any(f["function"] and f["file"].endswith("static_scratch.c")
                   and f["line"] > 0 for f in stack["frames"]
                   if f["file"]), json.dumps(stack)


def test_a_hang_shows_the_stacks_of_threads_that_wait(selftest, tmp_path):
    """With many callers not all stacks fit into a line: some seed has few."""
    for seed in range(1, 6):
        selftest("philosophers", f"--seed={seed}")
        stacks = next(r["stacks"] for r in records(tmp_path / "out/records.jsonl")
                      if r["record"] == "finding" and r["oracle"] == "hang")
        if len(stacks) >= 2 and any(f["function"] == "take" for s in stacks
                                    for f in s["frames"]):
            return
    raise AssertionError(json.dumps(stacks))


def test_an_unknown_fault_is_refused(selftest):
    selftest("no_such_fault").refused(2, "no_such_fault", "racetrack list faults")


def power(tmp_path):
    return [r for r in records(tmp_path / "out/records.jsonl")
            if r["record"] == "power"]


def test_power_counts_seeds_and_bounds_what_they_say(selftest, tmp_path):
    done = selftest("static_scratch", "input_modified", "--power", "--seeds=4")
    assert done.code == 0, done
    rows = power(tmp_path)
    assert {r["fault"] for r in rows} == {"static_scratch", "input_modified"}
    for r in rows:
        assert (r["seeds"], r["seeds_found"], r["twin_alarms"]) == (4, 4, 0), r
        # The exact bound for four of four.
        assert r["rate_low"] == pytest.approx(0.05 ** (1 / 4)), r
        assert r["low_s"] <= r["median_s"] <= r["high_s"], r
        assert r["covered"] == pytest.approx(1 - 2 / 2 ** 4), r
        assert len(r["seconds"]) == len(r["trials"]) == 4
        assert r["alarm_rate_high"] == pytest.approx(
            1 - 0.05 ** (1 / r["twin_trials"])), r
    assert "2 of 2 (100.0 %" in done.out and "NOT MET" not in done.out, done


def test_power_without_an_oracle_misses_the_target_with_exit_4(
        selftest, tmp_path):
    done = selftest("avx2_race", "--power", "--seeds=2", "--no-declare",
                    "--budget=1s")
    assert done.code == 4, done
    (row,) = power(tmp_path)
    assert (row["found"], row["seeds_found"], row["median_s"]) == (False, 0, None)
    assert "MISSED" in done.out and "NOT MET" in done.out and "never" in done.out


def test_seeds_without_power_are_refused(selftest):
    selftest("--seeds=3").refused(2, "--seeds", "--power")
    selftest("--power", "--seeds=0").refused(2, "--seeds", "1 .. 1000")


# For each of these oracles two faults that nothing else sees.
ALONE = {"borrowed_norm": "law", "lost_mass": "law",
         "lost_call": "outcome", "forked_stream": "outcome",
         "split_exchange": "linearizability",
         "stale_setting": "linearizability",
         "arrival_ulps": "ulps", "busy_shortcut": "ulps"}


def test_some_faults_are_seen_by_one_oracle_alone(selftest, tmp_path):
    done = selftest(*ALONE)
    assert done.code == 0, done
    found = {r["fault"]: r["found_by"]
             for r in records(tmp_path / "out/records.jsonl")
             if r["record"] == "fault"}
    assert found == {name: [oracle] for name, oracle in ALONE.items()}


def test_an_outcome_that_is_required_is_seen_where_callers_meet(
        run, tmp_path):
    done = run("stress", "--plugin", FAULTS, "sound.lost_call", "--scenario",
               "shared_instance", "--lane", "native", "--budget", "4s",
               "--out", "out")
    assert done.code == 0, done
    (verdict,) = [r for r in records(tmp_path / "out/records.jsonl")
                  if r["record"] == "verdict"]
    assert verdict["verdict"] == "as claimed", verdict
    assert any(o["grade"] == "required" and o["count"] > 0
               for o in verdict["outcomes"].values()), verdict
