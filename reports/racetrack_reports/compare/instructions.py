"""Instructions as a second opinion: callgrind counts them, the same number each time,
on any machine however busy. They see more work, not caches, locks or memory, and not
the code that a library picks for vectors which valgrind does not know."""

import dataclasses
import math
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import arguments
from . import compared_cells as points
from .comparison import NotMeasured
from .coprocess import CoProcess, Gone, Refused

THRESHOLD = 0.005  # counts repeat to 0.003 %
CALLS = 3


@dataclasses.dataclass
class Count:
    """Instructions of a call in base and head; `answer` as of a comparison."""
    cell: points.Cell
    base: int
    head: int

    @property
    def shift(self):
        return math.log(self.head / self.base) if self.base and self.head else 0.0

    @property
    def answer(self):
        if abs(self.shift) < math.log1p(THRESHOLD):
            return "same"
        return "worse" if self.shift > 0 else "better"


def totals(text):
    """The instructions that a file of callgrind's says were run."""
    found = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
    if not found or not int(found[1]):
        raise Gone("callgrind wrote no totals", True)
    return int(found[1])


def stripped(path, folder):
    """A copy without debugging information, of which valgrind does not read the
    kinds that newer compilers write."""
    copy = pathlib.Path(folder) / path.name
    shutil.copy(path, copy)
    subprocess.run(["strip", "--strip-debug", str(copy)], check=False,
                   capture_output=True)
    return copy


def counts_of(program, plugin, selection, numbers):
    """{number of a cell: instructions of a call} in one build."""
    valgrind = shutil.which("valgrind")
    if not valgrind:
        raise NotMeasured("instructions are not counted: valgrind is not installed")
    with tempfile.TemporaryDirectory(prefix="racetrack-") as folder:
        wrapper = pathlib.Path(folder) / "bench"
        plugin = pathlib.Path(plugin)
        plugin = stripped(plugin / "native.so" if plugin.is_dir() else plugin, folder)
        program = stripped(pathlib.Path(program), folder)
        wrapper.write_text(
            f"#!/bin/sh\nexec '{valgrind}' -q --tool=callgrind --instr-atstart=no "
            f"--callgrind-out-file='{folder}/out' '{program}' \"$@\"\n",
            encoding="utf-8")
        wrapper.chmod(0o700)
        found = {}
        with CoProcess(wrapper, plugin, selection, quiet_s=600) as process:
            for number in numbers:
                # What a call does is counted, not calibrated: that takes minutes here.
                process.ask("open", number, CALLS, 1, 0)
                before = set(os.listdir(folder))
                process.ask("count", number, CALLS, f"cell{number}")
                new = sorted(set(os.listdir(folder)) - before)
                found[number] = totals((pathlib.Path(folder) / new[0]).read_text(
                    encoding="utf-8")) // CALLS if new else 0
        return found


def count(options, result, base, head):
    """A Count for each cell with one thread that was compared."""
    cells = [r.cell for r in result.rows if r.cell.single and r.answer]
    words = arguments.selection(options, options.subjects)
    try:
        both = [counts_of(options.bench_program, build.plugin, words,
                          [c.number[arm] for c in cells])
                for build, arm in ((base, "base"), (head, "head"))]
    except (Gone, Refused) as e:
        why = "valgrind does not know an instruction of this CPU that it was built " \
            "for (build with -DRTK_MARCH_NATIVE=OFF)" if "SIGILL" in str(e) else e
        raise NotMeasured(f"instructions could not be counted: {why}") from None
    return [Count(c, both[0][c.number["base"]], both[1][c.number["head"]])
            for c in cells]
