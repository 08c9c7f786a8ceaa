"""Bad luck: what was recorded stays readable, the exit code says what happened,
and no process, thread or temporary file is left behind."""

import json
import os
import resource
import shutil
import signal

import pytest

from conftest import marked, records

RECORDS = "out/records.jsonl"


def of_kind(path, kind):
    return [r for r in records(path) if r["record"] == kind]


def ended(path):
    """The last record, which must be the end."""
    last = records(path)[-1]
    assert last["record"] == "end", last
    return last


# ---- Nowhere to write -----------------------------------------------------------


@pytest.mark.parametrize("command", [["stress", "--lane", "native"], ["selftest"],
                                     ["bench"], ["gate", "--lane", "native"]])
def test_an_output_folder_below_a_file_is_refused(run, tmp_path, command):
    (tmp_path / "file").write_text("")
    run(*command, "--out", "file/out").refused(3, "file/out")


def test_records_in_a_missing_folder_are_refused(stress):
    stress("whole.sound", "--records", "no/such/records.jsonl").refused(
        3, "no/such/records.jsonl")


def test_a_full_disk_from_the_start_is_said(stress):
    done = stress("whole.sound", "--records", "/dev/full")
    assert done.code == 3, done
    assert "/dev/full" in done.sentence() and "space" in done.sentence(), done


def limit_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def test_a_disk_that_fills_up_keeps_what_was_written(start, whole, tmp_path):
    done = start("stress", "whole.sound", "whole.fails", "--plugin", whole,
                 "--lane", "native", "--budget", "4s", "--out", "out",
                 preexec_fn=limit_files).finish()
    assert done.code == 3, done
    assert "records" in done.sentence(), done
    assert records(tmp_path / RECORDS)[0]["record"] == "run"


def test_a_report_that_cannot_be_written_is_said(stress, run, tmp_path):
    assert stress("whole.sound").code == 0
    (tmp_path / "file").write_text("")
    done = run("report", RECORDS, "-o", "file/report.html")
    assert done.code == 3, done
    assert "file/report.html" in done.sentence(), done


def test_stdout_on_a_full_disk_is_no_success(start):
    done = start("list", stdout="/dev/full").finish()
    assert done.code == 3, done


# ---- Trials that end badly -------------------------------------------------------


def the_verdict(tmp_path):
    (verdict,) = of_kind(tmp_path / RECORDS, "verdict")
    return verdict


def test_a_sound_subject_holds(stress, tmp_path):
    done = stress("whole.sound")
    assert done.code == 0, done
    assert the_verdict(tmp_path)["verdict"] in ("as claimed", "inconclusive")
    assert ended(tmp_path / RECORDS)["status"] == "complete"
    assert ended(tmp_path / RECORDS)["exit"] == 0


def test_a_crash_while_a_trial_is_made_ready_is_that_trials(stress, tmp_path):
    assert stress("whole.unfilled").code == 1
    findings = of_kind(tmp_path / RECORDS, "finding")
    assert len(findings) == 1, findings
    functions = {f["function"] for s in findings[0]["stacks"] for f in s["frames"]}
    assert "fill_crashes" in functions, findings


def test_a_trial_that_crashes_refutes_and_shows_where(stress, tmp_path):
    done = stress("whole.crashes")
    assert done.code == 1, done
    assert the_verdict(tmp_path)["verdict"] == "refuted"
    finding = of_kind(tmp_path / RECORDS, "finding")[0]
    assert finding["oracle"] == "crash", finding
    functions = [f["function"] for s in finding["stacks"] for f in s["frames"]]
    assert "crashes" in functions, finding
    assert ended(tmp_path / RECORDS)["exit"] == 1


