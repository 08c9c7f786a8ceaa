"""An installed racetrack, for the tests of how others take it."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/default"


class Installed:
    """A prefix, and commands as a user of it would give them."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.home = next(prefix.glob("lib*/**/racetrack/bin")).parent
        clean = {k: v for k, v in os.environ.items() if not k.startswith(
            ("RACETRACK", "CMAKE_", "PKG_CONFIG", "TSAN_", "ASAN_", "CC",
             "CFLAGS", "LDFLAGS", "MAKEFLAGS"))}
        self.environment = clean | {
            "PATH": f"{prefix}/bin:{os.environ['PATH']}",
            "PKG_CONFIG_PATH": str(next(prefix.rglob("racetrack.pc")).parent),
            "RACETRACK_PYTHON": str(ROOT / "build/venv/bin/python")}

    def run(self, *command, code=0, folder=None, **more):
        """Run a command; its exit code must be `code`. The finished process."""
        done = subprocess.run(list(map(str, command)), text=True, cwd=folder,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              env=self.environment | more)
        assert done.returncode == code, (command, done.returncode, done.stdout,
                                         done.stderr)
        return done


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """build/default, installed, and then moved to another place."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", folder / "first"],
                   check=True, stdout=subprocess.DEVNULL)
    (folder / "first").rename(folder / "prefix")
    return Installed(folder / "prefix")
