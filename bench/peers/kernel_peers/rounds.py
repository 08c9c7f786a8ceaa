"""Rounds: every arm of a cell runs once in each, in an order drawn for it, with
the same number of calls for all. Ceilings of the machine are arms like others."""

import os
import pathlib
import random
import statistics
import time

import numpy as np

import peer_statistics as stats
from arms import OURS, CallFailed, Unavailable

RETAKES = 3
WAITED = 0.01  # of a sample: a share of its time in which a thread had no CPU
ROUNDS_LEAST, ROUNDS_MOST = 3, 60
CEILING_LEAST_S, CEILING_MOST_S = 2e-3, 20e-3
LONG_S = 20e-3  # a call without a warm-up
LONG_ROUND_S = 0.3
PROBE_S, PROBE_MOST_S = 20e-3, 0.2
HOPELESS, HOPELESS_LONG = 4, 2  # times as slow as another arm of that peer
NO_RETAKE_S = 0.1  # a sample this long is not lost to a few milliseconds


def usable_cpus():
    cpus = len(os.sched_getaffinity(0))
    return min(cpus, int(os.environ.get("RACETRACK_CPUS") or cpus))


def run_delay():
    """Nanoseconds that the threads of this process have waited for a CPU."""
    waited = 0
    for task in pathlib.Path("/proc/self/task").iterdir():
        try:
            waited += int((task / "schedstat").read_text().split()[1])
        except (OSError, IndexError):
            pass  # the thread has ended, or the kernel does not count
    return waited


def settle(most=0.4):
    """Wait until no thread that another arm left behind uses a CPU."""
    end = time.monotonic() + most
    while time.monotonic() < end:
        before = time.process_time()
        time.sleep(0.0005)
        if time.process_time() - before < 0.0002:
            return True
    return False


class Ceiling:
    """Something that scales as far as the machine lets it."""

    def __init__(self, name, threads, call, steps):
        self.name, self.threads, self.call, self.steps = name, threads, call, steps
        self.at_once = threads

    def before(self):
        pass

    def run(self, _=None):
        return self.call(self.threads, self.steps) / 1e9


def ceilings(timer, counts, footprint, seconds):
    """Multiply-adds and the triad over as much memory as the cell's arrays have;
    `seconds` on one thread."""
    size = min(max(footprint, 24 << 10), 192 << 20)

    def steps(call, guess):
        while (took := call(1, guess)) < seconds * 1e9 / 4:
            guess *= 4
        return max(1, int(guess * seconds * 1e9 / took))

    def triad(threads, sweeps):
        return timer.rtk_ceiling_triad(threads, size, sweeps)

    found = []
    for name, call in (("fma", timer.rtk_ceiling_fma), ("triad", triad)):
        work = steps(call, 1)
        found += [Ceiling(name, c, call, work) for c in counts]
    return found


def ceiling_time(timed, calls):
    """As long as the fastest sample, within bounds: what disturbs the one shall be
    able to disturb the other."""
    fastest = min(took for _, took in timed) * calls
    return min(max(fastest, CEILING_LEAST_S), CEILING_MOST_S)


class Measured:
    """A cell and the samples of its arms: seconds a call."""

    def __init__(self, cell):
        self.cell, self.rounds, self.retakes, self.samples_taken = cell, 0, 0, 0
        self.calls, self.times, self.arms = 0, {}, {}
        self.ceilings, self.left_out, self.wrong = {}, [], []
        self.given_up = []
        self.partial, self.unsettled = "", 0

    def fastest(self, workers, wanted):
        """The fastest arm that uses at most so many threads, among those for which
        wanted(arm) holds; None."""
        return stats.best({name: self.times[name] for name, arm in self.arms.items()
                           if arm.threads <= workers and wanted(arm)})

    def ours(self, workers, column=OURS):
        for name, arm in self.arms.items():
            if arm.column == column and arm.threads == workers and self.times[name]:
                return name
        return None

    def speed_up(self, workers, wanted, column=OURS):
        """(the other arm, its time by ours) of the rounds; (None, [])."""
        ours, other = self.ours(workers, column), self.fastest(workers, wanted)
        if ours is None or other is None:
            return None, []
        return other, stats.ratios(self.times[other], self.times[ours])

    def scaling(self, workers, column=OURS):
        one, many = self.ours(1, column), self.ours(workers, column)
        if workers == 1 or one is None or many is None or not self.cell.scales:
            return []
        return stats.ratios(self.times[one], self.times[many])

    def ceiling(self, workers):
        """The scaling that the machine allows: that of the triad where the arrays
        do not fit in a core's own cache and it is the lower one."""
        found = {}
        for name in ("fma", "triad"):
            many = self.ceilings.get((name, workers))
            if many:
                found[name] = stats.ratios(self.ceilings[name, 1], many)
        if not found:
            return "", []
        if self.cell.footprint <= self.cell.own_cache:
            return "fma", found["fma"]
        name = min(found, key=lambda n: statistics.median(found[n]))
        return name, found[name]


