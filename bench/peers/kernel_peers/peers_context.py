"""What this run has: modules, libraries, versions, the machine."""

import ctypes
import importlib.metadata
import os
import pathlib
import platform
import sys

from arms import Modules, Unavailable

SYSTEM = pathlib.Path("/usr/lib/x86_64-linux-gnu")
VECTORS = ("sse2", "avx", "avx2", "fma", "avx512f")


def cpu():
    """(name, vector extensions that libraries choose by)"""
    name, flags = platform.machine(), []
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        if key.strip() == "flags":
            flags = value.split()
            break
    return name, [v for v in VECTORS if v in flags]


def mapped(name, inside="", outside=None):
    """The path of a library that this process has loaded, or None."""
    for line in pathlib.Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")[2]
        if name in path and inside in path and not (outside and outside[1:] in path):
            return pathlib.Path("/" + path)
    return None


def place(path, set_threads, prefix="", suffix=""):
    """The fields of rtk_blas_place."""
    return [text.encode() for text in (str(path), prefix, suffix, set_threads)]


class Company:
    """Who else used the CPUs since this was made."""

    def __init__(self):
        self.before = self.read()

    @staticmethod
    def read():
        """Seconds of the CPUs: all, at work, taken by the host; and of this process."""
        fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        ticks = [int(f) / os.sysconf("SC_CLK_TCK") for f in fields]
        idle, stolen = ticks[3] + ticks[4], ticks[7]
        return sum(ticks), sum(ticks) - idle - stolen, stolen, sum(os.times()[:2])

    def sentence(self):
        every, work, stolen, own = (b - a for a, b in zip(self.before, self.read(),
                                                          strict=True))
        every = max(every, 1e-9)
        return (f"while this ran, other programs used {100 * (work - own) / every:.0f} % "
                f"of the CPUs' time and the host took {100 * stolen / every:.0f} %; load "
                f"average {os.getloadavg()[0]:.1f}")


class Context:
    """workers     the counts to try
    planning_s  the most that FFTW may measure for one plan
    missing     sentences: what was left out of all cells
    """

    def __init__(self, build, workers, seconds):
        """seconds  for a cell; 0: answers are compared and nothing is timed"""
        self.modules, self.workers = Modules(build), workers
        self.quick = not seconds
        self.planning_s = min(2.0, max(0.02, seconds / 8))
        self.missing = []
        self.fftw, self.blas, self.nanoflann = [], [], []
        for module in ("our_arms", "fftw_arms", "blas_arms"):
            self.load(module)
        self.find_nanoflann()
        self.find_blas()
        self.find_fftw()

    def load(self, module):
        try:
            return self.modules.get(module)
        except (Unavailable, OSError) as why:
            self.missing.append(str(why))
            return None

    def find_nanoflann(self):
        """(module, version): the newer one, or else the distribution's."""
        for module in ("nanoflann_newer_arms", "nanoflann_arms"):
            if not self.nanoflann and self.load(module):
                v = self.modules.get(module).rtk_nanoflann_version()
                self.nanoflann.append((module, f"{v >> 8}.{v >> 4 & 15}.{v & 15}"))

    def find_fftw(self):
        alone = self.modules.path("fftw_alone")
        if alone.exists():
            self.fftw.append(("FFTW", alone, (0, 1)))
        mkl = self.mkl()
        if mkl:
            self.fftw.append(("MKL", mkl, (0,)))
            self.blas.append(("MKL", place(mkl, "MKL_Set_Num_Threads"), False))

    def find_blas(self):
        """name, where and how it is called, whether all splits are tried. Ours is
        the one that our kernels are linked with."""
        ours = mapped("libopenblas", outside=sys.prefix)
        newest = mapped("libscipy_openblas64_", inside="numpy")
        blis = SYSTEM / "blis-pthread/libblis.so.4"
        if ours:
            self.blas.append(("OpenBLAS", place(ours, "openblas_set_num_threads"), True))
            self.default_blas_threads = self.setter(ours, "openblas_set_num_threads")
        if newest:
            setter = "scipy_openblas_set_num_threads64_"
            self.blas.append(("OpenBLAS of NumPy", place(newest, setter, "scipy_", "64_"),
                              False))
            self.numpy_threads = self.setter(newest, setter)
        if blis.exists():
            self.blas.append(("BLIS", place(blis, "bli_thread_set_num_threads"), False))
        else:
            self.missing.append(f"BLIS is left out: {blis} is not installed")

    def setter(self, path, name):
        call = getattr(ctypes.CDLL(path), name)
        cpus = max(self.workers)
        return lambda threads=cpus: call(ctypes.c_int64(threads))

    def default_blas_threads(self):
        """Set once OpenBLAS is found."""

    def numpy_threads(self, threads):
        """Set once NumPy's own is found."""

    def mkl(self):
        """The path of its one interface library, or None with a reason. The last to
        be loaded: it puts its names where others would find them."""
        found = sorted(pathlib.Path(sys.prefix, "lib").glob("libmkl_rt.so*"))
        if found:
            return found[0]
        reason = pathlib.Path(sys.prefix, "without-mkl")
        self.missing.append("MKL is left out: " + (
            reason.read_text().strip() if reason.exists() else "not installed"))
        return None

    def versions(self):
        found = {name: importlib.metadata.version(name)
                 for name in ("numpy", "scipy", "ducc0")}
        if self.mkl_installed():
            found["mkl"] = importlib.metadata.version("mkl")
        if self.fftw and self.fftw[0][0] == "FFTW":
            text = (ctypes.c_char * 80).in_dll(ctypes.CDLL(self.fftw[0][1]),
                                               "fftw_version")
            found["FFTW"] = text.value.decode()
        if self.nanoflann:
            found["nanoflann"] = self.nanoflann[0][1]
        return found

    def mkl_installed(self):
        return any(name == "MKL" for name, *_ in self.fftw)

    def head(self):
        """Lines that say on what was measured."""
        name, vectors = cpu()
        versions = self.versions()
        lines = [
            f"{name}, {' '.join(vectors)}; {len(os.sched_getaffinity(0))} usable CPUs, "
            f"load average {os.getloadavg()[0]:.1f}; Linux {platform.release()}, "
            f"Python {platform.python_version()}",
            ", ".join(f"{k} {v}" for k, v in versions.items()),
            f"FFTW may measure for {self.planning_s:.2g} s a plan",
        ]
        return lines + [f"left out: {text}" for text in self.missing]
