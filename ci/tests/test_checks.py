"""Each check of ci/ is shown a planted violation, and a sound tree."""

import json
import pathlib
import subprocess

import pytest

CI = pathlib.Path(__file__).resolve().parents[1]

SOUND = {
    "harness/clock.h": """\
#ifndef RTK_CLOCK_H
#define RTK_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds of a clock that never goes back. MT-Safe. */
uint64_t rtk_clock_ns(void);

/* The same, in other units:
 *
 *   rtk_clock_ms  rounded
 *
 * MT-Unsafe race:pool, and
 * of more words. */
uint64_t rtk_clock_us(void);
uint64_t rtk_clock_ms(void);

/* A type is no function, nor is a field. */
typedef struct rtk_tick {
    uint64_t (*read)(void);
} rtk_tick;

/* Twice `x`. MT-Safe, AS-Safe. */
static inline int rtk_twice(int x) {
    return 2 * x;
}

#ifdef __cplusplus
}
#endif

#endif
""",
    "harness/clock.c": """\
#include "harness/clock.h"

uint64_t rtk_clock_ns(void) {
    return 1;
}
""",
    "kernels/workers/status.h": "typedef int rtk_status;\n",
    "bench/shim.cc": "int main() {\n    return 0;\n}\n",
    "ci/run": "#!/bin/bash\nset -e\necho \"$1\"\n",
    ".clang-format": (CI.parent / ".clang-format").read_text(),
    ".clang-tidy": (CI.parent / ".clang-tidy").read_text(),
}


def tree(root, changes=()):
    for name, text in {**SOUND, **dict(changes)}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    database = [
        {"directory": str(root), "file": str(path), "command":
         f"clang-19 -std=c11 -I{root} -DRTK_LANE=\\\"{lane}\\\" -o x.o -c {path}"}
        for lane in ("tsan", "native") for path in root.glob("harness/*.c")]
    (root / "build/default").mkdir(parents=True, exist_ok=True)
    (root / "build/default/compile_commands.json").write_text(json.dumps(database))
    return root


def run(check, root):
    return subprocess.run([CI / f"check-{check}", root], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


CHECKS = ["layers", "docs", "names", "headers", "format", "shell", "cppcheck",
          "tidy"]

# check, file, its text, what the answer must name
PLANTED = [
    ("layers", "kernels/workers/up.c", '#include "harness/clock.h"\n', "up.c:1"),
    ("layers", "harness/up.c", '#include "stress/verdict.h"\n', "not a file"),
    ("layers", "stress/side.c", '#include "bench/shim.cc"\n', "side.c:1"),
    ("layers", "harness/near.c", '#include "clock.h"\n', "near.c:1"),
    ("layers", "harness/c11.c", "#include <threads.h>\n", "threads.h"),
    ("layers", "harness/omp.c", "#include <omp.h>\n", "omp.h"),
    ("layers", "harness/plus.cc", "int a;\n", "plus.cc"),
    ("layers", "reports/load.py", "import ctypes\n", "load.py"),
    ("docs", "harness/a.h", "int rtk_a(void);\n", "rtk_a"),
    ("docs", "harness/a.h", "/* Words. */\nint rtk_a(void);\n", "rtk_a"),
    ("docs", "harness/a.h", "/* MT-Safe. */\nint rtk_a(void);\n\nint rtk_b(void);\n",
     "rtk_b"),
    ("docs", "harness/a.h", "/* MT-Safe. But then more. And more. */\n"
     "int rtk_a(int (*f)(void));\n", "rtk_a"),
    ("docs", "harness/a.h", "/* Of the type. MT-Safe. */\nstruct s { int a; };\n\n"
     "static inline int rtk_a(void) { return 1; }\n", "rtk_a"),
    ("docs", "harness/a.h", "__attribute__((noreturn))\nvoid rtk_a(void)\n"
     "    __attribute__((cold));\n", "rtk_a"),
    ("names", "stress/clock.c", "int a;\n", "clock.c"),
    ("names", "stress/tree.c", "typedef struct tree { int a; } tree_t;\n", "tree_t"),
    ("names", "stress/tree.c", "typedef unsigned long word_t;\n", "word_t"),
    ("names", "stress/tree.c", "struct tree_t { int a; };\n", "tree_t"),
    ("names", "docs/a.md", "see /home/me/notes\n", "/home/me/notes"),
    ("names", "docs/a.md", "from https://packages.example.com/simple\n",
     "packages.example.com"),
    ("names", "ci/get", "pip install --index-url x\n", "--index-url"),
    ("headers", "harness/a.h", "size_t rtk_a(void);\n", "a.h"),
    ("headers", "harness/a.h", 'extern "C" {\n}\n', "a.h"),
    ("headers", "harness/a.h", "#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
     "int rtk_a(int class);\n#ifdef __cplusplus\n}\n#endif\n", "c++17"),
    ("format", "harness/a.c", "int a( void ){return 1 ;}\n", "a.c"),
    ("format", "bench/a.cc", "int  a;\n", "a.cc"),
    ("shell", "ci/run", "#!/bin/bash\necho $1\n", "SC2086"),
    ("shell", ".ci/run", "#!/bin/bash\ncd $1\n", "SC2164"),
    ("cppcheck", "harness/a.c", "int a(void) { int b[2] = {0}; return b[2]; }\n",
     "a.c"),
    ("cppcheck", "harness/a.c", "#include <stdlib.h>\nvoid a(void) {\n"
     "    char *p = malloc(1);\n    p[0] = 1;\n    free(p);\n    free(p);\n}\n",
     "a.c"),
    ("tidy", "harness/a.c", "#include <string.h>\nint a(const char *s);\n"
     "int a(const char *s) { return strcmp(s, \"b\") ? 1 : 0; }\n"
     "int b(void);\nint b(void) { int x; return x; }\n", "a.c"),
    ("tidy", "harness/a.c", "int a(int x);\nint a(int x) { return x == x; }\n",
     "misc-redundant-expression"),
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return tree(tmp_path_factory.mktemp("sound"))


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_tree_passes(check, sound):
    done = run(check, sound)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(("check", "name", "text", "named"), PLANTED)
def test_a_planted_violation_is_caught(check, name, text, named, tmp_path):
    done = run(check, tree(tmp_path, {name: text}))
    assert done.returncode == 1, done.stdout
    assert named in done.stdout


def test_lint_remembers_what_was_clean_but_not_what_has_changed(tmp_path):
    root = tree(tmp_path)
    assert run("tidy", root).returncode == 0
    marks = set((root / "build/lint/tidy").iterdir())
    assert len(marks) == 1
    (root / ".clang-tidy").write_text("Checks: '-*,misc-*'\n")
    assert run("tidy", root).returncode == 0
    (root / "harness/clock.h").write_text(
        SOUND["harness/clock.h"].replace("2 * x", "x * 2"))
    assert run("tidy", root).returncode == 0
    assert len(set((root / "build/lint/tidy").iterdir())) == 3


def test_all_checks_are_run_and_one_failure_is_the_exit_code(tmp_path):
    root = tree(tmp_path, {"harness/a.h": "int rtk_a(void);\n"})
    done = subprocess.run([CI / "check", root], capture_output=True, text=True)
    lines = [line.split()[:2] for line in done.stdout.splitlines()]
    assert lines == [["FAIL" if c == "docs" else "pass", c] for c in CHECKS]
    assert done.returncode == 1
