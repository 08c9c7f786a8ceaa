"""The summary for a job page or a comment: verdict, table, findings, best
split; cut by severity to a size that hosts accept."""

import re

from . import overall as judge
from . import page, places, statistics

LIMIT = 60_000  # bytes; comments are dropped whole above 64 kB
# An underline inside a word is none.
SPECIAL = re.compile(r"([\\`*\[\]<>|~#&!$]|(?<!\w)_|_(?!\w))")


def text(value, limit=200):
    """Plain text, of one line, that Markdown leaves alone."""
    value = " ".join(str(value).split())
    value = value if len(value) <= limit else value[:limit - 1] + "…"
    value = SPECIAL.sub(lambda m: f"&#{ord(m[1])};", value)
    # Neither mentions nor links: a space of no width after what makes them.
    return re.sub(r"(@|://|www\.)", "\\1\u200b", value)


def code(value, limit=400):
    """A code span; a backtick inside becomes a quote."""
    value = " ".join(str(value).split()).replace("`", "'").replace("|", "\\|")
    return f"`{value if len(value) <= limit else value[:limit - 1] + '…'}`"


def table(head, rows):
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head),
            *(f"| {' | '.join(row)} |" for row in rows)]


def verdict_rows(run):
    for v in page.by_state(run.verdicts):
        word = judge.state(v)
        yield (f"{judge.SYMBOLS[word]} {word}", text(v["subject"]),
               text(v["scenario"]), text(v["lane"]), f"{v['trials']:,}",
               f"{v['overlapping_calls']:,}", page.rate(v["missed_rate"]),
               text(v["reason"] or ", ".join(
                   f["id"] for f in v["findings"]) or "–"))


def finding_line(f):
    known = f["known"] and f" Known as {text(f['known']['id'])}: " \
        f"{text(f['known']['reason'] or '')}"
    both = " and ".join(f"{text(s['title'] or 'there', 60)} in "
                        f"{code(x['function'] or '?', 80)} at "
                        f"{code(page.place(x), 120)}"
                        for s, x in places.sites(f))
    return (f"- **{text(f['subject'])}**, {text(f['scenario'])}, "
            f"{text(f['lane'])}, {text(f['oracle'])}: "
            f"{text(f['summary'], 300)}"
            + (f": {both}" if both else "") + "." + (known or "")
            + (f" Replay: {code(f['replay'])}" if f["replay"] else ""))


def fault_rows(run):
    for f in sorted(run.faults, key=judge.fault_ok):
        yield (text(f["fault"]), text(f["oracle"]), text(f["lane"]),
               "✓ found" if f["found"] else "✗ **missed**",
               f"{f['trials']:,}", page.duration(f["seconds"]),
               "✓ held" if f["twin_held"] else "✗ **reported**")


def power_rows(run):
    for p in sorted(run.power, key=page.power_order):
        yield (text(p["fault"]), text(p["oracle"]), text(p["lane"]),
               "✓" * p["found"] + "✗ **missed**" * (not p["found"]),
               f"{p['seeds_found']} of {p['seeds']}", page.times(p),
               f"{p['twin_alarms']} of {p['twin_trials']:,}")


def split_rows(curves):
    for c in curves:
        if len(c.points) > 1:
            rate, unit = statistics.throughput(c.best.cell)
            yield (text(c.subject), text(c.label),
                   str(c.best.cell["workers"]),
                   str(c.best.cell["blas_threads"] or "–"),
                   f"{page.number(rate)} {unit}",
                   page.spread_text(c.best.speed))


def sections(run, whole):
    """(title, fixed lines, lines that may be cut from the end)."""
    real = [f for f in run.findings if not f["planted"]]
    new = [finding_line(f) for f in real if judge.is_new(f)]
    seen = [finding_line(f) for f in real
            if f["known"] is None and not judge.is_new(f)]
    known = [finding_line(f) for f in real if f["known"] is not None]
    for title, head, rows in (
            ("New since the base" if run.run["base"] else "New findings", (),
             new),
            ("Verdicts", ("verdict", "subject", "scenario", "lane", "trials",
                          "overlapping calls", "missed rate (95 %)", "why"),
             verdict_rows(run)),
            ("Seen before, in the base", (), seen),
            ("Known findings", (), known),
            ("Suppressions that fail the gate", (),
             [f"- **{text(s['id'])}**: {text(s['fault'])}"
              for s in judge.faulty(run)]),
            ("Planted faults", ("fault", "oracle", "lane", "found", "trials",
                                "after", "sound twin"), fault_rows(run)),
            ("Detection power", ("fault", "oracle", "lane", "found", "seeds",
                                 "median time (interval)", "alarms on the twin"),
             power_rows(run)),
            ("Best split", ("subject", "size", "workers", "BLAS threads",
                            "throughput", "speed-up (quartiles)"),
             split_rows(statistics.curves(run.cells))),
            ("Peers (their time ÷ ours)",
             ("group", "case", "peer", "workers", "ratio (quartiles)"),
             ((text(p["group"]), text(p["case"]), text(p["peer"]),
               str(p["workers"]) + " (over)" * p["oversubscribed"],
               page.spread_text(statistics.Spread(
                   p["low"], p["median"], p["high"]))) for p in run.peers))):
        lines = table(head, rows) if head else list(rows)
        fixed = 2 if head else 0
        if len(lines) > fixed:
            yield title, lines[:fixed], lines[fixed:]


def size(lines):
    return sum(len(line.encode()) + 1 for line in lines)


def render(run, whole, limit=LIMIT):
    symbol = {0: "✓", 1: "✗", 4: "!"}.get(whole.code, "…")
    out = [f"## {symbol} racetrack: {whole.word}", "",
           text(whole.sentence, 1000), ""]
    out += [f"> {text(note, 300)}" for note in whole.notes[:10]]
    out += [f"Run {text(run.run['run'])}, seed {run.run['seed']}, "
            f"{text(run.run['started'])}, racetrack "
            f"{text(run.run['version'])}, "
            f"{text(run.run['machine']['cpu'] or 'unknown processor')}."]
    left, tail = list(sections(run, whole)), 120
    # Kept free for each section to come: its head and a count.
    room = limit - size(out) - sum(size(f) + tail for _, f, _ in left)
    for title, fixed, rows in left:
        out += ["", f"### {title}", "", *fixed]
        for i, row in enumerate(rows):
            room -= len(row.encode()) + 1
            if room < 0:
                out += ["", f"… and {len(rows) - i:,} more, left out here."]
                room = 0
                break
            out.append(row)
    return "\n".join(out) + "\n"
