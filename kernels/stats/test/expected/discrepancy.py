"""SciPy's discrepancies: random points, corners, and points that coincide; of
the same with one more point to come (`begun`), and with their first point added
once more (`added`). Tiny sets of fractions are added up exactly (`exact`, the
square of L2-star), by the definitions in F. J. Hickernell's and Zhou, Fang and
Ning's papers."""

import itertools
from fractions import Fraction

import numpy
from scipy.stats import qmc

METHODS = ("CD", "WD", "MD", "L2-star")


def samples():
    random = numpy.random.default_rng(21)
    for n, d in ((1, 1), (2, 1), (7, 3), (31, 2), (33, 4), (100, 6), (49, 20)):
        yield random.random((n, d))
    yield numpy.array([[0.0, 0.0], [0, 1], [1, 0], [1, 1], [0.5, 0.5]])
    yield numpy.tile(random.random(3), (40, 1))


def product(factors):
    value = Fraction(1)
    for f in factors:
        value *= f
    return value


def exact(points):
    """CD, WD, MD, and the square of L2-star."""
    n, d, half = len(points), len(points[0]), Fraction(1, 2)

    def off(x):
        return abs(x - half)

    def summed(single, pair):
        singles = sum(product(map(single, x)) for x in points)
        pairs = sum(product(map(pair, x, y))
                    for x, y in itertools.product(points, repeat=2))
        return singles / n, pairs / n / n

    one, two = summed(lambda x: 1 + off(x) / 2 - off(x) ** 2 / 2,
                      lambda x, y: 1 + off(x) / 2 + off(y) / 2 - abs(x - y) / 2)
    yield Fraction(13, 12) ** d - 2 * one + two
    _, two = summed(lambda x: x,
                    lambda x, y: Fraction(3, 2) - abs(x - y) * (1 - abs(x - y)))
    yield -Fraction(4, 3) ** d + two
    one, two = summed(
        lambda x: Fraction(5, 3) - off(x) / 4 - off(x) ** 2 / 4,
        lambda x, y: (Fraction(15, 8) - off(x) / 4 - off(y) / 4
                      - 3 * abs(x - y) / 4 + abs(x - y) ** 2 / 2))
    yield Fraction(19, 12) ** d - 2 * one + two
    one, two = summed(lambda x: 1 - x * x, lambda x, y: 1 - max(x, y))
    yield Fraction(1, 3) ** d - Fraction(2) ** (1 - d) * one + two


def fractions():
    """A few points on a grid of 32nds, which double has exactly."""
    random = numpy.random.default_rng(5)
    for n, d in ((1, 1), (2, 1), (2, 2), (3, 2), (4, 3)):
        yield random.integers(0, 33, (n, d))


def cases():
    for sample in samples():
        n, d = sample.shape
        values = [qmc.discrepancy(sample, method=name) for name in METHODS]
        begun = [qmc.discrepancy(sample, method=name, iterative=True)
                 for name in METHODS]
        added = qmc.update_discrepancy(sample[0], sample, begun[0])
        yield {"n": n, "d": d, "sample": sample,
               "values": numpy.array(values), "begun": numpy.array(begun),
               "added": numpy.array([added])}
    for grid in fractions():
        points = [[Fraction(int(x), 32) for x in row] for row in grid]
        values = [float(v) for v in exact(points)]
        values[3] = float(numpy.sqrt(values[3]))
        yield {"n": grid.shape[0], "d": grid.shape[1], "sample": grid / 32,
               "values": numpy.array(values)}
