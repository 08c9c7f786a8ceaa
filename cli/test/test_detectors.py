"""The detectors are sharp: each claim of the self-test can fail."""

import json

from conftest import records

import pytest


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


def test_a_hang_shows_the_stack_of_every_thread(selftest, tmp_path):
    selftest("lost_wakeup")
    found = next(r for r in records(tmp_path / "out/records.jsonl")
                 if r["record"] == "finding" and r["oracle"] == "hang")
    assert len(found["stacks"]) >= 2
    assert any(f["function"] == "enter" for s in found["stacks"]
               for f in s["frames"]), json.dumps(found["stacks"])


def test_an_unknown_fault_is_refused(selftest):
    selftest("no_such_fault").refused(2, "no_such_fault", "racetrack list faults")
