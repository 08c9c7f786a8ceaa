"""SciPy's discrepancies: random points, corners, and points that coincide."""

import numpy
from scipy.stats import qmc

METHODS = ("CD", "WD", "MD", "L2-star")


def samples():
    random = numpy.random.default_rng(21)
    for n, d in ((1, 1), (2, 1), (7, 3), (31, 2), (33, 4), (100, 6), (49, 20)):
        yield random.random((n, d))
    yield numpy.array([[0.0, 0.0], [0, 1], [1, 0], [1, 1], [0.5, 0.5]])
    yield numpy.tile(random.random(3), (40, 1))


def cases():
    for sample in samples():
        n, d = sample.shape
        values = [qmc.discrepancy(sample, method=name) for name in METHODS]
        yield {"n": n, "d": d, "sample": sample,
               "values": numpy.array(values)}
