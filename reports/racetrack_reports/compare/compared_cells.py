"""The cells of two builds, by what they are."""

import dataclasses

SHARE_SINGLE, SHARE_MULTI = 0.03, 0.05  # slow-downs that are worth failing for
# Samples of an arm in a round; even, so that each order has its reverse. Threads that
# must meet are disturbed more often than one that works alone.
SAMPLES_SINGLE, SAMPLES_MULTI = 4, 8


@dataclasses.dataclass
class Cell:
    """A point that both builds have: a subject with its arguments, workers and
    BLAS threads. `number` is its place in each build's list, by arm."""
    subject: str
    args: tuple
    workers: int
    blas_threads: int
    threads: int
    oversubscribed: bool
    number: dict = dataclasses.field(default_factory=dict)
    calls: int = 0        # of a sample, for all arms
    call_ns: float = 0    # of the slowest arm, when that was chosen
    spins: bool = False   # threads wait awake: CPU time is no measure
    threshold: float = 0  # the slow-down that is worth failing for, as a share

    @property
    def key(self):
        return self.subject, self.args, self.workers, self.blas_threads

    @property
    def name(self):
        words = [self.subject, *(f"{k}={v}" for k, v in self.args)]
        words.append(f"workers={self.workers}")
        if self.blas_threads:
            words.append(f"blas={self.blas_threads}")
        return " ".join(words)

    @property
    def single(self):
        return self.threads == 1

    @property
    def samples(self):
        return SAMPLES_SINGLE if self.single else SAMPLES_MULTI


def from_record(record):
    return Cell(record["subject"], tuple(record["args"].items()), record["workers"],
                record["blas_threads"], record["threads"], record["oversubscribed"],
                threshold=SHARE_SINGLE if record["threads"] == 1 else SHARE_MULTI)


def common(lists):
    """(cells that all arms have, {arm: names that not all have}), from
    {arm: list of records}."""
    arms = list(lists)
    found = {arm: {from_record(r).key: i for i, r in enumerate(lists[arm])}
             for arm in arms}
    shared, alone = [], {arm: [] for arm in arms}
    for arm in arms:
        for record in lists[arm]:
            cell = from_record(record)
            if not all(cell.key in found[other] for other in arms):
                alone[arm].append(cell.name)
            elif arm == arms[0]:
                cell.number = {other: found[other][cell.key] for other in arms}
                shared.append(cell)
    return shared, alone


def sibling(cell, cells, **changed):
    """The cell that is like this one but for `changed`, or None."""
    wanted = dataclasses.replace(cell, **changed).key
    return next((c for c in cells if c.key == wanted), None)
