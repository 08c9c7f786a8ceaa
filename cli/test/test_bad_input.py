"""Bad input: one clear sentence, exit code 2, nothing left behind."""

import pathlib
import subprocess

import pytest

from conftest import PROGRAM, ROOT, records

SUBCOMMANDS = ["list", "stress", "replay", "selftest", "bench", "report", "gate"]


# ---- Names and options ----------------------------------------------------------


def test_no_subcommand_says_which_there_are(run):
    done = run()
    assert done.code == 2, done
    assert all(name in done.out + done.err for name in SUBCOMMANDS), done


def test_an_unknown_subcommand_is_named(run):
    run("strees").refused(2, "strees")


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_an_unknown_option_is_named(run, command):
    run(command, "--no-such-option").refused(2, "--no-such-option")


@pytest.mark.parametrize("command", [[], *([name] for name in SUBCOMMANDS)])
def test_help_goes_to_stdout_and_is_no_error(run, command):
    done = run(*command, "--help")
    assert (done.code, done.err) == (0, ""), done
    assert len(done.out.splitlines()) > 3, done


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_help_has_an_example(run, command):
    out = run(command, "--help").out
    assert out.count(f"racetrack {command}") > 1, out


def nothing_written(done):
    assert not (done.folder / "out").exists(), done


def test_an_unknown_subject_is_named_and_the_known_ones_too(run):
    nothing_written(run("stress", "fft.nope", "--lane", "native", "--out", "out")
                    .refused(2, "fft.nope", "fft.c2c"))


def test_an_unknown_scenario_is_named_and_the_known_ones_too(run):
    nothing_written(run("stress", "--scenario", "quiet", "--out", "out")
                    .refused(2, "quiet", "shared_instance"))


def test_an_unknown_lane_is_named_and_the_known_ones_too(run):
    nothing_written(run("stress", "--lane", "msan", "--out", "out")
                    .refused(2, "msan", "native"))


def test_an_unknown_oracle_is_named_and_the_known_ones_too(run):
    nothing_written(run("stress", "--oracle", "delphi", "--out", "out")
                    .refused(2, "delphi", "truth"))


def test_list_takes_only_what_can_be_listed(run):
    run("list", "colours").refused(2, "colours", "subjects")


@pytest.mark.parametrize("value", ["0", "x", "", "1.5", "2x", "-100000",
                                   "99999999999999999999"])
def test_workers_outside_the_grammar_are_refused(run, value):
    done = run("stress", "reduce.sum", "--lane", "native", f"--workers={value}",
               "--out", "out")
    nothing_written(done.refused(2, "workers"))
    assert f'"{value}"' in done.err or f"'{value}'" in done.err or (
        value.strip() and value in done.err), done


@pytest.mark.parametrize(("option", "value"), [
    ("--actors", "0"), ("--actors", "-1"), ("--actors", "x"),
    ("--actors", "1000000"), ("--budget", "x"), ("--budget", "-5s"),
    ("--budget", "nan"), ("--budget", ""), ("--budget", "5 parsecs"),
    ("--seed", "x"), ("--seed", "-1"), ("--seed", "99999999999999999999999")])
def test_a_number_out_of_range_is_refused_with_the_option(run, option, value):
    nothing_written(run("stress", "reduce.sum", "--lane", "native",
                        f"{option}={value}", "--out", "out").refused(2, option))


@pytest.mark.parametrize("option", ["--seed", "--workers", "--actors", "--budget",
                                    "--lane", "--scenario", "--plugin", "--out"])
def test_an_option_without_its_value_is_refused(run, option):
    run("stress", option).refused(2, option)


# ---- Plug-ins -------------------------------------------------------------------


def with_plugin(run, path, *more):
    return run("stress", "--plugin", path, "--lane", "native", "--out", "out", *more)


def test_a_missing_plugin_is_named(run):
    nothing_written(with_plugin(run, "no/such.so").refused(2, "no/such.so"))


def test_a_folder_without_the_lane_is_named(run, tmp_path):
    (tmp_path / "empty").mkdir()
    with_plugin(run, tmp_path / "empty").refused(2, "empty", "native")


def test_a_missing_plugin_is_named_before_a_sweep(run):
    nothing_written(run("bench", "--plugin", "no/such.so", "--out", "out")
                    .refused(2, "no/such.so"))


