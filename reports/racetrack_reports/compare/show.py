"""A comparison in words: a table for the terminal, Markdown for a pull request, an
object for programs. One list of rows serves all."""

import math
from xml.etree import ElementTree

from ..terminal import columns

SYMBOLS = {"worse": "-", "wrong answer": "-", "broken": "-", "better": "+", "same": "=",
           "cannot tell": "?", "not measured": "?"}
COLOURS = {"worse": "31;1", "wrong answer": "31;1", "broken": "31;1", "better": "32",
           "same": "2", "cannot tell": "33", "not measured": "36"}
ORDER = list(COLOURS)
CODES = {0: "no regression", 1: "REGRESSION", 3: "could not measure",
         130: "interrupted", 143: "interrupted"}
ADVICE = {"worse": "slower by more than is allowed", "better": "faster"}


def percent(shift, digits=1):
    """A shift (a logarithm) as a change in per cent."""
    if not math.isfinite(shift):
        return "any" if shift > 0 else "-any"
    return f"{math.expm1(shift) * 100:+.{digits}f} %"


def interval(estimate):
    if estimate is None:
        return ""
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return f"{percent(estimate.shift)} (too few rounds)"
    return f"{percent(estimate.shift)} ({percent(estimate.low)} to " \
           f"{percent(estimate.high)})"


def sorted_rows(result):
    """The worst first; else in the order of the cells."""
    return sorted(result.rows, key=lambda r: ORDER.index(r.word))


def visible(row):
    return percent(row.answer.visible).lstrip("+") if row.answer else ""


def table(result):
    """Header and rows of texts."""
    yield "", "ANSWER", "CELL", "WALL, LOW TENTH", "CPU", "ROUNDS", "COULD SEE"
    for r in sorted_rows(result):
        a = r.answer
        cpu = interval(a.channels["cpu"]) if a and "cpu" in a.gates else "not held"
        yield (SYMBOLS[r.word], r.word, r.cell.name,
               interval(a.channels["wall"]) if a else r.note,
               cpu if a else "", str(a.rounds) if a else "", visible(r))


def scaling_table(result):
    yield "", "SCALING", "CELL", "HEAD LOSES", "SERIAL PART, BASE", "HEAD"
    for s in sorted(result.scaling, key=lambda s: ORDER.index(s.answer)):
        parts = [f"{s.serial[a].shift:.3f} ({s.serial[a].low:.3f} to "
                 f"{s.serial[a].high:.3f})" if s.serial else "" for a in ("base", "head")]
        yield (SYMBOLS[s.answer], s.what + ", " + scaling_word(result, s), s.cell.name,
               interval(s.shift), *parts)


def counted(result):
    yield "", "INSTRUCTIONS", "CELL", "BASE", "HEAD", "CHANGE"
    for i in result.instructions:
        yield (SYMBOLS[i.answer], i.answer, i.cell.name, f"{i.base:,}", f"{i.head:,}",
               percent(i.shift, 2))


def scaling_word(result, s):
    """Mixed: it scales worse, but its own time is not worse."""
    row = next((r for r in result.rows if r.cell.key == s.cell.key), None)
    if s.answer == "worse" and row and not row.fails:
        return "mixed"
    return s.answer


def counts(result):
    words = [r.word for r in result.rows]
    return ", ".join(f"{words.count(w)} {w}" for w in ORDER if w in words) or "no cell"


def headline(result):
    """The mean change of all judged cells, or ""."""
    shifts = [r.answer.channels["wall"].shift for r in result.rows if r.answer]
    return percent(sum(shifts) / len(shifts), 2) if shifts else ""


def notes(result):
    """What has to be said beside the table, a sentence each."""
    for name in result.alarms:
        yield f"base differs from itself in {name}: this machine was too unsteady, " \
              "nothing is anybody's regression"
    for arm, names in result.alone.items():
        if arm in ("base", "head") and names:
            shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            yield f"only in {arm}, not compared: {shown}"
    if result.left_out:
        yield "left out, as a larger --budget would have them: " + ", ".join(
            result.left_out)
    for r in result.rows:
        if r.answer and r.note:
            yield f"{r.cell.name}: {r.note}"
        if r.answer and r.answer.mixed:
            yield f"{r.cell.name}: wall and CPU time changed in opposite ways"
    base, head = (result.libraries.get(a) for a in ("base", "head"))
    if base and head and sorted(base) != sorted(head):
        yield "base and head load different libraries: " + "; ".join(
            sorted(set(base) ^ set(head)))


