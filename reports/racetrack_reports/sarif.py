"""SARIF 2.1.0: a result for each finding, with both places, the stacks of all
threads that took part, and its fingerprint."""

import json
import re
import urllib.parse

from . import overall as judge
from . import places

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/" \
    "schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "racetrackFingerprint/v1"


def rule_id(finding):
    def word(text):
        return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "finding"
    return f"{word(finding['oracle'])}/{word(finding['kind'])}"


def rule(finding):
    return {"id": rule_id(finding),
            "name": re.sub(r"\W", "", f"{finding['oracle']} {finding['kind']}"
                           .title()) or "Finding",
            "shortDescription": {
                "text": f"{finding['kind']}, seen by the oracle "
                        f"{finding['oracle']}"},
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": ["concurrency", finding["oracle"]]}}


def artifact(file):
    if file.startswith("/"):
        return {"uri": "file://" + urllib.parse.quote(file)}
    return {"uri": urllib.parse.quote(places.tree_path(file)),
            "uriBaseId": "SRCROOT"}


def location(frame, text=None, number=None):
    """A frame as a location, with its source if that is known."""
    found = {}
    if number is not None:
        found["id"] = number
    if frame["file"]:
        found["physicalLocation"] = {"artifactLocation":
                                     artifact(frame["file"])}
        if frame["line"]:
            found["physicalLocation"]["region"] = {
                "startLine": int(frame["line"])}
    if frame["function"]:
        found["logicalLocations"] = [{"fullyQualifiedName": frame["function"],
                                      "kind": "function"}]
    if text:
        found["message"] = {"text": text}
    return found


def stack(one):
    frames = [{"location": location(f)} |
              ({"module": f["module"]} if f["module"] else {})
              for f in one["frames"]]
    return {"message": {"text": one["title"] or "stack"}, "frames": frames}


def thread_flow(number, one):
    """One thread's way to the access, from the outermost call inwards."""
    steps = [{"location": location(f)} for f in reversed(one["frames"])
             if places.speaks(f)]
    return {"id": f"{number}: {one['title'] or 'thread'}",
            "message": {"text": one["title"] or "thread"}, "locations": steps}


def flows(finding):
    found = [thread_flow(i, s) for i, s in
             enumerate(places.accesses(finding)[:8], 1) if places.top(s)]
    return [{"message": {"text": "what each thread was doing"},
             "threadFlows": found}] if found else []


def suppressions(finding):
    known = finding["known"]
    if not known:
        return []
    text = ": ".join(filter(None, (known["id"], known["reason"])))
    return [{"kind": "external", "status": "accepted", "justification": text}]


def result(finding, rules):
    site = places.sites(finding)
    subject = {"logicalLocations": [{
        "fullyQualifiedName": finding["subject"], "kind": "module"}]}
    text = f"{finding['subject']} in {finding['scenario']}, lane " \
           f"{finding['lane']}: {finding['summary']}"
    if finding["replay"]:
        text += f". Again: {finding['replay']}"
    found = {"ruleId": rule_id(finding), "ruleIndex": rules[rule_id(finding)],
             "level": "error", "kind": "fail", "message": {"text": text},
             "locations": [location(site[0][1], site[0][0]["title"])
                           if site else subject],
             "relatedLocations": [location(f, s["title"], i) for i, (s, f) in
                                  enumerate(site[1:], 1)],
             "stacks": [stack(s) for s in finding["stacks"]],
             "codeFlows": flows(finding),
             "partialFingerprints": {FINGERPRINT: finding["fingerprint"]},
             "suppressions": suppressions(finding),
             "properties": {k: finding[k] for k in (
                 "id", "subject", "scenario", "lane", "oracle", "kind")}}
    if finding["seen_before"] is not None:
        found["baselineState"] = \
            "unchanged" if finding["seen_before"] else "new"
    return found


def notifications(run):
    """What a reader must know before believing that there is nothing else."""
    for f in run.faults:
        if not judge.fault_ok(f):
            yield {"level": "error", "message": {
                "text": f"planted fault {f['fault']}: " + (
                    "its sound twin was reported" if f["found"] else
                    "missed, so no pass counts")}}
    for s in judge.faulty(run):
        yield {"level": "error", "message": {
            "text": f"suppression {s['id']}: {s['fault']}"}}
    for v in run.verdicts:
        word = judge.state(v)
        if word in ("could not run", "inconclusive"):
            yield {"level": "warning", "message": {
                "text": f"{v['subject']} in {v['scenario']}, lane "
                        f"{v['lane']}: {word}"
                        + (f": {v['reason']}" if v["reason"] else "")}}
    for note in run.notes:
        yield {"level": "note", "message": {"text": note}}


def invocation(run, whole):
    found = {"executionSuccessful": not run.partial and whole.code in (0, 1),
             "exitCode": whole.code, "exitCodeDescription": whole.word,
             "commandLine": " ".join(run.run["command"]),
             "arguments": run.run["command"][1:],
             "toolExecutionNotifications": list(notifications(run))}
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
                    run.run["started"] or ""):
        found["startTimeUtc"] = run.run["started"]
    return found


def render(run, whole):
    real = [f for f in run.findings if not f["planted"]]
    rules = {}
    for f in real:
        rules.setdefault(rule_id(f), rule(f))
    at = {name: i for i, name in enumerate(rules)}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": "racetrack",
                            "version": run.run["version"],
                            "rules": list(rules.values())}},
        "automationDetails": {"id": f"racetrack/{run.run['run']}"},
        "originalUriBaseIds": {"SRCROOT": {"description": {
            "text": "The root of the tree that was built."}}},
        "invocations": [invocation(run, whole)],
        "properties": {"claimsHeld": [
            f"{v['subject']} in {v['scenario']}, lane {v['lane']}: "
            f"{judge.worth(v)}" for v in run.verdicts if judge.worth(v)]},
        "columnKind": "unicodeCodePoints",
        "results": [result(f, at) for f in real]}]}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"
