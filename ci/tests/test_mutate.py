"""ci/mutate: the mutants are what they say, and one of them is killed."""

import pathlib
import subprocess
import sys

import pytest

CI = pathlib.Path(__file__).resolve().parents[1]
ROOT = CI.parent
sys.path.insert(0, str(CI))

import mutants  # noqa: E402

SOURCE = """\
static void lock_it(void) {
    pthread_mutex_lock(&outer);
}
static void unlock_it(void) {
    pthread_mutex_unlock(&outer);
}
/* pthread_mutex_lock(&comment) is no lock. */
static int count(struct s *s) {
    pthread_mutex_lock(&s->lock);
    while (s->n == 0 && !s->end)
        pthread_cond_wait(&s->more, &s->lock);
    pthread_cond_broadcast(&s->more);
    pthread_mutex_unlock(&s->lock);
    return atomic_fetch_sub_explicit(&s->at[f(1, 2)], g(3),
                                     memory_order_acq_rel);
}
static _Bool swap(struct s *s, int to) {
    return atomic_compare_exchange_weak_explicit(
        &s->n, &to, to + 1, memory_order_release, memory_order_relaxed);
}
"""


def made(operator, source=SOURCE):
    return [m for m in mutants.mutants("some.c", source)
            if m.operator == operator]


def test_locks_go_from_a_function_or_from_all_that_lock_and_unlock():
    inner, outer = sorted(made("remove-lock"), key=lambda m: m.what)[::-1]
    assert "pthread_mutex_lock(&s->lock)" not in inner.text
    assert "pthread_mutex_unlock(&s->lock)" not in inner.text
    assert "pthread_mutex_lock(&outer)" in inner.text
    assert "(&outer)" not in outer.text
    assert "(&comment)" in outer.text and outer.line == 2


def test_each_order_but_relaxed_is_weakened_once():
    first, second = made("weaken-order")
    assert (first.line, second.line) == (15, 19)
    assert "memory_order_acq_rel" not in first.text
    assert "memory_order_release" in first.text
    assert "memory_order_release" not in second.text


def test_atomic_steps_are_split_with_all_their_arguments():
    fetch, compare = made("split-step")
    assert "RTK_SPLIT_FETCH(&s->at[f(1, 2)], -, g(3))" in fetch.text
    assert "RTK_SPLIT_COMPARE(&s->n, &to, to + 1)" in compare.text
    # Line numbers stay, so that a finding names the line of the source.
    assert fetch.text.count("\n") == SOURCE.count("\n")


def test_wake_ups_are_lost_and_waits_made_once():
    (one,) = made("signal-one")
    assert "pthread_cond_signal(&s->more)" in one.text
    (none,) = made("wake-nobody")
    assert "broadcast" not in none.text and "signal" not in none.text
    (once,) = made("wait-once")
    assert "if (s->n == 0 && !s->end)" in once.text and once.line == 10


def test_our_kernels_have_mutants_of_every_operator():
    done = subprocess.run([CI / "mutate", "--list"], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert {name.split(":")[2] for name in names} == set(mutants.OPERATORS)
    assert len(set(names)) >= 40
    assert not any("/test/" in name for name in names)


def test_the_sample_depends_on_the_seed_alone():
    def listed(seed):
        return subprocess.run(
            [CI / "mutate", "--list", "--sample=5", f"--seed={seed}"],
            capture_output=True, text=True, check=True).stdout
    assert listed(1) == listed(1) != listed(2)
    assert len(listed(1).splitlines()) == 5


def test_without_a_build_tree_it_says_so(tmp_path):
    done = subprocess.run([CI / "mutate", "--build", tmp_path, "--sample=1"],
                          capture_output=True, text=True)
    assert done.returncode == 3 and "no configured build tree" in done.stderr


@pytest.mark.skipif(
    not (ROOT / "build/default/plugins/reference/tsan.so").exists(),
    reason="the tsan lane of build/default was not built")
def test_a_cache_without_its_lock_is_killed():
    rows = (ROOT / "kernels/fft/line_cache.c").read_text().splitlines()
    begin = next(i for i, row in enumerate(rows)
                 if row.startswith("static rtk_status make("))
    line = 1 + next(i for i, row in enumerate(rows)
                    if i > begin and "pthread_mutex_lock" in row)
    done = subprocess.run(
        [CI / "mutate", "--lane=tsan", "--scenario=churn", "--budget=5",
         f"--match=line_cache.c:{line}:remove-lock"], capture_output=True,
        text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 killed, 0 survived" in done.stdout and "tsan" in done.stdout
