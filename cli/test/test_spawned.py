"""Actors as processes that are started afresh, through the command line."""

import os
import signal

import pytest

from conftest import ROOT, marked, records

RECORDS = "out/records.jsonl"
FLAGS = {"native": (), "tsan": ("-fsanitize=thread",),
         "asan": ("-fsanitize=address,undefined",)}


@pytest.fixture(scope="session")
def plugin(compile_c):
    """plugin(lane, word): spawned_plugin.c, built for the lane with -D<word>."""
    return lambda lane, word="SOUND": compile_c(
        ROOT / "cli/test/spawned_plugin.c", f"spawned-{lane}-{word}.so",
        f"-D{word}", *FLAGS[lane])


@pytest.fixture
def spawned(run, plugin, tmp_path):
    """spawned(subject, lane, ...): records of a short run, by kind."""
    def spawned_(subject, *options, lane="native", word="SOUND", code):
        done = run("stress", subject, "--plugin", plugin(lane, word), "--lane", lane,
                   "--scenario", "spawned", "--budget", "3s", "--out", "out",
                   *options)
        assert done.code == code, done
        kinds = {}
        for record in records(tmp_path / RECORDS):
            kinds.setdefault(record["record"], []).append(record)
        return kinds
    return spawned_


@pytest.mark.parametrize("lane", FLAGS)
def test_fresh_processes_give_the_same_bits(spawned, lane):
    kinds = spawned("afresh.sound", lane=lane, code=0)
    (verdict,) = kinds["verdict"]
    assert verdict["verdict"] == "as claimed"
    assert "bits" in verdict["oracles"] and verdict["overlapping_calls"] > 0
    assert kinds["trial"][0]["actors"] == 4


def test_a_value_torn_between_them_is_found_and_replayed(spawned, run):
    kinds = spawned("afresh.torn", code=1)
    assert [f["oracle"] for f in kinds["finding"]] == ["truth"]
    assert "a torn value" in kinds["finding"][0]["summary"]
    done = run("replay", "out#f1", "--times", "8")
    assert done.code == 1 and "seen again in" in done.out, done


def test_one_that_is_killed_is_told(spawned):
    kinds = spawned("afresh.is_killed", code=1)
    (finding,) = kinds["finding"]
    assert (finding["oracle"], finding["kind"]) == ("crash", "process died")
    assert "actor 2 died after 3 calls, of signal 9" in finding["summary"]
    # A finding, not the end of the trial or of the run.
    assert kinds["verdict"][0]["trials"] > 1
    assert kinds["trial"][0]["status"] == "completed"
    assert kinds["end"][0]["status"] == "complete"


def test_one_that_hangs_is_told_with_its_stack(spawned):
    kinds = spawned("afresh.hangs", code=1)
    (finding,) = [f for f in kinds["finding"] if f["oracle"] == "hang"]
    assert any(frame["function"] == "hangs" for stack in finding["stacks"]
               for frame in stack["frames"]), finding


@pytest.mark.parametrize(("word", "oracle", "sentence"), [
    ("STUCK", "hang", "no end after"), ("DIES", "crash", "after 0 calls, of signal 9"),
    ("REFUSES", "status", "could not begin")])
def test_what_befalls_one_that_loads_is_a_finding(spawned, word, oracle, sentence):
    kinds = spawned("afresh.sound", "--timeout", "2s", word=word, code=1)
    (finding,) = kinds["finding"]
    assert finding["oracle"] == oracle and sentence in finding["summary"]
    assert kinds["end"][0]["status"] == "complete"


@pytest.mark.parametrize(("lane", "subject", "oracle"), [
    ("tsan", "afresh.races", "tsan"), ("asan", "afresh.overruns", "asan")])
def test_what_a_sanitizer_sees_in_one_is_recorded(spawned, lane, subject, oracle):
    kinds = spawned(subject, lane=lane, code=1)
    assert oracle in {f["oracle"] for f in kinds["finding"]}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_none_is_left_behind(start, whole, tmp_path, number):
    running = start("stress", "whole.is_slow", "--plugin", whole, "--lane",
                    "native", "--scenario", "spawned", "--budget", "300s",
                    "--out", "out")
    running.until(lambda: len(marked(running.mark)) > 5, "workers of a trial")
    os.kill(running.process.pid, number)
    assert running.finish().code == (130 if number == signal.SIGINT else -9)
    assert records(tmp_path / RECORDS)[0]["record"] == "run"
