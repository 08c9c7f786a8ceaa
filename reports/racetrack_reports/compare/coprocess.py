"""A build under measurement: racetrack-bench as a co-process that takes a sample
when it is told to. docs/coprocess.md says what crosses the pipes."""

import json
import os
import select
import signal
import subprocess
import tempfile
import time

PROTOCOL = 1
QUIET_S = 120  # the longest that a call or the opening of a cell may take
LINE_MOST = 1 << 24
# OpenBLAS' idle threads spin for 2^26 ticks unless told, 20 ms into the next sample.
OPENBLAS_SPIN = "OPENBLAS_THREAD_TIMEOUT", "20"


class Gone(Exception):
    """The co-process crashed, hung, or spoke what is no reply. `fault`: whether
    its own calls are to blame, or something outside (kill -9)."""

    def __init__(self, sentence, fault):
        super().__init__(sentence)
        self.fault = fault


class Refused(Exception):
    """It could not do what it was asked; a sentence."""


def of_signal(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class CoProcess:
    """One process of one build. Use it in a `with`, or close() it."""

    def __init__(self, program, plugin, selection=(), padding=0, quiet_s=QUIET_S):
        self.plugin, self.quiet_s = plugin, quiet_s
        self.pinned, self.waiting, self.rest = None, 0, b""
        self.errors = tempfile.TemporaryFile()
        # Where the stack begins depends on the environment's size: it is drawn.
        environment = dict(os.environ, RACETRACK_PADDING="x" * padding)
        environment.setdefault(*OPENBLAS_SPIN)
        self.child = subprocess.Popen(
            [str(program), "--serve", "--plugin", str(plugin), *selection],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            env=environment, start_new_session=True)
        try:
            self.greeting = self.reply()
            if self.greeting.get("protocol") != PROTOCOL:
                raise Refused(f"{program} speaks another protocol; build it anew")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End it, and all that it started."""
        if self.child.poll() is None:
            try:
                os.killpg(self.child.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()
        self.errors.close()

    def said(self):
        """The last line on its standard error, or ""."""
        end = self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, end - 2000))
        lines = self.errors.read().decode("utf-8", "replace").split("\n")
        return next((x.strip() for x in reversed(lines) if x.strip()), "")

    def died(self):
        """What a process that ended came to, as an exception."""
        try:
            code = self.child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return Gone("it closed its pipe", True)
        if code == 2:
            return Refused(self.said().removeprefix("racetrack-bench: "))
        if code == -signal.SIGKILL:
            return Gone("it was killed from outside (SIGKILL; out of memory?)", False)
        said = self.said()
        how = f"crashed by {of_signal(-code)}" if code < 0 else f"ended with {code}"
        return Gone(f"it {how}" + (f": {said}" if said else ""), True)

    def send(self, *words):
        """Ask; the reply is taken by reply()."""
        try:
            os.write(self.child.stdin.fileno(),
                     (" ".join(map(str, words)) + "\n").encode())
        except BrokenPipeError:
            raise self.died() from None
        self.waiting += 1

    def reply(self):
        """The next reply, an object."""
        until = time.monotonic() + self.quiet_s
        while b"\n" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.child.stdout], [], [], left)[0]:
                raise Gone(f"it hung: no reply within {self.quiet_s:g} s", True)
            more = os.read(self.child.stdout.fileno(), 1 << 16)
            if not more:
                raise self.died()
            self.rest += more
            if len(self.rest) > LINE_MOST:
                raise Gone("its reply never ends", True)
        line, self.rest = self.rest.split(b"\n", 1)
        self.waiting = 0
        try:
            record = json.loads(line)
        except ValueError:
            raise Gone("its reply is not JSON", True) from None
        if record.get("record") == "error":
            raise Refused(record.get("reason", "it refused"))
        return record

    def ask(self, *words):
        self.send(*words)
        return self.reply()

    def pin(self, cpus):
        """Let its first thread run on these CPUs."""
        if self.pinned != cpus:
            os.sched_setaffinity(self.child.pid, cpus)
            self.pinned = cpus
