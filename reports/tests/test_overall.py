import pytest
import samples

from racetrack_reports import overall


def judged(loaded, content):
    run = loaded(content)
    return overall.overall(run)


def changed(content, kind, **more):
    found = [i for i, r in enumerate(content) if r["record"] == kind]
    content[found[-1]] |= more
    return content


REFUTED = {"verdict": "refuted"}
MISSED = {"found": False}


@pytest.mark.parametrize("changes, code", [
    ([], 0),
    ([("verdict", REFUTED)], 1),
    ([("verdict", REFUTED | {"known": True})], 0),
    ([("verdict", {"verdict": "inconclusive"})], 0),
    ([("fault", MISSED)], 4),
    ([("fault", {"twin_held": False})], 4),
    ([("fault", MISSED), ("verdict", REFUTED)], 4),
    ([("end", {"exit": 3})], 3),
    ([("end", {"exit": 3}), ("verdict", REFUTED)], 1),
    ([("end", {"exit": 1})], 1),
    ([("end", {"exit": 4})], 4),
    ([("end", {"exit": 77})], 3),
    ([("end", {"exit": 130, "status": "partial"}), ("fault", MISSED)], 130),
    ([("end", {"exit": 143, "status": "partial"})], 143),
    ([("end", {"status": "partial"})], 130),
])
def test_the_worst_of_records_and_end_wins(loaded, changes, code):
    content = samples.sound()
    for kind, more in changes:
        changed(content, kind, **more)
    whole = judged(loaded, content)
    assert whole.code == code
    assert whole.word == overall.WORDS.get(code, "partial")
    assert not whole.sentence[0].islower() and whole.sentence.endswith(".")


@pytest.mark.parametrize("row, code", [
    (samples.power(found=1), 0), (samples.power(found=0), 4),
    (samples.power(alarms=1), 4)])
def test_a_fault_that_no_seed_finds_or_an_accused_twin_counts(loaded, row, code):
    whole = judged(loaded, [*samples.sound()[:-1], row, samples.end(exit=0)])
    assert whole.code == code


def test_a_killed_run_is_partial_and_says_what_it_found_so_far(loaded):
    content = changed(samples.sound(), "verdict", **REFUTED)[:-1]
    whole = judged(loaded, content)
    assert (whole.code, whole.word, whole.so_far) == (130, "partial",
                                                      "refuted")
    assert "So far: 1 claim refuted: fft in shared input" in whole.sentence


def test_a_run_that_judged_nothing_could_not_measure(loaded):
    only = [samples.run_record(), samples.end(exit=0)]
    assert judged(loaded, only).code == 3
    verdict = samples.verdict("fft", "shared input", "tsan", [],
                              "could not run")
    assert judged(loaded, [only[0], verdict, only[1]]).code == 3


def test_a_wrong_answer_of_a_cell_refutes(loaded):
    content = changed(samples.full(2), "cell", status="wrong answer")
    content = [r for r in content if r["record"] not in ("verdict", "finding")]
    whole = judged(loaded, content)
    assert whole.code == 1 and "wrong answer" in whole.sentence


def test_an_end_that_is_too_kind_is_noted(loaded):
    content = changed(samples.full(2), "end", exit=0)
    whole = judged(loaded, content)
    assert whole.code == 1
    assert "ended with exit code 0" in whole.notes[0]


def test_the_reason_of_the_end_is_told(loaded):
    content = changed(samples.sound(), "end", exit=3, reason="the load was 40")
    assert judged(loaded, content).sentence.endswith(" The load was 40.")


def test_the_counts_add_up(loaded):
    counts = judged(loaded, samples.full(2)).counts
    assert counts["verdicts"] == {
        "refuted": 2, "could not run": 1, "inconclusive": 1, "seen before": 0,
            "known": 2,
        "not claimed": 3, "as claimed": 108}
    assert (counts["new_findings"], counts["known_findings"]) == (2, 2)
    assert (counts["faults"], counts["faults_found"]) == (13, 13)
    assert counts["cells_measured"] == counts["cells"] - 1
