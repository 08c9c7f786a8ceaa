"""Our control of thread pools against Python's threadpoolctl, in one process:
both see the same libraries and numbers, whoever sets them."""

import ctypes.util
import pathlib
import shutil
import subprocess
import sys

import both_controllers
import pytest
from conftest import PROGRAM

OURS = pathlib.Path(PROGRAM).parents[1] / "lib/libracetrack-threadpools.so"
FOLDER = "/usr/lib/x86_64-linux-gnu"
OPENBLAS = [f"{FOLDER}/openblas{bits}-{threads}/libopenblas{bits}.so.0"
            for bits in ("", "64") for threads in ("pthread", "openmp", "serial")]
BLIS = [f"{FOLDER}/blis-{threads}/libblis.so.4"
        for threads in ("openmp", "pthread", "serial")]
OPENMP = [f"{FOLDER}/libgomp.so.1", f"{FOLDER}/libomp.so.5"]


@pytest.fixture
def both():
    """both(check, argument...): run check_*() in a process of its own."""
    def run(check, *arguments):
        done = subprocess.run(
            [sys.executable, both_controllers.__file__, OURS, check,
             *map(str, arguments)], text=True, capture_output=True)
        if done.returncode == both_controllers.SKIPPED:
            pytest.skip(f"{done.stdout.strip()}; see ci/setup --dev")
        assert done.returncode == 0, done.stdout + done.stderr
    assert OURS.exists(), f"{OURS} is not built"
    return run


@pytest.mark.parametrize("path", OPENBLAS + BLIS + OPENMP)
def test_each_library_alone(both, path):
    both("check_together", path)


def test_all_openblas_at_once(both):
    both("check_together", *OPENBLAS)


def test_everything_at_once(both):
    both("check_together", *OPENMP, *BLIS, *OPENBLAS)


def test_numpy_and_its_private_openblas(both):
    both("check_numpy")


@pytest.mark.parametrize("path", [OPENBLAS[0], OPENBLAS[1], OPENMP[0]])
def test_a_library_that_is_loaded_inside_a_scope(both, path):
    both("check_loaded_later", path)


@pytest.mark.parametrize("flavour", ["openmp", "pthread", "serial"])
def test_ours_sees_blis_in_a_file_called_libblas(both, flavour):
    both("check_more_is_seen", f"{FOLDER}/blis-{flavour}/libblas.so.3", "unknown",
         False)


@pytest.mark.parametrize("name", ["fftw3_threads", "fftw3f_threads", "fftw3_omp"])
def test_ours_sees_fftw(both, name):
    file = ctypes.util.find_library(name)
    if not file:
        pytest.skip(f"lib{name} is not installed")
    both("check_more_is_seen", f"{FOLDER}/{file}", "fftw", True)


def test_ours_limits_an_openblas_inside_another_library(both, tmp_path):
    archive = pathlib.Path(f"{FOLDER}/openblas-pthread/libopenblas.a")
    if not archive.exists():
        pytest.skip("libopenblas-pthread-dev has no libopenblas.a here")
    library = tmp_path / "libsolver.so"
    (tmp_path / "solver.c").write_text(
        "int openblas_get_num_threads(void), cblas_idamax(int, double *, int);\n"
        "void openblas_set_num_threads(int);\n"
        "int solver(double *x) {\n"
        "    openblas_set_num_threads(openblas_get_num_threads());\n"
        "    return cblas_idamax(1, x, 1);\n}\n")
    subprocess.run([shutil.which("gcc"), "-shared", "-fPIC", tmp_path / "solver.c",
                    archive, "-lm", "-lpthread", "-o", library], check=True)
    both("check_static_is_limited", library)
