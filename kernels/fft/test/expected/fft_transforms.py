"""All 26 transforms of scipy.fft: kinds of input, lengths odd, even and prime,
norms, padding and cropping, axes in several orders, all types of DCT and DST.

Each case: transform, precision ("float64", "float32"), real_in and real_out
(1: the array is real), in, out, in_shape, out_shape, axes, lengths (-1: as the
input has it; for every axis), norm, type (0: none), orthogonalize (-1: as the
norm says). Names and rules are SciPy's."""

import numpy
import scipy.fft

ONE = "fft ifft rfft irfft hfft ihfft".split()
TWO = "fft2 ifft2 rfft2 irfft2 hfft2 ihfft2".split()
MANY = "fftn ifftn rfftn irfftn hfftn ihfftn".split()
TRIG = "dct idct dst idst".split()
TRIG_N = "dctn idctn dstn idstn".split()
REAL_IN = {"rfft", "ihfft", "rfft2", "ihfft2", "rfftn", "ihfftn"}
NORMS = ("backward", "ortho", "forward")


def numbers(seed, shape, real):
    draw = numpy.random.default_rng(seed)
    # Sixteenths: short in the file, exact in either precision.
    def part():
        return draw.integers(-64, 65, shape) / 16.0
    return part() if real else part() + 1j * part()


def case(name, seed, shape, real, axes, lengths, norm, kind=0, orthogonalize=-1,
         precision="float64"):
    x = numbers(seed, shape, real)
    if precision == "float32":
        x = x.astype(numpy.float32 if real else numpy.complex64)
    options = {"norm": norm}
    if kind:
        options["type"] = kind
        if orthogonalize >= 0:
            options["orthogonalize"] = bool(orthogonalize)
    chosen = [None if n < 0 else n for n in lengths]
    if name in ONE or name in TRIG:
        options |= {"n": chosen[0], "axis": axes[0]}
    else:
        options["axes"] = axes
        if chosen[0] is not None:
            options["s"] = chosen
    out = getattr(scipy.fft, name)(x, **options)
    return {
        "transform": name, "precision": precision, "norm": norm, "type": kind,
        "orthogonalize": orthogonalize, "real_in": int(real),
        "real_out": int(not numpy.iscomplexobj(out)), "axes": list(axes),
        "lengths": list(lengths), "in_shape": list(shape),
        "out_shape": list(out.shape), "in": x, "out": out}


def along_one_axis(seed):
    for name in ONE:
        real = name in REAL_IN
        for n in (1, 2, 7, 8, 13, 30):
            if n == 1 and name in ("irfft", "hfft"):
                continue  # one bin alone means no point
            yield case(name, next(seed), (n,), real, (0,), (-1,),
                       NORMS[n % 3])
        yield case(name, next(seed), (3, 10, 2), real, (1,), (-1,), "ortho")
        yield case(name, next(seed), (4, 9), real, (0,), (7,), "forward")
        yield case(name, next(seed), (4, 9), real, (1,), (5,), "backward")
        yield case(name, next(seed), (2, 12), real, (1,), (16,), "ortho",
                   precision="float32")
    # Real input where complex is expected.
    for name in ("fft", "ifft", "irfft", "hfft"):
        yield case(name, next(seed), (2, 9), True, (1,), (-1,), "backward")


def along_several_axes(seed):
    for name in TWO + MANY:
        real = name in REAL_IN
        last = (1, 2)
        yield case(name, next(seed), (2, 4, 5), real, last, (-1, -1), "backward")
        yield case(name, next(seed), (3, 4, 2), real, (1, 0), (-1, -1), "ortho")
        yield case(name, next(seed), (5, 2, 4), real, (2, 0), (3, 6), "forward")
        yield case(name, next(seed), (4, 2, 6), real, last, (2, 8), "ortho",
                   precision="float32")
    for name in MANY:
        real = name in REAL_IN
        yield case(name, next(seed), (3, 4, 5), real, (0, 1, 2), (-1,) * 3,
                   "ortho")
        yield case(name, next(seed), (2, 3, 2, 4), real, (3, 1, 0), (-1,) * 3,
                   "forward")


def trigonometric(seed):
    for name in TRIG:
        for kind in (1, 2, 3, 4):
            for n in (2, 3, 8, 13, 30):
                yield case(name, next(seed), (n,), True, (0,), (-1,),
                           NORMS[n % 3], kind)
            yield case(name, next(seed), (3, 6, 2), True, (1,), (8,), "ortho",
                       kind)
            yield case(name, next(seed), (9,), True, (0,), (-1,), "ortho", kind,
                       orthogonalize=0)
            yield case(name, next(seed), (9,), True, (0,), (6,), "backward",
                       kind, orthogonalize=1)
            yield case(name, next(seed), (2, 7), False, (0,), (-1,), "backward",
                       kind)
            yield case(name, next(seed), (2, 12), True, (1,), (-1,), "forward",
                       kind, precision="float32")
        for kind in (2, 3, 4):
            yield case(name, next(seed), (1,), True, (0,), (-1,), "ortho", kind)
    for name in TRIG_N:
        for kind in (1, 2, 3, 4):
            yield case(name, next(seed), (3, 4, 2), True, (0, 2), (-1, -1),
                       "ortho", kind)
            yield case(name, next(seed), (4, 5), True, (1, 0), (6, 3),
                       "backward", kind)
            yield case(name, next(seed), (2, 3, 4), False, (0, 1, 2), (-1,) * 3,
                       "forward", kind)


def cases():
    seed = iter(range(1, 10 ** 6))
    yield from along_one_axis(seed)
    yield from along_several_axes(seed)
    yield from trigonometric(seed)
