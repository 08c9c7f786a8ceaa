"""Times of cells from files of racetrack and of other tools, and to them.

Read: racetrack's records (bench, compare), Google Benchmark's JSON, pyperf's JSON,
asv's result files. Written: Google Benchmark's and pyperf's JSON, asv's results, and
what the actions benchmark-action and bencher take. Times are nanoseconds of one call
of the wall clock."""

import dataclasses
import datetime
import json
import math
import pathlib

from .. import records


@dataclasses.dataclass
class Run:
    """One run: on what machine, with what software, of which commit, when; and the
    times of each cell by its name, in ns of a call."""
    machine: str = ""
    software: list = dataclasses.field(default_factory=list)
    commit: str = ""
    date: str = ""  # ISO 8601, UTC
    cells: dict = dataclasses.field(default_factory=dict)
    source: str = ""
    id: str = ""


def machine_of(card):
    """The fingerprint of a machine, from the record's card."""
    words = [card.get("cpu") or "unknown", f"{card.get('cpus_usable', '?')} CPUs",
             (card.get("kernel") or "").split(" ")[0]]
    return ", ".join(w for w in words if w)


def sound(times, where):
    """The list of times, or a sentence why it is none."""
    for t in times:
        if isinstance(t, bool) or not isinstance(t, (int, float)) or \
                not math.isfinite(t) or t <= 0:
            raise records.Unreadable(f"{where}: {t!r} is no time (a finite number "
                                     "above 0)")
    return [float(t) for t in times]


def cell_name(r):
    """The name that a comparison gives the same cell."""
    words = [r["subject"], *(f"{k}={v}" for k, v in (r.get("args") or {}).items()
                             if k != "blas")]
    words.append(f"workers={r['workers']}")
    if r.get("blas_threads"):
        words.append(f"blas={r['blas_threads']}")
    return " ".join(words)


def from_records(path):
    """Of `racetrack bench` and `compare` (its head)."""
    run, libraries = Run(source=str(path)), []
    for number, r in records.objects(path):
        if number == 1 and (r is None or r["record"] != "run"):
            raise records.Unreadable(f"{path} starts with no run record, so it is not "
                                     "a file of racetrack records")
        where = f"{path}, line {number}"
        if r is None:
            break  # cut off: what is before it is whole
        try:
            if r["record"] == "run":
                records.check_run(r)
                if run.id:
                    raise records.Unreadable(f"{where}: a second run record; one file "
                                             "holds one run of one machine")
                run.id, run.date = r["run"], r["started"]
                run.machine = machine_of(r["machine"])
                run.commit = (r.get("comparison") or {}).get("head_commit") or ""
                libraries = [x["value"] for x in r["libraries"]
                             if x["lane"] in (None, "native") and
                             not x["name"].startswith("base ")]
            elif r["record"] == "cell" and r["status"] == "measured":
                run.cells[cell_name(r)] = sound(r["wall_ns"], where)
            elif r["record"] == "sample" and r["arm"] == "head":
                run.cells.setdefault(r["cell"], []).extend(
                    sound([r["wall_ns"] / r["calls"]], where))
        except (KeyError, TypeError, ZeroDivisionError, AttributeError) as e:
            raise records.Unreadable(f"{where}: a record {r.get('record')} without a "
                                     f"sound {e}") from None
    run.software = sorted(libraries)
    return run


UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def from_google(data, path):
    """Google Benchmark's JSON: repetitions, not their aggregates. Before 1.9 times of
    several threads were divided by their number."""
    context = data.get("context") or {}
    run = Run(source=str(path), id=f"google {context.get('date', path)}",
              machine=f"{context.get('num_cpus', '?')} CPUs at "
                      f"{context.get('mhz_per_cpu', '?')} MHz",
              date=in_utc(context.get("date")))
    old = tuple(int(x) for x in str(context.get("library_version", "1.7")).lstrip(
        "v").split(".")[:2] if x.isdigit()) < (1, 9)
    for b in data["benchmarks"]:
        if b.get("run_type") == "aggregate" or b.get("error_occurred"):
            continue
        scale = UNITS[b.get("time_unit", "ns")] * (b.get("threads", 1) if old else 1)
        run.cells.setdefault(b.get("run_name", b["name"]), []).extend(
            sound([b["real_time"] * scale], f"{path}: {b['name']}"))
    return run


