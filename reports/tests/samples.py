"""A file of records such as a real run writes, made from a seed; and the parts
to make wrong ones. Run it to get a file: python samples.py > records.jsonl"""

import copy
import json
import random
import sys

SUBJECTS = ("fft", "fftn", "gemm_batch", "knn_query", "gaussian_kde",
            "solve_batch", "quad_sobol", "histogram", "rng_streams")
SCENARIOS = {
    "native": ("shared input", "shared plan", "own arrays", "first call",
               "fork while busy", "processes", "nested calls"),
    "tsan": ("shared input", "shared plan", "own arrays", "first call"),
    "asan": ("shared input", "own arrays"),
}
ORACLES = {"native": ["truth", "bits", "canary", "resources", "hang"],
           "tsan": ["tsan", "truth"], "asan": ["asan"]}
FAULTS = (
    ("shared scratch", "static buffer", "truth", "native"),
    ("unlocked plan cache", "data race", "tsan", "tsan"),
    ("lost update", "atomicity", "truth", "native"),
    ("order of locks", "deadlock", "hang", "native"),
    ("inverted locks", "lock order", "tsan", "tsan"),
    ("sum by arrival", "repeatability", "bits", "native"),
    ("write past the share", "bounds", "canary", "native"),
    ("late free", "lifetime", "asan", "asan"),
    ("rounding mode left", "state", "floating point", "native"),
    ("pool dead in the child", "fork", "hang", "native"),
    ("thread left behind", "leak", "resources", "native"),
    ("no once", "double initialisation", "tsan", "tsan"),
)
HOSTILE = ("<script>alert(1)</script><img src=x onerror=alert(1)>"
           "\"'><b>|`@team`| ]]> --> &amp; \x1b[31m\u202e {{ 7*7 }} $x^2$")


def frame(function, file, line):
    return {"function": function, "file": file, "line": line,
            "module": "subjects_tsan.so", "offset": 4096 + line}


def stack(title, *frames):
    return {"title": title, "frames": [frame(*f) for f in frames]}


def run_record(**more):
    return {
        "record": "run", "schema": 1, "run": "r-20260301-101500",
        "command": ["racetrack", "gate", "--seed", "4711", "--budget", "60s"],
        "seed": 4711, "started": "2026-03-01T10:15:00Z", "version": "0.1.0",
        "lanes": ["native", "tsan", "asan"],
        "machine": {"cpu": "Example 9 processor @ 3.70 GHz", "cpus_usable": 4,
                    "cpus_online": 8, "memory_bytes": 24 << 30,
                    "kernel": "Linux 6.1.0", "load": [0.42, 0.61, 0.5]},
        "libraries": [
            {"lane": "native", "name": "OpenBLAS",
             "value": "0.3.21 DYNAMIC_ARCH NO_AFFINITY Zen MAX_THREADS=64"},
            {"lane": "tsan", "name": "OpenBLAS",
             "value": "0.3.21, instrumented, generic kernels"},
            {"lane": "native", "name": "FFTW", "value": "3.3.10-sse2-avx2"},
            {"lane": "native", "name": "compiler", "value": "clang 14.0.6 -O3"},
        ], **more}


def trial(n, subject, scenario, lane, rng, **more):
    calls = rng.randint(40, 400)
    return {"record": "trial", "id": f"t{n}", "subject": subject,
            "scenario": scenario, "lane": lane,
            "args": {"n": rng.choice((64, 1000, 4096)), "batch": 8},
            "workers": rng.choice((1, 2, 4, -1)), "seed": rng.getrandbits(64),
            "actors": rng.choice((2, 3, 4)),
            "start": "cold" if scenario == "first call" else "warm",
            "status": "completed", "reason": None, "calls": calls,
            "overlapping_calls": int(calls * rng.uniform(.5, .98)),
            "elapsed_ms": round(rng.uniform(8, 160), 3),
            "oracles": ORACLES[lane], **more}


def finding(n, trial_id, subject, scenario, lane, oracle, kind, summary,
            stacks, **more):
    return {"record": "finding", "id": f"f{n}", "trial": trial_id,
            "subject": subject, "scenario": scenario, "lane": lane,
            "oracle": oracle, "kind": kind, "fingerprint": f"{n * 7919:016x}",
            "summary": summary, "stacks": stacks, "planted": False,
            "known": None, "replay": f"racetrack replay out#f{n}", **more}


