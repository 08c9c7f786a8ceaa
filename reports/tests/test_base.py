"""What is new since a base, and what that does to the answer."""

import samples

from racetrack_reports import base, markdown, overall, records
from racetrack_reports import __main__ as cli


def judged(loaded, written, content, before):
    run = loaded(content)
    base.apply(run, records.load(written(before, "base.jsonl")))
    return run, overall.overall(run)


def test_nothing_new_since_the_base_does_not_fail(loaded, written):
    content = samples.full(2)
    assert overall.overall(loaded(content)).code == 1
    run, whole = judged(loaded, written, content, content)
    assert whole.code == 0
    assert whole.counts["verdicts"]["seen before"] == 2
    assert whole.counts["verdicts"]["refuted"] == 0
    assert "2 refuted by nothing new since the base" in whole.sentence
    assert "### Seen before, in the base" in markdown.render(run, whole)


def test_one_finding_that_is_new_fails(loaded, written):
    content = samples.full(2)
    first = next(r for r in content if r["record"] == "finding")
    run, whole = judged(loaded, written, content,
                        [r for r in content if r is not first])
    assert whole.code == 1 and whole.counts["new_findings"] == 1
    text = markdown.render(run, whole)
    assert text.index("### New since the base") < text.index("### Verdicts")


def test_a_planted_finding_of_the_base_excuses_nothing(loaded, written):
    content = samples.full(2)
    before = [r | {"planted": True} if r["record"] == "finding" else r
              for r in content]
    _, whole = judged(loaded, written, content, before)
    assert whole.code == 1


def test_unlike_runs_are_said(loaded, written):
    content = samples.full(2)
    before = [r for r in content if r["record"] != "verdict"
              or r["lane"] != "asan"][:-1]
    before[0] = samples.run_record(lanes=["native"], plugin="/other")
    before[0]["libraries"][0]["value"] = "0.3.29"
    content[0]["plugin"] = "/this"
    _, whole = judged(loaded, written, content, before)
    said = "\n".join(whole.notes)
    for words in ("/other", "did not run in: tsan, asan", "0.3.29",
                  "18 of 117 cells were not tried", "is partial"):
        assert words in said, said


def test_like_runs_say_nothing(loaded, written):
    content = samples.full(2)
    _, whole = judged(loaded, written, content, content)
    assert whole.notes == []


def test_the_command_takes_a_base(written, tmp_path):
    new, old = written(samples.full(2)), written(samples.full(2), "old")
    out = ("--gate", "--json", str(tmp_path / "v"))
    assert cli.main([str(new), *out]) == 1
    assert cli.main([str(new), "--base", str(old), *out]) == 0
    assert cli.main([str(new), "--base", "/none", *out]) == 2
