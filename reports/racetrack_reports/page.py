"""The page: one HTML file that needs no network and no script."""

import functools
import math
import pathlib
import re
import shlex

import jinja2

from . import overall as judge
from . import statistics

HERE = pathlib.Path(__file__).parent / "templates"

LANES = {
    "native": ("wrong values, hangs, crashes, leaks, broken hygiene",
               "races that did not bite in these trials"),
    "tsan": ("data races, lock-order inversions, thread leaks",
             "other processes; children of a threaded fork; 256 and 512 bit "
             "accesses and assembler, unless declared; order made by "
             "semaphores"),
    "asan": ("lifetime and bounds of memory, undefined behaviour", "races"),
    "controlled": ("atomicity and order violations, deadlocks, lost wake-ups, "
                   "with a schedule that replays",
                   "code that is not instrumented"),
}
FRAMES_SHOWN = 8


def slug(*words):
    """An anchor: letters and digits of the words; unequal words stay unequal
    by the code points of what is not."""
    return "-".join(
        re.sub(r"[^A-Za-z0-9_]", lambda m: f".{ord(m[0]):x}", str(w)) or "."
        for w in words)


def number(value, digits=3):
    """Three significant digits: 0.0123, 97.7, 1,230, 4.56e-7."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -4 or size > 11:
        return f"{value:.{digits - 1}e}"
    return f"{round(value, digits - 1 - size):,.{max(0, digits - 1 - size)}f}"


def big(value):
    """A count that fits a headline: 940, 12.4 k, 3.1 M."""
    for limit, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if value >= limit:
            return f"{value / (1e3 if unit == ' k' else limit):.3g}{unit}"
    return f"{value:,}"


def rate(value):
    """A bound of a rate: "< 0.3 %"."""
    if value is None:
        return "–"
    return f"≤ {number(100 * value, 2)} %"


def duration(seconds):
    if 0 < seconds < 1:
        return nanoseconds(seconds * 1e9)
    if seconds < 90:
        return f"{number(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def power_order(row):
    """What was missed or accused first, then what the fewest seeds found."""
    return (judge.fault_ok(row), row["seeds_found"] / row["seeds"])


def times(row):
    """The median time to find a fault and its interval, as text."""
    shown = ["never" if row[key] is None else duration(row[key])
             for key in ("median_s", "low_s", "high_s")]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def nanoseconds(value):
    for limit, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if value >= limit:
            return f"{number(value / limit)} {unit}"
    return f"{number(value)} ns"


def spread_text(s, digits=2):
    return f"{s.median:.{digits}f} ({s.low:.{digits}f} to {s.high:.{digits}f})"


def memory(value):
    return f"{value / 2**30:.3g} GiB"


def place(frame):
    """Where a frame is: file and line, else module and offset."""
    if frame["file"]:
        line = frame["line"]
        return f"{frame['file']}:{line}" if line else frame["file"]
    offset = frame["offset"]
    offset = f"+{offset:#x}" if isinstance(offset, int) else \
        f"+{offset}" if offset else ""
    module = (frame["module"] or "").rpartition("/")[2]
    return f"{module}{offset}" if module else ""


def breakable(name):
    """A name in which a line may break after each _ and each dot."""
    return jinja2.utils.markupsafe.Markup(
        re.sub(r"([_.])", r"\1<wbr>", str(jinja2.utils.markupsafe.escape(name))))


def change(shift):
    """A change in per cent with its interval, from logarithms: of a channel or a
    ratio of ratios."""
    def text(x):
        return "any" if x is None else f"{math.expm1(x) * 100:+.1f} %"
    return f"{text(shift['shift'])} ({text(shift['low'])} to {text(shift['high'])})"


def first_seen(items):
    return list(dict.fromkeys(items))


def matrix(run):
    """The verdicts as (lanes with their scenarios, rows with their cells)."""
    order = list(LANES)
    lanes = sorted(first_seen(v["lane"] for v in run.verdicts),
                   key=lambda x: (order.index(x) if x in order else 99, x))
    columns = [(lane, first_seen(v["scenario"] for v in run.verdicts
                                 if v["lane"] == lane)) for lane in lanes]
    at = {(v["subject"], v["lane"], v["scenario"]): v for v in run.verdicts}
    rows = [(subject, [(lane, [at.get((subject, lane, s)) for s in scenarios])
                       for lane, scenarios in columns])
            for subject in first_seen(v["subject"] for v in run.verdicts)]
    return {"columns": columns, "rows": rows}


def hover(verdict):
    n = verdict
    text = (f"{n['subject']}, {n['scenario']}, {n['lane']}: "
            f"{judge.state(n)}. {judge.plural(n['trials'], 'trial')}, "
            f"{n['overlapping_calls']:,} of {n['calls']:,} calls overlapped")
    if n["missed_rate"] is not None:
        text += f", missed rate {rate(n['missed_rate'])}"
    return text + (f". {n['reason']}" if n["reason"] else "")


def figures(run, whole, curves):
    """The three figures of the top bar: the first three there are."""
    n = whole.counts
    total = sum(n["verdicts"].values())
    best = max((p.speed.median for c in curves for p in c.points
                if not p.cell["oversubscribed"]), default=None)
    have = [
        total and (f"{n['verdicts']['as claimed']} / {total}",
                   "verdicts as claimed"),
        (total or n["new_findings"]) and (
            str(n["new_findings"]), "new findings" if not n["known_findings"]
            else f"new findings, and {n['known_findings']} known"),
        n["faults"] and (f"{n['faults_found']} / {n['faults']}",
                        "planted faults found"),
        n["cells"] and (f"{n['cells_measured']} / {n['cells']}",
                        "cells measured, answers right"),
        curves and best is not None and (
            f"{best:.2f} ×", "best speed-up, not oversubscribed"),
        run.answers and (f"{n['slower']} / {len(run.answers)}",
                        "cells slower than the base"),
        n["peers"] and (str(n["peers"]), "with peers compared"),
        n["overlapping_calls"] and (big(n["overlapping_calls"]),
                                    "overlapping calls"),
        (str(n["trials"]), "trials"), (str(n["cells"]), "cells"),
        (str(n["faults"]), "planted faults"),
    ]
    return list(filter(None, have))[:3]


def charts_of(curves):
    """Charts for each subject, each with the curves it draws (for its table)."""
    found = []
    for i, subject in enumerate(first_seen(c.subject for c in curves)):
        own = [c for c in curves if c.subject == subject]
        scaling = [c for c in own if statistics.scales(c)]
        grids = [c for c in own if statistics.is_grid(c)]
        if scaling or grids:
            from . import charts  # matplotlib takes a second to load
        found.append({
            "subject": subject, "curves": own, "grids": grids,
            "scaling": scaling and charts.scaling(
                subject, scaling, f"scaling{i}"),
            "heat": grids and charts.heat_maps(
                subject, grids, f"heat{i}")})
    return found


def peer_bar(peer, limits):
    """Where a peer's quartiles lie on the group's logarithmic axis, 0..100."""
    low, high = limits
    def at(ratio):
        return round(100 * (math.log(max(ratio, 1e-9)) - low) /
                     max(high - low, 1e-9), 2)
    return {"low": at(peer["low"]), "high": at(peer["high"]),
            "median": at(peer["median"]), "one": at(1)}


def peer_groups(peers):
    found = []
    for group in first_seen(p["group"] for p in peers):
        own = [p for p in peers if p["group"] == group]
        logs = [math.log(max(p[k], 1e-9)) for p in own
                for k in ("low", "high")] + [math.log(.8), math.log(1.25)]
        limits = min(logs), max(logs)
        mean = statistics.geometric_mean(
            [p["median"] for p in own if not p["oversubscribed"]])
        found.append((group, [(p, peer_bar(p, limits)) for p in own], mean))
    return found


def by_state(verdicts):
    return sorted(verdicts, key=lambda v: judge.STATES.index(judge.state(v)))


@functools.cache
def environment():
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True)
    env.filters.update(
        number=number, big=big, rate=rate, duration=duration, place=place,
        ns=nanoseconds, change=change, spread=spread_text, memory=memory, args=statistics.label,
        state=judge.state, worth=judge.worth, breakable=breakable, shell=shlex.join)
    env.globals.update(
        slug=slug, hover=hover, SYMBOLS=judge.SYMBOLS, MEANING=judge.MEANING,
        LANES=LANES, FRAMES=FRAMES_SHOWN, fault_ok=judge.fault_ok,
        throughput=statistics.throughput, times=times, timed=statistics.spread,
        style=jinja2.utils.markupsafe.Markup(
            (HERE / "style.css").read_text(encoding="utf-8")))
    return env


def render(run, whole):
    """The page of a run and its Overall, as text."""
    curves = statistics.curves(run.cells)
    real = [f for f in run.findings if not f["planted"]]
    real.sort(key=lambda f: (not judge.is_new(f), f["known"] is not None))
    return environment().get_template("report.html.j2").render(
        run=run, whole=whole, figures=figures(run, whole, curves),
        faults=sorted(run.faults, key=judge.fault_ok),
        power=sorted(run.power, key=power_order), matrix=matrix(run),
        verdicts=by_state(run.verdicts), findings=real,
        planted=[f for f in run.findings if f["planted"]],
        trials={t["id"]: t for t in run.trials},
        ids={f["id"] for f in run.findings},
        charts=charts_of(curves), peers=peer_groups(run.peers),
        answers=sorted(run.answers, key=lambda a: a["answer"] not in judge.FAILS),
        fails=judge.FAILS,
        unmeasured=[c for c in run.cells if c["status"] != "measured"],
        lanes=first_seen(run.run["lanes"] + [
            r["lane"] for r in run.verdicts + run.faults + run.power]))
