"""JUnit XML: a test case for each verdict, and the planted faults as a suite
of their own."""

import xml.etree.ElementTree as ET

from . import overall as judge
from . import page


def why(run, verdict):
    """What a reader needs to act on a verdict, in lines."""
    lines = [verdict["reason"] or judge.MEANING[judge.state(verdict)]]
    by_id = {f["id"]: f for f in run.findings}
    for seen in verdict["findings"]:
        f = by_id.get(seen["id"])
        lines.append(f"{seen['id']} in {seen['trials']} of "
                     f"{verdict['trials']} trials"
                     + (f": {f['oracle']}: {f['summary']}" if f else ""))
        for stack in f["stacks"] if f else ():
            lines.append(f"  {stack['title'] or 'stack'}")
            lines += [f"    {x['function'] or '?'} {page.place(x)}"
                      for x in stack["frames"][:page.FRAMES_SHOWN]]
        lines += [f"  printed: {line}"
                  for line in ((f and f["output"]) or "").splitlines()]
    if verdict["replay"]:
        lines.append(f"replay: {verdict['replay']}")
    return lines


def verdict_case(suite, run, verdict):
    word = judge.state(verdict)
    case = ET.SubElement(
        suite, "testcase", name=f"{verdict['scenario']} [{verdict['lane']}]",
        classname=f"stress.{verdict['subject']}")
    lines = why(run, verdict)
    if word == "refuted":
        ET.SubElement(case, "failure", type="refuted",
                      message=lines[0]).text = "\n".join(lines)
    elif word in ("known", "seen before"):
        ET.SubElement(case, "system-out").text = "\n".join(
            [judge.MEANING[word], *lines])
    elif word == "as claimed":
        ET.SubElement(case, "system-out").text = judge.worth(verdict)
    else:
        ET.SubElement(case, "skipped", message=f"{word}: {lines[0]}")


def suppression_case(suite, suppression):
    case = ET.SubElement(suite, "testcase", name=suppression["id"],
                         classname="suppressions")
    if suppression["fault"]:
        ET.SubElement(case, "failure", type="suppression",
                      message=suppression["fault"]).text = \
            suppression["reason"]


def fault_case(suite, fault):
    case = ET.SubElement(suite, "testcase", name=fault["fault"],
                         classname=f"selftest.{fault['kind']}",
                         time=f"{fault['seconds']:.3f}")
    wrong = [] if fault["found"] else [
        f"not found by {fault['oracle']} in {fault['trials']} trials of "
        f"{fault['scenario']} [{fault['lane']}]"]
    if not fault["twin_held"]:
        wrong.append("its sound twin was reported")
    if wrong:
        ET.SubElement(case, "failure", type="detector failed",
                      message="; ".join(wrong)).text = fault["summary"]


def cell_case(suite, cell, label):
    case = ET.SubElement(
        suite, "testcase", classname=f"bench.{cell['subject']}",
        name=f"{label} workers={cell['workers']} "
             f"blas={cell['blas_threads']}",
        time=f"{sum(cell['wall_ns']) * max(1, cell['calls_per_sample']) / 1e9:.3f}")
    message = cell["reason"] or cell["status"]
    if cell["status"] == "wrong answer":
        ET.SubElement(case, "failure", type="wrong answer", message=message)
    elif cell["status"] == "could not run":
        ET.SubElement(case, "skipped", message=f"could not run: {message}")


def totals(suite):
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    spent = sum(float(c.get("time", 0)) for c in cases)
    if spent:
        suite.set("time", f"{spent:.3f}")


def render(run):
    """The text of the file; suites without a case are left out."""
    from .statistics import label
    root = ET.Element("testsuites", name="racetrack")
    stress = ET.SubElement(root, "testsuite", name="stress")
    for v in run.verdicts:
        verdict_case(stress, run, v)
    listed = ET.SubElement(root, "testsuite", name="suppressions")
    for s in run.suppressions:
        suppression_case(listed, s)
    selftest = ET.SubElement(root, "testsuite", name="selftest")
    for f in run.faults:
        fault_case(selftest, f)
    bench = ET.SubElement(root, "testsuite", name="bench")
    for c in run.cells:
        cell_case(bench, c, label(c["args"]))
    for suite in list(root):
        totals(suite)
        if not len(suite):
            root.remove(suite)
        elif run.run["started"]:
            suite.set("timestamp", run.run["started"].removesuffix("Z"))
    ET.indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ET.tostring(
        root, encoding="unicode") + "\n"