def verdict(subject, scenario, lane, trials, word="as claimed", **more):
    n = len(trials)
    return {"record": "verdict", "subject": subject, "scenario": scenario,
            "lane": lane, "verdict": word, "known": False, "reason": None,
            "oracles": ORACLES[lane], "trials": n,
            "calls": sum(t["calls"] for t in trials),
            "overlapping_calls": sum(t["overlapping_calls"] for t in trials),
            "missed_rate": 1 - .05 ** (1 / n) if n else None, "findings": [],
            "replay": f"racetrack stress {subject} --lane {lane} --scenario "
                      f"'{scenario}' --seed 4711", **more}


RACE = [
    stack("Write of size 8 by thread T2",
          ("store_plan", "kernels/fft/fft_plan.c", 88),
          ("rtk_fft_plan", "kernels/fft/fft_plan.c", 131),
          ("open", "kernels/subjects/fft_subject.c", 64),
          ("actor", "harness/actor_loop.c", 52)),
    stack("Previous read of size 8 by thread T1",
          ("find_plan", "kernels/fft/fft_plan.c", 61),
          ("rtk_fft_plan", "kernels/fft/fft_plan.c", 127),
          ("open", "kernels/subjects/fft_subject.c", 64),
          ("actor", "harness/actor_loop.c", 52))]
BLAS = [
    stack("Write of size 4 by thread T3",
          ("blas_thread_server", "blas_server.c", 462),
          *(("exec_blas", "blas_server.c", 700 + i) for i in range(12))),
    {"title": "Location", "frames": [
        {"function": None, "file": None, "line": None,
         "module": "libopenblas.so.0", "offset": 74565}]}]
KNOWN = {"id": "openblas-queue", "date": "2026-01-12",
         "owner": "team linalg", "expires": "2027-01-12",
         "link": "https://example.org/issues/7",
         "reason": "the pool's queue word is read without its lock; harmless "
                   "on x86-64, fixed in a later release"}


def stress(rng, trials_per_verdict=24):
    """Trials, findings and verdicts: one new, one known, some sober ones."""
    out, verdicts, n, f = [], [], 0, 0
    for subject in SUBJECTS:
        for lane, scenarios in SCENARIOS.items():
            for scenario in scenarios:
                where = subject, scenario, lane
                count = trials_per_verdict if lane == "native" \
                    else trials_per_verdict // 2
                if where == ("quad_sobol", "own arrays", "asan"):
                    count = 0
                trials = [trial(n + i, *where, rng) for i in range(count)]
                n += count
                more = {}
                if where == ("fft", "shared plan", "tsan"):
                    f += 1
                    out.append(finding(
                        f, trials[-1]["id"], *where, "tsan", "data race",
                        "data race on the plan cache between store_plan and "
                        "find_plan", RACE))
                    more = {"word": "refuted",
                            "findings": [{"id": f"f{f}", "trials": 7}]}
                elif where == ("histogram", "shared input", "native"):
                    f += 1
                    trials[-1].update(status="hung", reason="no progress for "
                                     "2000 ms; all 4 actors in futex wait")
                    out.append(finding(
                        f, trials[-1]["id"], *where, "hang", "deadlock",
                        "4 actors wait for each other", []))
                    more = {"word": "refuted",
                            "findings": [{"id": f"f{f}", "trials": 1}]}
                elif lane == "tsan" and subject in ("gemm_batch",
                                                    "solve_batch") \
                        and scenario == "own arrays":
                    f += 1
                    out.append(finding(
                        f, trials[0]["id"], *where, "tsan", "data race",
                        "data race in the BLAS thread pool's queue", BLAS,
                        known=KNOWN))
                    more = {"word": "refuted", "known": True,
                            "findings": [{"id": f"f{f}", "trials": 11}]}
                elif scenario == "processes" and subject == "gaussian_kde":
                    for t in trials:
                        t["overlapping_calls"] = 0
                    more = {"word": "inconclusive",
                            "reason": "no two calls overlapped"}
                elif not count:
                    more = {"word": "could not run", "reason":
                            "the plug-in is not built with AddressSanitizer",
                            "oracles": []}
                elif scenario == "fork while busy" and subject in (
                        "fft", "fftn", "quad_sobol"):
                    more = {"word": "not claimed",
                            "reason": "the subject promises nothing of a fork "
                                      "while it is busy"}
                out += trials
                verdicts.append(verdict(*where, trials, **more))
    return out + verdicts


