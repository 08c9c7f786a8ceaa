"""What a scope that limits threads costs: ours and Python's threadpoolctl, on the
same libraries, in one process, in turn.

    scope_cost.py FOLDER_OF_THE_BUILD [--rounds N] [--scopes N]

Ours is timed in C by a loop that Python calls once, and once more with each call
made through ctypes. A batch is short, so that on a busy machine most batches are
not interrupted. Each figure is the median [quartiles] of the rounds; each
ratio is taken within its round. Exit: 0 measured, 1 the two disagree on a
count, 77 something is not installed."""

import argparse
import ctypes
import os
import pathlib
import statistics
import sys
import time

LIBRARIES = ["/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0",
             "/usr/lib/x86_64-linux-gnu/libgomp.so.1"]
ANY = 0


def missing(what):
    print(f"skipped: {what}")
    sys.exit(77)


try:
    import threadpoolctl
except ImportError:
    missing("threadpoolctl is not installed in this Python; see ci/setup --dev")


class Ours:
    def __init__(self, build):
        self.control = ctypes.CDLL(build / "lib/libracetrack-threadpools.so")
        self.loop = ctypes.CDLL(build / "peers/scope_loop.so").scope_loop
        self.loop.restype = ctypes.c_double
        self.pools = ctypes.c_void_p()
        assert self.control.rtk_pools_new(ctypes.byref(self.pools)) == 0

    def in_c(self, threads, scopes):
        took = self.loop(self.pools, ANY, threads, scopes)
        assert took >= 0
        return took

    def by_ctypes(self, threads, scopes):
        begin, end = self.control.rtk_limits_begin_api, self.control.rtk_limits_end
        pools, scope = self.pools, ctypes.c_void_p()
        where = ctypes.byref(scope)
        start = time.perf_counter_ns()
        for _ in range(scopes):
            begin(pools, ANY, threads, where)
            end(scope, None)
        return time.perf_counter_ns() - start


def theirs_kept(threads, scopes, controller=[]):
    if not controller:
        controller.append(threadpoolctl.ThreadpoolController())
    limit = controller[0].limit
    few = max(1, scopes // 5)
    start = time.perf_counter_ns()
    for _ in range(few):
        with limit(limits=threads):
            pass
    return (time.perf_counter_ns() - start) * scopes / few


def theirs_anew(threads, scopes):
    few = max(1, scopes // 50)
    start = time.perf_counter_ns()
    for _ in range(few):
        with threadpoolctl.threadpool_limits(threads):
            pass
    return (time.perf_counter_ns() - start) * scopes / few


def quartiles(values):
    if len(values) < 2:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def shown(values, digits):
    low, median, high = quartiles(values)
    return f"{median:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def agree(ours, blas):
    """Both set what both read; the library has the last word."""
    count = blas.openblas_get_num_threads
    before = count()
    for threads in (1, 2):
        with threadpoolctl.threadpool_limits(threads):
            theirs = count()
        scope = ctypes.c_void_p()
        ours.control.rtk_limits_begin_api(ours.pools, ANY, threads,
                                          ctypes.byref(scope))
        mine = count()
        ours.control.rtk_limits_end(scope, None)
        if (theirs, mine, count()) != (threads, threads, before):
            sys.exit(f"{threads} threads: theirs {theirs}, ours {mine}, before "
                     f"{before}, after {count()}")


def measure(ours, threads, rounds, scopes):
    arms = {"in C": ours.in_c, "through ctypes": ours.by_ctypes,
            "threadpoolctl, kept": theirs_kept,
            "threadpoolctl, anew": theirs_anew}
    times = {name: [] for name in arms}
    for arm in arms.values():
        arm(threads, scopes)  # the first call of each is not counted
    for _ in range(rounds):
        for name, arm in arms.items():
            times[name].append(arm(threads, scopes) / scopes)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--scopes", type=int, default=200)
    options = parser.parse_args()
    for path in LIBRARIES:
        if not os.path.exists(path):
            missing(f"{path} is not installed; see ci/setup")
    blas = [ctypes.CDLL(path) for path in LIBRARIES][0]
    blas.openblas_set_num_threads(2)
    ours = Ours(options.build)
    agree(ours, blas)
    print(f"threadpoolctl {threadpoolctl.__version__}; OpenBLAS with its own "
          "threads and libgomp; median [quartiles]\n\n"
          "| scope | who | ns | times ours in C | times ours through ctypes |\n"
          "|---|---|---|---|---|")
    for what, threads in (("nothing changes", 2), ("2 to 1 and back", 1)):
        if what == "nothing changes":
            with threadpoolctl.threadpool_limits(2):
                pass
        times = measure(ours, threads, options.rounds, options.scopes)
        for name, took in times.items():
            ratios = [shown([t / o for t, o in zip(took, times[base])], 1)
                      for base in ("in C", "through ctypes")]
            who = name if "threadpoolctl" in name else f"racetrack, {name}"
            print(f"| {what} | {who} | {shown(took, 0)} | {ratios[0]} | {ratios[1]} |")


if __name__ == "__main__":
    main()
