"""racetrack compare, bisect and gate --against: builds of one plug-in that differ in
known ways."""

import collections
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from conftest import PROGRAM, ROOT, records

SOURCE = ROOT / "cli/test/timed_plugin.c"
QUICK = ("--workers", "1", "--size", "64")


@pytest.fixture
def timed(compile_c):
    """timed(name, flags...): a build of timed_plugin.c."""
    return lambda name, *flags: compile_c(SOURCE, f"timed-{name}.so", "-std=c11",
                                          "-D_GNU_SOURCE", "-O2", *flags, "-lm")


@pytest.fixture
def compare(run, timed):
    def compare_(head, *options):
        return run("compare", timed("base"), head, *QUICK, *options)
    return compare_


def answers(result, name="out"):
    return [r for r in records(result.folder / name / "comparison.jsonl")
            if r["record"] == "answer"]


def test_a_slow_down_of_a_tenth_is_worse_and_confirmed(compare, timed):
    got = compare(timed("slow", "-DREPEATS=112"))
    assert got.code == 1, got
    one, = answers(got)
    assert (one["answer"], one["confirmed"]) == ("worse", "worse")
    assert 0.05 < one["channels"]["wall"]["shift"] < 0.2
    assert one["channels"]["wall"]["low"] > 0.01


def test_a_speed_up_is_better_and_passes(compare, timed):
    got = compare(timed("fast", "-DREPEATS=85"))
    assert got.code == 0, got
    assert answers(got)[0]["answer"] == "better"


def test_equal_builds_are_not_worse(compare, timed):
    got = compare(timed("same"))
    assert got.code in (0, 3), got  # 3: the control alarmed
    assert answers(got)[0]["answer"] in ("same", "cannot tell")
    assert "20 rounds" in got.out or "30 rounds" in got.out or "60 rounds" in got.out


def test_every_sample_is_in_the_records_with_what_the_machine_did(compare, timed):
    got = compare(timed("same"))
    found = records(got.folder / "out/comparison.jsonl")
    samples = [r for r in found if r["record"] == "sample"]
    assert {s["arm"] for s in samples} == {"base", "again", "head"}
    assert len({s["calls"] for s in samples}) == 1  # one count for all arms
    assert len({s["start"] for s in samples}) >= 3  # processes were started anew
    assert all(len(s["checksum"]) == 16 for s in samples)
    assert len({s["checksum"] for s in samples}) == 1
    assert all(s["minor_faults"] >= 0 and s["cpu_end"] >= 0 for s in samples)
    assert found[0]["record"] == "run" and found[0]["machine"]["cpus_usable"] >= 1
    assert found[0]["environment"]["OPENBLAS_THREAD_TIMEOUT"]
    assert found[-1] == found[-1] | {"record": "end", "status": "complete"}


def test_a_round_has_more_samples_where_threads_meet(run, timed):
    got = run("compare", timed("base"), timed("same"), "--workers", "1,2", "--size", "64",
              "--no-duet")
    counts = collections.Counter(
        (s["cell"].split("workers=")[1], s["arm"], s["round"])
        for s in records(got.folder / "out/comparison.jsonl") if s["record"] == "sample")
    assert {(key[0], n) for key, n in counts.items()} == {("1", 4), ("2", 8)}
    assert len(counts) >= 2 * 3 * 20


def test_records_fit_the_schema_and_make_a_page(run, compare, timed, tmp_path):
    compare(timed("slow", "-DREPEATS=112"))
    done = subprocess.run(
        [sys.executable, "-m", "racetrack_reports", str(tmp_path / "out/comparison.jsonl"),
         "--validate"], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "reports")})
    assert done.returncode == 0, done.stdout
    got = run("report", tmp_path / "out/comparison.jsonl", "-o", tmp_path / "c.html")
    assert got.code == 0, got
    page = (tmp_path / "c.html").read_text()
    assert "timed.sum" in page and "worse" in page and "1 / 1" in page


