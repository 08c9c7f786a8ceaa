"""After a finding: what is known, what is new since a base."""

import datetime
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from conftest import PROGRAM, ROOT, records

RECORDS = "out/records.jsonl"
needs_tsan = pytest.mark.skipif(
    not pathlib.Path(f"{PROGRAM}-runner-tsan").exists(),
    reason="no tsan lane was built")


def of_kind(path, kind):
    return [r for r in records(path) if r["record"] == kind]


def day(offset):
    return datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(offset)


@pytest.fixture
def listed(tmp_path):
    """listed(match, ...): a list of one suppression."""
    def make(match, expires=30, max_hits=1, must_match=False):
        path = tmp_path / "list.toml"
        path.write_text(f"""
[[suppression]]
id = "one"
match = [{match}]
reason = "it is understood"
owner = "the tests"
link = "https://example.org/1"
since = {day(-30)}
expires = {day(expires)}
max_hits = {max_hits}
must_match = {str(must_match).lower()}
""")
        return path
    return make


def test_a_base_lets_only_what_is_new_fail(stress, tmp_path):
    assert stress("whole.crashes").code == 1
    shutil.copy(tmp_path / RECORDS, tmp_path / "base")
    again = stress("whole.crashes", "--base", "base")
    assert again.code == 0, again
    assert "seen before, in the base" in again.out
    assert "1 by nothing new since the base" in again.out
    (verdict,) = of_kind(tmp_path / RECORDS, "verdict")
    assert (verdict["verdict"], verdict["seen_before"]) == ("refuted", True)
    other = stress("whole.fails", "--base", "base")
    assert other.code == 1 and "new since the base" in other.out, other


def test_unlike_bases_are_told(stress, run, whole, tmp_path):
    stress("whole.crashes")
    (tmp_path / "base").write_text((tmp_path / RECORDS).read_text().replace(
        str(whole), "/elsewhere/whole.so").rpartition('{"record":"end"')[0])
    done = stress("whole.crashes", "--base", "base")
    assert done.code == 0
    said = [line for line in done.out.splitlines() if line.startswith("unlike")]
    assert "/elsewhere/whole.so" in said[0] and "is partial" in said[1], done
    base = of_kind(tmp_path / RECORDS, "run")[0]["base"]
    assert base["findings"] == 1 and len(base["unlike"]) == 2


@pytest.mark.parametrize("text", ["", "{\n{\n", '{"record":"end"}\n'])
def test_a_base_that_is_none_is_one_sentence(stress, tmp_path, text):
    (tmp_path / "base").write_text(text)
    stress("whole.sound", "--base", "base").refused(2, "base", "no file of")
    stress("whole.sound", "--base", "nothing").refused(2, "cannot be read")


def test_a_suppression_excuses_until_its_day(stress, listed, tmp_path):
    stress("whole.crashes")
    (finding,) = of_kind(tmp_path / RECORDS, "finding")
    match = f'{{ fingerprint = "{finding["fingerprint"]}" }}'
    done = stress("whole.crashes", "--suppressions", listed(match))
    assert done.code == 0 and "1 known" in done.out, done
    (known,) = of_kind(tmp_path / RECORDS, "finding")
    assert known["known"]["owner"] == "the tests"
    (entry,) = of_kind(tmp_path / RECORDS, "suppression")
    assert (entry["hits"], entry["fault"], entry["days_left"]) == (1, None, 30)
    late = stress("whole.crashes", "--known", listed(match, expires=-1))
    assert late.code == 1, late
    assert f"suppression one: it expired on {day(-1)}" in late.out


def test_a_suppression_that_is_wrong_fails_a_sound_run(stress, listed):
    for options, why in (
            (dict(match='{ oracle = "tsan" }'), "too broad"),
            (dict(match='{ function = "f" }', must_match=True), "must match"),
            (dict(match='{ function = "f" }', expires=-3), "expired")):
        done = stress("whole.sound", "--suppressions", listed(**options))
        assert done.code == 1 and f"suppression one: it" in done.out, done
        assert why in done.out, done
    other = '{ function = "f", subject = "whole.crashes" }'
    done = stress("whole.sound", "--suppressions",
                  listed(other, must_match=True))
    assert done.code == 0, done


def test_suppressions_are_listed_with_their_days(run, listed):
    done = run("list", "suppressions", "--suppressions",
               listed('{ file = "x.c" }', expires=12))
    assert done.code == 0 and "12 days left, owner the tests" in done.out, done


def test_our_own_list_is_in_order(run):
    done = run("list", "suppressions")
    assert done.code == 0, done
    for line in done.out.splitlines()[1:]:
        assert re.search(r"^  \S+ +\d+ days left, owner ", line), line