def test_a_program_or_plugin_that_is_not_built_is_named(run, tmp_path):
    """As when only the target `racetrack` was built."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/racetrack"
    program.write_bytes(pathlib.Path(PROGRAM).read_bytes())
    program.chmod(0o755)
    for command, code in (["bench"], 3), (["list", "subjects"], 3):
        done = subprocess.run([program, *command], capture_output=True, text=True,
                              cwd=tmp_path)
        assert done.returncode == code, done
        assert len(done.stderr.splitlines()) == 1, done
        assert "racetrack-" in done.stderr and "not built" in done.stderr, done


def test_a_text_file_is_not_a_plugin(run, tmp_path):
    (tmp_path / "notes.so").write_text("not a library\n")
    with_plugin(run, tmp_path / "notes.so").refused(2, "notes.so")


def test_an_empty_file_is_not_a_plugin(run, tmp_path):
    (tmp_path / "empty.so").write_text("")
    with_plugin(run, tmp_path / "empty.so").refused(2, "empty.so")


def test_a_library_without_the_entry_is_told_which(run, tmp_path, compile_c):
    source = tmp_path / "other.c"
    source.write_text("int other(void);\nint other(void) { return 1; }\n")
    with_plugin(run, compile_c(source, "other.so")).refused(
        2, "other.so", "racetrack_plugin")


def test_a_library_with_a_missing_symbol_is_told_which(run, tmp_path, compile_c):
    source = tmp_path / "lacking.c"
    source.write_text("int absent_function(void);\nint here(void);\n"
                      "int here(void) { return absent_function(); }\n")
    with_plugin(run, compile_c(source, "lacking.so")).refused(
        2, "lacking.so", "absent_function")


def test_a_plugin_of_another_abi_is_refused_with_both_numbers(run, compile_c):
    source = ROOT / "cli/test/whole_plugin.c"
    done = with_plugin(run, compile_c(source, "future.so", "-DABI=777"))
    done.refused(2, "future.so", "777", "1")


def test_a_plugin_without_a_table_is_refused(run, compile_c):
    source = ROOT / "cli/test/whole_plugin.c"
    with_plugin(run, compile_c(source, "none.so", "-DNO_TABLE")).refused(2, "none.so")


def test_a_plugin_that_crashes_while_it_loads_is_named(run, tmp_path, compile_c):
    source = tmp_path / "bomb.c"
    source.write_text("#include <stdlib.h>\n"
                      "__attribute__((constructor)) static void load(void) {\n"
                      "    abort();\n}\n")
    done = with_plugin(run, compile_c(source, "bomb.so"))
    assert done.code in (1, 2), done
    assert "bomb.so" in done.sentence(), done


def test_an_uninstrumented_plugin_never_holds_in_a_sanitizer_lane(
        run, whole, tmp_path):
    done = run("stress", "whole.sound", "--plugin", whole, "--lane", "tsan",
               "--scenario", "private_data", "--budget", "2s", "--out", "out")
    assert done.code in (2, 3), done
    words = {r["verdict"] for r in records(tmp_path / "out/records.jsonl")
             if r["record"] == "verdict"}
    assert words == {"could not run"}, done


# ---- Replays and reports -----------------------------------------------------------


def test_a_replay_needs_a_file_and_a_finding(run):
    run("replay").refused(2)
    run("replay", "records.jsonl").refused(2, "records.jsonl")


def test_a_replay_of_a_missing_file_names_it(run):
    run("replay", "no/records.jsonl#f1").refused(2, "no/records.jsonl")


def test_a_replay_of_an_unknown_finding_names_it(stress, run):
    assert stress("whole.sound").code == 0
    run("replay", "out/records.jsonl#f99").refused(2, "f99")


@pytest.mark.parametrize("times", ["0", "-1", "x"])
def test_a_replay_needs_a_positive_number_of_times(run, times):
    run("replay", "records.jsonl#f1", f"--times={times}").refused(2, "--times")


def test_a_report_of_a_missing_file_names_it(run):
    done = run("report", "no/records.jsonl", "-o", "report.html")
    assert done.code in (2, 3), done
    assert "no/records.jsonl" in done.sentence(), done


def test_a_report_of_something_else_names_the_line(run, tmp_path):
    (tmp_path / "poem.jsonl").write_text("roses are red\n")
    done = run("report", "poem.jsonl", "-o", "report.html")
    assert done.code in (2, 3), done
    assert "poem.jsonl" in done.sentence() and "1" in done.sentence(), done
    assert not pathlib.Path(tmp_path / "report.html").exists()
