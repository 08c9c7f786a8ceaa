"""The one answer of a run, by the exit codes that every racetrack command
uses: 130 > 4 > 1 > 3 > 0."""

import collections

WORDS = {0: "as claimed", 1: "refuted", 3: "could not measure",
         4: "detector failed", 130: "partial"}
PRECEDENCE = (130, 4, 1, 3, 0)

# The states of a verdict, worst first: what a reader looks for comes first.
STATES = ("refuted", "could not run", "inconclusive", "seen before", "known",
          "not claimed", "as claimed")
SYMBOLS = {"refuted": "✗", "could not run": "⊘", "inconclusive": "?",
           "seen before": "◇", "known": "◆", "not claimed": "–",
           "as claimed": "✓"}
MEANING = {
    "as claimed": "nothing broke the claim, in a lane that could have seen it",
    "refuted": "a claim was broken: see the finding",
    "seen before": "refuted by nothing that is new since the base; does not "
                   "fail the gate",
    "known": "refuted by listed findings only; does not fail the gate",
    "inconclusive": "calls did not overlap, or too few trials: says nothing",
    "could not run": "the trials could not be made",
    "not claimed": "the subject promises nothing here",
}

FAILS = ("worse", "wrong answer", "broken")  # answers of a comparison

Overall = collections.namedtuple(
    "Overall", "code word sentence so_far counts notes")


def state(verdict):
    """A verdict's word; refuted by nothing but known findings is "known", and
    by nothing that is new since a base "seen before"."""
    word = verdict["verdict"]
    if word != "refuted":
        return word
    return "known" if verdict["known"] else \
        "seen before" if verdict["seen_before"] else word


def worth(verdict):
    """What a held claim is worth, in a sentence; "" without trials."""
    if verdict["missed_rate"] is None or state(verdict) != "as claimed":
        return ""
    return (f"{plural(verdict['trials'], 'trial')}, "
            f"{verdict['overlapping_calls']:,} of {verdict['calls']:,} calls "
            "overlapped; a failure in "
            f"{100 * verdict['missed_rate']:.2g} % of trials or more would "
            "have been seen with 95 % probability")


def is_new(finding):
    return finding["known"] is None and not finding["seen_before"]


def fault_ok(fault):
    return fault["found"] and fault["twin_held"]


def faulty(run):
    """The suppressions that fail the gate themselves."""
    return [s for s in run.suppressions if s["fault"]]


def count(run):
    states = collections.Counter(map(state, run.verdicts))
    real = [f for f in run.findings if not f["planted"]]
    return {
        "verdicts": {s: states[s] for s in STATES},
        # Only trials that tell something have a record of their own.
        "trials": sum(v["trials"] for v in run.verdicts) or len(run.trials),
        "calls": sum(v["calls"] for v in run.verdicts),
        "overlapping_calls": sum(v["overlapping_calls"] for v in run.verdicts),
        "new_findings": sum(map(is_new, real)),
        "known_findings": sum(f["known"] is not None for f in real),
        "findings_seen_before": sum(f["known"] is None and not is_new(f)
                                    for f in real),
        "faults": len(run.faults + run.power),
        "faults_found": sum(f["found"] for f in run.faults + run.power),
        "twins_held": sum(f["twin_held"] for f in run.faults + run.power),
        "cells": len(run.cells),
        "cells_measured": sum(c["status"] == "measured" for c in run.cells),
        "cells_wrong": sum(c["status"] == "wrong answer" for c in run.cells),
        "peers": len(run.peers),
        "answers": collections.Counter(a["answer"] for a in run.answers),
        "slower": sum(a["answer"] in FAILS for a in run.answers),
    }


def plural(n, one, many=None):
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def codes(run, counts):
    """What the records themselves say, without the end record."""
    found = set()
    if not all(map(fault_ok, run.faults + run.power)):
        found.add(4)
    if counts["verdicts"]["refuted"] or counts["cells_wrong"] or \
            counts["slower"] or faulty(run):
        found.add(1)
    judged = sum(n for s, n in counts["verdicts"].items()
                 if s != "could not run")
    if not (judged or run.faults or run.power or counts["cells_measured"] or run.peers or
            run.answers):
        found.add(3)
    return found or {0}


def ranked(code):
    """A code in its place in the precedence; what is unknown is 3."""
    code = 130 if code == 143 else code
    return code if code in WORDS else 3


def worst(found):
    return min(found, key=PRECEDENCE.index)


def listed(parts):
    parts = [p for p in parts if p]
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def some(verdicts, limit=3):
    """fft in shared plan (tsan), ... and 4 more"""
    named = [f"{v['subject'][:60]} in {v['scenario'][:60]} ({v['lane'][:60]})"
             for v in verdicts]
    more = len(named) - limit
    return listed(named[:limit] + ([f"{more} more"] if more > 0 else []))