def from_pyperf(data, path):
    """pyperf's JSON, one benchmark or a suite; seconds."""
    meta = data.get("metadata") or {}
    run = Run(source=str(path), date=in_utc(meta.get("date")),
              machine=", ".join(str(meta[k]) for k in ("cpu_model_name", "cpu_count")
                                if k in meta), commit=meta.get("commit_id", ""),
              id=f"pyperf {path}")
    for b in data.get("benchmarks") or []:
        name = (b.get("metadata") or {}).get("name") or meta.get("name") or "benchmark"
        times = [v * 1e9 for r in b["runs"] for v in r.get("values") or ()]
        run.date = run.date or in_utc(next(
            (r["metadata"]["date"] for r in b["runs"]
             if "date" in (r.get("metadata") or {})), None))
        run.cells.setdefault(name, []).extend(sound(times, f"{path}: {name}"))
    return run


def from_asv(data, path):
    """A result file of asv: version 1 or 2; seconds, one for each parameter set."""
    params = data.get("params") or {}
    stamp = data.get("date")
    run = Run(source=str(path), commit=data["commit_hash"], id=f"asv {path}",
              machine=", ".join(str(params[k]) for k in ("machine", "cpu", "num_cpu")
                                if k in params),
              date=datetime.datetime.fromtimestamp(stamp / 1000, datetime.UTC)
              .isoformat() if stamp else "")
    columns = data.get("result_columns") or ["result"]
    for name, found in data["results"].items():
        if isinstance(found, list):
            found = dict(zip(columns, found))
        elif not isinstance(found, dict):
            found = {"result": [found]}
        values, samples = found.get("result") or [], found.get("samples")
        for i, value in enumerate(values):
            many = samples[i] if samples and i < len(samples) and samples[i] else [value]
            times = [v * 1e9 for v in many if v is not None and v == v]
            if times:
                run.cells[name if len(values) == 1 else f"{name}[{i}]"] = sound(
                    times, f"{path}: {name}")
    return run


def in_utc(text):
    """An ISO 8601 date in UTC; one without a zone is taken to be in it."""
    if not text:
        return ""
    try:
        when = datetime.datetime.fromisoformat(str(text))
    except ValueError:
        return ""
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    return when.astimezone(datetime.UTC).isoformat(timespec="seconds")


def reader_of(data):
    """What wrote this object, or None."""
    if "context" in data and isinstance(data.get("benchmarks"), list):
        return from_google
    if "commit_hash" in data and isinstance(data.get("results"), dict):
        return from_asv
    if isinstance(data.get("benchmarks"), list) and "version" in data:
        return from_pyperf
    return None


def refuse(word):
    raise ValueError(f"{word} is no number that can be compared")


def load(path):
    """The Run in a file or run folder. Raises records.Unreadable with a sentence."""
    path = pathlib.Path(path)
    if path.is_dir():
        path /= "comparison.jsonl" if (path / "comparison.jsonl").is_file() \
            else "records.jsonl"
    if path.suffix == ".jsonl":
        run = from_records(path)
    else:
        try:
            data = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
        except OSError as e:
            raise records.Unreadable(f"cannot read {path}: {e.strerror}") from None
        except ValueError as e:
            raise records.Unreadable(f"{path}: not JSON that can be read: {e}") from None
        reader = reader_of(data) if isinstance(data, dict) else None
        if not reader:
            raise records.Unreadable(
                f"{path} is of no kind that is known: racetrack's records, or JSON of "
                "Google Benchmark, pyperf or asv")
        try:
            run = reader(data, path)
        except (KeyError, TypeError, AttributeError, IndexError) as e:
            raise records.Unreadable(f"{path}: {reader.__name__[5:]}'s JSON without a "
                                     f"sound {e}") from None
    if not run.cells:
        raise records.Unreadable(f"{path} holds no times")
    return run