def selftest(rng, first_finding=100):
    out = []
    for i, (name, kind, oracle, lane) in enumerate(FAULTS):
        number = first_finding + i
        out.append(finding(
            number, None, "fault_" + name.replace(" ", "_"), "shared input",
            lane, oracle, kind, f"planted: {name}", [RACE[i % 2]],
            planted=True))
        out.append({
            "record": "fault", "fault": name, "kind": kind,
            "summary": f"a twin of a sound subject with {kind}: {name}",
            "oracle": oracle, "lane": lane, "scenario": "shared input",
            "found": True, "found_by": [oracle], "trials": rng.randint(1, 40),
            "seconds": round(rng.uniform(.05, 6), 3), "twin_held": True,
            "twin_trials": 60, "finding": f"f{number}"})
    return out


def power(found=19, seeds=20, alarms=0):
    """One fault, found by `found` of so many seeds."""
    seconds = [round(.1 * (i + 1), 1) if i < found else None
               for i in range(seeds)]
    return {"record": "power", "fault": "plan_cache",
            "category": "order violation", "kind": "published too early",
            "oracle": "tsan", "lane": "tsan", "scenario": "first call",
            "found": found > 0, "twin_held": alarms == 0, "seeds": seeds,
            "seeds_found": found, "rate_low": .78, "rate_high": 1.0,
            "median_s": 1.05, "low_s": .6, "high_s": seconds[14],
            "covered": .9586, "seconds": seconds, "trials": [3] * seeds,
            "twin_trials": 100, "twin_alarms": alarms, "alarm_rate_high": .03}


def cell(subject, args, workers, blas, rng, flops, serial, cpus=4, rounds=25,
         **more):
    threads = workers * max(1, blas)
    used = min(threads, cpus)
    loss = 1 + .35 * max(0, threads / cpus - 1)
    one = flops / 22.0
    ideal = one * (serial + (1 - serial) / used) * loss
    wall = [round(ideal * (1 + rng.expovariate(18)), 1) for _ in range(rounds)]
    return {"record": "cell", "subject": subject, "args": args,
            "workers": workers, "blas_threads": blas, "threads": threads,
            "oversubscribed": threads > cpus, "status": "measured",
            "reason": None, "flops": flops, "bytes": 0,
            "calls_per_sample": 10, "wall_ns": wall,
            "cpu_ns": [round(w * used * .97, 1) for w in wall],
            "effective_workers": workers, "error": 3e-15, **more}


def bench(rng):
    out = []
    for n in (64, 256, 1024):
        for w in (1, 2, 4, 8):
            for b in (1, 2, 4):
                out.append(cell("gemm_batch", {"n": n, "batch": 16}, w, b,
                                rng, 32.0 * n**3,
                                .02 if w >= b else .1))
    for subject, serial in (("fft", .06), ("knn_query", .02)):
        for n in (4096, 65536, 1048576):
            for w in (1, 2, 3, 4, 8):
                out.append(cell(subject, {"n": n}, w, 0, rng, 90.0 * n,
                                serial * 65536 / n))
    out.append(cell("fftn", {"n": 512}, 2, 0, rng, 1e6, .1,
                    status="could not run", reason="out of memory",
                    wall_ns=[], cpu_ns=[], error=None))
    return out


def peers(rng):
    out = []
    for group, rows in {
            "dispatch": (("empty loop", "OpenMP", 1.4), ("empty loop", "TBB",
                                                          .92)),
            "fft": (("n=4096", "FFTW threads", 1.9), ("n=1048576",
                                                       "FFTW threads", .97)),
            "gemm": (("n=64", "OpenBLAS threads", 6.1),
                     ("n=1024", "OpenBLAS threads", 1.02))}.items():
        for case, peer, ratio in rows:
            for w in (2, 8):
                r = sorted(ratio * rng.lognormvariate(0, .08)
                           for _ in range(25))
                out.append({"record": "peer", "group": group, "case": case,
                            "peer": peer, "workers": w,
                            "oversubscribed": w > 4,
                            "ratios": [round(x, 4) for x in r],
                            "median": r[12], "low": r[6], "high": r[18]})
    return out


