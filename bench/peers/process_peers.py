"""Round trips through pools of processes: ours and Python's multiprocessing.Pool,
started by fork and by a fork server, in one run, in turn.

    process_peers.py FOLDER_OF_THE_BUILD [--budget SECONDS]

Each round takes one short sample of every side, so that a busy machine is busy
for all. `pool.apply` of an empty function stands beside a loop of one part,
`pool.map` of two items beside a loop of two. Once call follows call, and once they
are 1 ms apart, when all processes sleep. A sample is the mean of its calls; each
figure is the median [quartiles] of the rounds; each ratio is taken within its
round. The last table passes an array to a worker and takes the sum of its ends.
Exit: 0 measured, 1 a wrong answer or a process that ended, 2 usage."""

import argparse
import array
import multiprocessing
import pathlib
import statistics
import subprocess
import sys
import time

WORKERS = 2
PAUSE_US = 1000
LARGE = 64 << 20


def nothing(_=None):
    return None


def ends(data):
    return data[0] + data[-1]


class Ours:
    def __init__(self, build):
        self.process = subprocess.Popen(
            [build / "bin/racetrack-process-peers"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def sample(self, task, calls, pause_us):
        self.process.stdin.write(f"{task} {calls} {pause_us}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("process_peers: racetrack-process-peers ended, code "
                     f"{self.process.wait()}")
        return int(answer) / calls

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit("process_peers: racetrack-process-peers ended badly")


class Theirs:
    def __init__(self, method):
        self.pool = multiprocessing.get_context(method).Pool(WORKERS)
        self.data = {"small": array.array("d", bytes(64))}

    def call(self, task):
        if task == "empty":
            return self.pool.apply(nothing) is None
        if task == "pair":
            return self.pool.map(nothing, [0, 1], 1) == [None, None]
        if task == "large" and task not in self.data:
            self.data[task] = array.array("d", bytes(LARGE))
        self.data[task][-1] = 0.5
        return self.pool.apply(ends, (self.data[task],)) == 0.5

    def sample(self, task, calls, pause_us):
        spent = 0
        for _ in range(calls):
            if pause_us:
                time.sleep(pause_us / 1e6)
            start = time.perf_counter_ns()
            right = self.call(task)
            spent += time.perf_counter_ns() - start
            if not right:
                sys.exit(f"process_peers: multiprocessing: wrong answer to {task}")
        return spent / calls

    def close(self):
        self.pool.close()
        self.pool.join()


def quartiles(values):
    if len(values) < 2:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def shown(values, digits):
    low, median, high = quartiles(values)
    return f"{median:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def measure(arms, seconds):
    """arms: name -> function that takes a sample. At least two rounds."""
    times = {name: [] for name in arms}
    for arm in arms.values():
        arm()  # the first is not counted
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(times[next(iter(times))]) < 2:
        for name, arm in arms.items():
            times[name].append(arm())
    return times


def round_trips(sides, seconds):
    print("| round trip | rhythm | who | us | times ours |\n|---|---|---|---|---|")
    for task, what in (("empty", "one empty task"), ("pair", "two empty tasks")):
        for pause, rhythm in ((0, "back to back"), (PAUSE_US, "1 ms apart")):
            calls = 20 if pause else 100
            arms = {name: lambda s=side: s.sample(task, calls, pause)
                    for name, side in sides.items()}
            times = measure(arms, seconds)
            ours = times["racetrack"]
            for name, took in times.items():
                ratio = shown([t / o for t, o in zip(took, ours)], 1)
                print(f"| {what} | {rhythm} | {name} | "
                      f"{shown([t / 1e3 for t in took], 1)} | {ratio} |")


def arrays(sides, seconds):
    print("\n| an array's ends | who | 64 B, us | 64 MiB, us | 64 MiB : 64 B |\n"
          "|---|---|---|---|---|")
    for name, side in sides.items():
        large = 100 if name == "racetrack" else 1
        times = measure({"small": lambda: side.sample("small", 100, 0),
                         "large": lambda: side.sample("large", large, 0)}, seconds)
        ratio = [b / s for s, b in zip(times["small"], times["large"])]
        print(f"| 1 part | {name} | {shown([t / 1e3 for t in times['small']], 1)} "
              f"| {shown([t / 1e3 for t in times['large']], 1)} "
              f"| {shown(ratio, 2)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--budget", type=float, default=21.0,
                        help="seconds in all, about; 0: two rounds of each")
    options = parser.parse_args()
    sides = {"racetrack": Ours(options.build)}
    for method in ("fork", "forkserver"):
        sides[f"multiprocessing.Pool, {method}"] = Theirs(method)
    print(f"Python {sys.version.split()[0]}, pools of {WORKERS} processes; "
          "median [quartiles]\n")
    round_trips(sides, options.budget / 7)
    arrays(sides, options.budget / 7)
    # Processes that were forked hold our pipe open: ours is closed last.
    for side in reversed(sides.values()):
        side.close()


if __name__ == "__main__":
    main()