def difference(got, want):
    """Relative 2-norm; not a number if either has one."""
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return float("inf")
    kind = np.result_type(want.dtype, np.float64)
    got, want = got.astype(kind), want.astype(kind)
    return float(np.linalg.norm((got - want).ravel()) /
                 max(np.linalg.norm(want.ravel()), 1e-300))


def checked(measured, made, opened):
    """The arms of `made` whose first answer is right: (arm, seconds). All that were
    made are added to `opened`."""
    cell, sound = measured.cell, []
    for make in made:
        try:
            arm = make()
        except Unavailable as why:
            measured.left_out.append(str(why))
            continue
        opened.append(arm)
        arm.before()
        try:
            took, off = arm.run(1), cell.off(arm)
        except CallFailed as why:
            measured.wrong.append(str(why))
            continue
        if off <= cell.tolerance:
            sound.append((arm, took))
        else:
            measured.wrong.append(f"{arm.name}: differs from SciPy by {off:.2g}, at "
                                  f"most {cell.tolerance:.2g} is allowed")
    return sound


def calibrate(sound):
    """(arm, the least seconds of a few calls); the first of all is often longer."""
    probed = []
    for arm, first in sound:
        arm.before()
        calls = 0 if first > PROBE_MOST_S else min(10, max(1, int(PROBE_S / first)))
        probed.append((arm, min([first] + [arm.run(1) for _ in range(calls)])))
    return probed


def worth_timing(measured, probed):
    """Without those of a peer that a faster arm of the same peer makes pointless."""
    kept = []
    for arm, took in probed:
        better = min((t for a, t in probed if a.column == arm.column and
                      a.threads <= arm.threads), default=took)
        hopeless = HOPELESS if took < LONG_S else HOPELESS_LONG
        if arm.role in ("peer", "bare") and took > hopeless * better:
            measured.given_up.append(f"{arm.name} takes {took / better:.1f} times as "
                                     "long as another way to use it")
        else:
            kept.append((arm, took))
    return kept


def sample(measured, arm, calls, crowded, long):
    """Seconds a call. Taken again while threads of ours had to wait for a CPU, as
    then something else ran; not where there are more threads than CPUs, which
    wait for each other."""
    for retake in range(RETAKES + 1):
        measured.unsettled += not settle()
        arm.before()
        if not long:
            arm.run(1)
        before = run_delay()
        took = arm.run(calls)
        waited = (run_delay() - before) / 1e9
        if (crowded or waited <= WAITED * took or retake == RETAKES or
                took > NO_RETAKE_S):
            break
        measured.retakes += 1
    measured.samples_taken += 1
    return took / calls


def one_round(measured, timed, roof, rng):
    # A cell of few, long rounds has more of the machine's in each.
    copies = 3 if sum(took for _, took in timed) > LONG_ROUND_S else 1
    arms = timed + [(c, LONG_S) for c in roof] * copies
    rng.shuffle(arms)
    taken = []
    for arm, first in arms:
        # The same number for all, but for those that it would keep too long.
        calls = 1 if isinstance(arm, Ceiling) else max(
            1, min(measured.calls, int(LONG_S / first)))
        taken.append((arm, sample(measured, arm, calls, arm.at_once > usable_cpus(),
                                  first >= LONG_S)))
    for arm, took in taken:  # all of a round, or nothing
        if isinstance(arm, Ceiling):
            measured.ceilings.setdefault((arm.name, arm.threads), []).append(took)
        else:
            measured.times[arm.name].append(took)
    measured.rounds += 1


def measure(cell, context, seconds, seed, tick):
    """Take rounds of a cell for about so many seconds in all, at least ROUNDS_LEAST;
    with 0 seconds none: all answers are compared, that is all.

    tick  called before each round with what was measured so far
    """
    measured, rng = Measured(cell), random.Random(seed)
    opened, end = [], time.monotonic() + seconds
    try:
        sound = checked(measured, cell.arms(context), opened)
        measured.arms = {arm.name: arm for arm, _ in sound}
        measured.times = {arm.name: [] for arm, _ in sound}
        if not seconds or not sound:
            return measured
        timed = worth_timing(measured, calibrate(sound))
        measured.calls = stats.calls_for(min(took for _, took in timed))
        roof = ceilings(context.modules.timer, context.workers, cell.footprint,
                        ceiling_time(timed, measured.calls))
        while measured.rounds < ROUNDS_MOST and (
                measured.rounds < ROUNDS_LEAST or time.monotonic() < end):
            tick(measured)
            one_round(measured, timed, roof, rng)
    except KeyboardInterrupt as how:
        measured.partial = type(how).__name__
    finally:
        for arm in opened:
            arm.close()
        cell.release()
    return measured
