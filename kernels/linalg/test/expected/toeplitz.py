"""SciPy's answers for matrices that one column and one row say. Circulant
systems with one right-hand side: SciPy refuses more where one is singular."""

import numpy
import scipy.linalg as la

NUMBERS = {"float": numpy.float32, "double": numpy.float64,
           "complex64": numpy.complex64, "complex128": numpy.complex128}
SHAPES = ((1, 1), (2, 3), (5, 5), (9, 4), (3, 8))


def random_array(random, number, *shape):
    a = random.standard_normal(shape)
    if numpy.dtype(number).kind == "c":
        a = a + 1j * random.standard_normal(shape)
    return a.astype(number)


def product(random, name, m, n, both):
    c, r = (random_array(random, NUMBERS[name], length) for length in (m, n))
    x = random_array(random, NUMBERS[name], n, 2)
    return {"operation": "product", "number": name, "m": m, "n": n, "k": 2,
            "both": both, "c": c, "r": r, "x": x,
            "y": la.matmul_toeplitz((c, r) if both else c, x)}


def solution(random, name, n, both):
    c, r = (random_array(random, NUMBERS[name], n) for _ in range(2))
    c[0] = r[0] = 2 + n
    b = random_array(random, NUMBERS[name], n, 2)
    return {"operation": "solution", "number": name, "m": n, "n": n, "k": 2,
            "both": both, "c": c, "r": r, "x": b,
            "y": la.solve_toeplitz((c, r) if both else c, b)}


def circulant(random, name, n, singular):
    c = random_array(random, NUMBERS[name], n)
    if singular:
        c -= c.mean()
    b = random_array(random, NUMBERS[name], n)
    x = la.solve_circulant(c, b, singular="lstsq",
                           tol=1e-4 if singular else None)
    return {"operation": "circulant", "number": name, "m": n, "n": n, "k": 1,
            "both": 0, "c": c, "x": b, "y": x, "singular": singular}


def cases():
    random = numpy.random.default_rng(32)
    for name in NUMBERS:
        for m, n in SHAPES:
            yield product(random, name, m, n, True)
            if m == n:
                yield product(random, name, m, n, False)
                for both in (False, True):
                    yield solution(random, name, n, both)
        for n in (2, 5, 8):
            for singular in (False, True):
                yield circulant(random, name, n, singular)
