#!/usr/bin/env python3
"""Make build/peers-venv, the Python environment of kernel-peers: SciPy, ducc0 and
what they need from peers.lock; then MKL from mkl.lock, and the header of a newer
nanoflann from nanoflann.lock. These two are left out, with their reason, if they
cannot be had. Does nothing, at once, when all is there.

    peers_environment.py [--without-mkl]

Exit: 0 it is there, 2 usage, 3 it cannot be made."""

import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
VENV = ROOT / "build/peers-venv"
HEADER = VENV / "include/nanoflann/nanoflann.hpp"
LOCK, MKL_LOCK, NANOFLANN_LOCK = (HERE / f"{name}.lock"
                                  for name in ("peers", "mkl", "nanoflann"))


def stamp(mkl):
    text = b"".join(f.read_bytes() for f in (LOCK, MKL_LOCK, NANOFLANN_LOCK))
    return hashlib.sha256(text + (b"mkl" if mkl else b"")).hexdigest()


def ready(mkl):
    mark = VENV / "stamp"
    return mark.exists() and mark.read_text() == stamp(mkl)


def run(*command):
    """None, or why it failed: one line."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
    return next((x for x in lines if x.startswith("ERROR: ")), lines[-1])


def pip(verb, lock, *options):
    return run(VENV / "bin/python", "-m", "pip", verb, "--no-input",
               "--disable-pip-version-check", "--require-hashes", *options, "-r", lock)


def install(lock):
    return pip("install", lock, "--only-binary", ":all:")


def take_header():
    """None, or why the header of nanoflann cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        failed = pip("download", NANOFLANN_LOCK, "--no-deps", "--no-binary", "pynanoflann",
                     "--dest", folder)
        if failed:
            return failed
        with tarfile.open(next(pathlib.Path(folder).glob("*.tar.gz"))) as source:
            name = next(n for n in source.getnames() if n.endswith("/nanoflann.hpp"))
            HEADER.parent.mkdir(parents=True, exist_ok=True)
            HEADER.write_bytes(source.extractfile(name).read())
    return None


def make(mkl):
    """What could not be had, or None. The stamp comes last: an interrupted run
    leaves nothing that looks complete."""
    if not sys.platform.startswith("linux"):
        return "kernel-peers runs on Linux alone"
    shutil.rmtree(VENV, ignore_errors=True)
    failed = run(sys.executable, "-m", "venv", VENV) or install(LOCK)
    if failed:
        return failed
    for name, without in (("mkl", install(MKL_LOCK) if mkl else "not asked for"),
                          ("nanoflann", take_header())):
        if without:
            (VENV / f"without-{name}").write_text(without + "\n")
            print(f"kernel-peers: {name} of PyPI is left out: {without}")
    (VENV / "stamp").write_text(stamp(mkl))
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--without-mkl", action="store_true",
                        help="some hundred megabytes less")
    mkl = not parser.parse_args().without_mkl
    if ready(mkl):
        return 0
    print("kernel-peers: making the Python environment build/peers-venv")
    failed = make(mkl)
    if failed:
        print(f"kernel-peers: cannot make {VENV}: {failed}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
