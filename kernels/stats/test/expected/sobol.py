"""Sobol's sequence of scipy.stats.qmc, not scrambled: some of its columns, from
some point on."""

import numpy
from scipy.stats import qmc

COLUMNS = [0, 1, 2, 3, 7, 50, 333, 1110, 5000, 13000, 21199, 21200]


def case(bits, first, n):
    engine = qmc.Sobol(21201, scramble=False, bits=bits)
    if first:
        engine.fast_forward(first)
    points = engine.random(n)
    return {"bits": bits, "first": first, "columns": numpy.array(COLUMNS),
            "points": points[:, COLUMNS], "n": n}


def cases():
    yield case(30, 0, 32)
    yield case(30, 1000, 8)
    # SciPy itself fails for fewer than 18 bits, and to skip points of more than 32.
    yield case(18, 260000, 16)
    yield case(52, 0, 16)
    yield case(64, 0, 16)
