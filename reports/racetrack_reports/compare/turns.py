"""Taking samples in turns. A round is one sample of every arm of every cell, from
the same seconds of the same machine: times of one round are pairs.

Cells come in an order that is drawn for each round. A round has a few samples of
each arm, in an order that is drawn and then reversed (ABBA), so that a steady
drift weighs on all alike; a cell with one thread keeps to one CPU for a round, for
no two are alike. Processes are started anew every few rounds, for where
the system has put a process and its memory is luck that must not be one arm's.

In duet mode an arm and the reference run at the same moment on two CPUs, which
are swapped from sample to sample: what disturbs the machine disturbs both."""

import dataclasses
import os
import random
import time

from .coprocess import CoProcess, Gone, Refused

REFERENCE = "base"
SAMPLE_S = 0.0025  # aimed at: long enough for the clock, short enough to escape
RESTART_ROUNDS = 5
HEAD_START_NS = 400_000  # until both of a duet have read what they are to do
PADDING_MOST = 4096
KEPT = ("calls", "wall_ns", "cpu_ns", "thread_cpu_ns", "voluntary_switches",
        "involuntary_switches", "minor_faults", "major_faults", "steal_ns",
        "pressure_ns", "cpu_start", "cpu_end", "checksum")


@dataclasses.dataclass(frozen=True)
class Arm:
    """What is measured: a process, and the slow-down that is put into it. In `tail`
    of its samples, drawn, the slow-down is so many times larger; in others none."""
    name: str
    process: str
    kind: str = "nothing"
    share: float = 0
    tail: float = 0


class CellFailed(Exception):
    """A cell cannot be measured in one arm: `sentence` says why; `fault`: its own
    calls are to blame; `wrong`: it gave a wrong answer; `gone`: so is its process."""

    def __init__(self, cell, arm, sentence, fault=True, wrong=False, gone=False):
        super().__init__(f"{cell.name}, {arm}: {sentence}")
        self.cell, self.arm, self.sentence = cell, arm, sentence
        self.fault, self.wrong, self.gone = fault, wrong, gone


@dataclasses.dataclass
class Pairs:
    """The times of one arm of one cell beside the reference's of the same rounds,
    in ns of a call: a row for each round, with each of its samples."""
    wall_base: list = dataclasses.field(default_factory=list)
    wall: list = dataclasses.field(default_factory=list)
    cpu_base: list = dataclasses.field(default_factory=list)
    cpu: list = dataclasses.field(default_factory=list)

    def add(self, reference, samples, calls):
        for key, mine, rows in (("wall_ns", samples, self.wall),
                                ("cpu_ns", samples, self.cpu),
                                ("wall_ns", reference, self.wall_base),
                                ("cpu_ns", reference, self.cpu_base)):
            rows.append([max(1, x[key]) / calls for x in mine])