def test_order_is_drawn_from_the_seed(compare, timed, tmp_path):
    orders = []
    for seed, out in ((5, "one"), (5, "two"), (6, "three")):
        got = compare(timed("same"), "--seed", seed, "--out", tmp_path / out,
                      "--no-duet")
        found = [r for r in records(tmp_path / out / "comparison.jsonl")
                 if r["record"] == "sample"][:120]
        orders.append([s["arm"] for s in found])
        assert got.code in (0, 3), got
    assert orders[0] == orders[1] != orders[2]
    # Each order of arms is followed by its reverse.
    assert orders[0][0:3] == orders[0][3:6][::-1]


def test_duets_are_two_samples_at_one_moment(compare, timed):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one CPU: there is no duet")
    got = compare(timed("same"))
    samples = [r for r in records(got.folder / "out/comparison.jsonl")
               if r["record"] == "sample"]
    assert all(s["duet"] for s in samples)
    pairs = list(zip(samples[::2], samples[1::2]))
    assert all(a["arm"] == "base" and b["arm"] != "base" for a, b in pairs)
    apart = sum(a["cpu_end"] != b["cpu_end"] for a, b in pairs)
    assert apart > 0.9 * len(pairs)
    first = [a["cpu_end"] for a, b in pairs]
    assert len(set(first)) == 2  # swapped


@pytest.mark.parametrize("fault, answer, code, words", [
    ("CRASH", "broken", 1, "crashed by SIGABRT"),
    ("WRONG", "wrong answer", 1, "the answer is wrong"),
    ("KILLED", "not measured", 3, "killed from outside"),
    ("DENORMAL", "not measured", 3, "denormal")])
def test_a_head_that_fails_says_how_and_has_no_time(compare, timed, fault, answer, code,
                                                    words):
    got = compare(timed(fault.lower(), f"-D{fault}"))
    one, = answers(got)
    assert (got.code, one["answer"]) == (code, answer), got
    assert words in one["note"] and one["channels"] == {}


def test_a_base_that_crashes_is_nobodys_regression(run, timed):
    got = run("compare", timed("crash", "-DCRASH"), timed("same"), *QUICK)
    assert got.code == 3 and answers(got)[0]["answer"] == "not measured", got


def test_a_crash_in_the_middle_leaves_the_other_cells_their_answers(run, timed):
    got = run("compare", timed("base"),
              timed("late", "-DCRASH", "-DFAULT_AFTER=150000"), "--workers", "1")
    assert got.code in (0, 1, 3), got
    assert len(answers(got)) == 2


def test_no_common_cell_is_no_success(run, timed):
    got = run("compare", timed("base"), timed("other", '-DNAME="timed.other"'))
    got.refused(3, "no cell in common")


@pytest.mark.parametrize("words, code, named", [
    (("nosuch", "HEAD"), 2, "neither a path nor a revision"),
    (("/etc", "/etc"), 2, "neither a plug-in"),
    (("{base}",), 2, "takes BASE and HEAD"),
    (("{base}", "{base}", "nosuch.subject"), 2, "no subject"),
    (("{base}", "{base}", "--size", "0"), 2, "takes n from 1"),
    (("{base}", "{base}", "--out", "/proc/nowhere"), 3, "/proc")])
def test_bad_requests_get_a_sentence(run, timed, words, code, named):
    run("compare", *(w.replace("{base}", str(timed("base"))) for w in words)) \
        .refused(code, named)


@pytest.mark.parametrize("option, value", [
    ("--budget", "soon"), ("--budget", "-1"), ("--seed", "-3"), ("--threshold", "0"),
    ("--threshold", "nan"), ("--nosuch", "1")])
def test_bad_options_exit_with_2(run, timed, option, value):
    got = run("compare", timed("base"), timed("base"), option, value)
    assert got.code == 2 and option in got.err, got


