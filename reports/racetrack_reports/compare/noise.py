"""A noisy neighbour: bursts of 5 to 500 ms of arithmetic or of memory traffic, with
pauses, until it is killed. Two of these make the load of `selftest --stats`."""

import random
import sys
import time

import numpy as np


def burst(until, x, y):
    if x is None:
        value = 1.0
        while time.monotonic() < until:
            for _ in range(1000):
                value = value * 1.0000001 + 1e-9
        return
    while time.monotonic() < until:
        np.copyto(x, y)


def main(seed, duty):
    draw = random.Random(seed)
    memory = np.zeros(1 << 22), np.ones(1 << 22)
    while True:
        length = draw.uniform(0.005, 0.5)
        burst(time.monotonic() + length, *(draw.choice((memory, (None, None)))))
        time.sleep(length * (1 - duty) / duty)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
