"""Quasi-random points and their discrepancies."""

import ctypes
import functools

import numpy as np
import scipy.spatial
import scipy.stats.qmc

from arms import OURS, NativeArm, PythonArm, aligned, pointer, spec
from cells import Cell, Target, column


Spec = spec(("what", ctypes.c_int), ("variant", ctypes.c_int), ("n", ctypes.c_uint64),
            ("d", ctypes.c_uint64), ("workers", ctypes.c_int64),
            ("radius", ctypes.c_double))
# As in qmc_arms.c.
WHAT = {"Sobol": 0, "Halton": 1, "discrepancy": 2, "LatinHypercube": 3,
        "PoissonDisk": 4}
METHODS = ("CD", "WD", "MD", "L2-star")  # as in discrepancy.h


def stratified(points, counts):
    """Whether in each column j the first counts[j] points fall in as many equal
    intervals, one in each."""
    if not (np.all(points >= 0) and np.all(points < 1)):
        return False
    return all(len(np.unique(np.floor(points[:c, j] * c))) == c
               for j, c in enumerate(counts))


class QmcCell(Cell):
    family = "qmc"
    radius = 0

    def __init__(self, name):
        super().__init__(name)

    def our_arm(self, context, what, variant, given, out, workers):
        make = context.modules.maker("our_arms", "rtk_qmc_arm")
        s = Spec(what=WHAT[what], variant=variant, n=self.n, d=self.d, workers=workers,
                 radius=self.radius)
        return NativeArm(context.modules, OURS, workers,
                         lambda: make(ctypes.byref(s), given, pointer(out)), out,
                         role="ours")

    def arms(self, context):
        made = [functools.partial(self.our_arm, context, w) for w in context.workers]
        return made + [functools.partial(self.scipy_arm, w) for w in context.workers
                       if w == 1 or self.has_workers]


class PointsCell(QmcCell):
    """n points of a sequence. What a seed draws differs from SciPy's, so that random
    ones are judged by how they are stratified."""

    def __init__(self, kind, n, d, scramble):
        self.kind, self.n, self.d, self.scramble = kind, n, d, scramble
        self.random = scramble or kind == "LatinHypercube"
        self.footprint = 8 * n * d
        self.has_workers = kind == "Halton"
        super().__init__(f"{kind}{', scrambled' if scramble else ''}, {n} points, "
                         f"d = {d}")

    def engine(self):
        make = getattr(scipy.stats.qmc, self.kind)
        if self.kind == "LatinHypercube":
            return make(self.d, rng=1)
        return make(self.d, scramble=self.scramble, rng=1)

    def our_arm(self, context, workers):
        return super().our_arm(context, self.kind, int(self.scramble), None,
                               aligned((self.n, self.d), float), workers)

    def scipy_arm(self, workers):
        engine, extra = self.engine(), {"workers": workers} if self.has_workers else {}

        def call():
            engine.reset()
            return engine.random(self.n, **extra)
        return PythonArm("SciPy", workers, call)

    @functools.cached_property
    def wanted(self):
        return self.engine().random(self.n)

    def truth(self):
        return self.wanted

    def counts(self):
        """For each column the most points that must be stratified."""
        if self.kind != "Halton":
            return [self.n] * self.d
        primes = [p for p in range(2, 10 * self.d + 10)
                  if all(p % q for q in range(2, p))][:self.d]
        return [p ** int(np.log(self.n) / np.log(p)) for p in primes]

    def off(self, arm):
        if not self.random:
            return super().off(arm)
        return 0.0 if stratified(arm.result(), self.counts()) else float("inf")

    def release(self):
        self.__dict__.pop("wanted", None)


class PoissonDiskCell(QmcCell):
    """All points that fit in; SciPy draws others, and fewer. Ours are judged by
    their distances."""

    has_workers = False

    def __init__(self, radius, d, n):
        self.radius, self.d, self.n = radius, d, n  # n: no more can fit in
        self.footprint = 8 * (d + 1) * int(np.ceil(np.sqrt(d) / radius)) ** d
        super().__init__(f"PoissonDisk, radius {radius}, d = {d}")

    def our_arm(self, context, workers):
        return super().our_arm(context, "PoissonDisk", 0, None,
                               aligned((self.n, self.d), float, np.nan), workers)

    def scipy_arm(self, workers):
        engine = scipy.stats.qmc.PoissonDisk(self.d, radius=self.radius, rng=1)

        def call():
            engine.reset()
            return engine.fill_space()
        return PythonArm("SciPy", workers, call)

    def truth(self):
        return None

    def off(self, arm):
        points = arm.result()
        points = points[~np.isnan(points[:, 0])]
        near = scipy.spatial.cKDTree(points).query(points, k=2)[0][:, 1]
        return 0.0 if near.min() >= self.radius * (1 - 1e-12) else float("inf")


class DiscrepancyCell(QmcCell):
    has_workers = True
    tolerance = 1e-9  # SciPy's own values for 1 and 2 workers differ by 1e-10

    def __init__(self, method, n, d):
        self.method, self.n, self.d = method, n, d
        self.footprint = 8 * n * d
        super().__init__(f"discrepancy {method}, {n} points, d = {d}")

    @functools.cached_property
    def input(self):
        shape = (self.n, self.d)
        return aligned(shape, float, np.random.default_rng(1).random(shape))

    def our_arm(self, context, workers):
        return super().our_arm(context, "discrepancy", METHODS.index(self.method),
                               pointer(self.input), aligned((1,), float), workers)

    def scipy_arm(self, workers):
        sample, method = self.input, self.method
        return PythonArm("SciPy", workers, lambda: np.array(
            [scipy.stats.qmc.discrepancy(sample, method=method, workers=workers)]))

    def truth(self):
        return np.array([scipy.stats.qmc.discrepancy(self.input, method=self.method)])

    def release(self):
        self.__dict__.pop("input", None)


POINTS = [
    ("Halton", 10**5, 10, False),
    ("Halton", 10**5, 10, True),
    ("Sobol", 2**17, 10, False),
    ("Sobol", 2**17, 10, True),
    ("Sobol", 2**10, 1000, False),
    ("LatinHypercube", 10**5, 10, False),
]


def cells():
    return [PointsCell(*case) for case in POINTS] + [
        PoissonDiskCell(0.01, 2, 10**4), PoissonDiskCell(0.06, 3, 10**4)] + [
        DiscrepancyCell(method, n, d) for method in METHODS
        for n, d in ((2000, 10),)]


TARGETS = [
    Target("geometric mean against SciPy", "mean", 3, column("SciPy")),
    Target("worst cell against SciPy", "worst", 3, column("SciPy")),
    Target("scaling by the machine's, worst cell", "scaling", 0.95),
]