def test_thresholds_are_of_all_cells_or_of_some(compare, timed):
    got = compare(timed("slow", "-DREPEATS=112"), "--threshold", "50%")
    assert got.code == 0 and answers(got)[0]["answer"] == "same", got
    got = compare(timed("slow", "-DREPEATS=112"), "--threshold", "timed.sum=50%")
    assert got.code == 0, got


def test_an_interrupted_comparison_keeps_what_it_has(start, timed):
    one = start("compare", timed("base"), timed("same"), "--budget", "100s",
                "--threshold", "0.1%")
    out = one.folder / "out/comparison.jsonl"
    one.until_record(out, "sample")
    os.killpg(one.process.pid, signal.SIGINT)
    got = one.finish()
    assert got.code == 130, got
    assert records(out)[-1]["status"] == "partial" and "interrupted" in got.out


def test_json_markdown_and_junit_say_the_same(compare, timed, tmp_path):
    got = compare(timed("slow", "-DREPEATS=112"), "--json", "--markdown",
                  tmp_path / "c.md", "--junit", tmp_path / "c.xml")
    whole = json.loads(got.out)
    assert (whole["verdict"], whole["exit"]) == ("REGRESSION", 1)
    text = (tmp_path / "c.md").read_text()
    assert "REGRESSION" in text and "| worse |" in text
    assert 'failures="1"' in (tmp_path / "c.xml").read_text()


def test_a_budget_that_is_over_before_the_first_look_is_not_measured(compare, timed):
    got = compare(timed("same"), "--budget", "1ms")
    assert got.code == 3 and "cannot tell" in got.out, got


def test_a_full_disk_is_a_sentence(compare, timed):
    got = compare(timed("same"), "-o", "/dev/full")
    assert got.code == 3 and "No space left" in got.err, got


# --- stored baselines --------------------------------------------------------------


def test_a_stored_baseline_is_advice_and_says_so(run, compare, timed, tmp_path):
    compare(timed("same"))
    got = run("compare", tmp_path / "out/comparison.jsonl",
              timed("slower", "-DREPEATS=150"), *QUICK)
    assert got.code == 0 and "advice only" in got.out, got
    assert "suspect: slower" in got.out


@pytest.mark.parametrize("what, words", [
    ("cpu", "another machine"), ("library", "other libraries")])
def test_unlike_machines_and_libraries_are_refused(run, compare, timed, tmp_path, what,
                                                   words):
    compare(timed("same"))
    path = tmp_path / "out/comparison.jsonl"
    first, *rest = path.read_text().splitlines()
    record = json.loads(first)
    if what == "cpu":
        record["machine"]["cpu"] = "another"
    else:
        record["libraries"] = [{"lane": "native", "name": "head 0", "value": "other"}]
        # The plug-in loads none: give the measured side one as well.
        stored = tmp_path / "head.jsonl"
        stored.write_text("\n".join([first.replace(
            '"libraries": []', '"libraries": [{"lane": "native", "name": "head 0", '
            '"value": "this"}]'), *rest]) + "\n")
    path.write_text("\n".join([json.dumps(record), *rest]) + "\n")
    head = tmp_path / "head.jsonl" if what == "library" else timed("same")
    run("compare", path, head, *QUICK).refused(3, words)


@pytest.mark.parametrize("text, words", [
    ("", "no times"), ('{"record": "run"', "no run record"),
    ('{"record":"run","schema":99,"run":"x"}\n', "schema version 99"),
    ('{"record":"run","schema":1,"run":"x","started":"","machine":{},"libraries":[]}\n'
     '{"record":"cell","status":"measured","subject":"a","workers":1,"wall_ns":[NaN]}\n'
     '{"record":"end"}\n', "line 2"),
    ('{"record":"run","schema":1,"run":"x","started":"","machine":{},"libraries":[]}\n'
     '{"record":"cell","status":"measured","subject":"a","workers":1,"wall_ns":[0]}\n'
     '{"record":"end"}\n', "no time")])
