"""Halton's sequence of scipy.stats.qmc, not scrambled, and its first points as
fractions: `numerator` over `denominator`."""

from fractions import Fraction

import numpy
from scipy.stats import qmc

PRIMES = [2, 3, 5, 7, 11, 13]


def case(dimensions, first, n):
    engine = qmc.Halton(dimensions, scramble=False)
    if first:
        engine.fast_forward(first)
    return {"dimensions": dimensions, "first": first, "n": n,
            "points": engine.random(n)}


def inverse(index, base):
    value, weight = Fraction(0), Fraction(1, base)
    while index:
        index, digit = divmod(index, base)
        value += digit * weight
        weight /= base
    return value


def cases():
    yield case(1, 0, 40)
    yield case(6, 0, 60)
    yield case(6, 123456789, 20)
    yield case(100, 1000, 10)
    yield {"dimensions": 6, "first": 5000, "n": 30, "points": numpy.array(
        [[float(inverse(5000 + i, p)) for p in PRIMES] for i in range(30)])}
