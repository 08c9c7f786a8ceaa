"""ci/setup on machines that lack something, played by stand-ins in PATH.

The stand-ins work as root and as any user; nothing is installed."""

import hashlib
import os
import pathlib
import shutil
import subprocess

import pytest

CI = pathlib.Path(__file__).resolve().parents[1]

# Says "installed" of every package that is not in $ABSENT.
DPKG_QUERY = """#!/bin/bash
shift 2
for name in "${@:2}"; do
    [[ " $ABSENT " == *" $name "* ]] || echo "installed $name"
done
"""
ID = """#!/bin/bash
echo "${FAKE_UID:-0}"
"""
RECORD = """#!/bin/bash
echo "$(basename "$0") $*" >>"$CALLS"
"""
SUDO = RECORD + """
while [[ $1 == -* ]]; do shift; done
exec "$@"
"""
NO_SUDO = """#!/bin/bash
exit 1
"""


@pytest.fixture
def machine(tmp_path):
    """A scratch copy of ci/setup and a PATH of its own."""
    (tmp_path / "ci").mkdir()
    shutil.copy(CI / "setup", tmp_path / "ci/setup")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/requirements.lock").write_text("# nothing\n")
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for tool in ("bash", "env", "cat", "sed", "head", "tail", "grep", "mkdir",
                 "sha256sum", "dirname", "basename", "rm", "true"):
        (bin_ / tool).symlink_to(shutil.which(tool))
    Machine = type("Machine", (), {})
    m = Machine()
    m.root, m.calls = tmp_path, tmp_path / "calls"

    def tool(name, text):
        path = bin_ / name
        path.write_text(text)
        path.chmod(0o755)

    def run(*args, absent="", uid=0):
        m.calls.write_text("")
        return subprocess.run(
            ["/bin/bash", tmp_path / "ci/setup", *args], text=True,
            capture_output=True, stdin=subprocess.DEVNULL,
            env={"PATH": str(bin_), "ABSENT": absent, "FAKE_UID": str(uid),
                 "CALLS": str(m.calls)})

    m.tool, m.run = tool, run
    tool("dpkg-query", DPKG_QUERY)
    tool("id", ID)
    tool("apt-get", RECORD)
    return m


def with_environment(machine):
    """The same machine, its Python environment there and up to date."""
    text = b"".join((machine.root / name).read_bytes() for name in
                    ("reports/requirements.lock", "ci/setup"))
    digest = hashlib.sha256(text + f"{machine.root}\n".encode()).hexdigest()
    venv = machine.root / "build/venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to(shutil.which("true"))
    (venv / "stamp").write_text(f"{digest}  -\n")
    return machine


def sentence(done):
    assert done.returncode == 3, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("setup: "), done.stderr
    return lines[0]


def test_the_list_names_each_package_once_with_a_reason():
    listed = subprocess.run([CI / "setup", "--dev", "--list"], text=True,
                            capture_output=True, check=True).stdout.splitlines()
    names = [line.split()[0] for line in listed]
    assert len(names) == len(set(names)) > 20
    assert all(len(line.split()) > 1 for line in listed)


def test_what_is_missing_is_announced_and_then_installed(machine):
    done = with_environment(machine).run(absent="cmake elfutils")
    assert (done.returncode, done.stderr) == (0, "")
    announced = [line for line in done.stdout.splitlines() if "apt-get" in line]
    assert announced == [
        "setup: installing by apt-get: cmake elfutils "
        f"(log: {machine.root}/build/setup.log)"]
    update, install = machine.calls.read_text().splitlines()
    assert update.endswith(" update")
    assert install.endswith(" install --no-install-recommends cmake elfutils")


def test_nothing_missing_calls_no_apt_get(machine):
    done = with_environment(machine).run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.calls.read_text() == ""


def test_a_user_installs_through_sudo(machine):
    machine.tool("sudo", SUDO)
    with_environment(machine).run(absent="cmake", uid=1000)
    calls = machine.calls.read_text().splitlines()
    assert calls[0] == "sudo -n true"
    assert any(call.startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get")
               and call.endswith("install --no-install-recommends cmake")
               for call in calls)


def test_a_user_without_sudo_gets_one_sentence(machine):
    done = machine.run(absent="cmake", uid=1000)
    assert "cannot install cmake" in sentence(done)
    assert "no sudo" in sentence(done)


def test_a_user_whom_sudo_refuses_gets_one_sentence(machine):
    machine.tool("sudo", NO_SUDO)
    assert "sudo refuses" in sentence(machine.run(absent="cmake", uid=1000))


def test_without_apt_get_it_says_for_what_the_list_is_made(machine):
    (machine.root / "bin/apt-get").unlink()
    assert "Debian 12" in sentence(machine.run(absent="cmake"))
    (machine.root / "bin/dpkg-query").unlink()
    assert "Debian 12" in sentence(machine.run())


@pytest.mark.parametrize("error", [
    "Unable to locate package cmake",
    "Failed to fetch http://deb.example.org/x  Could not resolve host"])
def test_a_package_that_cannot_be_had_is_named_with_the_reason(machine, error):
    machine.tool("apt-get", f"#!/bin/bash\necho 'E: {error}' >&2\nexit 100\n")
    said = sentence(machine.run(absent="cmake"))
    assert "cmake" in said and error in said


def test_check_only_tells(machine):
    done = machine.run("--check", absent="cmake")
    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        "missing packages: cmake",
        "missing or out of date: the Python environment build/venv"]
    assert machine.calls.read_text() == ""
    assert not (machine.root / "build").exists()


def test_a_tool_of_the_checks_is_missed_only_by_dev(machine):
    assert "shellcheck" not in machine.run("--check", absent="shellcheck").stdout
    assert "shellcheck" in machine.run("--check", "--dev", absent="shellcheck").stdout


def test_a_place_that_cannot_be_written_gets_one_sentence(machine):
    (machine.root / "build").write_text("a file\n")
    assert "cannot write" in sentence(machine.run(absent="cmake"))


def test_an_incomplete_source_gets_one_sentence(machine):
    (machine.root / "reports/requirements.lock").unlink()
    assert "requirements.lock" in sentence(machine.run())


def test_an_unknown_option_is_usage(machine):
    done = machine.run("--fsat")
    assert done.returncode == 2 and "--fsat" in done.stderr


@pytest.mark.skipif(not os.access("/usr/bin/python3", os.X_OK),
                    reason="needs the distribution's python3")
def test_the_environment_is_made_once_and_again_when_the_lock_changes(machine):
    def stamp():
        return (machine.root / "build/venv/stamp").stat().st_mtime_ns

    first = machine.run()
    assert (first.returncode, first.stderr) == (0, "")
    assert "build/venv" in first.stdout
    made = stamp()
    second = machine.run()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert stamp() == made
    (machine.root / "reports/requirements.lock").write_text("# changed\n")
    assert machine.run().returncode == 0
    assert stamp() > made
    imported = subprocess.run(
        [machine.root / "build/venv/bin/python", "-c",
         "import sys; print('\\n'.join(sys.path))"], text=True, capture_output=True)
    assert str(machine.root / "reports") in imported.stdout.splitlines()


def test_a_python_package_that_cannot_be_had_gets_one_sentence(machine):
    (machine.root / "reports/requirements.lock").write_text("jinja2==3.1.6\n")
    assert "hashes" in sentence(machine.run()).lower()
