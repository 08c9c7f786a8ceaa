"""Perturbation through the command line, and what it finds."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import PROGRAM, ROOT, records

BUILD = pathlib.Path(PROGRAM).resolve().parents[1]
RARE = str(BUILD / "plugins/rare_bugs")
POWER = [sys.executable, str(ROOT / "ci/perturbation-power"), "--build", str(BUILD)]


def power(*args):
    """The rows of the table: name -> found for each mode."""
    done = subprocess.run([*POWER, *args], stdout=subprocess.PIPE, text=True)
    rows = re.findall(r"^(rare\.\w+|all) +(\d+) +(\d+)", done.stdout, re.M)
    return done.returncode, {n: (int(a), int(b)) for n, a, b in rows}, done.stdout


def trials(tmp_path):
    return [r for r in records(tmp_path / "out/records.jsonl")
            if r["record"] == "trial"]


def test_the_perturbation_of_a_trial_is_in_its_record_and_is_replayed(
        run, tmp_path):
    done = run("stress", "rare.double_free", "--plugin", RARE, "--lane", "tsan",
               "--scenario", "private_data", "--perturb", "yield", "--budget",
               "2s", "--out", "out")
    assert done.code == 1, done
    assert {t["perturb"] for t in trials(tmp_path)} == {"yield"}
    found = next(r for r in records(tmp_path / "out/records.jsonl")
                 if r["record"] == "finding")
    assert "of 3 trials" in run("replay", f"out#{found['id']}", "--times", "3").out


def test_seeds_draw_different_algorithms_unless_one_is_named(run, tmp_path):
    listed = json.loads(run("list", "perturbations", "--json").out)
    names = {p["name"] for p in listed["perturbations"]}
    assert {"none", "pairs", "yield"} <= names
    run("stress", "rare.double_free", "--plugin", RARE, "--lane", "tsan",
        "--scenario", "private_data", "--budget", "3s", "--out", "out")
    drawn = {t["perturb"] for t in trials(tmp_path)}
    assert len(drawn) > 1 and drawn <= names


def test_an_unknown_algorithm_is_refused_in_one_sentence(run):
    done = run("stress", "--perturb", "luck")
    assert done.code == 2
    assert 'does not take "luck"' in done.err and "portfolio" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.skipif(os.cpu_count() < 2, reason="needs two CPUs")
def test_pairs_find_what_plain_runs_miss():
    """Ten seeds each, in turn; plain runs find 1 or 2 of 30, pairs 13 to 29."""
    code, rows, text = power("--seeds", "10", "--trial-ms", "50", "--modes",
                             "none,pairs", "static_scratch", "plan_cache",
                             "atomicity")
    assert code == 0, text
    plain, pairs = rows["all"]
    assert pairs >= plain + 5, text


def test_the_sound_twins_of_rare_bugs_are_never_accused():
    code, rows, text = power("--seeds", "5", "--sound", "--modes",
                             "portfolio,pairs")
    assert code == 0 and rows["all"] == (0, 0), text
