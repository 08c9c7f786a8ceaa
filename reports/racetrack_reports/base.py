"""What is new since a base: an earlier run, or that of another version."""


def key(record):
    return record["subject"], record["scenario"], record["lane"]


def unlike(run, base):
    """What makes the two runs less comparable, in sentences."""
    here, there = run.run, base.run
    if here.get("plugin") and there.get("plugin") and \
            here["plugin"] != there["plugin"]:
        yield f"the base tried the plug-in {there['plugin']}, this run " \
              f"{here['plugin']}"
    missing = [x for x in here["lanes"] if x not in there["lanes"]]
    if missing:
        yield f"the base did not run in: {', '.join(missing)}"
    old = {(x["lane"], x["name"]): x["value"] for x in there["libraries"]}
    for x in here["libraries"]:
        was = old.get((x["lane"], x["name"]))
        if was is not None and was != x["value"]:
            yield f"{x['name']} ({x['lane'] or 'all lanes'}) was {was} in " \
                  f"the base and is {x['value']} now"
    cells = set(map(key, base.verdicts))
    new = sum(key(v) not in cells for v in run.verdicts)
    if new:
        yield f"{new} of {len(run.verdicts)} cells were not tried in the base"
    if base.partial:
        yield "the base is partial: it may have seen less than it could"


def apply(run, base):
    """Mark each finding and verdict of `run` by what `base` has seen."""
    seen = {f["fingerprint"] for f in base.findings if not f["planted"]}
    excused = set()
    for f in run.findings:
        f["seen_before"] = f["fingerprint"] in seen
        if f["seen_before"] or f["known"]:
            excused.add(f["id"])
    for v in run.verdicts:
        v["seen_before"] = bool(v["findings"]) and all(
            f["id"] in excused for f in v["findings"])
    run.run["base"] = {"run": base.run["run"], "findings": len(seen),
                       "unlike": list(unlike(run, base))}
    run.rebased = True