@needs_tsan
def test_fingerprints_outlive_lines_folders_and_processes(
        run, compile_c, tmp_path):
    source = (ROOT / "cli/test/racing_plugin.c").read_text()
    drifted = source.replace("static __attribute__((noinline))",
                             "\n" * 10 + "static __attribute__((noinline))")
    assert drifted != source
    seen = []
    for name, text in (("here", source), ("there", drifted)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "racing_plugin.c").write_text(text)
        plugin = compile_c(folder / "racing_plugin.c", f"{name}.so",
                           "-fsanitize=thread")
        done = run("stress", "after.races", "--plugin", plugin, "--lane",
                   "tsan", "--scenario", "private_data", "--budget", "3s",
                   "--out", name)
        assert done.code == 1, done
        seen.append({f["fingerprint"]: {
            x["line"] for s in f["stacks"][:2] for x in s["frames"]
            if x["function"] == "collide"} for f in of_kind(
                tmp_path / name / "records.jsonl", "finding")
            if f["kind"] == "data race"})
    assert seen[0].keys() & seen[1].keys(), seen
    for fingerprint in seen[0].keys() & seen[1].keys():
        assert {x + 10 for x in seen[0][fingerprint]} & seen[1][fingerprint]


@pytest.fixture
def racing(compile_c):
    """The plug-in of racing_plugin.c, for the native lane."""
    return compile_c(ROOT / "cli/test/racing_plugin.c", "racing.so")


@pytest.fixture
def found(run, racing, tmp_path):
    """found(): the address of a wrong value that mixed operations came to, and
    the trial."""
    done = run("stress", "after.mixed", "--plugin", racing, "--lane", "native",
               "--scenario", "mixed", "--budget", "4s", "--out", "out")
    assert done.code == 1, done
    by_oracle = {f["oracle"]: f for f in of_kind(tmp_path / RECORDS, "finding")}
    finding = by_oracle.get("truth") or by_oracle["bits"]
    (trial,) = [t for t in of_kind(tmp_path / RECORDS, "trial")
                if t["id"] == finding["trial"]]
    return f"out#{finding['id']}", trial


def test_a_replay_tells_the_rate_and_its_interval(run, stress, tmp_path):
    stress("whole.crashes")
    done = run("replay", "out#f1", "--times", "8")
    assert done.code == 1, done
    # Exact: the rate whose eighth power is 2.5 %.
    assert "seen again in 8 of 8 trials with the same seed (100 %; 95 % " \
        "interval of the rate: 63 % to 100 %)" in done.out, done


def test_a_trial_is_shrunk_and_its_records_can_be_replayed(
        run, found, tmp_path):
    address, trial = found
    done = run("replay", address, "--shrink", "--budget", "60s")
    assert done.code == 1, done
    small = tmp_path / f"out/shrunk-{address[4:]}.jsonl"
    (now,) = of_kind(small, "trial")
    (story,) = of_kind(small, "shrunk")
    # The sound operation is not needed, and one caller does not fail.
    assert now["operations"] == ["races"], story
    assert 2 <= now["actors"] <= trial["actors"]
    assert now["calls_most"] <= 400
    assert now["args"]["n"] <= 1 << 16
    assert len(now["conditions"]) <= len(trial["conditions"])
    assert "actors" in story["to"] and story["steps"], story
    for step in story["steps"]:
        assert not step["kept"] or step["seen"] >= 4, step
    again = run("replay", f"{small}#f1", "--times", "80")
    assert again.code == 1, again


def test_an_interrupted_shrink_leaves_the_best_so_far(start, found, tmp_path):
    address, _ = found
    running = start("replay", address, "--shrink", "--budget", "120s")
    running.until(lambda: b"  kept" in running.out.read_bytes(), "step kept")
    running.process.send_signal(signal.SIGINT)
    done = running.finish()
    assert done.code == 130, done
    small = tmp_path / f"out/shrunk-{address[4:]}.jsonl"
    (story,) = of_kind(small, "shrunk")
    assert story["complete"] is False
    assert any(step["kept"] for step in story["steps"])


def test_what_does_not_show_again_is_not_shrunk(run, found, tmp_path):
    path = tmp_path / RECORDS
    # Another fingerprint: nothing that the trial can show.
    path.write_text(re.sub(r'"fingerprint":"[0-9a-f]{16}"',
                           '"fingerprint":"0000000000000000"',
                           path.read_text()))
    done = run("replay", found[0], "--shrink", "--budget", "10s")
    assert done.code == 0 and "nothing to shrink" in done.out, done
    assert not list((tmp_path / "out").glob("shrunk*"))


FAULTS = pathlib.Path(PROGRAM).parents[1] / "plugins/faults"


def built(name):
    return (FAULTS / f"{name}.so").exists()


