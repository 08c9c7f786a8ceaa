"""docs/workers.md names tests: each of them exists, in the file that it says;
and its whole program compiles and runs."""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/workers.md"


def c_tests():
    """Base name of a test's file -> its tests."""
    return {
        path.stem: set(re.findall(r"^static void (\w+)\(\s*void \*\*",
                                  path.read_text(), re.M))
        for path in (ROOT / "kernels").rglob("*_test.c")
    }


def named(text):
    """(file or None, test) of each name: `file: test`, or the test alone."""
    pattern = r"`(?:(\w+_test): )?([a-z0-9]+(?:_[a-z0-9]+){2,})`"
    for file, test in re.findall(pattern, text):
        if not test.startswith("rtk_") and not test.endswith("_test"):
            yield file, test


def test_each_test_that_is_named_exists():
    known = c_tests()
    names = list(named(PAGE.read_text()))
    assert len(names) > 30
    for file, test in names:
        files = [file] if file else known
        assert any(test in known.get(f, ()) for f in files), (file, test)


def test_each_bullet_of_scipys_page_has_a_test():
    rows = re.findall(r"^\| P(\d+) \|.*$", PAGE.read_text(), re.M)
    assert rows == [str(i) for i in range(1, 11)]
    for row in re.findall(r"^\| P\d+ \|.*$", PAGE.read_text(), re.M):
        assert list(named(row)), row


def test_a_name_that_does_not_exist_is_seen():
    assert list(named("`some_test: not_there_at_all`")) == [
        ("some_test", "not_there_at_all")]
    assert list(named("`rtk_cpus_usable`, `most`")) == []


def test_the_example_with_processes_compiles_and_runs(tmp_path):
    compiler = shutil.which("cc") or shutil.which("clang-19")
    if not compiler:
        pytest.skip("there is no C compiler")
    programs = [text for text in re.findall(r"^```c\n(.*?)^```", PAGE.read_text(),
                                            re.M | re.S) if "int main" in text]
    assert len(programs) == 1
    (tmp_path / "example.c").write_text(programs[0])
    workers = ROOT / "kernels/workers"
    sources = [path for folder in (workers, workers / "threads",
                                   workers / "processes")
               for path in sorted(folder.glob("*.c"))]
    subprocess.run([compiler, "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Werror",
                    f"-I{ROOT}", "example.c", *sources, "-pthread", "-lm", "-o",
                    "example"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "example"], capture_output=True, text=True,
                          timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "998001\n", "")
