"""The verdict table for a terminal; plain text where it is none."""

import os
import unicodedata

from . import overall as judge
from . import page

COLOURS = {"refuted": "31;1", "could not run": "36", "inconclusive": "33",
           "seen before": "35", "known": "35", "not claimed": "2", "as claimed": "32"}
CODES = {0: "32;1", 1: "31;1", 4: "31;1"}


def wants_colour(stream):
    return stream.isatty() and not os.environ.get("NO_COLOR") and \
        os.environ.get("TERM") != "dumb"


def width(text):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def columns(rows):
    wide = [max(map(width, column)) for column in zip(*rows)]
    for row in rows:
        yield [cell + " " * (w - width(cell)) for cell, w in zip(row, wide)]


def one_line(text):
    return " ".join(text.split())


def render(run, whole, colour=False):
    def paint(text, code):
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text
    out = []
    verdicts = page.by_state(run.verdicts)
    if verdicts:
        rows = [("", "VERDICT", "SUBJECT", "SCENARIO", "LANE", "TRIALS",
                 "OVERLAPPING", "MISSED RATE")]
        rows += [(judge.SYMBOLS[judge.state(v)], judge.state(v),
                  *(one_line(v[k]) for k in ("subject", "scenario", "lane")),
                  f"{v['trials']:,}", f"{v['overlapping_calls']:,}",
                  page.rate(v["missed_rate"])) for v in verdicts]
        lines = [f"{'  '.join(r)}".rstrip() for r in columns(rows)]
        out += [paint(lines[0], "2")]
        out += [paint(line, COLOURS[judge.state(v)])
                for line, v in zip(lines[1:], verdicts)]
        out.append("")
    for f in run.findings:
        if not f["planted"] and f["known"] is None:
            out.append(("new since the base: " if run.run["base"] and
                        judge.is_new(f) else
                        "" if judge.is_new(f) else "seen before: ") +
                       f"{f['id']}: {one_line(f['subject'])}: "
                       f"{one_line(f['oracle'])}: {one_line(f['summary'])}")
            if f["replay"]:
                out.append(f"    {one_line(f['replay'])}")
    for f in run.faults:
        if not judge.fault_ok(f):
            out.append(paint(f"planted fault {one_line(f['fault'])}: " + (
                "its sound twin was reported" if f["found"] else "missed"),
                CODES[4]))
    for s in judge.faulty(run):
        out.append(paint(f"suppression {one_line(s['id'])}: "
                         f"{one_line(s['fault'])}", CODES[1]))
    if out and out[-1]:
        out.append("")
    out += [f"note: {one_line(note)}" for note in whole.notes]
    out.append(f"{paint(whole.word, CODES.get(whole.code, '33;1'))}: "
               f"{one_line(whole.sentence)}")
    return "\n".join(out) + "\n"
