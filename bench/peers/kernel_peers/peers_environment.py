#!/usr/bin/env python3
"""Make build/peers-venv, the Python environment of kernel-peers: SciPy, ducc0 and
what they need from peers.lock, then MKL from mkl.lock, which is left out with
its reason if it cannot be had. Does nothing, at once, when all is there.

    peers_environment.py [--without-mkl]

Exit: 0 it is there, 2 usage, 3 it cannot be made."""

import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
VENV = ROOT / "build/peers-venv"
LOCK, MKL_LOCK = HERE / "peers.lock", HERE / "mkl.lock"


def stamp(mkl):
    text = LOCK.read_bytes() + MKL_LOCK.read_bytes()
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


def install(lock):
    return run(VENV / "bin/python", "-m", "pip", "install", "--no-input",
               "--disable-pip-version-check", "--require-hashes",
               "--only-binary", ":all:", "-r", lock)


def make(mkl):
    """What could not be had, or None. The stamp comes last: an interrupted run
    leaves nothing that looks complete."""
    if not sys.platform.startswith("linux"):
        return "kernel-peers runs on Linux alone"
    shutil.rmtree(VENV, ignore_errors=True)
    failed = run(sys.executable, "-m", "venv", VENV) or install(LOCK)
    if failed:
        return failed
    without = "not asked for" if not mkl else install(MKL_LOCK)
    if without:
        (VENV / "without-mkl").write_text(without + "\n")
        print(f"kernel-peers: MKL is left out: {without}")
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
