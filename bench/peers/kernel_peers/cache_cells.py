"""What a plan costs that is already in the cache of lines."""

import ctypes
import functools

from arms import OURS, NativeArm
from cells import Cell, Target, column

LOCKS = "3 lock/unlock pairs"


class CacheCell(Cell):
    family = "cache"
    tolerance = 0

    def arm(self, context, name, is_lock, threads):
        make = context.modules.maker("our_arms", "rtk_cache_arm")
        return NativeArm(context.modules, name, threads,
                         lambda: make(ctypes.c_int(is_lock), ctypes.c_uint(threads)),
                         None, role="peer" if is_lock else "ours")

    def off(self, arm):
        """Nothing is computed; a hit that fails is told by the call."""
        return 0.0

    def arms(self, context):
        return [functools.partial(self.arm, context, *which, w)
                for which in ((OURS, False), (LOCKS, True)) for w in context.workers]


def cells():
    return [CacheCell("100000 hits")]


TARGETS = [
    Target("a hit against 3 uncontended lock/unlock pairs", "worst", {1: 1.0},
           column(LOCKS)),
    Target("hits: scaling by the machine's", "scaling", 0.9),
]
