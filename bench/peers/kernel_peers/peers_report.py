"""Tables and sentences of what was measured."""

import statistics

import cells
import peer_statistics as stats
import rounds
from arms import OURS


SHORT_S = 50e-6


def columns(measured):
    """The peers' columns of a family, in order of appearance."""
    found = {}
    for m in measured:
        for arm in m.arms.values():
            if arm.column != OURS:
                found[arm.column] = None
    return list(found)


def first_line(m, workers):
    over = " (oversubscribed)" if workers > rounds.usable_cpus() else ""
    return f"{m.cell.name}, {workers} worker{'s' if workers > 1 else ''}{over}"


def entry(m, workers, column):
    name, ratios = m.speed_up(workers, lambda arm: arm.column == column)
    if not ratios:
        return "-"
    arm = m.arms[name]
    detail = f" {arm.detail}" if arm.detail else ""
    threads = f" x{arm.threads}" if (
        arm.threads != workers and arm.role != "bare") else ""
    return stats.shown(ratios) + detail + threads


def best_peer(m, workers):
    name, ratios = m.speed_up(workers, cells.peer)
    return f"{stats.shown(ratios)} {name}" if ratios else "-"


def of_ceiling(scaled, ceiling):
    """The ceiling is the median of the whole cell: one sample of it is as noisy as
    one of the kernel's."""
    roof = statistics.median(ceiling)
    return [s / roof for s in scaled]


def scaling(m, workers):
    scaled, (roof, ceiling) = m.scaling(workers), m.ceiling(workers)
    if not scaled or not ceiling:
        return "-"
    part = of_ceiling(scaled, ceiling)
    return (f"{statistics.median(scaled):.2f} of {statistics.median(ceiling):.2f} "
            f"({roof}): {stats.shown(part)}")


def planning(m, workers):
    ours = m.ours(workers)
    # Only the first to be made had to plan its lines.
    plan = max((a.plan_s for a in m.arms.values() if a.column == OURS), default=0)
    if ours is None or not plan:
        return "-"
    other = m.fastest(workers, lambda arm: arm.column == "SciPy")
    if other is None:
        return f"{plan * 1e3:.2f} ms"
    calls = stats.amortised(plan, statistics.median(m.times[ours]),
                            statistics.median(m.times[other]))
    return f"{plan * 1e3:.2f} ms, {'never' if calls is None else calls} calls"


def family_table(measured, counts):
    names = columns(measured)
    head = ["case", f"{OURS}, us", *names, "best peer", f"scaling of {OURS} of the machine's",
            "planning, paid for after"]
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for m in measured:
        for w in counts:
            ours = m.ours(w)
            if not ours:
                continue
            row = [first_line(m, w), f"{statistics.median(m.times[ours]) * 1e6:.1f}", *(entry(m, w, c) for c in names),
                   best_peer(m, w), scaling(m, w), planning(m, w)]
            yield "| " + " | ".join(row) + " |"


def python_calls(measured):
    """What of short times is the call from Python: by column, in us."""
    found = {}
    for m in measured:
        for arm in m.arms.values():
            times = m.times[arm.name]
            if arm.overhead_s and times and statistics.median(times) < SHORT_S:
                found.setdefault(arm.column, []).append(arm.overhead_s * 1e6)
    return found


def notes(measured):
    """What a reader must know of the cells."""
    calls = python_calls(measured)
    if calls:
        yield (f"where a call takes less than {SHORT_S * 1e6:.0f} us, the way from Python "
               "is of it: " + ", ".join(f"{name} {stats.shown(us, 1)} us"
                                        for name, us in calls.items()))
    without = [m.cell.name for m in measured if m.arms and not m.ours(1)]
    if without:
        yield f"{OURS} has no time in {len(without)} cells: {', '.join(without)}"
    given_up = sum(len(m.given_up) for m in measured)
    if given_up:
        yield (f"{given_up} arms were not timed, as another way to use the same peer "
               "is much faster")
    for m in measured:
        for text in m.wrong:
            yield f"{m.cell.name}: no time, as the answer is WRONG: {text}"
        if m.partial:
            yield f"{m.cell.name}: partial: interrupted after {m.rounds} rounds"


def in_full(m):
    """Every arm of a cell, for the terminal."""
    yield (f"{m.cell.name}: {m.rounds} rounds of {m.calls} calls, {m.retakes} of "
           f"{m.samples_taken + m.retakes} samples taken again as a thread waited "
           f"for a CPU" + (f", {m.unsettled} after which a pool did not settle"
                           if m.unsettled else ""))
    for name, times in m.times.items():
        if times:
            low, median, high = stats.quartiles(times)
            plan = m.arms[name].plan_s
            yield (f"  {name:34s} {median * 1e6:12.2f} us [{low * 1e6:.2f}, "
                   f"{high * 1e6:.2f}]" + (f"  planned in {plan * 1e3:.2f} ms"
                                           if plan else ""))
    for text in m.given_up:
        yield f"  not timed: {text}"
    for (name, threads), times in m.ceilings.items():
        if threads > 1:
            yield (f"  {name} by {threads} threads: "
                   f"{stats.shown(stats.ratios(m.ceilings[name, 1], times))}")


