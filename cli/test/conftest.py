"""Whole runs of racetrack through its command line.

RACETRACK names another program than build/default/bin/racetrack. Each run has
its own folder, its own temporary folder and a mark in its environment, by which
processes that it leaves behind are found wherever they went."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("RACETRACK", str(ROOT / "build/default/bin/racetrack"))
# Long enough for a busy machine; no test passes or fails by time but for hangs.
PATIENCE_S = 180


def marked(mark):
    """Process ids, other than zombies, that have the mark in their environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass
    return found


def records(path):
    """The whole lines of a file of records; a last line that was cut is left."""
    text = pathlib.Path(path).read_text()
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


class Running:
    """A run of racetrack, to be waited for or disturbed."""

    def __init__(self, folder, args, **options):
        self.folder, self.mark = folder, f"RTK_TEST_MARK={uuid.uuid4()}"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        name, value = self.mark.split("=")
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith(("RACETRACK", "TSAN_", "ASAN_",
                                                "OPENBLAS_", "OMP_"))}
        environment |= {name: value, "TMPDIR": str(self.temporary),
                        **options.pop("environment", {})}
        self.out, self.err = folder / "stdout", folder / "stderr"
        with open(options.pop("stdout", self.out), "wb") as out, \
                open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [PROGRAM, *map(str, args)], cwd=folder, stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, env=environment, start_new_session=True,
                **options)

    def until(self, seen, what):
        """Wait until seen() is true, while the run goes on."""
        end = time.monotonic() + PATIENCE_S
        while not seen():
            assert self.process.poll() is None, f"ended before {what}: {self.said()}"
            assert time.monotonic() < end, f"no {what}"
            time.sleep(0.02)

    def until_record(self, path, kind):
        self.until(lambda: pathlib.Path(path).exists() and any(
            r["record"] == kind for r in records(path)), f"a {kind} record")

    def said(self):
        return self.err.read_text(errors="replace")

    def finish(self):
        """Wait for the end; nothing may be left behind. Returns a Finished."""
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.clean_up()
            pytest.fail(f"no end after {PATIENCE_S} s: {self.said()}")
        self.nothing_left()
        return Finished(code, self.out.read_text(errors="replace")
                        if self.out.exists() else "", self.said(), self.folder)

    def nothing_left(self):
        # Whoever dies with its parent takes a moment to do so.
        end = time.monotonic() + 10
        while (left := marked(self.mark)) and time.monotonic() < end:
            time.sleep(0.02)
        names = {pid: commandline(pid) for pid in left}
        self.clean_up()
        assert not left, f"processes left behind: {names}"
        assert list(self.temporary.iterdir()) == [], "temporary files left behind"

    def clean_up(self):
        for pid in marked(self.mark):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def commandline(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return "?"


class Finished:
    def __init__(self, code, out, err, folder):
        self.code, self.out, self.err, self.folder = code, out, err, folder

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    def sentence(self):
        """The one sentence on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, f"not one sentence: {self!r}"
        assert lines[0].startswith("racetrack"), self
        return lines[0]

    def refused(self, code, *named):
        """It ended with `code` and one sentence that names all of `named`."""
        assert self.code == code, self
        for word in named:
            assert word in self.sentence(), self
        return self


@pytest.fixture
def start(tmp_path):
    """start(args...): a run in the background."""
    runs = []

    def start_(*args, **options):
        runs.append(Running(tmp_path, args, **options))
        return runs[-1]
    yield start_
    for one in runs:
        one.clean_up()


@pytest.fixture
def run(start):
    """run(args...): a run to its end, after which nothing is left behind."""
    return lambda *args, **options: start(*args, **options).finish()


@pytest.fixture(scope="session")
def compile_c(tmp_path_factory):
    """compile_c(source, name, flags...): a shared object."""
    folder = tmp_path_factory.mktemp("built")
    compiler = shutil.which("clang-19") or shutil.which("cc")

    def compile_(source, name, *flags):
        target = folder / name
        if not target.exists():
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-g", "-Wall",
                            "-Wextra", "-Werror", f"-I{ROOT}", *flags,
                            str(source), "-o", str(target)], check=True)
        return target
    return compile_


@pytest.fixture(scope="session")
def whole(compile_c):
    """The plug-in of whole_plugin.c, for the native lane."""
    return compile_c(ROOT / "cli/test/whole_plugin.c", "whole.so")


@pytest.fixture
def stress(run, whole):
    """stress(subject, options...): a short run of one scenario, native lane."""
    return lambda subject, *options, **more: run(
        "stress", subject, "--plugin", whole, "--lane", "native", "--scenario",
        "private_data", "--budget", "2s", "--out", "out", *options, **more)
