"""Our controller of thread pools and Python's threadpoolctl in one process.

Tests run check_*() of here in a process of its own, as what is loaded stays:
    python both_controllers.py OUR_LIBRARY check_name [argument...]
It exits with 0, with 77 when something is not installed, or with a traceback."""

import ctypes
import json
import os
import sys

import threadpoolctl

API = {None: 0, "blas": 1, "openmp": 2, "fft": 3}
# What both say of a library; ours says more.
SHARED = ("user_api", "internal_api", "num_threads", "prefix", "filepath",
          "version", "threading_layer", "architecture")
SKIPPED = 77


class Ours:
    """rtk_pools, through the shared object."""

    def __init__(self, path):
        self.c = ctypes.CDLL(path)
        self.libc = ctypes.CDLL(None)
        self.libc.open_memstream.restype = ctypes.c_void_p
        self.c.rtk_limits_before.restype = None
        self.pools = ctypes.c_void_p()
        self.right(self.c.rtk_pools_new(ctypes.byref(self.pools)))

    @staticmethod
    def right(status):
        assert status == 0, f"status {status}"

    def info(self):
        """The JSON of the C side, after a look for what is new."""
        self.right(self.c.rtk_pools_refresh(self.pools, None))
        text, length = ctypes.c_void_p(), ctypes.c_size_t()
        stream = ctypes.c_void_p(self.libc.open_memstream(
            ctypes.byref(text), ctypes.byref(length)))
        self.right(self.c.rtk_pools_write_json(self.pools, stream))
        self.libc.fclose(stream)
        said = ctypes.string_at(text, length.value)
        self.libc.free(text)
        return json.loads(said)

    def limit(self, threads, user_api=None):
        ours = self

        class Scope:
            def __enter__(self):
                self.scope = ctypes.c_void_p()
                ours.right(ours.c.rtk_limits_begin_api(
                    ours.pools, API[user_api], threads, ctypes.byref(self.scope)))

            def __exit__(self, *_):
                ours.right(ours.c.rtk_limits_end(self.scope, None))
        return Scope()


def load(path):
    try:
        # The mode of an extension module: nothing of it is seen by others.
        return ctypes.CDLL(path, mode=os.RTLD_NOW | os.RTLD_LOCAL)
    except OSError as error:
        print(error)
        sys.exit(SKIPPED)


def agree(ours, when, extra=()):
    """Both see the same libraries and numbers; ours may see `extra` more."""
    theirs = {lib["filepath"]: lib for lib in threadpoolctl.threadpool_info()}
    mine = {lib["filepath"]: lib for lib in ours.info()}
    more = set(mine) - set(theirs)
    assert set(theirs) <= set(mine), f"{when}: only they see {set(theirs) - set(mine)}"
    assert more == {os.path.realpath(path) for path in extra}, f"{when}: {more}"
    for path, lib in theirs.items():
        if lib.get("threading_layer") == "disabled":
            # BLIS without threads remembers a number; it has one thread.
            assert mine[path]["num_threads"] == 1, f"{when}: {path}"
            lib["num_threads"] = 1
        for key in SHARED:
            assert mine[path].get(key) == lib.get(key), (
                f"{when}: {key} of {path}: ours {mine[path].get(key)!r}, "
                f"theirs {lib.get(key)!r}")
    return theirs


def agree_under_limits(ours, extra=()):
    """Before, inside and after limits that either sets."""
    before = agree(ours, "before", extra)
    for api in (None, "blas", "openmp"):
        for threads in (1, 2):
            with ours.limit(threads, api):
                inside = agree(ours, f"inside ours of {threads}, {api}", extra)
                for path, lib in inside.items():
                    if api in (None, lib["user_api"]):
                        assert 1 <= lib["num_threads"] <= threads, path
            assert agree(ours, "after ours", extra) == before
            with threadpoolctl.threadpool_limits(threads, user_api=api):
                agree(ours, f"inside theirs of {threads}, {api}", extra)
            assert agree(ours, "after theirs", extra) == before
    with ours.limit(2), threadpoolctl.threadpool_limits(1):
        assert all(lib["num_threads"] == 1 for lib in
                   agree(ours, "theirs in ours", extra).values())
    assert agree(ours, "after both", extra) == before


def check_together(ours, *paths):
    for path in paths:
        load(path)
    agree_under_limits(ours)
    assert len(ours.info()) >= len(paths)


def check_numpy(ours):
    import numpy
    a = numpy.ones((100, 100))
    agree_under_limits(ours)
    assert [lib["symbol_prefix"] + lib["symbol_suffix"] for lib in ours.info()
            if "scipy_openblas" in lib["filepath"]] == ["scipy_64_"]
    with ours.limit(1):
        assert (a @ a == 100).all()


def check_more_is_seen(ours, path, api, controllable):
    """They do not see it, ours does, and says whether it can be limited."""
    load(path)
    file = os.path.realpath(path)
    agree(ours, "loaded", extra=[file])
    (lib,) = [lib for lib in ours.info() if lib["filepath"] == file]
    assert lib["internal_api"] == api, lib
    assert lib["controllable"] == (controllable == "True"), lib
    assert lib["controllable"] or lib["why"], lib


def check_static_is_limited(ours, path):
    """OpenBLAS inside another library, which exports its functions."""
    library = load(path)
    agree(ours, "loaded", extra=[path])
    before = library.openblas_get_num_threads()
    with ours.limit(1, "blas"):
        assert library.openblas_get_num_threads() == 1
    assert library.openblas_get_num_threads() == before
    library.openblas_set_num_threads(2)
    with threadpoolctl.threadpool_limits(1):
        assert library.openblas_get_num_threads() == 2  # they are blind to it
    agree(ours, "after", extra=[path])


def check_loaded_later(ours, path):
    assert ours.info() == []
    with ours.limit(1):
        load(path)
        agree(ours, "a library that came inside a scope")
    agree_under_limits(ours)


if __name__ == "__main__":
    globals()[sys.argv[2]](Ours(sys.argv[1]), *sys.argv[3:])
