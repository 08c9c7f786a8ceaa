"""A comparison from beginning to end: three arms in turns (base, head, and base
again), looks, confirmation of what is worse, and what it comes to."""

import dataclasses
import random
import time

from . import compared_cells as points
from . import judge, looks, scaling
from .coprocess import Gone, Refused
from .turns import REFERENCE, Arm, CellFailed, Rounds

HEAD, CONTROL = "head", "again"
ARMS = (Arm(REFERENCE, REFERENCE), Arm(HEAD, HEAD), Arm(CONTROL, CONTROL))
TRIES = 2  # a crash must happen twice to be the head's


class NotMeasured(Exception):
    """There is nothing to compare; a sentence. `usage`: for what was asked."""

    def __init__(self, sentence, usage=False):
        super().__init__(sentence)
        self.usage = usage


@dataclasses.dataclass
class Request:
    """What is to be compared, and how. `plugins`: {arm: plug-in}."""
    program: str
    plugins: dict
    selection: tuple = ()
    seed: int = 1
    budget_s: float = 300
    duet: bool = True
    threshold: float | None = None  # for all cells, if given
    thresholds: dict = dataclasses.field(default_factory=dict)  # {part of a name: ..}
    quiet_s: float = 120


@dataclasses.dataclass
class Row:
    """One cell's outcome. `word`: worse, better, same, cannot tell, wrong answer,
    broken, or not measured; `note` says why where it is not the numbers."""
    cell: points.Cell
    word: str
    note: str = ""
    answer: judge.Answer | None = None
    confirmed: judge.Answer | None = None
    control: judge.Answer | None = None

    @property
    def fails(self):
        return self.word in ("worse", "wrong answer", "broken")


@dataclasses.dataclass
class Result:
    rows: list
    alone: dict            # {arm: names of cells that not all arms have}
    alarms: list           # names of cells where base differs from itself
    scaling: list
    rounds: int = 0
    starts: int = 0
    elapsed_s: float = 0
    interrupted: int = 0   # the exit code of the signal that ended it
    machine: dict = dataclasses.field(default_factory=dict)
    libraries: dict = dataclasses.field(default_factory=dict)
    duets: int = 0
    pairs: dict = dataclasses.field(default_factory=dict)
    instructions: list = dataclasses.field(default_factory=list)
    left_out: list = dataclasses.field(default_factory=list)  # for the budget

    @property
    def code(self):
        """The exit code: 0, 1 worse or wrong or broken, 3 not measured."""
        if self.interrupted:
            return self.interrupted
        if any(r.word in ("wrong answer", "broken") for r in self.rows):
            return 1
        if self.alarms or not any(r.answer for r in self.rows):
            return 3
        if any(r.word == "worse" for r in self.rows) or \
                any(i.answer == "worse" for i in self.instructions):
            return 1
        return 3 if any(r.word == "not measured" for r in self.rows) else 0


def nothing(*_):
    pass


