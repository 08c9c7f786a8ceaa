"""racetrack info: CPUs, variables, and the pools of libraries and programs."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from conftest import PROGRAM, ROOT

FOLDER = "/usr/lib/x86_64-linux-gnu"
OPENBLAS = f"{FOLDER}/openblas-pthread/libopenblas.so.0"


def built(folder, source, name, *flags):
    """A program, built from a file or from text."""
    if not pathlib.Path(source).exists():
        (folder / f"{name}.c").write_text(source)
        source = folder / f"{name}.c"
    subprocess.run([shutil.which("gcc"), "-O1", "-Wall", "-Wextra", "-Werror",
                    "-D_GNU_SOURCE", source, "-o", folder / name, *flags], check=True)
    return folder / name


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """pools_program.c, ready to run."""
    return built(tmp_path_factory.mktemp("program"),
                 ROOT / "cli/test/pools_program.c", "pools_program", "-ldl",
                 "-lpthread")


@pytest.fixture
def info(run, tmp_path):
    """info(argument...): (finished, document); with a program, given after "--"."""
    def info_(*arguments):
        done = run("info", "--json", "-o", tmp_path / "info.json", *arguments)
        path = tmp_path / "info.json"
        document = json.loads(path.read_text()) if path.exists() else None
        return done, document
    return info_


def processes(document):
    return document["target"]["processes"]


def pools(document, process=0):
    return processes(document)[process]["pools"]


# ---- Here ---------------------------------------------------------------------

def test_without_a_target_it_tells_of_cpus_and_workers(run):
    done = run("info", "--json")
    assert done.code == 0 and done.err == "", done
    document = json.loads(done.out)
    cpus = document["cpus"]
    assert cpus["affinity"] == len(os.sched_getaffinity(0))
    assert 1 <= cpus["usable"] <= cpus["affinity"] <= cpus["online"]
    assert document["workers"] == {"default": 1, "all": cpus["usable"]}
    assert document["target"] is None
    text = run("info")
    assert text.code == 0 and f"{cpus['usable']} usable, by " in text.out
    assert "\033[" not in text.out


@pytest.mark.parametrize("name, value, effect", [
    ("RACETRACK_CPUS", "1", "lowers"),
    ("RACETRACK_CPUS", "many", "without effect"),
    ("RACETRACK_IDLE", "spin", "spin"),
    ("RACETRACK_IDLE", "spni", "without effect"),
    ("RACETRACK_CPU", "1", "misspelt"),
    ("OMP_NUM_THREADS", "3", "OpenMP")])
def test_variables_in_effect_are_told(name, value, effect):
    environment = {k: v for k, v in os.environ.items() if "RACETRACK" not in k}
    done = subprocess.run([PROGRAM, "info", "--json"], text=True, check=True,
                          capture_output=True, env=environment | {name: value})
    document = json.loads(done.stdout)
    (told,) = [v for v in document["variables"] if v["name"] == name]
    assert told["value"] == value and effect in told["effect"]
    if (name, value) == ("RACETRACK_CPUS", "1"):
        assert document["cpus"]["usable"] == document["workers"]["all"] == 1
        if document["cpus"]["affinity"] > 1:
            assert document["cpus"]["limited_by"] == "RACETRACK_CPUS"


@pytest.mark.parametrize("arguments, named", [
    (["stray"], "--"), (["--"], "program"), (["--callers", "2"], "--callers"),
    (["--callers", "0", "--load", "x"], "--callers"),
    (["--budget", "1s"], "--calibrate"), (["--calibrate", "--load", "x"], "--load"),
    (["--load", "x", "--", "true"], "--load"), (["--laod", "x"], "--laod"),
    (["--lane", "tsan"], "--lane")])
def test_what_makes_no_sense_is_usage(run, arguments, named):
    run("info", *arguments).refused(2, named)


# ---- Libraries ----------------------------------------------------------------

def test_libraries_are_loaded_and_told_of(info):
    names = [OPENBLAS, f"{FOLDER}/libgomp.so.1"]
    done, document = info("--load", names[0], "--load", names[1])
    assert done.code == 0 and done.err == "", done
    assert {p["filepath"] for p in pools(document)} == set(map(os.path.realpath, names))
    blas = next(p for p in pools(document) if p["user_api"] == "blas")
    assert blas["threading_layer"] == "pthreads" and blas["controllable"]
    assert (blas["scope"], blas["meaning"]) == ("process", "shared pool")


def test_what_cannot_be_controlled_says_why(info, run):
    name = f"{FOLDER}/openblas-serial/libopenblas.so.0"
    done, document = info("--load", name)
    if done.code == 3:
        pytest.skip("libopenblas0-serial is not installed; see ci/setup --dev")
    (pool,) = pools(document)
    assert not pool["controllable"] and pool["why"]
    assert f"not controllable: {pool['why']}" in run("info", "--load", name).out


def test_callers_times_teams_is_held_against_the_cpus(info):
    done, document = info("--load", OPENBLAS, "--load", f"{FOLDER}/libgomp.so.1",
                          "--callers", "1000")
    estimate = processes(document)[0]["estimate"]
    assert estimate["callers"] == 1000 and estimate["oversubscribed"]
    for pool in pools(document):
        n = pool["num_threads"]
        assert pool["threads_at_once"] == (
            1000 * n if pool["meaning"] == "team" else 1000 + n - 1)
    assert any("1000 callers" in w for w in processes(document)[0]["warnings"])


def test_two_openmp_runtimes_are_warned_of(info):
    done, document = info("--load", f"{FOLDER}/libgomp.so.1", "--load",
                          f"{FOLDER}/libomp.so.5")
    if done.code == 3:
        pytest.skip("libomp5 is not installed")
    assert any("OpenMP runtimes" in w for w in processes(document)[0]["warnings"])


def test_a_library_that_is_none_gets_one_sentence(run, tmp_path):
    (tmp_path / "text.so").write_text("no library\n")
    run("info", "--load", tmp_path / "text.so").refused(3, "text.so")
    run("info", "--load", "libnone.so").refused(3, "libnone.so", "No such file")
    run("info", "--load", "text.so").refused(3, "./ before it")


@pytest.mark.parametrize("what, named", [
    ("exit(7);", "exit code 7"), ("raise(SIGSEGV);", "crashes"),
    ("for (;;) pause();", "--timeout"),
    ("if (fork() == 0) for (;;) pause(); raise(SIGKILL);", "crashes")])
def test_a_bad_library_harms_only_the_child(run, tmp_path, what, named):
    library = built(tmp_path, "#include <signal.h>\n#include <stdlib.h>\n"
                    "#include <unistd.h>\n__attribute__((constructor))\n"
                    f"static void begin(void) {{ {what} }}\n", "bad.so", "-shared",
                    "-fPIC")
    run("info", "--load", library, "--timeout", "2s").refused(3, "bad.so", named)


def test_what_a_library_prints_is_not_in_the_document(run, tmp_path):
    library = built(tmp_path, "#include <stdio.h>\n__attribute__((constructor))\n"
                    "static void begin(void) { puts(\"noise\"); fflush(stdout); }\n",
                    "loud.so", "-shared", "-fPIC")
    done = run("info", "--json", "--load", library)
    assert json.loads(done.out)["target"]["processes"][0]["pools"] == []
    assert done.err == "noise\n"


# ---- Programs -----------------------------------------------------------------

def test_a_program_without_pools_has_none(info):
    done, document = info("--", "true")
    assert done.code == 0 and pools(document) == []
    assert document["target"]["end"] == {"code": 0}


def test_a_program_keeps_its_output_and_its_end_is_stated(info, program):
    done, document = info("--", program, OPENBLAS, "return")
    assert (done.code, done.out, done.err) == (0, "out\n", "err\n")
    assert document["target"]["end"] == {"code": 5}
    assert document["target"]["command"] == [str(program), OPENBLAS, "return"]


@pytest.mark.parametrize("way", ["return", "exit", "_exit", "quick_exit",
                                 "handler", "exec", "execle", "dlclose", "vfork"])
def test_each_end_is_told_before_it_comes(info, program, way):
    done, document = info("--", program, OPENBLAS, way)
    (pool,) = pools(document)
    assert done.code == 0 and pool["num_threads"] == 1, document
    assert processes(document)[0]["told_at"] == (
        "exec" if way.startswith("exec") else "exit")
    assert document["target"]["end"] == {"code": {"handler": 9, "dlclose": 0,
                                                  "vfork": 0}.get(way, 5)}


@pytest.mark.parametrize("way, number", [("segv", 11), ("kill", 9), ("abort", 6)])
def test_who_is_killed_has_told_what_it_had_loaded(info, program, way, number):
    done, document = info("--", program, OPENBLAS, way)
    (pool,) = pools(document)
    assert done.code == 0 and document["target"]["end"]["signal"] == number
    assert pool["internal_api"] == "openblas"
    assert processes(document)[0]["told_at"] == "load"


def test_threads_of_pools_are_not_callers(info, program):
    done, document = info("--", program, OPENBLAS, "threads")
    (process,) = processes(document)
    assert process["threads"]["own"] == 6
    assert process["threads"]["most"] >= 6
    assert process["estimate"]["callers"] == 6
    started = process["threads"]["started_in"]
    assert [s["most"] for s in started if not s["pool"]] == [5]
    assert all("openblas" in s["path"] for s in started if s["pool"])


def test_forked_children_tell_of_themselves(info, program, run):
    done, document = info("--", program, OPENBLAS, "fork")
    assert [p["forked"] for p in processes(document)] == [False, True, True, True]
    assert all(p["pools"][0]["num_threads"] == 1 for p in processes(document))
    assert document["target"]["estimate"]["processes_with_pools"] == 4
    text = run("info", "--", program, OPENBLAS, "fork").out
    assert "4 processes alike" in text and "4 processes with pools" in text


def test_numpy_is_seen_as_threadpoolctl_sees_it(info):
    python = str(ROOT / "build/venv/bin/python")
    code = "import numpy, threadpoolctl, json; print(json.dumps(threadpoolctl." \
           "threadpool_info()))"
    done, document = info("--", python, "-c", code)
    theirs = json.loads(done.out)
    assert theirs and len(theirs) == len(pools(document))
    for mine, their in zip(pools(document), theirs):
        assert {key: mine[key] for key in their} == their


def test_a_script_and_what_it_starts_are_seen(info, program, tmp_path):
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\n{program} {OPENBLAS} return\nexit 4\n")
    script.chmod(0o755)
    done, document = info("--", script)
    assert document["target"]["end"] == {"code": 4}
    assert [len(p["pools"]) for p in processes(document)] == [0, 1]


def test_a_run_path_and_another_preload_still_count(run, tmp_path, monkeypatch):
    """The probe stands in front of dlopen(), which looks at its caller."""
    built(tmp_path, "int answer(void) { return 42; }\n", "libhidden.so", "-shared",
          "-fPIC")
    seeker = built(tmp_path, "#include <dlfcn.h>\nint main(void) {\n"
                   "    return dlopen(\"libhidden.so\", RTLD_NOW) ? 0 : 1;\n}\n",
                   "seeker", "-ldl", f"-Wl,-rpath,{tmp_path}")
    other = built(tmp_path, "int other;\n", "libother.so", "-shared", "-fPIC")
    monkeypatch.setenv("LD_PRELOAD", str(other))
    maps = built(tmp_path, "#include <stdlib.h>\nint main(void) {\n"
                 "    return system(\"grep -q libother.so /proc/self/maps\");\n}\n",
                 "maps")
    for one in (seeker, maps):
        done = run("info", "--json", "-o", "info.json", "--", one)
        document = json.loads((tmp_path / "info.json").read_text())
        assert document["target"]["end"] == {"code": 0}, done


def test_a_folder_with_a_blank_is_no_hindrance(tmp_path, program):
    folder = tmp_path / "a b:c/bin"
    folder.mkdir(parents=True)
    for name in ("racetrack", "racetrack-probe.so"):
        shutil.copy(pathlib.Path(PROGRAM).parent / name, folder)
    done = subprocess.run([folder / "racetrack", "info", "--", program, OPENBLAS,
                           "return"], text=True, capture_output=True)
    assert done.returncode == 0 and "openblas" in done.stdout, done


# ---- Programs of which nothing can be seen -------------------------------------

def test_a_static_program_says_why_nothing_is_seen(info, tmp_path):
    static = built(tmp_path, "int main(void) { return 5; }\n", "static", "-static")
    done, document = info("--", static)
    done.refused(3, "statically linked")
    assert document["target"]["end"] == {"code": 5}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_setuid_program_says_why_nothing_is_seen(info, tmp_path):
    other = built(tmp_path, "int main(void) { return 0; }\n", "other")
    os.chown(other, 65534, -1)
    other.chmod(0o4755)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    done, _ = info("--", other)
    done.refused(3, "setuid")


def test_a_program_that_is_none_gets_one_sentence(run, tmp_path):
    (tmp_path / "text").write_text("no program\n")
    (tmp_path / "mode").write_text("no program\n")
    (tmp_path / "mode").chmod(0o755)
    for name, why in (("./none", "No such file"), ("nonesuch", "PATH"),
                      (".", "PATH"), ("./", "folder"), ("./text", "executed"),
                      ("./mode", "cannot be started")):
        run("info", "--", name).refused(3, name, why)


def test_a_file_that_cannot_be_written_is_said(run):
    run("info", "-o", "/nonesuch/file").refused(3, "/nonesuch/file")


# ---- Interrupts ---------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_program_and_tells_what_was_seen(start, program,
                                                               number, tmp_path):
    running = start("info", "--", program, OPENBLAS, "sleep")
    running.until(lambda: "err" in running.said(), "word of the program")
    running.process.send_signal(number)
    done = running.finish()
    assert done.code == 128 + number and "interrupted" in done.err
    assert "openblas" in done.out


def test_an_interrupt_ends_loading_and_measuring(start, tmp_path):
    library = built(tmp_path, "#include <unistd.h>\n#include <stdio.h>\n"
                    "__attribute__((constructor)) static void begin(void) {\n"
                    "    fputs(\"in\", stderr);\n    for (;;) pause();\n}\n",
                    "slow.so", "-shared", "-fPIC")
    running = start("info", "--load", library)
    running.until(lambda: "in" in running.said(), "start of loading")
    running.process.send_signal(signal.SIGINT)
    done = running.finish()
    assert done.code == 130 and "interrupted" in done.err


# ---- The crossover -------------------------------------------------------------

def test_the_crossover_is_measured_within_a_budget(run):
    done = run("info", "--calibrate", "--budget", "500ms", "--json")
    assert done.code == 0 and done.err == "", done
    document = json.loads(done.out)
    calibration = document["calibration"]
    if document["cpus"]["usable"] < 2:
        assert "one usable CPU" in calibration["none"]
        return
    assert {f["helpers"] for f in calibration["found"]} == {"awake", "asleep"}
    for found in calibration["found"]:
        low, median, high = found["crossover_us"]
        assert found["least_us"] <= low <= median <= high <= found["most_us"]
        assert found["searches"] >= 3
    assert calibration["pool_learned"]["wakes"] > 0
    assert all(1 <= one["effective"] <= one["workers"]
               for one in calibration["loops"])


def test_one_cpu_has_no_crossover():
    environment = os.environ | {"RACETRACK_CPUS": "1"}
    done = subprocess.run([PROGRAM, "info", "--calibrate"], text=True, check=True,
                          capture_output=True, env=environment)
    assert "there is one usable CPU" in done.stdout
