"""An installed racetrack, moved to another place: all that it needs is there."""

import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/default"

INCLUDES = """\
#include <racetrack/subject.h>
#include "harness/subject.h"
int main(void) { return (int)rtk_type_bytes(RTK_FLOAT64) - 8; }
"""


def records(folder, kind):
    lines = (folder / "out/records.jsonl").read_text().splitlines()
    return [r for r in map(json.loads, lines) if r["record"] == kind]


@pytest.fixture(scope="module")
def mine(installed, tmp_path_factory):
    """The plug-ins of a new subject, as they are written."""
    folder = tmp_path_factory.mktemp("mine")
    installed.run("racetrack", "new-subject", "mine", folder=folder)
    installed.run("cmake", "-S", "mine", "-B", "build", folder=folder)
    installed.run("cmake", "--build", "build", folder=folder)
    return folder / "build/plugins/mine"


def test_no_installed_file_names_the_source_or_the_build_tree(installed):
    places = [str(ROOT).encode(), str(BUILD).encode()]
    # The sanitizers of the asan lane name sources in their tables as clang was
    # given them, whatever maps other paths.
    files = [p for p in installed.prefix.rglob("*")
             if p.is_file() and not p.is_symlink() and "asan" not in p.name]
    assert len(files) > 40
    assert not [p for p in files
                if any(place in p.read_bytes() for place in places)]


def test_every_link_leads_to_a_file_inside(installed):
    links = [p for p in installed.prefix.rglob("*") if p.is_symlink()]
    assert installed.prefix / "bin/racetrack" in links
    for link in links:
        assert link.resolve(strict=True).is_relative_to(installed.prefix), link


def test_the_reference_subjects_are_stressed_in_each_lane(installed, tmp_path):
    installed.run("racetrack", "stress", "linalg.gemm", "--scenario",
                  "private_data", "--budget", "3s", folder=tmp_path)
    verdicts = {v["lane"]: v["verdict"] for v in records(tmp_path, "verdict")}
    assert set(verdicts) == {"native", "tsan", "asan"}
    assert verdicts["native"] == verdicts["asan"] == "as claimed"
    begin, = records(tmp_path, "run")
    # The instrumented library, not the distribution's.
    assert any(library["lane"] == "tsan" and "generic" in library["value"]
               for library in begin["libraries"]), begin["libraries"]


def test_its_planted_faults_are_found(installed, tmp_path):
    said = installed.run("racetrack", "selftest", "static_scratch",
                         folder=tmp_path).stdout
    assert "1/1 planted faults found" in said


def test_it_sweeps_and_looks_at_programs(installed, tmp_path):
    installed.run("racetrack", "bench", "reduce.sum", "--size", "4096",
                  "--workers", "1", "--budget", "1s", folder=tmp_path)
    assert records(tmp_path, "cell")
    said = installed.run("racetrack", "info", "-o", "info.txt", "--", "true",
                         folder=tmp_path)
    assert "at its end" in (tmp_path / "info.txt").read_text(), said


def test_it_makes_the_report(installed, tmp_path):
    installed.run("racetrack", "stress", "reduce.sum", "--lane", "native",
                  "--scenario", "churn", "--budget", "1s", folder=tmp_path)
    installed.run("racetrack", "report", "out/records.jsonl", folder=tmp_path)
    assert "reduce.sum" in (tmp_path / "out/report.html").read_text()


def test_a_python_without_the_packages_is_one_sentence(installed, tmp_path):
    bare = tmp_path / "python"
    bare.write_text('#!/bin/sh\nexec /usr/bin/python3 -S "$@"\n')
    bare.chmod(0o755)
    installed.run("racetrack", "stress", "reduce.sum", "--lane", "native",
                  "--scenario", "churn", "--budget", "1s", folder=tmp_path)
    said = installed.run("racetrack", "report", "out/records.jsonl", code=3,
                         folder=tmp_path, RACETRACK_PYTHON=str(bare)).stderr
    assert said.count("\n") == 1 and "has no package" in said, said
    assert not (tmp_path / "out/report.html").exists()
    said = installed.run("racetrack", "report", "out/records.jsonl", code=3,
                         folder=tmp_path, RACETRACK_PYTHON="/no/python").stderr
    assert said.count("\n") == 1 and "/no/python did not run" in said, said


@pytest.mark.parametrize("compiler, language", [
    ("gcc", "c"), ("g++", "c++"), ("clang-19", "c"), ("clang++-19", "c++")])
