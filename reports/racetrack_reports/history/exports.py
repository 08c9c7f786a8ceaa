"""A run in the formats of other tools. Times come in as ns of a call."""

import datetime
import json
import statistics


def google(run):
    """Google Benchmark's JSON, a repetition for each sample: for its compare.py."""
    found = []
    for family, (name, times) in enumerate(run.cells.items()):
        for i, t in enumerate(times):
            found.append({"name": name, "family_index": family,
                          "per_family_instance_index": 0, "run_name": name,
                          "run_type": "iteration", "repetitions": len(times),
                          "repetition_index": i, "threads": 1, "iterations": 1,
                          "real_time": t, "cpu_time": t, "time_unit": "ns"})
    return {"context": {"date": run.date, "executable": "racetrack",
                        "library_version": "v1.9.0", "caches": [],
                        "host_name": run.machine, "num_cpus": 0, "mhz_per_cpu": 0},
            "benchmarks": found}


def pyperf(run):
    """pyperf's JSON, version 1.0: for its compare_to and stats."""
    date = run.date[:19].replace("T", " ") or None
    meta = {"unit": "second", "loops": 1}
    return {"version": "1.0", "metadata": {"cpu_model_name": run.machine},
            "benchmarks": [{"metadata": {"name": name, **meta}, "runs": [
                {"values": [t * 1e-9 for t in times],
                 "metadata": {"date": date} if date else {}}]}
                for name, times in run.cells.items()]}


def asv(run):
    """A result file of asv, version 2."""
    stamp = datetime.datetime.fromisoformat(run.date).timestamp() * 1000 \
        if run.date else 0
    return {"commit_hash": run.commit or "0" * 40, "env_name": "existing",
            "date": int(stamp), "params": {"machine": run.machine}, "python": "",
            "requirements": {}, "env_vars": {},
            "result_columns": ["result", "params", "version", "samples"],
            "results": {name: [[statistics.median(times) * 1e-9], [], None,
                               [[t * 1e-9 for t in times]]]
                        for name, times in run.cells.items()},
            "durations": {}, "version": 2}


def action(run):
    """What github-action-benchmark takes as customSmallerIsBetter."""
    return [{"name": name, "unit": "ns", "value": statistics.median(times),
             "range": f"{min(times):.6g} .. {max(times):.6g}"}
            for name, times in run.cells.items()]


def bencher(run):
    """Bencher's metric format."""
    return {name: {"latency": {"value": statistics.median(times),
                               "lower_value": min(times), "upper_value": max(times)}}
            for name, times in run.cells.items()}


FORMATS = {"google": google, "pyperf": pyperf, "asv": asv,
           "github-action-benchmark": action, "bencher": bencher}


def render(run, name):
    return json.dumps(FORMATS[name](run), indent=1, allow_nan=False) + "\n"