def last_line(result):
    change = headline(result)
    return f"{CODES[result.code]} (exit code {result.code}): {counts(result)}" + (
        f"; all cells {change}" if change else "") + \
        f"; {result.rounds} rounds, {result.starts} starts, {result.elapsed_s:.0f} s"


def terminal(result, colour=False):
    def paint(text, code):
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text
    out = []
    rows = sorted_rows(result)
    if rows:
        lines = ["  ".join(r).rstrip() for r in columns(list(table(result)))]
        out.append(paint(lines[0], "2"))
        out += [paint(line, COLOURS[r.word]) for line, r in zip(lines[1:], rows)]
    if result.scaling:
        lines = ["  ".join(r).rstrip() for r in columns(list(scaling_table(result)))]
        out += ["", paint(lines[0], "2"), *lines[1:]]
    if result.instructions:
        lines = ["  ".join(r).rstrip() for r in columns(list(counted(result)))]
        out += ["", paint(lines[0], "2"), *lines[1:]]
    out += [""] + [f"note: {n}" for n in notes(result)]
    out.append(last_line(result))
    return "\n".join(out) + "\n"


def escape(text):
    return text.replace("|", "\\|").replace("\n", " ")


def markdown_table(rows):
    head, *rest = rows
    yield "| " + " | ".join(c.capitalize() for c in head) + " |"
    yield "|" + "---|" * len(head)
    for row in rest:
        yield "| " + " | ".join(escape(c) for c in row) + " |"


def markdown(result, base, head):
    out = [f"### racetrack compare: {CODES[result.code]}", "",
           f"{escape(head)} against {escape(base)}: {counts(result)}.", ""]
    out += list(markdown_table(table(result))) if result.rows else []
    if result.scaling:
        out += ["", *markdown_table(scaling_table(result))]
    if result.instructions:
        out += ["", *markdown_table(counted(result))]
    out += [""] + [f"- {escape(n)}" for n in notes(result)]
    out += ["", last_line(result)]
    return "\n".join(out) + "\n"


def junit(result, base, head):
    """A test case for each cell: worse fails, not measured is skipped."""
    rows = sorted_rows(result)
    suite = ElementTree.Element("testsuite", name=f"{head} against {base}", tests=str(
        len(rows)), failures=str(sum(r.fails for r in rows)), errors="0", skipped=str(
            sum(r.word in ("not measured", "cannot tell") for r in rows)))
    for r in rows:
        case = ElementTree.SubElement(suite, "testcase", name=r.cell.name,
                                      classname="racetrack.compare")
        text = r.note or interval(r.answer.channels["wall"])
        if r.fails:
            ElementTree.SubElement(case, "failure", message=f"{r.word}: {text}")
        elif r.word in ("not measured", "cannot tell"):
            ElementTree.SubElement(case, "skipped", message=f"{r.word}: {text}")
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def estimate(e):
    def number(x):
        return x if math.isfinite(x) else None
    return {"shift": number(e.shift), "low": number(e.low), "high": number(e.high)}


def answer_record(row):
    """The record "answer" of docs/records.md. Shifts are natural logarithms."""
    a, cell = row.answer, row.cell
    return {"record": "answer", "cell": cell.name, "subject": cell.subject,
            "args": dict(cell.args), "workers": cell.workers,
            "blas_threads": cell.blas_threads, "threads": cell.threads,
            "oversubscribed": cell.oversubscribed, "answer": row.word,
            "note": row.note or None, "threshold": cell.threshold,
            "calls": cell.calls, "rounds": a.rounds if a else 0,
            "level": a.level if a else None,
            "channels": {k: {**estimate(v), "gates": k in a.gates, "p": a.p.get(k)}
                         for k, v in a.channels.items()} if a else {},
            "confirmed": row.confirmed.answer if row.confirmed else None,
            "control": row.control.answer if row.control else None,
            "visible": a.visible if a else None}


def scaling_record(result, s):
    return {"record": "scaling", "cell": s.cell.name, "against": s.against.name,
            "what": s.what, "answer": scaling_word(result, s), **estimate(s.shift),
            "serial": {k: estimate(v) for k, v in s.serial.items()}}


def as_json(result, base, head):
    return {"verdict": CODES[result.code], "exit": result.code, "base": base,
            "head": head, "rounds": result.rounds, "starts": result.starts,
            "elapsed_s": round(result.elapsed_s, 3), "duets": result.duets,
            "control_alarms": result.alarms, "notes": list(notes(result)),
            "answers": [answer_record(r) for r in sorted_rows(result)],
            "scaling": [scaling_record(result, s) for s in result.scaling],
            "instructions": [{"cell": i.cell.name, "answer": i.answer, "base": i.base,
                              "head": i.head, "shift": i.shift}
                             for i in result.instructions]}
