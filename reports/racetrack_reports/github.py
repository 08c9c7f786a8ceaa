"""GitHub annotations: workflow commands on the standard output, one a finding,
at the line where it happened."""

from . import overall as judge
from . import places

# The host shows so many of a kind for a step and drops the others.
SHOWN = 10


def text(value):
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def field(value):
    return text(value).replace(":", "%3A").replace(",", "%2C")


def annotation(level, title, message, frame=None):
    fields = {"title": title}
    if frame and not frame["file"].startswith("/"):
        fields["file"] = places.tree_path(frame["file"])
        if frame["line"]:
            fields["line"] = str(int(frame["line"]))
    inside = ",".join(f"{k}={field(v)}" for k, v in fields.items())
    return level, f"::{level} {inside}::{text(message)}"


def of_finding(f):
    level = "notice" if f["known"] else \
        "warning" if f["seen_before"] else "error"
    site = places.sites(f)
    lines = [f"{f['summary']}", f"{f['scenario']}, lane {f['lane']}"]
    lines += [f"{s['title']}: {x['function'] or '?'} "
              f"{places.tree_path(x['file'])}:{x['line'] or '?'}"
              for s, x in site]
    if f["known"]:
        lines.append(f"known as {f['known']['id']}")
    elif f["seen_before"]:
        lines.append("seen before, in the base")
    if f["replay"]:
        lines.append(f["replay"])
    return annotation(level, f"{f['subject']}: {f['kind']}", "\n".join(lines),
                      site[0][1] if site else None)


def all_of(run, whole):
    for f in run.faults:
        if not judge.fault_ok(f):
            yield annotation("error", f"planted fault {f['fault']}",
                             "its sound twin was reported" if f["found"] else
                             "missed: no pass counts")
    for s in judge.faulty(run):
        yield annotation("error", f"suppression {s['id']}", s["fault"])
    for f in run.findings:
        if not f["planted"]:
            yield of_finding(f)
    yield annotation("error" if whole.code else "notice",
                     f"racetrack: {whole.word}", whole.sentence)


def render(run, whole):
    out = []
    found = list(all_of(run, whole))
    for level in ("error", "warning", "notice"):
        own = [line for kind, line in found if kind == level]
        if len(own) > SHOWN:
            left = len(own) - SHOWN + 1
            own = own[:SHOWN - 1] + [annotation(
                level, "racetrack", f"and {left} more in the report")[1]]
        out += own
    return "\n".join(out) + "\n"
