"""Batches of products and solves of small matrices: ours, and BLAS libraries
called bare in every split of the CPUs between workers and BLAS threads."""

import ctypes
import functools

import numpy as np
import scipy.linalg

from arms import OURS, NativeArm, PythonArm, Unavailable, aligned, pointer, spec
from cells import Cell, Target, column

Spec = spec(("is_solve", ctypes.c_int), ("is_float", ctypes.c_int),
            ("n", ctypes.c_uint64), ("batch", ctypes.c_uint64),
            ("workers", ctypes.c_uint), ("blas_threads", ctypes.c_uint))
Place = spec(*[(name, ctypes.c_char_p)
               for name in ("path", "prefix", "suffix", "set_threads")])
BARE, DEFAULT = "OpenBLAS", "OpenBLAS, default threads"


class LinalgCell(Cell):
    family = "linalg"

    def __init__(self, what, n, batch, hot=False):
        self.what, self.n, self.batch, self.hot = what, n, batch, hot
        self.tolerance = 1e-13 if what == "product" else 1e-9
        self.footprint = 8 * n * n * batch * (3 if what == "product" else 1)
        shape = f"{batch} of {n} x {n}" if batch > 1 else f"one of {n} x {n}"
        super().__init__(f"{what}, {shape}")

    @functools.cached_property
    def input(self):
        rng = np.random.default_rng(self.n)
        shape = (self.batch, self.n, self.n)
        a, right = rng.standard_normal(shape), shape
        if self.what == "solve":  # far from singular
            a[:, range(self.n), range(self.n)] += self.n
            right = shape[:2]
        b = rng.standard_normal(right)
        return aligned(shape, float, a), aligned(right, float, b)

    @functools.cached_property
    def wanted(self):
        a, b = self.input
        return a @ b if self.what == "product" else np.linalg.solve(a, b[..., None])[..., 0]

    def truth(self):
        return self.wanted

    def release(self):
        self.__dict__.pop("input", None)
        self.__dict__.pop("wanted", None)

    # --- arms -------------------------------------------------------------------

    def numpy_arm(self, context, threads):
        def small():
            return np.matmul(a[:1, :1, :1], a[:1, :1, :1])

        a, b = self.input
        if self.what == "product":
            out = aligned(a.shape, float)

            def call():
                return np.matmul(a, b, out=out)
        else:
            columns = b[..., None]

            def call():
                return np.linalg.solve(a, columns)[..., 0]
        return PythonArm("NumPy", threads, call, small,
                         before=lambda: context.numpy_threads(threads))

    def scipy_arm(self, threads):
        a, b = self.input
        if self.what == "product":
            raise Unavailable("SciPy has no batches of products of its own")
        columns = b[..., None]
        return PythonArm("SciPy", threads, lambda: scipy.linalg.solve(a, columns)[..., 0])

    def bare_arm(self, context, name, place, split):
        make = context.modules.maker("blas_arms", "rtk_blas_arm")
        (workers, threads), (a, b) = split, self.input
        out = aligned(b.shape, float)
        s = Spec(is_solve=self.what == "solve", n=self.n, batch=self.batch,
                 workers=workers, blas_threads=threads)
        arm = NativeArm(
            context.modules, name, max(split),
            lambda: make(ctypes.byref(Place(*place)), ctypes.byref(s), pointer(a),
                         pointer(b), pointer(out)), out, role="bare",
            detail=f"{workers} x {threads}")
        arm.at_once = workers * threads
        return arm

    def our_arm(self, context, workers):
        make = context.modules.maker("our_arms", "rtk_linalg_arm")
        a, b = self.input
        out = aligned(b.shape, float)
        arm = NativeArm(context.modules, OURS, workers,
                        lambda: make(ctypes.c_int(self.what == "solve"),
                                     ctypes.c_size_t(self.n), ctypes.c_size_t(self.batch),
                                     pointer(a), pointer(b), pointer(out),
                                     ctypes.c_int64(workers)), out, role="ours")
        # As a program finds its BLAS that has not set anything.
        arm.before = context.default_blas_threads
        return arm

    def arms(self, context):
        made = []
        for w in context.workers:
            made += [functools.partial(self.our_arm, context, w),
                     functools.partial(self.numpy_arm, context, w)]
        made.append(functools.partial(self.scipy_arm, 1))
        for name, place, exhaustive in context.blas:
            for split in splits(context.workers, exhaustive):
                crowded = name == BARE and min(split) > 1
                made.append(functools.partial(
                    self.bare_arm, context, DEFAULT if crowded else name, place, split))
        return made


def splits(counts, exhaustive):
    """(workers, BLAS threads) to try: all, or those that use one kind of threads."""
    return [(w, b) for w in counts for b in counts
            if exhaustive or 1 in (w, b)]


SIZES = {8: 4096, 16: 2048, 32: 512, 64: 128, 104: 64, 128: 48, 160: 32, 200: 24,
         256: 16}


def cells():
    batches = [LinalgCell(what, n, batch) for what in ("product", "solve")
               for n, batch in SIZES.items()]
    return batches + [LinalgCell("product", n, 1, hot=True)
                      for n in (104, 128, 160, 200, 256, 512)]


def best_split(arm):
    return arm.column in (BARE, DEFAULT)


TARGETS = [
    Target("geometric mean against OpenBLAS in its best split", "mean", 1.0, best_split,
           lambda c: not c.hot),
    Target("worst cell against OpenBLAS in its best split", "worst", 0.97, best_split,
           lambda c: not c.hot),
    Target("geometric mean against default threads in every worker, from 128 on",
           "mean", 1.5, column(DEFAULT), lambda c: c.n >= 128 and c.batch > 1),
    Target("hot products of 104 to 200 against OpenBLAS", "mean", 1.2, column(BARE),
           lambda c: c.hot and c.n <= 200, moonshot=True),
    Target("one call against the bare one, from 256 on (1.05 x its time)", "worst",
           1 / 1.05, best_split, lambda c: c.hot and c.n >= 256),
]
