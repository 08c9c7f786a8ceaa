"""The recipes of CONTRIBUTING, done in a scratch copy of the tree: a kernel with
its subject, a scenario and a fault are each one file, and at most one line."""

import json
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

KERNEL_H = """\
#ifndef RTK_TWICE_H
#define RTK_TWICE_H

#include <stddef.h>

/* y[i] = 2 x[i] for i in 0 .. n-1. MT-Safe. */
void rtk_twice(const double *x, double *y, size_t n);

#endif
"""

KERNEL_C = """\
/* Twice an array: each element for itself. */
#include "kernels/reduce/twice.h"

void rtk_twice(const double *x, double *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = 2 * x[i];
}
"""

SUBJECT = """\
/* map.twice: the truth is a sum. */
#include "kernels/reduce/twice.h"
#include "kernels/subjects/subjects.h"

enum { COUNT = 1000 };

static const rtk_host *host;

static rtk_status describe(void *self, const rtk_args *args, rtk_views *views) {
    (void)self, (void)args;
    if (views->n < 2) return RTK_EINVAL;
    views->n = 2;
    rtk_describe(views, 0, "x", RTK_FLOAT64, RTK_IN, (size_t[3]){COUNT});
    rtk_describe(views, 1, "y", RTK_FLOAT64, RTK_OUT, (size_t[3]){COUNT});
    return RTK_OK;
}

static rtk_status fill(void *self, const rtk_args *args, const rtk_views *views,
                       uint64_t seed) {
    (void)self, (void)args;
    double *x = rtk_view_at(views, 0)->data;
    for (size_t i = 0; i < COUNT; i++) x[i] = host->random_uniform(seed, i);
    return RTK_OK;
}

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    (void)self, (void)instance, (void)call;
    rtk_twice(rtk_view_at(views, 0)->data, rtk_view_at(views, 1)->data, COUNT);
    return RTK_OK;
}

static rtk_status check(void *self, const rtk_args *args,
                        const rtk_views *views, const rtk_call *call,
                        rtk_truth *truth) {
    (void)self, (void)args, (void)call;
    const double *x = rtk_view_at(views, 0)->data;
    const double *y = rtk_view_at(views, 1)->data;
    truth->error = 0;
    for (size_t i = 0; i < COUNT; i++)
        if (y[i] != x[i] + x[i]) truth->error = 1;
    return RTK_OK;
}

static const rtk_claims claims = {.size = sizeof claims,
                                  .mt = RTK_MT_SAFE,
                                  .repeatable = RTK_TIER_A,
                                  .promises = RTK_INPUTS_UNTOUCHED};

static const rtk_op op = {
    .size = sizeof op, .name = "run", .claims = &claims, .run = run};

static const rtk_subject subject = {.size = sizeof subject,
                                    .name = "map.twice",
                                    .summary = "twice an array",
                                    .describe = describe,
                                    .fill = fill,
                                    .ops = &op,
                                    .n_ops = 1,
                                    .op_size = sizeof op,
                                    .check = check};

const rtk_subject *rtk_twice_subject(const rtk_host *given) {
    host = given;
    return &subject;
}
"""

SCENARIO = """\
#include "stress/scenario.h"

const rtk_scenario rtk_scenario_two_calls = {
    .name = "two_calls",
    .summary = "threads that call twice, on data of their own",
    .usage = {.actors = RTK_THREADS, .calls_most = 2},
};
"""

FAULT = """\
/* The last element is left out. */
#include "stress/faults/fault_common.h"

static rtk_status run(void *self, void *instance, const rtk_views *views,
                      rtk_call *call) {
    double own[RTK_TWIN_COUNT];
    (void)self, (void)instance, (void)call;
    rtk_twin_work(own, views);
    if (RTK_PLANT(last_left_out)) rtk_twin_y(views)[RTK_TWIN_COUNT - 1] = 0;
    return RTK_OK;
}

RTK_TWIN(last_left_out, .run = run)
"""
FAULT_LINE = """\
RTK_FAULT(last_left_out, 14, "wrong value", "the last element is left out",
          "native", "truth", "private_data", FULL)
"""

RECIPES = {
    "kernels/reduce/twice.h": KERNEL_H,
    "kernels/reduce/twice.c": KERNEL_C,
    "kernels/subjects/twice_subject.c": SUBJECT,
    "stress/scenarios/two_calls.c": SCENARIO,
    "stress/faults/last_left_out.c": FAULT,
}
NAMES = {"subjects": "map.twice", "scenarios": "two_calls",
         "faults": "last_left_out"}


class Scratch:
    """A copy of the tree with a build of its native lane."""

    def __init__(self, folder):
        self.tree, self.build = folder / "tree", folder / "build"
        shutil.copytree(ROOT, self.tree, ignore=shutil.ignore_patterns(
            ".git", "build", "out", "__pycache__"))
        self.call("cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja",
                  "-DCMAKE_C_COMPILER=clang-19", "-DCMAKE_CXX_COMPILER=clang++-19",
                  "-DRTK_LANES=native", "-DRTK_BUILD_TESTS=OFF",
                  "-DRTK_BUILD_BENCH=OFF", "-DRTK_WERROR=ON")
        self.make()

    def call(self, *command, code=0):
        done = subprocess.run(list(map(str, command)), cwd=self.tree, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == code, done.stdout
        return done.stdout

    def make(self):
        self.call("cmake", "--build", self.build)

    def racetrack(self, *args, code=0):
        return self.call(self.build / "bin/racetrack", *args, code=code)

    def listed(self, what):
        listed = json.loads(self.racetrack("list", what, "--json"))
        return {one["name"] for one in listed[what]}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    s = Scratch(tmp_path_factory.mktemp("recipes"))
    s.before = {what: s.listed(what) for what in NAMES}
    for name, text in RECIPES.items():
        (s.tree / name).write_text(text)
    with open(s.tree / "stress/faults/faults.def", "a", encoding="ascii") as file:
        file.write(FAULT_LINE)
    s.make()
    return s


@pytest.mark.parametrize("what", NAMES)
def test_what_was_added_is_listed_beside_the_rest(scratch, what):
    assert scratch.listed(what) == scratch.before[what] | {NAMES[what]}


def test_an_added_kernel_is_stressed(scratch):
    out = scratch.racetrack("stress", "map.twice", "--lane", "native",
                            "--scenario", "private_data", "--budget", "3s",
                            "--out", scratch.build / "kernel")
    assert "map.twice" in out and "as claimed" in out


def test_an_added_scenario_is_used(scratch):
    out = scratch.racetrack("stress", "reduce.sum", "--lane", "native",
                            "--scenario", "two_calls", "--budget", "3s",
                            "--out", scratch.build / "scenario")
    assert "two_calls" in out


def test_an_added_fault_is_found_and_its_twin_holds(scratch):
    out = scratch.racetrack("selftest", "last_left_out", "--out",
                            scratch.build / "fault")
    assert "1/1 planted faults found, 1/1 sound twins held" in out


@pytest.mark.parametrize("check", ["layers", "docs", "names", "headers", "format"])
def test_what_was_added_passes_the_checks(scratch, check):
    done = subprocess.run([scratch.tree / f"ci/check-{check}"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    added = [pathlib.Path(name).name for name in RECIPES]
    assert not [line for line in done.stdout.splitlines()
                if any(name in line for name in added)]
