#!/usr/bin/env python3
"""Write SciPy's answers, which the kernels' tests compare with.

usage: write_expected.py [FILE.py ...]     (none: all of kernels/*/test/expected)

Each file has a function cases() that yields dictionaries: whole numbers, texts,
and NumPy arrays (real or complex, at most some thousand elements). The answers
go beside it, as .json. Run it with the versions of kernels/test/requirements.txt
alone: it refuses others, as what is committed says which made it.
"""

import importlib.util
import json
import math
import os
import pathlib
import sys

import numpy
import scipy

HERE = pathlib.Path(__file__).resolve().parent


def pinned():
    rows = (HERE / "requirements.txt").read_text().split()
    return dict(row.split("==") for row in rows)


def number(value):
    value = float(value)
    return value if math.isfinite(value) else str(value)


def plain(value):
    if isinstance(value, numpy.ndarray):
        if numpy.iscomplexobj(value):
            value = numpy.stack([value.real, value.imag], -1)
        return [number(x) for x in value.ravel()]
    if isinstance(value, (list, tuple)):
        return [plain(x) for x in value]
    if isinstance(value, (bool, numpy.bool_, numpy.integer)):
        return int(value)
    if isinstance(value, (float, numpy.floating)):
        return number(value)
    return value


def write(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = [json.dumps({k: plain(v) for k, v in case.items()})
            for case in module.cases()]
    head = json.dumps({"scipy": scipy.__version__, "numpy": numpy.__version__})
    text = head[:-1] + ', "cases": [\n' + ",\n".join(rows) + "\n]}\n"
    target = path.with_suffix(".json")
    beside = target.with_suffix(".json.new")
    beside.write_text(text)
    os.replace(beside, target)
    print(f"{target.name}: {len(rows)} cases, {len(text) >> 10} KiB")


def main():
    have = {"numpy": numpy.__version__, "scipy": scipy.__version__}
    if have != pinned():
        sys.exit(f"write_expected: needs {pinned()}, this is {have}")
    given = [pathlib.Path(name) for name in sys.argv[1:]]
    for path in given or sorted(HERE.parent.glob("*/test/expected/*.py")):
        write(path)


main()
