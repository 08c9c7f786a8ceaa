"""Several flavours of OpenBLAS are installed side by side (ci/setup), and all
are called libopenblas.so.0: what is built must still run on the one that it
was built for, whichever the machine's alternatives prefer."""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAVOUR = "openblas-pthread"
BUILT = ["plugins/reference/native.so", "plugins/reference/asan.so",
         "plugins/reference/tsan.so", "bin/racetrack-linalg-splits"]


def said(*command):
    return subprocess.run(command, text=True, capture_output=True,
                          check=True).stdout


@pytest.mark.parametrize("name", BUILT)
def test_what_is_built_names_the_folder_of_its_openblas(name):
    built = ROOT / "build/default" / name
    if not built.exists():
        pytest.skip(f"{name} is not built")
    folder = "build/deps/tsan/lib" if "tsan" in name else FLAVOUR
    # A folder in the file itself comes before the alternatives' link.
    paths = re.findall(r"\((?:RUNPATH|RPATH)\).*\[(.*)\]", said("readelf", "-d", built))
    assert folder in "".join(paths)
    resolved = re.search(r"libopenblas\S* => (\S+)", said("ldd", built))
    assert folder in resolved[1]


@pytest.mark.parametrize("link", ["libopenblas.so.0", "libblas.so.3",
                                  "liblapack.so.3"])
def test_the_other_flavours_do_not_outrank_it(link):
    if not shutil.which("update-alternatives"):
        pytest.skip("there is no update-alternatives here")
    rank = {}
    for block in said("update-alternatives", "--query",
                      f"{link}-x86_64-linux-gnu").split("\n\n")[1:]:
        fields = dict(line.split(": ", 1) for line in block.splitlines()
                      if ": " in line)
        rank[fields["Alternative"]] = int(fields["Priority"])
    best = max(rank, key=rank.get)
    assert FLAVOUR in best, rank
