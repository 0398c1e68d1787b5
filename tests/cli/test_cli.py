import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from steepest import cli
from steepest.cli import VERBS, complain, one_line, run
from steepest.cli.ending import Terminated
from steepest.cli.options import print_json
from steepest.config import Config
from steepest.errors import (
    DivergedError,
    IntegrityError,
    SteepestError,
    StoppedError,
    UserError,
    exit_codes_sentence,
)


@pytest.mark.parametrize("verb", [None, *VERBS])
def test_every_verb_has_help_with_an_example(verb: str | None, command) -> None:
    done = command(*([verb] if verb else []), "--help")
    assert done.code == 0
    assert "Usage: steepest" in done.out
    if verb is None:
        assert all(each in done.out for each in VERBS)
    elif verb not in cli.GROUPS:
        assert f"Example: steepest {verb}" in " ".join(done.out.split())


def test_the_version_is_printed(command) -> None:
    import steepest

    assert command("--version").out.strip() == steepest.__version__


def test_nothing_at_all_prints_the_help(command) -> None:
    assert "Usage: steepest" in command().out


def test_an_unknown_verb_is_one_line_with_the_nearest(command) -> None:
    done = command("trian")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "steepest: No verb is called `trian`. Did you mean `train`? `steepest --help` explains them.\n"
    )


ERRORS = [
    (UserError("no"), 2),
    (IntegrityError("no"), 3),
    (DivergedError("no"), 4),
    (StoppedError("no"), 75),
    (SteepestError("no"), 1),
    (KeyboardInterrupt(), 130),
    (OSError(errno.ENOSPC, "No space left on device"), 75),
    (PermissionError(errno.EACCES, "Permission denied", "runs/x"), 2),
    (OSError(errno.EROFS, "Read-only file system", "runs/x"), 2),
    (OSError(errno.EFBIG, "File too large"), 75),
    (OSError(errno.EMFILE, "Too many open files", "runs/x"), 75),
    (OSError(errno.ENFILE, "Too many open files in system"), 75),
    (OSError(errno.EIO, "Input/output error", "runs/x"), 3),
    (OSError(errno.ENODEV, "No such device"), 2),
    (OSError("of a library, without a number"), 2),
    (FileNotFoundError(errno.ENOENT, "No such file or directory", "runs/x"), 2),
    (MemoryError(), 75),
    (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."), 75),
    (ImportError("libtorch.so: cannot open shared object file: Too many open files"), 75),
    (ImportError("libtorch.so: failed to map segment from shared object"), 75),
    (RecursionError("maximum recursion depth exceeded"), 2),
    (Terminated(), 75),
]


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=repr)
def test_every_error_has_its_code_and_one_line(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli, "application", lambda verb: fail)
    assert run(["train"]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    if isinstance(error, OSError) and error.filename:
        assert "runs/x" in printed.err


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=repr)
def test_under_json_an_error_is_an_object_too(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli, "application", lambda verb: fail)
    assert run(["train", "--json"]) == code
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["format"] == "steepest error 1"
    assert told["error"]["exit_code"] == code
    assert printed.err == f"steepest: {told['error']['message']}\n"
    assert told["error"]["kind"].isidentifier()


def test_a_command_prints_one_object_even_where_it_fails_after_it(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def fail(*_: object, **__: object) -> None:
        print_json("train", {"run": "x"})
        raise UserError("no")

    monkeypatch.setattr(cli, "application", lambda verb: fail)
    for _ in range(2):
        assert run(["train", "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["run"] == "x"


def test_a_verb_that_stops_by_itself_tells_so_too(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def stop(*_: object, **__: object) -> None:
        raise SystemExit(130)

    monkeypatch.setattr(cli, "application", lambda verb: stop)
    with pytest.raises(SystemExit):
        run(["train", "--json"])
    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == 130


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--batch", "64"], "Unknown option: --batch. Did you mean --batch-size? See"),
        (["train", "--learning-rate=3"], "Did you mean --lr? See"),
        (["train", "--imgsz", "3"], "Did you mean --image-size? See"),
        (["train", "--shuffle"], "Unknown option: --shuffle. See steepest train --help."),
        (["evaluate", "x", "--split", "foo"], '"train". See steepest evaluate --help.'),
        (["export", "x"], "No verb exports a network yet. "),
        (["fit"], "Did you mean `train`?"),
        (["version"], "Did you mean `--version`?"),
    ],
)
def test_other_programs_words_are_understood_and_nothing_far_off_is_proposed(
    arguments: list[str], said: str, command
) -> None:
    done = command(*arguments)
    assert done.code == 2
    assert said in done.err


def test_the_help_has_the_table_of_exit_codes(command) -> None:
    assert exit_codes_sentence() in " ".join(command("--help").out.split())


def test_a_verb_is_found_whatever_its_case(command) -> None:
    assert command("Models", "list", "--json").json["models"]


@pytest.mark.parametrize("fault", [ZeroDivisionError(), RuntimeError("mat1 and mat2"), ImportError("No module")])
def test_our_own_fault_is_not_hidden(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(cli, "application", lambda verb: fail)
    with pytest.raises(type(fault)):
        run(["train"])


FAULT = """
import sys
from steepest import cli
def fail(*_, **__):
    raise ZeroDivisionError("x")
cli.application = lambda verb: fail
cli.main(["models", "--json"])
"""


def test_our_own_fault_has_its_traceback_its_line_its_code_and_its_object() -> None:
    done = subprocess.run([sys.executable, "-c", FAULT], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError: x" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("steepest: ZeroDivisionError: a fault of steepest, not yours.")
    assert json.loads(done.stdout)["error"]["exit_code"] == 1


TWICE = """
import os, signal, sys
from steepest import cli
def stop(*_, **__):
    os.kill(os.getpid(), signal.SIGINT)
def again(*_):
    os.kill(os.getpid(), signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
cli.application = lambda verb: stop
cli._tell = again
cli.main(["models"])
"""


def test_a_second_ctrl_c_while_the_first_is_answered_is_code_130_too() -> None:
    done = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_folder_that_is_gone_is_a_line_before_any_library_is_loaded(tmp_path: Path) -> None:
    gone = f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m steepest train"
    done = subprocess.run(gone, shell=True, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert (
        one_line(done.stderr)
        == "steepest: The folder in which this command was started is gone. Change to another one."
    )


def test_complaints_go_to_standard_error(capsys) -> None:
    assert complain("so it is", 3) == 3
    assert capsys.readouterr().err == "steepest: so it is\n"
    assert one_line("a\n  b\tc") == "a b c"
    complain("a run `x\x1b[2J\nsteepest: all is well` is none", 3)
    assert capsys.readouterr().err == "steepest: a run `x\\x1b[2J\\nsteepest: all is well` is none\n"


def test_a_reader_that_closes_early_is_no_error(tmp_path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m steepest models list | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_run_records_names_as_their_tables_spell_them(command) -> None:
    words = ("--optimizer", "SGD", "--schedule", "Cosine", "--data", "stripes", "--epochs", 1)
    assert command("train", "Softmax-Regression", *words, "--out", "run").code == 0
    config = Config.read(Path("run/config.toml"))
    told = (config.model, config.optimizer, config.schedule)
    assert told == ("softmax-regression", "sgd", "cosine")
