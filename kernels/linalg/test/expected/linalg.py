"""SciPy's answers for one matrix of each kind at a time. Vectors are not unique,
so what is compared of them are values and products that do not depend on signs
and phases."""

import warnings

import numpy
import scipy.linalg as la

NUMBERS = {"float": numpy.float32, "double": numpy.float64,
           "complex64": numpy.complex64, "complex128": numpy.complex128}
SHAPES = ((1, 1), (2, 2), (4, 4), (9, 9), (7, 4), (4, 7), (1, 5), (5, 1))


def matrix(random, number, *shape):
    a = random.standard_normal(shape)
    if numpy.dtype(number).kind == "c":
        a = a + 1j * random.standard_normal(shape)
    return a.astype(number)


def projector(columns):
    return columns @ columns.conj().T


def rectangular(name, a, b):
    k = min(a.shape)
    q, r = la.qr(a, mode="economic")
    u, s, vh = la.svd(a, full_matrices=False)
    x, _, rank, _ = la.lstsq(a, b)
    lu, pivots = la.lu_factor(a)
    return {"operation": "rectangular", "number": name, "m": a.shape[0],
            "n": a.shape[1], "k": b.shape[1], "a": a, "b": b,
            "r_gram": r.conj().T @ r, "range": projector(q), "s": s,
            "polar": u @ vh, "x": x, "rank": rank,
            "lu": lu, "pivots": pivots[:k]}


def square(name, a, b):
    h = a + a.conj().T
    p = a @ a.conj().T + numpy.eye(len(a), dtype=a.dtype)
    w, v = la.eigh(h)
    return {"operation": "square", "number": name, "n": len(a), "k": b.shape[1],
            "a": a, "b": b, "h": h, "p": p, "x": la.solve(a, b),
            "lower": la.cholesky(p, lower=True), "upper": la.cholesky(p),
            "values": w, "square_root": v @ numpy.diag(abs(w)) @ v.conj().T,
            "any_values": numpy.sort_complex(la.eigvals(a))}


def deficient(name, random, number):
    a = matrix(random, number, 6, 2) @ matrix(random, number, 2, 5)
    b = matrix(random, number, 6, 2)
    x, _, rank, s = la.lstsq(a, b, cond=1e-4)
    return {"operation": "deficient", "number": name, "m": 6, "n": 5, "k": 2,
            "a": a, "b": b, "x": x, "rank": rank, "s": s}


def cases():
    warnings.simplefilter("ignore")
    random = numpy.random.default_rng(31)
    for name, number in NUMBERS.items():
        for m, n in SHAPES:
            a, b = matrix(random, number, m, n), matrix(random, number, m, 3)
            yield rectangular(name, a, b)
            if m == n:
                yield square(name, a + 3 * numpy.eye(n, dtype=number), b)
        yield deficient(name, random, number)
