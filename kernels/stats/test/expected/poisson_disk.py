"""How many points SciPy's PoissonDisk fills the unit cube with, for some
seeds."""

import numpy
from scipy.stats import qmc


def count(d, radius, seed):
    return len(qmc.PoissonDisk(d, radius=radius, rng=seed).fill_space())


def cases():
    for d, radius in ((1, 0.02), (2, 0.05), (2, 0.2), (3, 0.2)):
        counts = [count(d, radius, seed) for seed in range(10)]
        yield {"d": d, "radius": numpy.array([radius]),
               "counts": numpy.array(counts)}
