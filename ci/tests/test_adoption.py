"""The ground floor by itself, as another project would take it: installed and
found by pkg-config, or as two folders of sources."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror"]

PROGRAM = """\
#include <stdio.h>

#include "kernels/threadpools/threadpools.h"
#include "kernels/workers/apply.h"
#include "kernels/workers/processes/process_pool.h"
#include "kernels/workers/workers.h"

static rtk_status square(void *arg, size_t part) {
    double *y = (double *)arg;
    y[part] = (double)part * (double)part;
    return RTK_OK;
}

int main(void) {
    double y[100], sum = 0;
    rtk_loop loop;
    rtk_pools *pools = NULL;
    rtk_status s = rtk_parallel_for(NULL, 2, 100, square, y, &loop);
    if (s) return 1;
    for (int i = 0; i < 100; i++) sum += y[i];
    if (rtk_pools_new(&pools)) return 1;
    printf("%.0f %zu\\n", sum, rtk_pools_count(pools));
    rtk_pools_free(pools);
    return 0;
}
"""


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), text=True,
                          capture_output=True, **options)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def built_and_run(compiler, source, folder, *flags):
    program = folder / "program"
    run(compiler, *FLAGS, source, *flags, "-o", program)
    return run(program)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """The ground floor, configured, built and installed without the rest."""
    folder = tmp_path_factory.mktemp("adoption")
    run("cmake", "-S", ROOT, "-B", folder / "build", "-G", "Ninja",
        "-DCMAKE_C_COMPILER=gcc", "-DCMAKE_CXX_COMPILER=g++",
        "-DRTK_LANES=native", "-DRTK_BUILD_TESTS=OFF", "-DRTK_BUILD_BENCH=OFF",
        "-DRTK_MPI=OFF")
    run("cmake", "--build", folder / "build", "--target", "workers_native",
        "threadpools_native")
    run("cmake", "--install", folder / "build", "--component", "ground-floor",
        "--prefix", folder / "prefix")
    return folder / "prefix"


@pytest.mark.parametrize("compiler, suffix", [("gcc", "c"), ("g++", "cc")])
def test_installed_libraries_are_found_by_pkg_config(prefix, tmp_path, compiler,
                                                     suffix):
    source = tmp_path / f"program.{suffix}"
    source.write_text(PROGRAM)
    paths = ":".join(str(p.parent) for p in prefix.rglob("*.pc"))
    flags = run("pkg-config", "--cflags", "--libs", "racetrack-workers",
                "racetrack-threadpools",
                env={**os.environ, "PKG_CONFIG_PATH": paths}).split()
    assert built_and_run(compiler, source, tmp_path, *flags) == "328350 0\n"


def test_only_the_public_headers_are_installed(prefix):
    installed = sorted(p.name for p in prefix.rglob("*.h"))
    assert "workers.h" in installed and "threadpools.h" in installed
    assert not [name for name in installed if "internal" in name]


def test_two_folders_of_sources_are_enough(tmp_path):
    for folder in ("workers", "threadpools"):
        shutil.copytree(ROOT / "kernels" / folder, tmp_path / "kernels" / folder,
                        ignore=shutil.ignore_patterns("test", "mpi"))
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    sources = sorted((tmp_path / "kernels").rglob("*.c"))
    assert built_and_run("gcc", source, tmp_path, *sources, "-std=c11",
                         "-D_GNU_SOURCE", f"-I{tmp_path}", "-pthread", "-ldl",
                         "-lm") == "328350 0\n"