def test_records_that_cannot_be_read_are_refused(run, timed, tmp_path, text, words):
    path = tmp_path / "old.jsonl"
    path.write_text(text)
    run("compare", path, timed("base"), *QUICK).refused(2, words)


# --- revisions ---------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path):
    """A git tree whose sixth commit made it slower and whose fourth does not build."""
    top = tmp_path / "tree"
    top.mkdir()

    def git(*words):
        subprocess.run(["git", "-C", str(top), "-c", "user.name=n", "-c",
                        "user.email=n@example.org", *words], check=True,
                       capture_output=True)

    git("init", "-q", "-b", "main")
    (top / "racetrack.toml").write_text(
        "[build]\ncommand = 'mkdir -p plugin && cc -std=c11 -D_GNU_SOURCE -O2 -shared "
        f"-fPIC -I{ROOT} $(cat flags) {SOURCE} -o plugin/native.so -lm'\n"
        "plugin = 'plugin'\n")
    for number in range(8):
        (top / "flags").write_text("-DREPEATS=(" if number == 3 else
                                   f"-DREPEATS={100 if number < 5 else 130} -DN={number}")
        git("add", "-A")
        git("commit", "-q", "-m", f"commit {number}")
    return top


@pytest.fixture
def in_tree(tree, tmp_path):
    """A command in the tree, with a cache of its own."""
    return lambda *args: subprocess.run(
        [PROGRAM, *map(str, args)], cwd=tree, capture_output=True, text=True,
        check=False, env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")})


def test_revisions_are_built_once_and_compared(in_tree, tmp_path):
    got = in_tree("compare", "HEAD~7", "HEAD", *QUICK)
    assert got.returncode == 1 and "worse" in got.stdout, got
    assert got.stderr.count("building") == 2
    again = in_tree("compare", "HEAD~7", "HEAD", *QUICK)
    assert again.returncode == 1 and "building" not in again.stderr, again


def test_a_revision_that_does_not_build_is_a_sentence_and_exit_3(in_tree):
    got = in_tree("compare", "HEAD~4", "HEAD", *QUICK)
    assert got.returncode == 3 and "does not build" in got.stderr, got


def test_bisect_finds_the_commit_and_leaves_out_what_does_not_build(in_tree):
    got = in_tree("bisect", "HEAD~7", "HEAD", *QUICK)
    assert got.returncode == 0, got
    assert "commit 5" in got.stdout and "is the first where" in got.stdout


def test_bisect_of_equal_revisions_finds_none(in_tree):
    got = in_tree("bisect", "HEAD~2", "HEAD", *QUICK)
    assert got.returncode == 3 and "not slower" in got.stderr, got


@pytest.mark.parametrize("words, named", [
    (("nosuch", "HEAD"), "no revision"), (("HEAD", "HEAD"), "no commit between")])
def test_bisect_refuses_what_it_cannot_search(in_tree, words, named):
    got = in_tree("bisect", *words)
    assert got.returncode == 2 and named in got.stderr, got


def test_the_gate_compares_with_where_the_branch_began(in_tree, tree, timed):
    subprocess.run(["git", "-C", str(tree), "checkout", "-q", "-b", "topic"], check=True)
    (tree / "flags").write_text("-DREPEATS=200")
    subprocess.run(["git", "-C", str(tree), "-c", "user.name=n", "-c",
                    "user.email=n@example.org", "commit", "-qam", "slow"], check=True)
    got = in_tree("gate", "--plugin", timed("base"), "--budget", "3s", "--out",
                  tree / "out", "--lane", "native")
    assert got.returncode == 1, got
    assert "REGRESSION" in got.stdout and (tree / "out/compare.md").exists()
    left_out = in_tree("gate", "--plugin", timed("base"), "--budget", "3s", "--out",
                       tree / "out", "--lane", "native", "--against", "none")
    assert "left out: --against none" in left_out.stdout, left_out


# --- history -----------------------------------------------------------------------


def test_history_keeps_a_comparison_and_gives_it_back(run, compare, timed, tmp_path):
    compare(timed("same"))
    db = tmp_path / "h.db"
    got = run("history", "--db", db, "import", tmp_path / "out/comparison.jsonl",
              "--commit", "0123456789abcdef")
    assert got.code == 0 and "1 cells" in got.out, got
    assert "0123456789ab" in run("history", "--db", db, "list").out
    assert "timed.sum" in run("history", "--db", db, "show", "timed").out
    for kind in ("google", "pyperf", "asv", "github-action-benchmark", "bencher"):
        out = tmp_path / f"{kind}.json"
        assert run("history", "--db", db, "export", "1", "--format", kind, "-o",
                   out).code == 0
        assert "timed.sum" in out.read_text()


def test_a_killed_import_leaves_nothing_half_written(start, tmp_path):
    """kill -9 at many moments; then every run is whole or absent."""
    cells = {f"cell {i}": [100.0 + i, 101.0, 102.0] for i in range(300)}
    files = []
    for number in range(12):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps({
            "context": {"date": f"2026-01-{number + 1:02}T00:00:00", "num_cpus": 2},
            "benchmarks": [{"name": n, "real_time": t, "time_unit": "ns"}
                           for n, times in cells.items() for t in times]}))
        files.append(path)
    db, seen = tmp_path / "k.db", []
    for number in range(14):
        one = start("history", "--db", db, "import", *files)
        time.sleep(0.05 + 0.04 * number)
        if one.process.poll() is None:
            os.kill(one.process.pid, signal.SIGKILL)
        one.process.wait()
        one.clean_up()
        if not db.exists():
            continue
        base = sqlite3.connect(db)
        if base.execute("PRAGMA user_version").fetchone()[0]:
            counts = [r[0] for r in base.execute(
                "SELECT (SELECT count(*) FROM times WHERE run = number) FROM runs")]
            assert all(n == 300 for n in counts), counts
            seen.append(len(counts))
        assert base.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        base.close()
    assert seen and len(set(seen)) > 1, seen  # some were really cut short