def test_the_header_is_found_by_pkg_config(installed, tmp_path, compiler,
                                           language):
    source = tmp_path / "program.txt"
    source.write_text(INCLUDES)
    flags = installed.run("pkg-config", "--cflags", "racetrack").stdout.split()
    installed.run(compiler, "-x", language, "-Wall", "-Wextra", "-Werror",
                  source, *flags, "-o", tmp_path / "program")
    installed.run(tmp_path / "program")


def test_pkg_config_and_cmake_build_a_lane_alike(installed):
    flags = {lane: installed.run("pkg-config", f"--variable={lane}_flags",
                                 "racetrack").stdout.strip()
             for lane in ("native", "tsan", "asan")}
    module = next(installed.prefix.rglob("RacetrackSubject.cmake")).read_text()
    for lane, value in flags.items():
        assert f"set(RTK_LANE_{lane}_COMPILE_OPTIONS {value})" in module


# ---- racetrack new-subject -----------------------------------------------------


def test_a_new_subject_has_a_verdict_in_each_lane(installed, mine, tmp_path):
    installed.run("racetrack", "stress", "--plugin", mine, "--scenario",
                  "private_data", "--budget", "6s", folder=tmp_path, code=1)
    verdicts = {v["lane"]: v["verdict"] for v in records(tmp_path, "verdict")}
    assert set(verdicts) == {"native", "tsan", "asan"}
    assert verdicts["tsan"] == "refuted"


def test_files_that_are_there_are_left_as_they_are(installed, tmp_path):
    (tmp_path / "mine").mkdir()
    readme = tmp_path / "mine/README.md"
    readme.write_text("kept")
    said = installed.run("racetrack", "new-subject", "mine", folder=tmp_path,
                         code=2).stderr
    assert "mine/README.md is there already" in said and said.count("\n") == 1
    assert list((tmp_path / "mine").iterdir()) == [readme]
    assert readme.read_text() == "kept"


@pytest.mark.parametrize("name", ["", "my-lib", "1st", "_x", "a b", "../x",
                                  "é", "a" * 41])
def test_a_bad_name_is_refused(installed, tmp_path, name):
    said = installed.run("racetrack", "new-subject", name, folder=tmp_path,
                         code=2).stderr
    assert "cannot name a subject" in said and said.count("\n") == 1, said
    assert not list(tmp_path.iterdir())


def test_a_name_is_needed_and_one_is_enough(installed, tmp_path):
    for words in ([], ["a", "b"]):
        installed.run("racetrack", "new-subject", *words, folder=tmp_path, code=2)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_named(installed, tmp_path):
    said = installed.run("racetrack", "new-subject", "mine", "--dir", "no/where",
                         folder=tmp_path, code=3).stderr
    assert "no/where cannot be made" in said


# ---- a plug-in for one lane ----------------------------------------------------


@pytest.mark.parametrize("lane", ["native", "tsan", "asan"])
def test_one_shared_object_is_tried_in_its_own_lane_alone(installed, mine,
                                                          tmp_path, lane):
    said = installed.run("racetrack", "stress", "--plugin", mine / f"{lane}.so",
                         "--scenario", "processes", "--budget", "1s",
                         folder=tmp_path).stderr
    assert f"is built for the {lane} lane" in said, said
    assert {v["lane"] for v in records(tmp_path, "verdict")} == {lane}


def test_alarms_of_a_lane_that_sees_nothing_do_not_count(installed, tmp_path):
    # Sound, and full of synchronisation that this lane then does not see.
    native = installed.home / "plugins/reference/native.so"
    installed.run("racetrack", "stress", "reduce.sum", "--plugin", native,
                  "--lane", "tsan", "--scenario", "first_call", "--budget",
                  "3s", folder=tmp_path, code=3)
    for verdict in records(tmp_path, "verdict"):
        assert verdict["verdict"] == "could not run"
        assert "built for the native lane" in verdict["reason"]
    assert not records(tmp_path, "finding")


def test_the_commands_of_the_tutorial_lead_from_red_to_green(installed,
                                                             tmp_path):
    page = (ROOT / "docs/your-library.md").read_text()
    commands = [line for block in page.split("```sh\n")[1:]
                for line in block.split("```")[0].splitlines()]
    assert len(commands) == 8
    for command in commands:
        red = "--out red" in command
        again = "replay" in command
        done = installed.run("sh", "-c", command, code=int(red or again),
                             folder=tmp_path)
        if red:
            assert "data race in smooth" in done.stdout
        if again:
            assert "of 20 trials with the same seed" in done.stdout
        if "--out green" in command:
            assert ", 0 refuted" in done.stdout
