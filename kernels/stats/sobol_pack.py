#!/usr/bin/env python3
"""Write sobol_directions.bin from the table that SciPy carries.

usage: sobol_pack.py      (with the versions of kernels/test/requirements.txt)

The numbers are those of S. Joe and F. Y. Kuo, new-joe-kuo-6.21201, which they
publish under a licence of three clauses (BSD); see "Constructing Sobol sequences
with better two-dimensional projections", SIAM J. Sci. Comput. 30 (2008). For each
dimension, most significant bit first: the degree g of the polynomial in 5 bits,
its g - 1 inner coefficients, and for i = 1 .. g the first direction numbers m_i,
odd and below 2^i, as (m_i - 1) / 2 in i - 1 bits.
"""

import os
import pathlib

import numpy
import scipy.stats

HERE = pathlib.Path(__file__).resolve().parent


def bits():
    folder = os.path.dirname(scipy.stats.__file__)
    table = numpy.load(os.path.join(folder, "_sobol_direction_numbers.npz"))
    for poly, first in zip(table["poly"].tolist(), table["vinit"].tolist()):
        degree = poly.bit_length() - 1
        yield degree, 5
        yield poly >> 1 & (1 << max(degree - 1, 0)) - 1, max(degree - 1, 0)
        for i in range(degree):
            yield first[i] >> 1, i


def main():
    text = "".join(format(value, f"0{width}b") for value, width in bits() if width)
    text += "0" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big")
    (HERE / "sobol_directions.bin").write_bytes(data)
    print(f"{len(data)} bytes")


main()