def test_an_import_waits_for_another_run_and_then_says_so(start, run, tmp_path):
    path, db = tmp_path / "a.json", tmp_path / "l.db"
    path.write_text(json.dumps({"context": {}, "benchmarks": [
        {"name": "a", "real_time": 5}]}))
    assert run("history", "--db", db, "import", path).code == 0
    other = sqlite3.connect(db, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    one = start("history", "--db", db, "import", path)
    time.sleep(1)
    assert one.process.poll() is None  # it waits
    other.execute("ROLLBACK")
    assert one.finish().code == 0
    other.execute("BEGIN EXCLUSIVE")
    run("history", "--db", db, "import", path).refused(3, "locked")
    other.close()


@pytest.mark.parametrize("content, code, words", [
    ("not a database at all, but quite some text" * 40, 2, "no history"),
    (None, 2, "no history at")])
def test_what_is_no_history_is_refused(run, tmp_path, content, code, words):
    db = tmp_path / "x.db"
    if content:
        db.write_text(content)
    run("history", "--db", db, "list").refused(code, words)


def test_a_comparison_can_go_into_the_history_at_once(compare, run, timed, tmp_path):
    got = compare(timed("same"), "--history", tmp_path / "h.db")
    assert got.code in (0, 3), got
    assert "timed.sum" in run("history", "--db", tmp_path / "h.db", "show", "n=64").out


def test_instructions_are_counted_the_same_each_time(compare, timed):
    got = compare(timed("slow", "-DREPEATS=112"), "--instructions")
    if "does not know an instruction" in got.err:
        pytest.skip("valgrind does not know this CPU's AVX-512; -DRTK_MARCH_NATIVE=OFF")
    assert "INSTRUCTIONS" in got.out and got.code == 1, got
    found = [line.split() for line in got.out.splitlines() if "timed.sum" in line][-1]
    base, head = (int(x.replace(",", "")) for x in found[-4:-2])
    assert 1.08 < head / base < 1.14
