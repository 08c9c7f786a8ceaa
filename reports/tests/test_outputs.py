import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
import samples

from racetrack_reports import __main__ as cli
from racetrack_reports import (github, junit, markdown, overall, page,
                               terminal)


def made(loaded, content):
    run = loaded(content)
    return run, overall.overall(run)


# ---- Markdown

def test_markdown_has_verdict_findings_and_split(loaded):
    text = markdown.render(*made(loaded, samples.full(2)))
    assert text.startswith("## ✗ racetrack: refuted\n")
    heads = re.findall(r"^### (.*)", text, re.M)
    assert heads == ["New findings", "Verdicts", "Known findings",
                     "Planted faults", "Detection power", "Best split",
                     "Peers (their time ÷ ours)"]
    assert "`racetrack replay out#f1`" in text
    assert "openblas-queue" in text


def test_markdown_tables_have_as_many_cells_as_heads(loaded):
    for content in (samples.full(2), samples.hostile()):
        text = markdown.render(*made(loaded, content))
        for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
            widths = {len(re.findall(r"(?<!\\)\|", line))
                      for line in block.splitlines()}
            assert len(widths) == 1


def test_markdown_stays_under_its_limit_and_counts_what_it_cut(loaded):
    content = samples.full(2)
    verdict = next(r for r in content if r["record"] == "verdict")
    content[-1:-1] = [verdict | {"subject": f"subject {i} " + "ü" * 150}
                      for i in range(2000)]
    text = markdown.render(*made(loaded, content))
    assert 40_000 < len(text.encode()) < 60_000
    cut = re.search(r"… and ([\d,]+) more, left out here", text)
    shown = len(re.findall(r"^\| \S+ [a-z ]+ \|", text, re.M)) - 1
    rows = int(cut[1].replace(",", "")) + len(
        re.findall(r"^\| [✓✗?⊘◆–] ", text, re.M))
    assert rows == 2117 and shown < 2117
    # What is left out is what held.
    assert text.count("| ✗ refuted") == 2


def test_markdown_of_hostile_text_has_no_markup_of_its_own(loaded):
    text = markdown.render(*made(loaded, samples.hostile()))
    plain = re.sub(r"`[^`\n]*`", "", text)
    assert not re.search(r"<[a-z/]", plain)
    assert "@team" not in plain
    assert len(text.encode()) < 60_000


# ---- JUnit

def test_junit_has_a_case_for_each_verdict_and_fault(loaded):
    run, _ = made(loaded, samples.full(2))
    root = ET.fromstring(junit.render(run).encode())
    suites = {s.get("name"): s for s in root}
    assert list(suites) == ["stress", "suppressions", "selftest", "bench"]
    stress = suites["stress"]
    assert [stress.get(k) for k in ("tests", "failures", "skipped")] == [
        "117", "2", "5"]
    said = [s.text for s in stress.findall("testcase/system-out")]
    assert sum(s.startswith("refuted by listed findings only") for s in said) == 2
    held = [s for s in said if "with 95 % probability" in s]
    assert len(held) == 108 and all(re.match(
        r"\d+ trials?, [\d,]+ of [\d,]+ calls overlapped; ", s) for s in held)
    assert suites["selftest"].get("tests") == "12"
    assert suites["selftest"].get("failures") == "0"
    failure = stress.find("testcase/failure")
    assert "kernels/fft/fft_plan.c:88" in failure.text
    assert "replay: racetrack stress fft" in failure.text
    skipped = [s.get("message") for s in stress.iter("skipped")]
    assert "inconclusive: no two calls overlapped" in skipped


def test_a_faulty_suppression_fails_every_output(loaded):
    content = samples.sound()
    content[-1:-1] = [samples.suppression(fault="it expired on 2026-01-01")]
    run, whole = made(loaded, content)
    assert whole.code == 1
    assert "uppression openblas-queue: it expired on 2026-01-01" in \
        whole.sentence
    root = ET.fromstring(junit.render(run).encode())
    assert root.find("testsuite[@name='suppressions']").get("failures") == "1"
    assert "it expired on 2026-01-01" in markdown.render(run, whole)
    assert "suppression openblas-queue: it" in terminal.render(run, whole)
    assert page.render(run, whole).count("it expired on 2026-01-01") >= 2
    assert "::error title=suppression openblas-queue::it expired on" in \
        github.render(run, whole)


def test_junit_fails_a_missed_fault(loaded):
    content = samples.sound()
    content[-2]["found"] = False
    run, _ = made(loaded, content)
    root = ET.fromstring(junit.render(run).encode())
    assert root.find("testsuite[@name='selftest']").get("failures") == "1"


def test_junit_of_hostile_text_parses(loaded):
    run, _ = made(loaded, samples.hostile())
    root = ET.fromstring(junit.render(run).encode())
    assert "<script>" in root.find("testsuite/testcase").get("classname")


def test_junit_of_nothing_parses(loaded):
    run, _ = made(loaded, [samples.run_record()])
    assert len(ET.fromstring(junit.render(run).encode())) == 0


# ---- GitHub annotations