def test_a_trial_that_hangs_is_stopped_and_all_its_threads_shown(stress, tmp_path):
    done = stress("whole.hangs", "--actors", "3", "--timeout", "2s")
    assert done.code == 1, done
    assert the_verdict(tmp_path)["verdict"] == "refuted"
    finding = of_kind(tmp_path / RECORDS, "finding")[0]
    assert finding["oracle"] == "hang", finding
    hanging = [s for s in finding["stacks"]
               if any(f["function"] == "hangs" for f in s["frames"])]
    assert len(hanging) == 3, finding


def test_a_trial_killed_with_9_is_said_and_never_as_claimed(stress, tmp_path):
    done = stress("whole.is_killed")
    assert done.code in (1, 3), done
    assert the_verdict(tmp_path)["verdict"] in ("refuted", "could not run")
    assert "kill" in json.dumps(records(tmp_path / RECORDS)), done
    assert ended(tmp_path / RECORDS)["exit"] == done.code


def test_a_trial_that_exits_is_never_as_claimed(stress, tmp_path):
    done = stress("whole.exits")
    assert done.code in (1, 3), done
    assert the_verdict(tmp_path)["verdict"] in ("refuted", "could not run")


def test_a_call_that_fails_refutes_with_its_message(stress, tmp_path):
    done = stress("whole.fails")
    assert done.code == 1, done
    finding = of_kind(tmp_path / RECORDS, "finding")[0]
    assert "this call always fails" in finding["summary"], finding


def test_what_a_trial_printed_last_stands_in_its_finding(stress, tmp_path):
    done = stress("whole.warns")
    assert done.code == 1, done
    assert done.err == "", done
    finding = of_kind(tmp_path / RECORDS, "finding")[0]
    assert finding["oracle"] == "crash", finding
    lines = finding["output"].splitlines()
    assert "it is all over" in lines[-1], lines
    assert lines[-2] == "warning 999: something is too small", lines
    assert len(lines) == 12, lines
    assert "printed: warning 999" in done.out, done
    trial = of_kind(tmp_path / RECORDS, "trial")[0]
    assert trial["printed"] > 30000, trial


def test_what_a_sound_trial_prints_reaches_nobody(stress, tmp_path):
    done = stress("whole.chats")
    assert (done.code, done.err) == (0, ""), done
    assert "chat\n" not in done.out, done
    assert of_kind(tmp_path / RECORDS, "trial")[0]["printed"] > 0
    done = stress("whole.chats", environment={"RACETRACK_TRIAL_OUTPUT": "1"})
    assert "chat chat chat\n" in done.err, done
    assert "printed" not in of_kind(tmp_path / RECORDS, "trial")[0]


def test_a_thread_that_overflows_its_stack_is_a_crash_with_its_stack(
        stress, tmp_path):
    done = stress("whole.overflows")
    assert done.code == 1, done
    finding = of_kind(tmp_path / RECORDS, "finding")[0]
    assert finding["kind"] == "segmentation fault", finding
    functions = [f["function"] for s in finding["stacks"] for f in s["frames"]]
    assert functions.count("overflow") > 3, finding


def test_the_stacks_of_all_threads_of_a_hang_arrive(stress, tmp_path):
    if not shutil.which("eu-stack"):
        pytest.skip("eu-stack is not installed")
    done = stress("whole.hangs", "--actors", "64", "--timeout", "2s")
    finding = of_kind(tmp_path / RECORDS, "finding")[0]
    assert finding["oracle"] == "hang", finding
    in_hangs = [s for s in finding["stacks"]
                if "hangs" in {f["function"] for f in s["frames"]}]
    assert len(in_hangs) == 64, len(finding["stacks"])
    assert done.out.count("thread ") < 10, done


def test_one_bad_subject_does_not_hide_the_others(start, whole, tmp_path):
    done = start("stress", "whole.crashes", "whole.sound", "--plugin", whole,
                 "--lane", "native", "--scenario", "private_data", "--budget",
                 "4s", "--out", "out").finish()
    assert done.code == 1, done
    words = {v["subject"]: v["verdict"]
             for v in of_kind(tmp_path / RECORDS, "verdict")}
    assert words["whole.crashes"] == "refuted"
    assert words["whole.sound"] in ("as claimed", "inconclusive")