def comparison(first="worse"):
    """The records of a small comparison: one cell with this answer, one the same."""
    out, shift = [], {"shift": 0.07, "low": 0.05, "high": 0.09}
    for name, answer in (("fft n=64 workers=1", first), ("fft n=64 workers=2", "same")):
        for arm in ("base", "again", "head"):
            out.append({"record": "sample", "cell": name, "arm": arm, "round": 0,
                        "start": 1, "place": 0, "duet": False, "calls": 100,
                        "wall_ns": 2500000, "cpu_ns": 2490000, "thread_cpu_ns": 2490000,
                        "voluntary_switches": 0, "involuntary_switches": 1,
                        "minor_faults": 2, "major_faults": 0, "steal_ns": 0.0,
                        "pressure_ns": None, "cpu_start": 0, "cpu_end": 1,
                        "checksum": "0123456789abcdef"})
        out.append({"record": "answer", "cell": name, "subject": "fft",
                    "args": {"n": 64}, "workers": int(name[-1]), "blas_threads": 0,
                    "threads": int(name[-1]), "oversubscribed": False, "answer": answer,
                    "note": None, "threshold": 0.03, "calls": 100, "rounds": 30,
                    "level": 0.997, "channels": {
                        "wall": {**shift, "gates": True, "p": 0.0002},
                        "cpu": {"shift": 0.07, "low": None, "high": None,
                                "gates": True, "p": None}},
                    "confirmed": "worse", "control": "same", "visible": 0.01})
    out.append({"record": "scaling", "cell": "fft n=64 workers=2",
                "against": "fft n=64 workers=1", "what": "efficiency",
                "answer": "mixed", **shift, "serial": {"base": shift, "head": shift}})
    return out


def end(**more):
    return {"record": "end", "status": "complete", "exit": 1,
            "reason": None, "elapsed_s": 183.4, **more}


def suppression(**more):
    return {"record": "suppression", "id": "openblas-queue",
            "reason": KNOWN["reason"], "owner": KNOWN["owner"],
            "link": KNOWN["link"], "expires": KNOWN["expires"],
            "days_left": 300, "hits": 2, "max_hits": 2, "must_match": True,
            "fault": None, **more}


def shrunk(**more):
    small = {"actors": 2, "calls": 1, "operations": ["run"]}
    return {"record": "shrunk", "finding": "out/records.jsonl#f1",
            "from": small | {"actors": 16}, "to": small, "complete": True,
            "steps": [{"what": "actors 16 -> 2", "kept": True, "seen": 3,
                       "trials": 4}],
            "rate": {"seen": 9, "trials": 10, "low": .55, "high": .998}, **more}


def full(trials_per_verdict=24, seed=1):
    rng = random.Random(seed)
    return [run_record(), *stress(rng, trials_per_verdict), suppression(), shrunk(),
            *selftest(rng), power(), *bench(rng), *peers(rng), *comparison("better"), end()]


def sound(seed=1):
    """A run in which every claim held."""
    rng = random.Random(seed)
    where = "fft", "shared input", "native"
    trials = [trial(i, *where, rng) for i in range(30)]
    return [run_record(), *trials, verdict(*where, trials), *selftest(rng),
            end(exit=0)]


def hostile():
    """The full run with an attack in each text that a record carries."""
    keep = {"record", "status", "verdict", "start", "fingerprint", "what", "answer"}

    def poison(value, key=None):
        if isinstance(value, dict):
            return {(HOSTILE if key == "args" else k): poison(v, k)
                    for k, v in value.items()}
        if isinstance(value, list):
            return [poison(v, key) for v in value]
        return value + HOSTILE if isinstance(value, str) and key not in keep \
            else value
    return [poison(copy.deepcopy(r)) for r in full(2)]


def lines(records):
    return "".join(json.dumps(r) + "\n" for r in records)


if __name__ == "__main__":
    sys.stdout.write(lines(full()))
