import copy
import json
import random

import jsonschema
import pytest
import samples

from racetrack_reports import records


def judge():
    return jsonschema.Draft202012Validator(records.schema())


def rule(record):
    return records.schema()["$defs"][record["record"]]


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(records.schema())


def test_the_schema_fits_every_kind_of_sample():
    sample = samples.full(2)
    for record in sample:
        judge().validate(record)
    assert {r["record"] for r in sample} == set(
        records.schema()["properties"]["record"]["enum"])


WRONG = [
    ("run", "schema", "1"), ("run", "lanes", "native"), ("run", "seed", -1),
    ("trial", "status", "fine"), ("trial", "calls", 1.5),
    ("trial", "args", {"n": "many"}), ("trial", "id", ""),
    ("trial", "seed", 2**64),
    ("finding", "fingerprint", "xyz"), ("finding", "planted", 0),
    ("finding", "stacks", [{"title": "no frames"}]),
    ("finding", "stacks", [{"frames": [{"line": "7"}]}]),
    ("finding", "known", {"date": "2026-01-01"}),
    ("verdict", "verdict", "held"), ("verdict", "missed_rate", 1.5),
    ("verdict", "known", None), ("verdict", "oracles", None),
    ("power", "seeds", 0), ("power", "seconds", [-1]),
    ("fault", "found", "yes"), ("fault", "seconds", -1),
    ("cell", "wall_ns", [1, None]), ("cell", "workers", 0),
    ("cell", "status", "slow"),
    ("peer", "ratios", 1), ("end", "exit", 256), ("end", "status", "done"),
]


@pytest.mark.parametrize("kind, field, value", WRONG)
def test_a_wrong_field_is_refused_by_schema_and_reader(
        kind, field, value, written):
    sample = samples.full(2)
    wrong = next(r for r in sample if r["record"] == kind)
    wrong[field] = value
    assert not judge().is_valid(wrong)
    assert records.misfit(wrong, rule(wrong), kind)
    with pytest.raises(records.Unreadable, match=f"line {sample.index(wrong) + 1}: "
                       + kind):
        records.load(written(sample))


def test_the_reader_agrees_with_jsonschema_on_random_damage():
    rng = random.Random(7)
    by_kind = {r["record"]: r for r in samples.full(2)}
    junk = (None, True, 0, -1, 1.0, 1.5, 2**64, "", "x", [], [None], {}, {"a": 1})
    refused = 0
    for _ in range(1500):
        record = copy.deepcopy(rng.choice(list(by_kind.values())))
        at, key = record, rng.choice([k for k in record if k != "record"])
        while isinstance(at[key], (dict, list)) and at[key] and \
                rng.random() < .7:
            at = at[key]
            key = rng.choice(list(at) if isinstance(at, dict)
                             else range(len(at)))
        if rng.random() < .2:
            del at[key]
        else:
            at[key] = rng.choice(junk)
        fits = judge().is_valid(record)
        refused += not fits
        assert fits == (records.misfit(record, rule(record), "") is None), \
            record
    assert 500 < refused < 1400


def test_all_kinds_are_read_in_order(loaded):
    sample = samples.full(2)
    run = loaded(sample)
    for kind, field in records.LISTS.items():
        assert len(getattr(run, field)) == sum(
            r["record"] == kind for r in sample)
    assert not run.partial and not run.notes
    assert [t["id"] for t in run.trials] == [
        r["id"] for r in sample if r["record"] == "trial"]


def test_a_run_folder_stands_for_its_records(written, tmp_path):
    written(samples.sound())
    assert records.load(tmp_path).run["schema"] == 1


def test_a_last_line_that_was_cut_off_makes_the_run_partial(written):
    text = samples.lines(samples.full(2))
    run = records.load(written(text[:-20]))
    assert run.partial and run.end is None
    assert "was cut off" in run.notes[0]
    assert len(run.peers) == 12


@pytest.mark.parametrize("keep", [1, 2, 17, 200, 3000, 20000])
def test_a_file_cut_anywhere_is_read_or_refused_in_words(written, keep):
    text = samples.lines(samples.full(2))[:keep]
    first = len(samples.lines([samples.run_record()]))
    if keep < first - 1:
        with pytest.raises(records.Unreadable, match="no run record"):
            records.load(written(text))
    else:
        assert records.load(written(text)).partial


def test_a_file_without_end_is_partial(loaded):
    run = loaded(samples.sound()[:-1])
    assert run.partial and "no end record" in run.notes[0]


@pytest.mark.parametrize("line, why", [
    ("{", "line 2: not JSON at column 2"), ("[1]", "line 2: not a JSON object"),
    ('{"a":1}', "no field 'record'"), ('{"record":"end","exit":NaN}', "NaN"),
    ('{"record":"end","elapsed_s":1e999}', "not finite"),
    ('{"record":"end"}', "line 2: end has no field 'status'"),
    ("[" * 100_000, "line 2: "),
])
def test_an_unreadable_line_is_named_with_the_reason(written, line, why):
    text = samples.lines([samples.run_record()]) + line + "\n" + \
        samples.lines([samples.end()])
    with pytest.raises(records.Unreadable, match=why):
        records.load(written(text))


@pytest.mark.parametrize("content, why", [
    ("", "is empty"), ("\n\n", "is empty"), ("{", "no run record"),
    (samples.lines([samples.end()]), "no run record"),
    (samples.lines([samples.run_record()] * 2), "second run record")])
def test_a_file_that_is_no_run_is_refused(written, content, why):
    with pytest.raises(records.Unreadable, match=why):
        records.load(written(content))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(records.Unreadable, match="cannot read"):
        records.load(tmp_path / "none")


def test_a_newer_schema_is_refused_whatever_else_it_says(written):
    newer = written([{"record": "run", "schema": 2, "other": []}])
    with pytest.raises(records.Unreadable, match="version 2"):
        records.load(newer)


def test_unknown_fields_and_kinds_are_skipped(loaded):
    sample = [r | {"later": [1]} for r in samples.sound()]
    run = loaded(sample[:-1] + [{"record": "weather", "wind": 3}] +
                 sample[-1:])
    assert run.notes == ["1 record(s) of the unknown kind “weather” were "
                         "left out."]
    assert not run.partial


def test_what_may_be_null_may_be_left_out(loaded):
    sample = samples.full(2)
    for r in sample:
        if r["record"] in ("suppression", "shrunk"):
            r.pop("fault", None)
            continue
        for key in ("reason", "replay", "finding", "missed_rate", "error"):
            r.pop(key, None)
    assert loaded(sample).verdicts[0]["reason"] is None


def test_text_that_cannot_be_shown_is_replaced(loaded):
    sample = samples.sound()
    sample[0]["run"] = "a\x00b\ud800c\u202ed\x1b[31m"
    assert loaded(sample).run["run"] == "a\ufffdb\ufffdc\ufffdd\ufffd[31m"


def test_bytes_that_are_no_utf8_are_replaced(written):
    path = written(samples.sound())
    path.write_bytes(path.read_bytes().replace(b"Example 9", b"Ex\xff 9"))
    assert records.load(path).run["machine"]["cpu"].startswith("Ex\ufffd 9")


def test_validate_names_each_misfit(written):
    sample = samples.sound()
    assert list(records.validate(written(sample))) == []
    del sample[1]["calls"]
    sample[2]["actors"] = -1
    found = list(records.validate(written(sample)))
    assert len(found) == 2
    assert found[0].startswith("line 2: trial") and "calls" in found[0]
    assert found[1].startswith("line 3: trial['actors']")
    assert json.dumps(found)
