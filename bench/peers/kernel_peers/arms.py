"""Arms: one way of doing one cell's work, to be called again and again and timed.

Those of C and C++ are timed in C by the modules beside the build tree, those of
Python as a user calls them."""

import ctypes
import os
import pathlib
import time

import numpy as np

OURS = "racetrack"


class Unavailable(Exception):
    """This arm cannot be had here: why."""


class CallFailed(Exception):
    """A call said that it did not do it."""


class Arm:
    """column  the peer, a column of the table; of several arms of one column the
               fastest counts
    threads    that it uses at most
    role       "ours", "variant" of ours, "peer", "bare" (what we call, too) or
               "shown" (no bar for us: a bad way to use a peer)
    """

    plan_s = 0.0
    overhead_s = 0.0  # of a call from Python on next to no data

    def __init__(self, column, threads, role, detail=""):
        self.column, self.threads, self.role = column, threads, role
        self.detail = detail
        self.at_once = threads  # that run at the same time, at most

    @property
    def name(self):
        text = ", ".join(filter(None, [self.column, self.detail]))
        return text if self.role == "bare" else f"{text} x{self.threads}"

    def before(self):
        """Ahead of a sample, not timed: settings that other arms change."""

    def run(self, calls):
        """Seconds that `calls` calls take together."""
        raise NotImplementedError

    def result(self):
        """Of the last call."""
        raise NotImplementedError

    def close(self):
        pass


class PythonArm(Arm):
    """call() gives the result; small() is the same function on next to no data."""

    def __init__(self, column, threads, call, small=None, role="peer", detail="",
                 before=None):
        super().__init__(column, threads, role, detail)
        self.call, self.last = call, None
        if before:
            self.before = before
        if small:
            small()
            self.overhead_s = min(self.time(small, 50) for _ in range(5)) / 50

    def time(self, call, calls):
        start = time.perf_counter()
        for _ in range(calls):
            self.last = call()
        return time.perf_counter() - start

    def run(self, calls):
        return self.time(self.call, calls)

    def result(self):
        return self.last

    def close(self):
        self.call = self.last = None


class Handle(ctypes.Structure):
    """struct rtk_peer_arm of peer_arm.h."""

    _fields_ = [("call", ctypes.c_void_p), ("before", ctypes.c_void_p),
                ("drop", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
                ("plan_ns", ctypes.c_double)]


class NativeArm(Arm):
    """make() gives a pointer to a Handle, or a false one; `keep` are the arrays
    that it works on, `out` what result() reads, by way of `view`."""

    def __init__(self, modules, column, threads, make, out, keep=(), role="peer",
                 detail="", view=lambda x: x):
        super().__init__(column, threads, role, detail)
        self.modules, self.out, self.keep, self.view = modules, out, keep, view
        self.handle = make()
        if not self.handle:
            raise Unavailable(f"{self.column} has no such function, or refuses this case")
        self.plan_s = self.handle.contents.plan_ns / 1e9

    def run(self, calls):
        took = self.modules.timer.rtk_peer_time(self.handle, calls)
        if took < 0:
            raise CallFailed(f"{self.name}: a call failed with status {-took:.0f}")
        return took / 1e9

    def result(self):
        return self.view(self.out)

    def close(self):
        if self.handle:
            self.handle.contents.drop(ctypes.cast(self.handle, ctypes.c_void_p))
        self.handle = None


def aligned(shape, dtype, fill=None):
    """An array at a multiple of 64 bytes, whose pages are all there."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + 64, np.uint8)
    raw[:] = 0
    at = -raw.ctypes.data % 64
    array = raw[at:at + size].view(dtype).reshape(shape)
    if fill is not None:
        array[...] = fill
    return array


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


class Modules:
    """The shared objects in `build`/peers. Missing ones are told when first
    needed."""

    def __init__(self, build):
        self.folder = pathlib.Path(build) / "peers"
        self.loaded = {}
        self.timer = self.get("arm_timer")
        self.timer.rtk_peer_time.restype = ctypes.c_double
        self.timer.rtk_peer_time.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
        for ceiling in (self.timer.rtk_ceiling_fma, self.timer.rtk_ceiling_triad):
            ceiling.restype = ctypes.c_double
        self.timer.rtk_ceiling_fma.argtypes = [ctypes.c_uint, ctypes.c_uint64]
        self.timer.rtk_ceiling_triad.argtypes = [ctypes.c_uint] + 2 * [ctypes.c_uint64]

    def path(self, name):
        return self.folder / f"{name}.so"

    def get(self, name):
        """Bound at once: MKL, which is loaded last, puts its names where
        libraries that look later would find them."""
        if name not in self.loaded:
            if not self.path(name).exists():
                raise Unavailable(f"{self.path(name)} is not built")
            self.loaded[name] = ctypes.CDLL(
                self.path(name), os.RTLD_NOW | os.RTLD_LOCAL)
        return self.loaded[name]

    def maker(self, module, function):
        """A function of a module that makes an arm."""
        made = getattr(self.get(module), function, None)
        if made is None:
            raise Unavailable(f"{OURS} does not have this yet")
        made.restype = ctypes.POINTER(Handle)
        return made


def spec(*fields):
    """A ctypes structure: spec(("n", c_uint64), ...)(n=1)."""
    return type("Spec", (ctypes.Structure,), {"_fields_": list(fields)})
