"""scipy.stats.qmc.scale(), both ways."""

import numpy
from scipy.stats import qmc


def cases():
    random = numpy.random.default_rng(8)
    for n, d in ((1, 1), (17, 3), (40, 7)):
        low = random.normal(size=d) * 10
        high = low + random.random(d) * 100 + 1e-3
        sample = random.random((n, d))
        scaled = qmc.scale(sample, low, high)
        yield {"n": n, "d": d, "low": low, "high": high, "sample": sample,
               "scaled": scaled,
               "back": qmc.scale(scaled, low, high, reverse=True)}