# ---- Interrupted ------------------------------------------------------------------


def slow(start, whole, *more):
    return start("stress", "whole.is_slow", "--plugin", whole, "--lane", "native",
                 "--budget", "300s", "--out", "out", *more)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130),
                                              (signal.SIGTERM, 143)])
def test_an_interrupted_run_is_marked_partial(start, whole, tmp_path, number, code):
    running = slow(start, whole)
    running.until_record(tmp_path / RECORDS, "trial")
    running.process.send_signal(number)
    done = running.finish()
    assert done.code == code, done
    end = ended(tmp_path / RECORDS)
    assert (end["status"], end["exit"]) == ("partial", code)


def test_an_interrupt_of_the_whole_group_ends_alike(start, whole, tmp_path):
    running = slow(start, whole, "--scenario", "processes")
    running.until_record(tmp_path / RECORDS, "trial")
    os.killpg(running.process.pid, signal.SIGINT)
    done = running.finish()
    assert done.code == 130, done
    assert ended(tmp_path / RECORDS)["status"] == "partial"


def test_an_interrupt_stops_a_hanging_trial(start, whole, tmp_path):
    running = start("stress", "whole.hangs", "--plugin", whole, "--lane", "native",
                    "--scenario", "processes", "--budget", "300s", "--timeout",
                    "300s", "--out", "out")
    running.until_record(tmp_path / RECORDS, "run")
    running.until(lambda: len(marked(running.mark)) > 3, "processes of a trial")
    running.process.send_signal(signal.SIGINT)
    assert running.finish().code == 130


def test_what_a_partial_run_recorded_can_be_reported(start, run, whole, tmp_path):
    running = slow(start, whole)
    running.until_record(tmp_path / RECORDS, "trial")
    running.process.send_signal(signal.SIGINT)
    assert running.finish().code == 130
    done = run("report", RECORDS, "-o", "report.html")
    assert done.code in (0, 3, 130), done
    assert "partial" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("scenario", ["private_data", "processes", "first_call"])
def test_a_killed_run_leaves_readable_records_and_no_process(
        start, whole, tmp_path, scenario):
    running = slow(start, whole, "--scenario", scenario)
    running.until_record(tmp_path / RECORDS, "trial" if scenario == "private_data"
                         else "run")
    running.until(lambda: len(marked(running.mark)) > 2, "processes of a trial")
    running.process.kill()
    assert running.finish().code == -signal.SIGKILL
    assert records(tmp_path / RECORDS)[0]["record"] == "run"
    assert not of_kind(tmp_path / RECORDS, "end")


@pytest.mark.parametrize("command", ["selftest", "bench"])
def test_other_commands_are_interrupted_alike(start, command, tmp_path):
    running = start(command, "--out", "out")
    running.until_record(tmp_path / RECORDS, "run")
    running.process.send_signal(signal.SIGINT)
    done = running.finish()
    assert done.code == 130, done
    assert ended(tmp_path / RECORDS)["status"] == "partial"


def test_a_runner_that_is_killed_does_not_end_the_run(start, whole, tmp_path):
    running = start("stress", "whole.is_slow", "--plugin", whole, "--lane",
                    "native", "--scenario", "private_data", "--scenario", "churn",
                    "--budget", "6s", "--out", "out")
    running.until_record(tmp_path / RECORDS, "trial")
    (runner, *_) = children(running.process.pid)
    os.kill(runner, signal.SIGKILL)
    done = running.finish()
    assert done.code == 3, done
    words = {v["scenario"]: v["verdict"]
             for v in of_kind(tmp_path / RECORDS, "verdict")}
    assert set(words) == {"private_data", "churn"}, words
    assert ended(tmp_path / RECORDS)["exit"] == 3


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]
