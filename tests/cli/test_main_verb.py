import errno
import subprocess
import sys

import pytest

from steepest import cli
from steepest.cli import VERBS, complain, one_line, run
from steepest.errors import DivergedError, IntegrityError, SteepestError, StoppedError, UserError


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


def test_our_own_fault_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "application", lambda verb: fail)
    with pytest.raises(ZeroDivisionError):
        run(["train"])


def test_complaints_go_to_standard_error(capsys) -> None:
    assert complain("so it is", 3) == 3
    assert capsys.readouterr().err == "steepest: so it is\n"
    assert one_line("a\n  b\tc") == "a b c"


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
