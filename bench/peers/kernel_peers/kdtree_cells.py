"""Trees over uniform points, and their nearest neighbours for queries in random
order."""

import ctypes
import functools

import numpy as np
import scipy.spatial

from arms import OURS, NativeArm, PythonArm, aligned, pointer, spec
from cells import Cell, Target, column

Spec = spec(*[(name, ctypes.c_uint64) for name in ("n", "d", "queries", "k")],
            ("workers", ctypes.c_uint), ("is_build", ctypes.c_int))


@functools.lru_cache(maxsize=1)  # cells of one tree stand side by side
def cloud(n, d):
    return aligned((n, d), float, np.random.default_rng(n + d).random((n, d)))


@functools.lru_cache(maxsize=1)
def scipy_tree(n, d):
    return scipy.spatial.cKDTree(cloud(n, d))


class TreeCell(Cell):
    """k = 0: the build."""

    family = "kdtree"

    def __init__(self, n, d, k, queries):
        self.n, self.d, self.k, self.queries = n, d, k, queries
        self.footprint = 8 * n * d
        what = f"{queries} queries, k = {k}" if k else "build"
        super().__init__(f"{what}, {n} points, d = {d}")

    @functools.cached_property
    def input(self):
        shape = (max(self.queries, 1), self.d)
        return cloud(self.n, self.d), aligned(
            shape, float, np.random.default_rng(self.k + 1).random(shape))

    @functools.cached_property
    def wanted(self):
        """Distances, queries x k."""
        tree, (_, queries) = scipy_tree(self.n, self.d), self.input
        return tree.query(queries, max(self.k, 1), workers=-1)[0].reshape(len(queries), -1)

    def truth(self):
        return self.wanted

    def off(self, arm):
        """A tree that was built is judged where it is asked."""
        if not self.k and arm.result() is not None:
            return 0.0
        return super().off(arm)

    def release(self):
        self.first = {}
        self.__dict__.pop("input", None)
        self.__dict__.pop("wanted", None)

    # --- arms -------------------------------------------------------------------

    def scipy_arm(self, workers):
        tree, (_, queries) = scipy_tree(self.n, self.d), self.input
        count = len(queries)
        return PythonArm(
            "cKDTree", workers,
            lambda: tree.query(queries, self.k, workers=workers)[0].reshape(count, -1))

    def scipy_build_arm(self, plain):
        points, _ = self.input
        return PythonArm(
            "cKDTree", 1, lambda: scipy.spatial.cKDTree(
                points, balanced_tree=not plain, compact_nodes=not plain),
            detail="plain" if plain else "")

    def nanoflann_arm(self, context, module, workers):
        return self.native_arm(context, module, "rtk_nanoflann_arm", "nanoflann",
                               workers, "peer", np.sqrt)

    def our_arm(self, context, workers):
        return self.native_arm(context, "our_arms", "rtk_kdtree_arm", OURS, workers,
                               "ours")

    def native_arm(self, context, module, function, name, workers, role,
                   view=lambda x: x):
        """The arms of one library share the tree that the first of them made."""
        make, (points, queries) = context.modules.maker(module, function), self.input
        s = Spec(n=self.n, d=self.d, queries=self.queries, k=self.k, workers=workers,
                 is_build=not self.k)
        out = aligned((len(queries), max(self.k, 1)), float)
        arm = NativeArm(
            context.modules, name, workers,
            lambda: make(ctypes.byref(s), pointer(points), pointer(queries),
                         pointer(out), self.first.get(name)), out, role=role, view=view)
        arm.plan_s = 0.0  # has a cell of its own
        if self.k:
            self.first.setdefault(name, arm.handle)
        return arm

    def arms(self, context):
        self.first = {}
        if context.quick:  # answers are compared, nothing is timed
            self.queries = min(self.queries, 1000)
        made = [functools.partial(self.our_arm, context, w) for w in context.workers]
        made += [functools.partial(self.nanoflann_arm, context, module, w)
                 for module, _ in context.nanoflann for w in context.workers]
        if self.k:
            return made + [functools.partial(self.scipy_arm, w) for w in context.workers]
        return made + [functools.partial(self.scipy_build_arm, plain)
                       for plain in (False, True)]


# points, dimensions, queries: the more the cheaper one is
CLOUDS = [(10**5, 3, 10**5), (10**5, 8, 10**4), (10**6, 3, 10**5), (10**6, 8, 5000)]


def cells():
    return [TreeCell(n, d, k, queries if k else 0)
            for n, d, queries in CLOUDS for k in (0, 1, 8)]


def asks(cell):
    return cell.k > 0


TARGETS = [
    Target("queries, geometric mean against nanoflann", "mean", 3, column("nanoflann"),
           asks),
    Target("queries, geometric mean against cKDTree", "mean", 4, column("cKDTree"), asks),
    Target("queries, geometric mean against cKDTree", "mean", 10, column("cKDTree"),
           asks, moonshot=True),
    Target("queries, worst cell against nanoflann", "worst", 1.25, column("nanoflann"),
           asks),
    Target("build, worst cell against nanoflann", "worst", {1: 1.0, 2: 1.3},
           column("nanoflann"), lambda cell: not cell.k),
]
