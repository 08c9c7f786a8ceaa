"""Fourier and cosine transforms."""

import ctypes
import functools

import numpy as np
import scipy.fft

from arms import OURS, NativeArm, PythonArm, aligned, pointer, spec
from cells import Cell, Target, column, peer

Spec = spec(*[(name, ctypes.c_int) for name in
              ("kind", "is_float", "rank", "axes", "measure", "threads")],
            ("at_most", ctypes.c_double), ("shape", 3 * ctypes.c_uint64))
KINDS = {"c2c": 0, "r2c": 1, "dct": 2}
QUICK_LINE = 1024
MEASURED, ONE_CALL = f"{OURS}, MEASURE", f"{OURS}, no plan kept"


class FftCell(Cell):
    family = "fft"

    def __init__(self, kind, real, shape, axes, what):
        self.kind, self.shape, self.axes = kind, shape, axes
        self.is_float, self.is_line = real == "f32", len(shape) == 1
        self.tolerance = 1e-5 if self.is_float else 1e-12
        self.scales = not self.is_line
        bytes_each = (4 if self.is_float else 8) * (1 if kind == "dct" else 2)
        self.footprint = 2 * int(np.prod(shape)) * bytes_each
        size = " x ".join(map(str, shape))
        super().__init__(f"{kind} {real} {size}{', ' if what else ''}{what}")

    # --- arrays -----------------------------------------------------------------

    @functools.cached_property
    def input(self):
        real = np.float32 if self.is_float else np.float64
        rng = np.random.default_rng(1)
        values = rng.standard_normal(self.shape).astype(real)
        if self.kind == "c2c":
            values = values + 1j * rng.standard_normal(self.shape).astype(real)
        return aligned(self.shape, values.dtype, values)

    @functools.cached_property
    def wanted(self):
        return self.scipy(1)()

    def output(self):
        return aligned(self.wanted.shape, self.wanted.dtype)

    def truth(self):
        return self.wanted

    def release(self):
        self.__dict__.pop("input", None)
        self.__dict__.pop("wanted", None)

    # --- arms -------------------------------------------------------------------

    def scipy(self, workers, x=None):
        x = self.input if x is None else x
        call = {"c2c": scipy.fft.fftn, "r2c": scipy.fft.rfftn,
                "dct": scipy.fft.dctn}[self.kind]
        return lambda: call(x, axes=self.axes, workers=workers)

    def scipy_arm(self, workers):
        return PythonArm("SciPy", workers, self.scipy(workers),
                         self.scipy(workers, self.input[(slice(2),) * self.input.ndim]))

    def ducc(self, workers, x, out):
        import ducc0
        if self.kind == "c2c":
            return lambda: ducc0.fft.c2c(x, axes=self.axes, out=out, nthreads=workers)
        if self.kind == "r2c":
            return lambda: ducc0.fft.r2c(x, axes=self.axes, out=out, nthreads=workers)
        return lambda: ducc0.fft.dct(x, 2, axes=self.axes, out=out, nthreads=workers)

    def ducc_arm(self, workers):
        tiny = self.input[(slice(2),) * self.input.ndim].copy()
        return PythonArm("ducc0", workers, self.ducc(workers, self.input, self.output()),
                         self.ducc(workers, tiny, None))

    def spec(self, context, workers, measure):
        return Spec(kind=KINDS[self.kind], is_float=self.is_float, rank=len(self.shape),
                    axes=sum(1 << a for a in self.axes), measure=measure,
                    threads=workers, at_most=context.planning_s,
                    shape=(ctypes.c_uint64 * 3)(*self.shape))

    def fftw_arm(self, context, name, path, workers, measure):
        make = context.modules.maker("fftw_arms", "rtk_fftw_arm")
        out, s = self.output(), self.spec(context, workers, measure)
        return NativeArm(
            context.modules, name, workers,
            lambda: make(str(path).encode(), ctypes.byref(s), pointer(self.input),
                         pointer(out)), out, detail="MEASURE" if measure else "")

    def our_arm(self, context, column, workers, measure=0, one_call=0):
        make = context.modules.maker("our_arms", "rtk_fft_arm")
        out, s = self.output(), self.spec(context, workers, measure)
        return NativeArm(
            context.modules, column, workers,
            lambda: make(ctypes.byref(s), ctypes.c_int(one_call),
                         ctypes.c_int(workers == 1), pointer(self.input), pointer(out)),
            out,
            role="ours" if column == OURS else "variant")

    def arms(self, context):
        made = []
        for w in context.workers:
            made += [functools.partial(self.our_arm, context, OURS, w),
                     functools.partial(self.scipy_arm, w),
                     functools.partial(self.ducc_arm, w)]
            for name, path, efforts in context.fftw:
                made += [functools.partial(self.fftw_arm, context, name, path, w, e)
                         for e in efforts]
        # Where nothing is timed, plans that take more than a second teach nothing.
        if not context.quick or max(self.shape) <= QUICK_LINE:
            made += [functools.partial(self.our_arm, context, MEASURED, w, measure=1)
                     for w in context.workers]
        if self.is_line:
            made.append(functools.partial(self.our_arm, context, ONE_CALL, 1, one_call=1))
        return made


# kind, shape, axes, what: in float and double each.
CASES = [
    ("c2c", (256,), (0,), "one line"),
    ("c2c", (1024,), (0,), "one line"),
    ("c2c", (4096,), (0,), "one line"),
    ("c2c", (65536,), (0,), "one line"),
    ("c2c", (4096, 256), (1,), "last axis"),
    ("c2c", (1024, 1024), (1,), "last axis"),
    ("c2c", (1024, 1024), (0,), "first axis"),
    ("c2c", (512, 512), (0, 1), "2-D"),
    ("c2c", (1024, 1024), (0, 1), "2-D"),
    ("c2c", (96, 96, 96), (0, 1, 2), "3-D"),
    ("c2c", (1009,), (0,), "one line, prime"),
    ("c2c", (512, 1009), (1,), "last axis, prime"),
    ("r2c", (65536,), (0,), "one line"),
    ("r2c", (1024, 1024), (1,), "last axis"),
    ("r2c", (1024, 1024), (0, 1), "2-D"),
    ("dct", (65536,), (0,), "one line"),
    ("dct", (1024, 1024), (1,), "last axis"),
    ("dct", (1024, 1024), (0,), "first axis"),
]


def cells():
    return [FftCell(kind, real, shape, axes, what)
            for kind, shape, axes, what in CASES for real in ("f64", "f32")]


TARGETS = [
    Target("geometric mean against SciPy", "mean", 1.5, column("SciPy")),
    Target("worst cell against the best peer", "worst", 0.95, peer),
    Target("worst cell against the best peer that does not measure its plans", "worst",
           0.95, lambda arm: peer(arm) and arm.detail != "MEASURE"),
    Target("worst cell, plans measured on both sides", "worst", 0.95,
           lambda arm: arm.detail == "MEASURE", ours=MEASURED),
    Target("scaling by the machine's, worst cell", "scaling", 0.9),
    Target("one call without a plan against FFTW's bare call (1.05 x its time)", "worst",
           {1: 1 / 1.05}, lambda arm: arm.column == "FFTW" and not arm.detail,
           lambda cell: cell.is_line and cell.kind == "c2c" and "prime" not in cell.name,
           ours=ONE_CALL),
]