def exported(run, tmp_path, fault, lane, oracle, compiler, *flags):
    """The program exported for what `oracle` finds in a planted fault."""
    done = run("stress", f"fault.{fault}", "--plugin", FAULTS, "--lane", lane,
               "--scenario", "shared_instance", "--plain", "--budget", "6s",
               "--timeout", "4s", "--out", "out")
    assert done.code == 1, done
    by_oracle = {f["oracle"]: f["id"]
                 for f in of_kind(tmp_path / RECORDS, "finding")}
    assert oracle in by_oracle, done
    done = run("replay", f"out#{by_oracle[oracle]}", "--export", "repro.c")
    assert done.code == 0 and "repro.c" in done.out, done
    # Far from the tree: nothing of it is found from here.
    subprocess.run([compiler, "-g", "-O1", "-Wall", "-Wextra", "-Werror",
                    "-pthread", *flags, "repro.c", "-ldl", "-o", "repro"],
                   cwd=tmp_path, check=True)

    def program(times, subject=None):
        more = [FAULTS / f"{lane}.so", subject] if subject else []
        return subprocess.run([tmp_path / "repro", str(times), *more],
                              cwd=tmp_path, capture_output=True, text=True,
                              errors="replace", timeout=300)
    return program


@pytest.mark.skipif(not built("native"), reason="no faults for the native lane")
@pytest.mark.parametrize("fault, oracle, times", [
    ("static_scratch", "truth", 300), ("lost_wakeup", "hang", 4)])
def test_an_export_fails_without_racetrack_and_its_twin_does_not(
        run, tmp_path, fault, oracle, times):
    program = exported(run, tmp_path, fault, "native", oracle,
                       shutil.which("gcc") or "cc")
    done = program(times)
    assert done.returncode == 1, done.stdout + done.stderr
    k, n = map(int, re.search(r"failed in (\d+) of (\d+) trials",
                              done.stdout).groups())
    assert n == times and k >= 1
    kind = {"truth": r"[1-9]\d* wrong", "hang": r"[1-9]\d* hung"}[oracle]
    assert re.search(kind, done.stdout), done.stdout
    twin = program(20, f"sound.{fault}")
    assert twin.returncode == 0, twin.stdout + twin.stderr
    assert "failed in 0 of 20 trials" in twin.stdout


@needs_tsan
@pytest.mark.skipif(not (built("tsan") and shutil.which("clang-19")),
                    reason="no faults for the tsan lane, or no clang-19")
def test_an_export_shows_a_race_to_the_sanitizer(run, tmp_path):
    program = exported(run, tmp_path, "static_scratch", "tsan", "tsan",
                       "clang-19", "-fsanitize=thread")
    done = program(5)
    assert done.returncode == 1, done.stdout + done.stderr[-2000:]
    assert "WARNING: ThreadSanitizer: data race" in done.stderr
    assert re.search(r"[1-9]\d* reported by the sanitizer", done.stdout)
    twin = program(5, "sound.static_scratch")
    assert twin.returncode == 0, twin.stdout + twin.stderr[-2000:]


@pytest.mark.parametrize("compiler, flags, kind", [
    ("gcc", [], "wrong"),
    ("clang-19", ["-fsanitize=thread"], "reported by the sanitizer")])
def test_an_export_with_the_plugins_source_needs_no_plugin(
        run, found, tmp_path, compiler, flags, kind):
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    done = run("replay", found[0], "--export", "repro.c", "--source",
               ROOT / "cli/test/racing_plugin.c")
    assert done.code == 0, done
    text = (tmp_path / "repro.c").read_text()
    assert "collide(" in text and '#include "' not in text
    subprocess.run([compiler, "-g", "-O1", "-Wall", "-Wextra", "-Werror",
                    "-pthread", *flags, "repro.c", "-ldl", "-o", "repro"],
                   cwd=tmp_path, check=True)

    def program(times, subject):
        return subprocess.run(
            [tmp_path / "repro", str(times), "-", subject], cwd=tmp_path,
            capture_output=True, text=True, errors="replace", timeout=300)
    done = program(5 if flags else 200, "after.mixed")
    assert done.returncode == 1, done.stdout
    assert re.search(rf"[1-9]\d* {kind}", done.stdout), done.stdout
    # This one has not both of the operations.
    done = program(2, "after.sound")
    assert done.returncode == 3 and "2 could not run" in done.stdout, done


def test_what_only_racetrack_can_show_is_not_exported(run, whole, tmp_path):
    run("stress", "whole.crashes", "--plugin", whole, "--lane", "native",
        "--scenario", "processes", "--budget", "2s", "--out", "out")
    run("replay", "out#f1", "--export", "x.c").refused(2, "processes")
    run("replay", "out#f1", "--export", "x.c", "--shrink").refused(2, "steps")
    assert not list(tmp_path.glob("x.c*"))
