"""A cell: one piece of work that several arms do on the same arrays."""

import dataclasses

import arms
import rounds


def own_cache():
    """Bytes of the cache that a core has for itself."""
    try:
        with open("/sys/devices/system/cpu/cpu0/cache/index2/size") as f:
            text = f.read().strip()
        return int(text[:-1]) * {"K": 1 << 10, "M": 1 << 20}[text[-1]]
    except (OSError, KeyError, ValueError):
        return 1 << 20


class Cell:
    """What a family's cells have in common; `arms(context)` gives functions that
    each make an arm, and `off(arm)` says how far its answer is from SciPy's."""

    family = ""
    tolerance = 1e-12
    footprint = 0
    scales = True  # more workers can make it faster
    own_cache = own_cache()

    def __init__(self, name):
        self.name = f"{self.family}: {name}"

    def arms(self, context):
        raise NotImplementedError

    def truth(self):
        raise NotImplementedError

    def off(self, arm):
        return rounds.difference(arm.result(), self.truth())

    def release(self):
        """Forget the arrays."""


@dataclasses.dataclass(frozen=True)
class Target:
    """What is asked of a family. `kind`:
    mean     geometric mean over the cells of the other's time by ours
    worst    the least of the cells
    scaling  the least of the cells' scaling by the machine's
    other    which arms the others are: a function of an arm
    cells    which cells: a function of a cell
    """

    text: str
    kind: str
    least: object  # a number, or one for each count of workers
    other: object = None
    cells: object = lambda cell: True
    moonshot: bool = False
    ours: str = arms.OURS  # which column is held against it

    def asked(self, workers):
        """The number for so many workers; None: nothing is asked."""
        return (self.least.get(workers) if isinstance(self.least, dict)
                else self.least)


def column(*names):
    return lambda arm: arm.column in names


def peer(arm):
    return arm.role in ("peer", "bare")
