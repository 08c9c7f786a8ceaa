"""Matrices that one column and one row say, against SciPy."""

import ctypes
import functools

import numpy as np
import scipy.linalg

from arms import OURS, NativeArm, PythonArm, aligned, pointer, spec
from cells import Cell, Target, column

Spec = spec(("what", ctypes.c_int), ("n", ctypes.c_uint64), ("k", ctypes.c_uint64),
            ("workers", ctypes.c_int64))
# As in toeplitz_arms.c.
WHAT = {"product": 0, "solution": 1, "circulant solution": 2}


class ToeplitzCell(Cell):
    family = "toeplitz"
    tolerance = 1e-10

    def __init__(self, what, n, k):
        self.what, self.n, self.k = what, n, k
        self.footprint = 8 * n * (2 * k + 2)
        # The columns of a system of one matrix are one recursion.
        self.scales = what != "solution"
        super().__init__(f"{what}, {n} x {n}, {k} column{'s' if k > 1 else ''}")

    @functools.cached_property
    def input(self):
        rng = np.random.default_rng(self.n)
        c, r = rng.standard_normal((2, self.n))
        c[0] = r[0] = 2 * self.n  # far from singular
        return (aligned((self.n,), float, c), aligned((self.n,), float, r),
                aligned((self.n, self.k), float, rng.standard_normal((self.n, self.k))))

    def our_arm(self, context, workers):
        make = context.modules.maker("our_arms", "rtk_toeplitz_arm")
        s = Spec(what=WHAT[self.what], n=self.n, k=self.k, workers=workers)
        out = aligned((self.n, self.k), float)
        return NativeArm(context.modules, OURS, workers,
                         lambda: make(ctypes.byref(s), *map(pointer, self.input),
                                      pointer(out)), out, role="ours")

    def call(self, workers):
        c, r, x = self.input
        if self.what == "product":
            return scipy.linalg.matmul_toeplitz((c, r), x, workers=workers)
        if self.what == "solution":
            return scipy.linalg.solve_toeplitz((c, r), x)
        return scipy.linalg.solve_circulant(c, x)

    def scipy_arm(self, workers):
        return PythonArm("SciPy", workers, lambda: self.call(workers))

    def arms(self, context):
        made = [functools.partial(self.our_arm, context, w) for w in context.workers]
        return made + [functools.partial(self.scipy_arm, w) for w in context.workers
                       if w == 1 or self.what == "product"]

    def truth(self):
        return self.call(1)

    def release(self):
        self.__dict__.pop("input", None)


CASES = [("product", 1000, 1), ("product", 1000, 64), ("product", 30000, 8),
         ("solution", 300, 1), ("solution", 2000, 4), ("circulant solution", 4096, 16)]


def cells():
    return [ToeplitzCell(*case) for case in CASES]


TARGETS = [
    Target("geometric mean against SciPy", "mean", 1.5, column("SciPy")),
]