def test_annotations_are_at_the_line_and_escaped(loaded):
    lines = github.render(*made(loaded, samples.full(2))).splitlines()
    errors = [x for x in lines if x.startswith("::error ")]
    assert any("file=kernels/fft/fft_plan.c,line=88::" in x for x in errors)
    assert sum(x.startswith("::notice ") for x in lines) == 2
    for line in github.render(*made(loaded, samples.hostile())).splitlines():
        assert re.match(r"::(error|warning|notice) ", line), line


def test_annotations_keep_to_what_the_host_shows(loaded):
    content = samples.full(2)
    first = next(r for r in content if r["record"] == "finding")
    content[-1:-1] = [first | {"id": f"f{n}"} for n in range(1000, 1030)]
    lines = github.render(*made(loaded, content)).splitlines()
    errors = [x for x in lines if x.startswith("::error ")]
    assert len(errors) == 10 and re.search(r"and \d+ more", errors[-1])


# ---- terminal

def test_the_table_is_plain_or_coloured(loaded):
    run, whole = made(loaded, samples.full(2))
    plain = terminal.render(run, whole)
    assert "\x1b" not in plain
    assert plain.splitlines()[1].split()[:7] == [
        "✗", "refuted", "fft", "shared", "plan", "tsan", "1"]
    assert plain.splitlines()[-1].startswith("refuted: 2 claims refuted")
    assert re.sub(r"\x1b\[[\d;]*m", "",
                  terminal.render(run, whole, True)) == plain


class Terminal:
    def isatty(self):
        return True


def test_colour_needs_a_terminal_and_no_no_color(monkeypatch, capsys):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal.wants_colour(Terminal())
    assert not terminal.wants_colour(sys.stdout)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.wants_colour(Terminal())


# ---- command line

def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "racetrack_reports", *map(str, arguments)],
        capture_output=True, encoding="utf-8", timeout=120,
        cwd=os.path.dirname(os.path.dirname(__file__)), **options)


def test_the_command_writes_all_that_is_asked(written, tmp_path):
    path = written(samples.full(2))
    out = {k: tmp_path / f"out.{k}" for k in ("html", "md", "xml", "json")}
    done = command(path, "-o", out["html"], "--markdown", out["md"],
                   "--junit", out["xml"], "--json", out["json"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert out["html"].read_text("utf-8").startswith("<!DOCTYPE html>")
    verdict = json.loads(out["json"].read_text("utf-8"))
    assert (verdict["exit"], verdict["verdict"]) == (1, "refuted")
    assert len(verdict["verdicts"]) == 117 and len(verdict["findings"]) == 4
    # Nothing is left beside them.
    assert len(list(tmp_path.iterdir())) == 5


def test_the_table_command_prints(written):
    done = command("table", written(samples.sound()))
    assert done.returncode == 0 and "\x1b" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith("as claimed: 1 of 1 ver")


def run_main(*arguments):
    return cli.main([str(a) for a in arguments])


def test_the_gate_option_gives_the_runs_exit_code(written, tmp_path):
    assert run_main(written(samples.full(2)), "--gate", "--json",
                    tmp_path / "v") == 1
    assert run_main(written(samples.sound()), "--gate", "--json",
                    tmp_path / "v") == 0
    assert run_main("table", written(samples.sound()[:-1]), "--gate") == 130


def test_validate_judges_by_the_schema(written, capsys):
    assert run_main(written(samples.sound()), "--validate") == 0
    bad = samples.sound()
    bad[1]["calls"] = "many"
    assert run_main(written(bad), "--validate") == 2
    assert "line 2: trial['calls']" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "{", '{"record":"run","schema":9}\n'])
def test_unreadable_records_are_one_sentence_and_exit_2(
        written, tmp_path, content, capsys):
    page = tmp_path / "page.html"
    assert run_main(written(content), "-o", page) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("racetrack_reports: ")
    assert not page.exists()


def test_usage_is_exit_2():
    with pytest.raises(SystemExit) as e:
        run_main("--nonsense")
    assert e.value.code == 2


def test_an_unwritable_place_is_one_sentence_and_exit_3(
        written, tmp_path, capsys):
    for place in (tmp_path / "none" / "v.json", "/proc/none"):
        assert run_main(written(samples.sound()), "--json", place) == 3
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert said.startswith(f"racetrack_reports: cannot write {place}: ")


def test_a_failed_write_leaves_the_old_file(written, tmp_path, monkeypatch):
    page = tmp_path / "v.json"
    page.write_text("old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(
        OSError(28, "No space left on device")))
    assert run_main(written(samples.sound()), "--json", page) == 3
    assert page.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_pipe_is_written_to_and_not_replaced(written, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert run_main(written(samples.sound()), "--json", pipe) == 0
    assert json.loads(os.read(reader, 1 << 20))["exit"] == 0
    os.close(reader)


def test_the_package_loads_no_matplotlib_without_cells(written, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c",
         "import sys\nfrom racetrack_reports.__main__ import main\n"
         f"main([{str(written(samples.sound()))!r}, '-o', "
         f"{str(tmp_path / 'p.html')!r}])\n"
         "assert 'matplotlib' not in sys.modules"],
        capture_output=True, text=True,
        cwd=os.path.dirname(os.path.dirname(__file__)))
    assert done.returncode == 0, done.stderr
