"""Charts as inline SVG: text stays text, colours are the page's (so that they
follow dark mode), and equal data gives equal bytes."""

import io
import re

import matplotlib
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .statistics import fewest_blas

# Stand-ins that no chart uses otherwise; each becomes a variable of the page.
INK, FAINT, PAPER = "#010101", "#020202", "#030303"
SERIES = ("#040401", "#040402", "#040403", "#040404", "#040405", "#040406")
VARIABLES = {INK: "ink", FAINT: "rule", PAPER: "card",
             **{c: f"series-{i}" for i, c in enumerate(SERIES, 1)}}
MARKERS = "osD^vP"
# Light to dark blue, so black or white figures stand out on every cell.
HEAT = ("#eef5fb", "#c9def0", "#9cc3e2", "#6aa3d0", "#3c80b8", "#1c5d99")

STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "racetrack", "font.size": 9,
    "font.family": "DejaVu Sans", "text.color": INK,
    "text.parse_math": False, "axes.edgecolor": FAINT,
    "axes.labelcolor": INK, "axes.facecolor": "none", "axes.titlesize": 9.5,
    "axes.titleweight": "bold", "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": FAINT, "grid.linewidth": 0.6, "axes.axisbelow": True,
    "legend.frameon": False, "legend.fontsize": 8.5, "lines.linewidth": 1.6,
    "hatch.color": "#101820", "hatch.linewidth": 0.5, "figure.facecolor": "none",
}


