"""Whole runs that go well: from a subject to a report and back to a trial."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from conftest import PROGRAM, ROOT, records

RECORDS = "out/records.jsonl"
LANES = {lane: pathlib.Path(f"{PROGRAM}-runner{suffix}").exists()
         for lane, suffix in (("native", ""), ("tsan", "-tsan"), ("asan", "-asan"))}
tsan_lane = pytest.mark.skipif(not LANES["tsan"], reason="no tsan lane was built")


def validate(path):
    """Judge records by their schema, as a program of another hand would."""
    done = subprocess.run(
        [sys.executable, "-m", "racetrack_reports", path, "--validate"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "reports")},
        capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def of_kind(path, kind):
    return [r for r in records(path) if r["record"] == kind]


@pytest.mark.parametrize("subject", ["whole.sound", "whole.crashes", "whole.fails",
                                     "whole.is_killed", "whole.missing"])
def test_records_follow_their_schema(stress, tmp_path, subject):
    stress(subject)
    validate(tmp_path / RECORDS)


@pytest.mark.parametrize("what", ["subjects", "scenarios", "faults", "oracles"])
def test_a_list_for_programs_names_and_describes_each(run, what):
    done = run("list", what, "--json")
    assert (done.code, done.err) == (0, ""), done
    listed = json.loads(done.out)[what]
    assert len(listed) >= {"subjects": 4, "scenarios": 8, "faults": 10,
                            "oracles": 17}[what]
    assert all(one["name"] and one["summary"] for one in listed)


def test_a_plugin_lists_its_own_subjects(run, whole):
    done = run("list", "subjects", "--plugin", whole)
    assert done.code == 0 and "whole.sound" in done.out, done
    assert "fft.c2c" not in done.out, done


def test_outcomes_are_counted_with_their_grade(stress, tmp_path):
    assert stress("whole.graded", "--budget", "4s").code == 0
    validate(tmp_path / RECORDS)
    verdict, = of_kind(tmp_path / RECORDS, "verdict")
    assert verdict["verdict"] == "as claimed", verdict
    seen = verdict["outcomes"]
    assert {text: one["grade"] for text, one in seen.items()} == {
        "high": "acceptable", "low": "required"}
    assert sum(one["count"] for one in seen.values()) == verdict["trials"]


def test_a_required_outcome_that_was_not_seen_proves_nothing(stress, tmp_path):
    assert stress("whole.missing").code == 0
    verdict, = of_kind(tmp_path / RECORDS, "verdict")
    assert verdict["verdict"] == "inconclusive", verdict
    assert '"never" was not seen' in verdict["reason"], verdict


def test_only_the_oracles_that_are_named_speak(stress, run, tmp_path):
    done = stress("whole.fails", "--oracle", "bits", "--oracle", "truth")
    verdict, = of_kind(tmp_path / RECORDS, "verdict")
    assert (done.code, verdict["verdict"]) == (0, "as claimed"), verdict
    assert not {"status", "canary"} & set(verdict["oracles"]), verdict
    assert set(verdict["oracle_share"]) <= {"bits", "truth"}, verdict
    assert stress("whole.fails", "--oracle", "status").code == 1
    assert run("replay", "out#f1", "--oracle", "bits", "--times", "2").code == 0
    assert run("replay", "out#f1", "--oracle", "status", "--times", "2").code == 1


def test_oracles_that_cannot_judge_here_hold_nothing(stress, tmp_path):
    stress("whole.sound", "--oracle", "ulps")
    verdict, = of_kind(tmp_path / RECORDS, "verdict")
    assert verdict["verdict"] == "could not run", verdict
    assert "none of the oracles" in verdict["reason"], verdict


def test_the_replay_command_of_a_finding_shows_it_again(stress, run, tmp_path):
    assert stress("whole.crashes").code == 1
    command = shlex.split(of_kind(tmp_path / RECORDS, "finding")[0]["replay"])
    assert command[:2] == ["racetrack", "replay"], command
    done = run(*command[1:], "--times", "5")
    assert done.code == 1, done
    assert "5 of 5" in done.out, done


def same_trial(trial):
    return {k: trial[k] for k in ("subject", "scenario", "lane", "plugin", "seed",
                                  "args", "conditions", "operations", "workers",
                                  "actors", "perturb")}


def test_the_replay_command_of_a_verdict_tries_the_same_trials(
        run, whole, tmp_path):
    plugin = tmp_path / "it's mine" / "whole.so"
    plugin.parent.mkdir()
    shutil.copy(whole, plugin)
    options = ["--scenario", "private_data", "--lane", "native", "--seed", "11",
               "--condition", "inputs=file", "--condition", "callers=two",
               "--plain", "--perturb", "yield", "--actors", "3", "--workers=-1",
               "--oracle", "status", "--operation", "run"]
    run("stress", "whole.fails", "--plugin", plugin, "--budget", "1s", "--out",
        "a", *options)
    first, = of_kind(tmp_path / "a/records.jsonl", "verdict")
    command = shlex.split(first["replay"])
    assert command[:2] == ["racetrack", "stress"], command
    done = run(*command[1:], "--budget", "1s", "--out", "b")
    assert done.code == 1, done
    again, = of_kind(tmp_path / "b/records.jsonl", "verdict")
    assert again["replay"] == first["replay"]
    assert again["oracles"] == first["oracles"]
    trials = [same_trial(of_kind(tmp_path / folder / "records.jsonl", "trial")[0])
              for folder in "ab"]
    assert trials[0] == trials[1]
    assert trials[0]["conditions"], trials


def test_equal_seeds_draw_equal_trials(run, tmp_path):
    drawn = []
    for folder, seed in (("a", 7), ("b", 7), ("c", 8)):
        done = run("stress", "reduce.sum", "--lane", "native", "--scenario",
                   "shared_input", "--budget", "1s", "--seed", seed, "--out", folder)
        assert done.code == 0, done
        first = of_kind(tmp_path / folder / "records.jsonl", "trial")[0]
        drawn.append({k: first[k] for k in ("seed", "args", "workers", "actors")})
    assert drawn[0] == drawn[1]
    assert drawn[0]["seed"] != drawn[2]["seed"]


@pytest.mark.parametrize("workers", ["1", "2", "-1"])
def test_workers_within_the_grammar_are_used_and_recorded(run, tmp_path, workers):
    done = run("stress", "reduce.sum", "--lane", "native", "--scenario",
               "private_data", "--budget", "1s", f"--workers={workers}", "--out",
               "out")
    assert done.code == 0, done
    assert of_kind(tmp_path / RECORDS, "trial")[0]["workers"] == int(workers)


@tsan_lane
def test_a_race_in_wide_vectors_needs_declared_ranges_and_a_miss_is_exit_4(
        run, tmp_path):
    found = run("selftest", "avx2_race", "--out", "declared")
    assert found.code == 0 and "1/1 planted faults found" in found.out, found
    missed = run("selftest", "avx2_race", "--no-declare", "--out", "out")
    assert missed.code == 4 and "0/1 planted faults found" in missed.out, missed
    (fault,) = of_kind(tmp_path / RECORDS, "fault")
    assert (fault["found"], fault["twin_held"]) == (False, True)


def test_a_sweep_measures_and_follows_the_schema(run, tmp_path):
    done = run("bench", "reduce.sum", "--workers", "1,2", "--size", "4096",
               "--budget", "5s", "--out", "out")
    assert done.code == 0, done
    cells = of_kind(tmp_path / RECORDS, "cell")
    assert {c["workers"] for c in cells} == {1, 2}
    assert all(c["status"] == "measured" and c["wall_ns"] for c in cells), cells
    validate(tmp_path / RECORDS)


@pytest.mark.skipif(not all(LANES.values()), reason="not all lanes were built")
def test_the_gate_leaves_a_page_that_stands_alone(run, tmp_path):
    done = run("gate", "reduce.sum", "--lane", "native", "--budget", "15s",
               "--out", "out")
    assert done.code == 0, done
    faults = of_kind(tmp_path / RECORDS, "fault")
    kinds = {fault["kind"] for fault in faults}
    assert len(faults) >= 10 and len(kinds) >= 6
    assert all(f["found"] and f["twin_held"] for f in faults), done
    validate(tmp_path / RECORDS)

    page = (tmp_path / "out/report.html").read_text()
    assert "reduce.sum" in page
    assert not re.search(r"<script|<link|<iframe|@import|\ssrc=[\"']?(?!data:)",
                         page, re.I)
    # Neither names of XML vocabularies nor addresses in the text are fetched.
    fetched = "".join(re.findall(r"<[^>]*>|url\([^)]*\)", page))
    assert set(re.findall(r"https?://[^/\"' <]+", fetched)) <= {
        "http://www.w3.org", "http://purl.org", "http://creativecommons.org"}
    assert "reduce.sum" in (tmp_path / "out/summary.md").read_text()
    assert ET.parse(tmp_path / "out/junit.xml").getroot().tag == "testsuites"
    assert not list((tmp_path / "out").glob("*.tmp*"))