def held(counts):
    n = counts["verdicts"]
    total = sum(n.values())
    sober = listed((
        n["known"] and f"{n['known']} refuted by known findings only",
        n["seen before"] and f"{n['seen before']} refuted by nothing new "
        "since the base",
        n["inconclusive"] and f"{n['inconclusive']} inconclusive",
        n["could not run"] and f"{n['could not run']} could not run",
        n["not claimed"] and f"{n['not claimed']} not claimed"))
    return total and (f"{n['as claimed']} of {plural(total, 'verdict')} as "
                      "claimed" + (f" ({sober})" if sober else ""))


def compared(counts):
    return listed(f"{n} {answer}" for answer, n in counts["answers"].items()) and \
        "compared with the base: " + listed(
            f"{n} {answer}" for answer, n in counts["answers"].items())


def sentence(code, run, counts):
    """One sentence for people on what a code means in this run."""
    n = counts["verdicts"]
    missed = [f for f in run.faults + run.power if not fault_ok(f)]
    measured = counts["cells"] and (
        f"{counts['cells_measured']} of {plural(counts['cells'], 'cell')} "
        "measured with right answers")
    if code == 4:
        return (f"{len(missed)} of {plural(counts['faults'], 'planted fault')} "
                "missed, or reported in a sound twin: no pass below counts."
                if missed else "A detector failed its own check: no pass "
                "below counts.")
    if code == 1:
        what = "; ".join(filter(None, (
            n["refuted"] and plural(n["refuted"], "claim") + " refuted: " +
            some(v for v in run.verdicts if state(v) == "refuted"),
            "; ".join(f"suppression {s['id']}: {s['fault']}"
                      for s in faulty(run)[:3]),
            counts["cells_wrong"] and
            plural(counts["cells_wrong"], "cell") + " with wrong answers",
            counts["slower"] and plural(counts["slower"], "cell") +
            " slower than the base, wrong or broken")))
        return (what[0].upper() + what[1:] if what else
                "Refuted, or slower than before") + "."
    if code == 3:
        return "Nothing was judged." if 3 in codes(run, counts) else \
            "The run could not measure what it was asked to."
    faults = counts["faults"] and (
        f"all {counts['faults']} planted faults found"
        if counts["faults"] > 1 else "the planted fault found")
    text = "; ".join(filter(None, (
        held(counts), faults, measured, compared(counts), counts["peers"] and
        plural(counts["peers"], "comparison") + " with peers")))
    return (text[0].upper() + text[1:] if text else "Nothing was judged") + "."


def overall(run):
    """The Overall of a run: the worst of what its records and its end record
    say. A run that did not finish is partial, whatever it has found so far."""
    counts = count(run)
    own = codes(run, counts)
    notes = list(run.notes)
    base = run.run["base"]
    if base:
        notes += [f"Unlike the base: {text}." for text in base["unlike"]]
    said = None if run.end is None else run.end["exit"]
    # Another base than the run's own, or the first: what is new is new.
    if run.rebased and said == 1:
        said = worst(own)
    every = own | ({130} if run.partial else set()) | (
        set() if said is None else {ranked(said)})
    code = worst(every)
    so_far = None
    text = sentence(code, run, counts)
    if code == 130:
        rest = worst(every - {130})
        so_far = WORDS[rest]
        text = sentence(rest, run, counts)
        text = f"The run did not finish. So far: {text[0].lower()}{text[1:]}"
    if run.end is not None and run.end["reason"]:
        reason = run.end["reason"].rstrip(".")
        text += f" {reason[0].upper()}{reason[1:]}." if reason else ""
    if said is not None and not run.partial and ranked(said) != worst(own) \
            and PRECEDENCE.index(ranked(said)) > PRECEDENCE.index(worst(own)):
        notes.append(f"The run ended with exit code {said}, but its records "
                     f"amount to {worst(own)} ({WORDS[worst(own)]}).")
    return Overall(said if said == 143 else code, WORDS[code], text, so_far,
                   counts, notes)


def as_json(run, whole):
    """What a program may want to know, as plain data."""
    return {
        "schema": 1,
        "run": run.run["run"],
        "exit": whole.code,
        "verdict": whole.word,
        "so_far": whole.so_far,
        "sentence": whole.sentence,
        "partial": run.partial,
        "counts": whole.counts,
        "notes": whole.notes,
        "verdicts": [{"subject": v["subject"], "scenario": v["scenario"],
                      "lane": v["lane"], "verdict": state(v),
                      "trials": v["trials"], "missed_rate": v["missed_rate"],
                      "worth": worth(v) or None,
                      "findings": [f["id"] for f in v["findings"]]}
                     for v in run.verdicts],
        "findings": [{k: f[k] for k in ("id", "subject", "scenario", "lane",
                                        "oracle", "kind", "fingerprint",
                                        "summary", "known", "seen_before",
                                        "replay")}
                     for f in run.findings if not f["planted"]],
        "suppressions": [{k: s[k] for k in ("id", "owner", "expires", "hits",
                                            "fault")}
                         for s in run.suppressions],
        "missed_faults": [f["fault"] for f in run.faults + run.power
                          if not fault_ok(f)],
    }