class Comparison:
    """`sink` takes records of samples; `tell(sentence, share)` is told how far it is;
    `begin(greetings)` hears what the processes said of themselves, by arm."""

    def __init__(self, request, sink=None, tell=nothing, begin=nothing):
        self.request, self.sink, self.tell, self.begin = request, sink, tell, begin
        self.until = time.monotonic() + request.budget_s
        self.rows, self.alarms, self.faults, self.left_out = {}, {}, {}, []

    def run(self):
        began = time.monotonic()
        result = None
        with self.measure(self.request.seed, ARMS, self.sink) as rounds:
            cells = self.prepare(rounds)
            try:
                self.look_often(rounds, cells)
                self.confirm(cells)
            except KeyboardInterrupt as e:
                rounds.stop()
                result = self.result(rounds, cells)
                result.interrupted = 128 + (e.args[0] if e.args else 2)
            result = result or self.result(rounds, cells)
        result.elapsed_s = time.monotonic() - began
        return result

    def measure(self, seed, arms, sink=None):
        r = self.request
        return Rounds(r.program, {a.process: r.plugins[a.process] for a in arms}, arms,
                      seed, r.selection, r.duet, sink, r.quiet_s)

    # --- before the first round ----------------------------------------------------

    def prepare(self, rounds):
        """The cells that all arms have and that can be measured."""
        try:
            rounds.start()
        except (Gone, Refused) as e:
            raise NotMeasured(f"a build cannot be started: {e}",
                              isinstance(e, Refused)) from None
        greetings = {a: p.greeting for a, p in rounds.processes.items()}
        clock = greetings[REFERENCE]["clock"]
        if clock["backwards"] or clock["step_ns"] > rounds.sample_s * 1e6:
            raise NotMeasured("the clock of this machine goes backwards or in steps "
                              f"of {clock['step_ns']} ns: nothing can be timed by it")
        self.greetings = greetings
        self.begin(greetings)
        cells, self.alone = points.common({a: g["cells"] for a, g in greetings.items()})
        if not cells:
            raise NotMeasured("base and head have no cell in common")
        self.order = [c.key for c in cells]
        for cell in cells:
            cell.threshold = self.threshold_of(cell)
        left = []
        for number, cell in enumerate(cells):
            self.tell(f"{number} of {len(cells)} cells checked", 0)
            if self.try_cell(cell, rounds.calibrate, cell):
                left.append(cell)
        return self.affordable(left)

    def threshold_of(self, cell):
        for part, share in self.request.thresholds.items():
            if part in cell.name:
                return share
        return self.request.threshold or cell.threshold

    def affordable(self, cells):
        """Leave out what takes more than its share of the budget for 30 rounds."""
        left = max(1.0, self.until - time.monotonic())
        kept = []
        for cell in sorted(cells, key=lambda c: c.call_ns):
            need = cell.calls * cell.call_ns * 1e-9 * len(ARMS) * cell.samples * 30
            if cell.call_ns < 2e7 or need <= left / max(1, len(cells)):
                kept.append(cell)
            else:
                self.left_out.append(f"{cell.name} (30 rounds of it take {need:.0f} s)")
        return sorted(kept, key=lambda c: self.order.index(c.key))

    def try_cell(self, cell, work, *arguments):
        """Do something with a cell; what goes wrong costs it its times. False: it is
        out. A crash has to come twice."""
        for attempt in range(TRIES):
            try:
                work(*arguments)
                return True
            except CellFailed as e:
                failed = e
                if failed.wrong or not failed.fault:
                    break
        self.fail(failed)
        return False

    def fail(self, failed):
        arm = "base" if failed.arm in (REFERENCE, CONTROL) else failed.arm
        word = "not measured"
        if arm == HEAD and failed.wrong:
            word = "wrong answer"
        elif arm == HEAD and failed.gone and failed.fault:
            word = "broken"
        self.rows[failed.cell.key] = Row(failed.cell, word,
                                         f"{arm}: {failed.sentence}")

    # --- rounds and looks ------------------------------------------------------------

    def one_round(self, rounds, cells):
        """A round; a cell that fails is out when it fails again by itself."""
        try:
            rounds.one_round(cells)
        except CellFailed as e:
            self.faults[e.cell.key] = self.faults.get(e.cell.key, 0) + 1
            if e.wrong or not e.fault or self.faults[e.cell.key] >= TRIES:
                self.fail(e)
                cells.remove(e.cell)

    def look_often(self, rounds, cells):
        """Look after some numbers of rounds; what is decided leaves, with all that it
        is held against."""
        open_cells = list(cells)
        for number, alpha in judge.LOOKS:
            if not self.level_all(rounds, open_cells, number) or not open_cells:
                break
            self.look(rounds, open_cells, number, alpha)
            groups = {}
            for cell in open_cells:
                groups.setdefault((cell.subject, cell.args), []).append(cell)
            open_cells = [c for group in groups.values() for c in group
                          if any(self.rows[x.key].word == "cannot tell"
                                 for x in group)]

    def level_all(self, rounds, cells, number):
        """Bring all cells to `number` rounds."""
        while True:
            behind = [c for c in cells if rounds.done.get(c.key, 0) < number]
            if not behind:
                return True
            if time.monotonic() >= self.until:
                return False
            self.tell(f"round {min(rounds.done.get(c.key, 0) for c in behind) + 1}, "
                      f"{len(cells)} cells undecided",
                      1 - (self.until - time.monotonic()) / self.request.budget_s)
            count = len(behind)
            self.one_round(rounds, behind)
            if len(behind) < count:
                cells[:] = [c for c in cells if c.key not in self.rows or
                            self.rows[c.key].answer]

    def look(self, rounds, cells, number, alpha):
        answers, control = ({} for _ in range(2))
        for arm, into in ((HEAD, answers), (CONTROL, control)):
            into.update(judge.judge(cells, {c.key: rounds.pairs[c.key, arm]
                                            for c in cells}, number, alpha,
                                    self.request.seed))
        for cell in cells:
            before = self.rows.get(cell.key)
            if control[cell.key].answer in ("worse", "better"):
                self.alarms[cell.key] = control[cell.key]
            if before and before.word != "cannot tell":
                continue
            mine = answers[cell.key]
            self.rows[cell.key] = Row(cell, mine.answer, answer=mine,
                                      control=control[cell.key])

    def confirm(self, cells):
        """Measure again what is worse, by fresh processes and another seed; only what
        is worse again stays so."""
        suspects = [c for c in cells if c.key in self.rows and
                    self.rows[c.key].word == "worse"]
        if not suspects or self.alarms:
            return
        self.tell(f"confirming {len(suspects)} cells", None)
        seed = random.Random(f"confirm {self.request.seed}").randrange(1 << 31)
        arms = [a for a in ARMS if a.name != CONTROL]
        with self.measure(seed, arms, self.sink) as fresh:
            for cell in list(suspects):
                fresh.known[cell.key] = cell.calls, f"{cell.call_ns:.3f}", int(cell.spins)
            again = looks.look(fresh, {HEAD: suspects}, self.one_round, seed,
                               looks.CONFIRMING, "worse")[HEAD]
        for cell in suspects:
            row = self.rows[cell.key]
            row.confirmed = again.get(cell.key)
            if row.confirmed and row.confirmed.answer != "worse":
                row.word = "cannot tell"
                row.note = "worse at first, not when it was measured afresh"

    # --- the result --------------------------------------------------------------------

    def result(self, rounds, cells):
        for cell in cells:
            self.rows.setdefault(cell.key, Row(cell, "cannot tell",
                                               "it ended before the first look"))
        judged = [c for c in cells if self.rows[c.key].answer]
        pairs = {c.key: rounds.pairs[c.key, HEAD] for c in judged}
        rows = [self.rows[key] for key in self.order if key in self.rows]
        return Result(rows, self.alone, [c.name for c in cells if c.key in self.alarms],
                      scaling.compare(judged, pairs, self.request.seed),
                      max(rounds.done.values(), default=0), rounds.starts,
                      machine=self.greetings[REFERENCE]["machine"],
                      libraries={a: g["libraries"] for a, g in self.greetings.items()},
                      duets=sum(c.single for c in judged) if self.request.duet and
                      len(rounds.cpus) > 1 else 0, pairs=pairs, left_out=self.left_out)