def inline(figure, chart_id, title, description):
    """The figure as an <svg> to stand in a page of many: ids of its own, no
    references out of it, a title and a description."""
    raw = io.StringIO()
    FigureCanvasSVG(figure).print_svg(
        raw, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    svg = raw.getvalue()
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    view = re.search(r'viewBox="([^"]*)"', svg)[1]
    body = re.sub(r"^<svg[^>]*>", "", svg, flags=re.S)
    # matplotlib escapes & < > in texts, so quoted marks are its own.
    body = re.sub(r'\bid="', f'id="{chart_id}-', body)
    body = re.sub(r'xlink:href="#', f'href="#{chart_id}-', body)
    body = re.sub(r"url\(#", f"url(#{chart_id}-", body)
    body = re.sub(r"font: (bold |\d+ )?([\d.]+)px [^;\"]*",
                  lambda m: f"font-size: {m[2]}px" +
                  (f"; font-weight: {m[1].strip()}" if m[1] else ""), body)
    for colour, name in VARIABLES.items():
        body = body.replace(colour, f"var(--{name})")
    return (f'<svg viewBox="{view}" role="img" '
            f'aria-labelledby="{chart_id}-title {chart_id}-desc" '
            f'style="width: {float(view.split()[2]) / 72 * 96:.0f}px">\n'
            f'<title id="{chart_id}-title">{escaped(title)}</title>\n'
            f'<desc id="{chart_id}-desc">{escaped(description)}</desc>\n' +
            body.strip())


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(
        ">", "&gt;")


def clipped(text, limit):
    return text if len(text) <= limit else text[:limit - 1] + "…"


def new_figure(width, height, columns, right=.1, gap=.5):
    """Axes in a row, with margins in inches: to find them out would take as
    long as to draw."""
    figure = Figure((width, height))
    left, below, above = .55, .48, .3
    each = (width - left - right - gap * (columns - 1)) / columns
    return figure, [figure.add_axes((
        (left + i * (each + gap)) / width, below / height, each / width,
        1 - (below + above) / height)) for i in range(columns)]


def line(axes, points, value, colour, marker, name):
    """A curve with quartile bars; hollow where oversubscribed."""
    points = sorted((p for p in points if getattr(p, value)),
                    key=lambda p: p.cell["workers"])
    x = [p.cell["workers"] for p in points]
    y = [getattr(p, value) for p in points]
    axes.plot(x, [s.median for s in y], color=colour)
    axes.plot([], [], color=colour, marker=marker, label=name)
    axes.vlines(x, [s.low for s in y], [s.high for s in y], color=colour,
                linewidth=1.2)
    for hollow in (False, True):
        chosen = [(a, s.median) for a, s, p in zip(x, y, points)
                  if p.cell["oversubscribed"] == hollow]
        if chosen:
            axes.plot(*zip(*chosen), linestyle="none", marker=marker,
                      markersize=6, color=colour,
                      markerfacecolor=PAPER if hollow else colour)


def workers_axis(axes, ticks):
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.minorticks_off()
    axes.set_xlim(ticks[0] / 1.15, ticks[-1] * 1.15)
    axes.set_xlabel("workers")


def scaling(subject, curves, chart_id):
    """Speed-up and efficiency by workers, a line for each size."""
    with matplotlib.rc_context(STYLE):
        figure, (left, right) = new_figure(10, 3.1, 2, right=1.9)
        ticks = sorted({p.cell["workers"] for c in curves
                        for p in fewest_blas(c)})
        for i, c in enumerate(curves):
            how = SERIES[i % len(SERIES)], MARKERS[i % len(MARKERS)]
            line(left, fewest_blas(c), "speed", *how, clipped(c.label, 28))
            line(right, fewest_blas(c), "efficiency", *how, None)
        full = [p.cell["workers"] for c in curves for p in fewest_blas(c)
                if not p.cell["oversubscribed"]]
        ideal = np.geomspace(1, max(full, default=1), 33)
        left.plot(ideal, ideal, color=INK, linestyle=(0, (4, 3)),
                  linewidth=1, label="ideal")
        right.axhline(1, color=INK, linestyle=(0, (4, 3)), linewidth=1)
        left.set_title("Speed-up", loc="left")
        right.set_title("Efficiency (speed-up ÷ threads)", loc="left")
        left.set_ylim(0)
        right.set_ylim(0, max(1.1, right.get_ylim()[1]))
        for axes in (left, right):
            workers_axis(axes, ticks)
        figure.legend(*left.get_legend_handles_labels(), loc="center left",
                      bbox_to_anchor=(8.15 / 10, .55))
        text = "; ".join(
            f"{c.label}: " + ", ".join(
                f"{p.cell['workers']} workers {p.speed.median:.2f} times"
                for p in fewest_blas(c)) for c in curves)
        return inline(figure, chart_id, f"{subject}: speed-up by workers",
                      "Median and quartiles by round against one worker. "
                      + text)


def grid(curve):
    """(workers, BLAS threads, {(w, b): point}) of a curve."""
    at = {(p.cell["workers"], p.cell["blas_threads"]): p
          for p in curve.points}
    return sorted({w for w, _ in at}), sorted({b for _, b in at}), at


def panel(axes, curve):
    """Each cell's throughput relative to the best, in figures and colour."""
    workers, blas, at = grid(curve)
    colours = matplotlib.colors.LinearSegmentedColormap.from_list("heat", HEAT)
    for (w, b), point in at.items():
        x, y = workers.index(w), blas.index(b)
        # Half as fast as the best, or slower, is the lightest.
        share = max(0.0, min(1.0, point.relative.median))
        shade = max(0.0, share * 2 - 1)
        over = point.cell["oversubscribed"]
        axes.add_patch(Rectangle((x - .5, y - .5), 1, 1, linewidth=1.5,
                                 facecolor=colours(shade), edgecolor=PAPER))
        if over:
            axes.add_patch(Rectangle((x - .5, y - .5), 1, 1, fill=False,
                                     hatch="///", linewidth=0, alpha=.35))
        best = point is curve.best
        axes.text(x, y, f"{'★ ' if best else ''}{100 * share:.0f} %",
                  ha="center", va="center", fontsize=9.5,
                  weight="bold" if best else "normal",
                  color="#ffffff" if shade > .78 else "#101820")
    axes.set_xticks(range(len(workers)), map(str, workers))
    axes.set_yticks(range(len(blas)), map(str, blas))
    axes.set_xlim(-.5, len(workers) - .5)
    axes.set_ylim(-.5, len(blas) - .5)
    axes.grid(False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("workers")
    axes.set_title(clipped(curve.label, 24), loc="left")


def heat_maps(subject, curves, chart_id):
    """Workers × BLAS threads, a panel for each size."""
    with matplotlib.rc_context(STYLE):
        wide = max(len(grid(c)[0]) for c in curves)
        high = max(len(grid(c)[1]) for c in curves)
        each, gap = max(1.9, wide * .7), .4
        figure, panels = new_figure(
            .65 + len(curves) * (each + gap) - gap, high * .42 + .78,
            len(curves), gap=gap)
        for axes, c in zip(panels, curves):
            panel(axes, c)
        panels[0].set_ylabel("BLAS threads")
        best = "; ".join(
            f"{c.label}: best {c.best.cell['workers']} workers and "
            f"{c.best.cell['blas_threads']} BLAS threads" for c in curves)
        return inline(figure, chart_id,
                      f"{subject}: workers and BLAS threads",
                      "Throughput relative to the best cell. " + best)