class Rounds:
    """Samples of cells in all arms. `plugins`: {process: plug-in}; the arm REFERENCE
    is what others are held against. `sink` takes a record of each sample."""

    def __init__(self, program, plugins, arms, seed, selection=(), duet=False,
                 sink=None, quiet_s=120, sample_s=SAMPLE_S):
        self.program, self.plugins, self.arms = program, plugins, list(arms)
        self.selection, self.duet, self.sink = list(selection), duet, sink
        self.quiet_s, self.sample_s, self.seed = quiet_s, sample_s, seed
        self.draw = random.Random(f"racetrack {seed}")
        self.processes, self.opened, self.starts = {}, {}, 0
        self.pairs, self.done, self.known = {}, {}, {}
        self.cpus = sorted(os.sched_getaffinity(0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for process in self.processes.values():
            process.close()
        self.processes, self.opened = {}, {}

    def start(self):
        """Start all processes anew, each arm's environment as large as the others'."""
        self.stop()
        self.starts += 1
        padding = self.draw.randrange(PADDING_MOST)
        for name, plugin in self.plugins.items():
            self.processes[name] = CoProcess(
                self.program, plugin, ["--seed", str(self.seed), *self.selection],
                padding, self.quiet_s)

    def guarded(self, cell, process, work, *rest):
        """Call work(*rest); what goes wrong becomes a CellFailed."""
        try:
            return work(*rest)
        except (Gone, Refused) as e:
            self.stop()
            gone = isinstance(e, Gone)
            raise CellFailed(cell, process, str(e), gone and e.fault,
                             gone=gone) from None

    def open(self, cell, name):
        """Open `cell` in one process; the reply, or a CellFailed."""
        if not self.processes:
            self.start()
        opened = self.opened.setdefault(name, {})
        if cell.key not in opened:
            known = self.known.get(cell.key, ())
            reply = self.guarded(cell, name, self.processes[name].ask,
                                 "open", cell.number[name], *known)
            if reply["status"] != "measured":
                raise CellFailed(cell, name, reply["reason"] or "it was not right",
                                 wrong=reply["status"] == "wrong answer")
            opened[cell.key] = reply
        return opened[cell.key]

    def calibrate(self, cell):
        """Choose the calls of a sample, the same for all arms."""
        replies = [self.open(cell, name) for name in self.plugins]
        slowest = max(max(r["call_ns"] for r in replies), 1e-3)
        cell.calls = max(1, round(self.sample_s * 1e9 / slowest))
        cell.spins = any(r["spins"] for r in replies)
        cell.call_ns = slowest
        self.known[cell.key] = cell.calls, f"{slowest:.3f}", int(cell.spins)

    # --- one round -----------------------------------------------------------------

    def one_round(self, cells):
        """One sample of each arm of each cell."""
        number = max((self.done.get(c.key, 0) for c in cells), default=0)
        if not self.processes or number % RESTART_ROUNDS == 0:
            self.start()
        for cell in self.draw.sample(cells, len(cells)):
            for name in self.plugins:
                self.open(cell, name)
            if self.duet and cell.single and len(self.cpus) > 1:
                self.duets(cell)
            else:
                self.turns(cell)
            self.done[cell.key] = self.done.get(cell.key, 0) + 1

    def request(self, cell, arm):
        kind, share = arm.kind, arm.share
        if arm.tail:
            struck = self.draw.random() < arm.tail
            kind, share = (kind, share / arm.tail) if struck else ("nothing", 0)
        return ["sample", cell.number[arm.process], cell.calls,
                f"{self.done.get(cell.key, 0)}", kind, f"{share:.6f}"]

    def keep(self, cell, arm, sample, place, duet):
        if sample["status"] != "measured":
            raise CellFailed(cell, arm.name, sample["reason"] or "a sample failed",
                             wrong=sample["status"] == "wrong answer")
        if self.sink:
            self.sink({"record": "sample", "cell": cell.name, "arm": arm.name,
                       "round": self.done.get(cell.key, 0), "start": self.starts,
                       "place": place, "duet": duet,
                       **{key: sample.get(key) for key in KEPT}})

    def turns(self, cell):
        """One arm after the other; each order is followed by its reverse."""
        samples = {arm.name: [] for arm in self.arms}
        cpus = {self.draw.choice(self.cpus)} if cell.single else set(self.cpus)
        for process in self.processes.values():
            process.pin(cpus)
        for turn in range(cell.samples):
            if turn % 2:
                order.reverse()
            else:
                order = self.draw.sample(self.arms, len(self.arms))
            for place, arm in enumerate(order):
                sample = self.guarded(cell, arm.name,
                                      self.processes[arm.process].ask,
                                      *self.request(cell, arm))
                self.keep(cell, arm, sample, turn * len(order) + place, False)
                samples[arm.name].append(sample)
        for arm in self.arms:
            if arm.name != REFERENCE:
                self.pair(cell, arm, samples[REFERENCE], samples[arm.name])

    def duets(self, cell):
        """Each arm at the same moment as the reference."""
        reference = next(a for a in self.arms if a.name == REFERENCE)
        others = [a for a in self.arms if a.name != REFERENCE]
        samples = {arm.name: ([], []) for arm in others}
        for turn in range(cell.samples):
            here, there = ({self.cpus[i]} for i in ((0, -1) if turn % 2 else (-1, 0)))
            for place, arm in enumerate(self.draw.sample(others, len(others))):
                both = self.duet_of(cell, reference, here, arm, there)
                for i, a in enumerate((reference, arm)):
                    self.keep(cell, a, both[i],
                              2 * (turn * len(others) + place) + i, True)
                    samples[arm.name][i].append(both[i])
        for arm in others:
            self.pair(cell, arm, *samples[arm.name])

    def duet_of(self, cell, reference, here, arm, there):
        mine, theirs = (self.processes[a.process] for a in (reference, arm))
        mine.pin(here)
        theirs.pin(there)
        begin = time.monotonic_ns() + HEAD_START_NS + int(cell.call_ns)
        asked = [self.request(cell, a) + [begin] for a in (reference, arm)]
        self.guarded(cell, REFERENCE, mine.send, *asked[0])
        self.guarded(cell, arm.name, theirs.send, *asked[1])
        return [self.guarded(cell, REFERENCE, mine.reply),
                self.guarded(cell, arm.name, theirs.reply)]

    def pair(self, cell, arm, reference, samples):
        self.pairs.setdefault((cell.key, arm.name), Pairs()).add(
            reference, samples, cell.calls)