# --- targets ---------------------------------------------------------------------


def parts_of(target, measured, workers):
    """(cell's name, ratios) of the cells that a target speaks of."""
    for m in measured:
        if not target.cells(m.cell):
            continue
        if target.kind == "scaling":
            scaled, (_, roof) = m.scaling(workers, target.ours), m.ceiling(workers)
            ratios = of_ceiling(scaled, roof) if roof else []
            other = None
        else:
            other, ratios = m.speed_up(workers, target.other, target.ours)
        if ratios:
            yield m.cell.name + (f" against {other}" if other else ""), ratios


def judge(target, measured, workers):
    """One line of the summary as a tuple, or None: nothing measured."""
    parts = list(parts_of(target, measured, workers))
    least = target.asked(workers)
    if not parts or least is None:
        return None
    if target.kind == "mean":
        low, point, high = stats.mean_of_cells([r for _, r in parts])
        where = f"{len(parts)} cells"
    else:
        where, ratios = min(parts, key=lambda p: statistics.median(p[1]))
        low, point, high = stats.quartiles(ratios)
        missed = sum(statistics.median(r) < least for _, r in parts)
        where = f"{missed} of {len(parts)} cells below; {where}"
    return {"target": target.text, "workers": workers, "value": point,
            "interval": [low, high], "least": least, "where": where,
            "moonshot": target.moonshot, "met": point >= least}


def summary(families, measured, counts):
    for family, targets in families:
        own = [m for m in measured if m.cell.family == family]
        for target in targets:
            for w in counts:
                line = judge(target, own, w)
                if line:
                    yield {"family": family, **line}


def mean_against(measured, counts):
    """Geometric means against each peer, by family and workers."""
    for w in counts:
        for name in columns(measured):
            parts = [r for m in measured if (
                r := m.speed_up(w, lambda arm, n=name: arm.column == n)[1])]
            if parts:
                low, point, high = stats.mean_of_cells(parts)
                yield {"family": measured[0].cell.family, "workers": w, "peer": name,
                       "cells": len(parts), "value": point, "interval": [low, high]}


def summary_table(lines):
    yield "| target | value [interval] | asked for | met | where |"
    yield "|---|---|---|---|---|"
    for s in lines:
        asked = f"{'moonshot ' if s['moonshot'] else ''}{s['least']:.3g}"
        met = "yes" if s["met"] else "NO"
        low, high = s["interval"]
        yield (f"| {s['family']}, {s['workers']} worker{'s' * (s['workers'] > 1)}: "
               f"{s['target']} | {s['value']:.2f} [{low:.2f}, {high:.2f}] | {asked} | "
               f"{met} | {s['where']} |")


def machine(measured, counts):
    """A sentence for each ceiling and number of threads: how far this machine scaled
    while all this was measured."""
    for name, what in (("fma", "multiply-adds"), ("triad", "the triad, over as much "
                                                           "memory as the cells have")):
        for w in counts:
            found = [r for m in measured if (name, w) in m.ceilings and w > 1
                     for r in stats.ratios(m.ceilings[name, 1], m.ceilings[name, w])]
            if found:
                yield f"{what}, by {w} threads: {stats.shown(found)} times as fast as by one"


def means_table(lines):
    yield "| family | workers | against | geometric mean [95 %] | cells |"
    yield "|---|---|---|---|---|"
    for s in lines:
        low, high = s["interval"]
        yield (f"| {s['family']} | {s['workers']} | {s['peer']} | {s['value']:.2f} "
               f"[{low:.2f}, {high:.2f}] | {s['cells']} |")


# --- JSON ------------------------------------------------------------------------


def as_data(m):
    arms = [{"name": name, "column": arm.column, "threads": arm.threads,
             "role": arm.role, "detail": arm.detail, "plan_s": arm.plan_s,
             "python_call_s": arm.overhead_s, "seconds": m.times[name]}
            for name, arm in m.arms.items()]
    roofs = [{"name": name, "threads": threads, "seconds": times}
             for (name, threads), times in m.ceilings.items()]
    return {"cell": m.cell.name, "family": m.cell.family, "rounds": m.rounds,
            "calls": m.calls, "retakes": m.retakes, "partial": bool(m.partial),
            "arms": arms, "ceilings": roofs, "wrong": m.wrong,
            "left_out": m.left_out}
