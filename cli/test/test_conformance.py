"""Other people's libraries by their path, and the matrix of their uses."""

import json
import pathlib

import pytest

from conftest import ROOT, records

SOURCE = ROOT / "cli/test/small_blas.c"
WORDS = {"as claimed", "refuted", "no progress", "inconclusive", "could not run",
         "not claimed"}


def installed(*names):
    """The first of the libraries that is there, or a reason to skip."""
    for name in names:
        for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"):
            if (path := pathlib.Path(folder, name)).exists():
                return path
    pytest.skip(f"none of {', '.join(names)} is installed")
    return None


@pytest.fixture(scope="session")
def sound(compile_c):
    return compile_c(SOURCE, "libsound.so")


@pytest.fixture(scope="session")
def broken(compile_c):
    return compile_c(SOURCE, "libbroken.so", "-DBROKEN")


@pytest.fixture
def conform(run, tmp_path):
    """conform(options...): the finished run, and the matrix as objects."""
    def conform_(*options, budget="12s"):
        done = run("conformance", *options, "--budget", budget, "--json",
                   "-o", "matrix.md", "--records", "m.jsonl")
        return done, json.loads(done.out) if done.out.startswith("[") else None
    return conform_


def cells(library):
    return {cell["use"]: cell for cell in library["cells"]}


def well_formed(page):
    """Every table has as many columns in each line."""
    tables = [[]]
    for line in page.splitlines():
        if line.startswith("|"):
            tables[-1].append(line.count("|"))
        elif tables[-1]:
            tables.append([])
    tables = [t for t in tables if t]
    assert tables and all(len(t) > 2 and len(set(t)) == 1 for t in tables), page


@pytest.mark.parametrize("command", ["stress", "conformance"])
def test_a_library_that_is_not_there_is_one_sentence(run, command):
    run(command, "--blas", "nowhere.so").refused(2, "nowhere.so", "No such file")
    run(command, "--fftw", "/usr").refused(2, "/usr", "shared library")


@pytest.mark.parametrize("command", ["stress", "conformance"])
def test_a_library_of_something_else_is_one_sentence(run, whole, command):
    run(command, "--blas", whole).refused(2, whole.name, "CBLAS")
    run(command, "--fftw", whole).refused(2, whole.name, "FFTW")


def test_a_file_that_is_no_library_is_one_sentence(run, tmp_path):
    (tmp_path / "text.so").write_text("no library")
    run("stress", "--blas", "text.so").refused(2, "text.so")


def test_integers_of_64_bits_are_refused(run, compile_c):
    wide = compile_c(SOURCE, "libwide.so", "-DWIDE")
    run("stress", "--blas", wide).refused(2, wide.name, "64 bits")


def test_one_library_at_a_time_is_stressed(run, sound):
    run("stress", "--blas", sound, "--fftw", sound).refused(2, "one library")


def test_the_replay_command_names_the_library_and_its_threads(
        run, tmp_path, sound):
    run("stress", "--blas", sound, "--lane", "native", "--scenario",
        "private_data", "--budget", "2s", "--out", "out",
        environment={"OMP_NUM_THREADS": "2"})
    verdicts = [r for r in records(tmp_path / "out/records.jsonl")
                if r["record"] == "verdict"]
    assert verdicts
    for verdict in verdicts:
        assert verdict["replay"].startswith(
            f"OMP_NUM_THREADS=2 racetrack stress --blas {sound} "), verdict


def test_a_shared_buffer_is_found_and_seen_again(conform, run, broken, tmp_path):
    done, matrix = conform("--blas", broken, budget="25s")
    assert done.code == 1, done
    cell = cells(matrix[0])["many threads"]
    assert cell["verdict"] == "refuted", cell
    (finding, *_) = [f for f in cell["findings"] if f["oracle"] == "truth"]
    assert "cblas_dgemm" in finding["summary"] or "dgemm" in finding["summary"]
    again = run("replay", finding["address"], "--times", "10")
    assert again.code == 1 and "seen again in" in again.out, again
    assert f"--blas {broken}" in finding["replay"]
    assert finding["replay"] in (tmp_path / "matrix.md").read_text()


def test_its_sound_twin_is_not_refuted(conform, sound, tmp_path):
    done, matrix = conform("--blas", sound, budget="25s")
    assert done.code == 0, done
    found = [c["findings"] for c in matrix[0]["cells"] if c["findings"]]
    assert not found, found
    assert "refuted**" not in (tmp_path / "matrix.md").read_text()


def test_the_matrix_is_well_formed(conform, tmp_path):
    blas = installed("blas/libblas.so.3", "openblas-pthread/libopenblas.so.0")
    fftw = installed("libfftw3.so.3")
    done, matrix = conform("--blas", blas, "--fftw", fftw)
    assert done.code in (0, 1), done
    assert [library["interface"] for library in matrix] == ["blas", "fftw"]
    for library in matrix:
        assert library["cells"], library
        assert {c["verdict"] for c in library["cells"]} <= WORDS
        for cell in library["cells"]:
            for finding in cell["findings"]:
                assert "racetrack stress --" in finding["replay"], cell
    page = (tmp_path / "matrix.md").read_text()
    well_formed(page)
    for cell in matrix[0]["cells"] + matrix[1]["cells"]:
        assert f"| {cell['use']} |" in page
    assert records(tmp_path / "m.jsonl")[-1]["status"] == "complete"


def test_what_documentation_forbids_is_tried_by_name_alone(run, tmp_path):
    fftw = installed("libfftw3_threads.so.3")
    done = run("stress", "--fftw", fftw, "--lane", "native", "--scenario",
               "churn", "--budget", "3s", "--out", "out")
    tried = {r["subject"] for r in records(tmp_path / "out/records.jsonl")
             if r["record"] == "verdict"}
    assert "fftw.execute" in tried, done
    assert not [name for name in tried if "unlocked" in name], tried
    named = run("stress", "fftw.planner_unlocked", "--fftw", fftw, "--lane",
                "native", "--scenario", "churn", "--budget", "2s")
    assert "fftw.planner_unlocked" in named.out, named


def test_uninstrumented_libraries_prove_nothing_to_a_sanitizer(run, sound,
                                                               tmp_path):
    done = run("stress", "blas.calls", "--blas", sound, "--lane", "tsan",
               "--scenario", "private_data", "--budget", "2s", "--out", "out")
    if "is not built" in done.err:
        pytest.skip("no tsan lane was built")
    assert "could not run" in done.out and done.code == 3, done
    (verdict,) = [r for r in records(tmp_path / "out/records.jsonl")
                  if r["record"] == "verdict"]
    # What is not seen is named, by library and precision.
    assert "the tsan lane does not see into libsound.so: double BLAS" \
        in verdict["reason"], verdict
