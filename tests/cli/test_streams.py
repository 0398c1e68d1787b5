"""Streams: no control character passes, and one that is closed, full or without a reader ends no work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from steepest.cli.streams import Plain

WRITES = r"""
import sys
from steepest.cli.streams import make_plain
make_plain()
make_plain()
text = "caf\u00e9 \x1b[2J \x9b \u202e \ud800 \t \x1b[1mbold\x1b[0m \r end"
print(text)
print(text, file=sys.stderr)
print("\x1b[A", file=sys.stderr)
sys.stdout.writelines(["a\n", "b\x07\n"])
print(sys.stdout.isatty(), sys.stdout.encoding.lower())
"""


def written(encoding: str) -> tuple[str, str]:
    """Return what a process of this encoding writes on standard output and standard error."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", WRITES], env=environment, capture_output=True, check=True)
    return done.stdout.decode(encoding), done.stderr.decode(encoding)


def test_control_characters_are_written_out_and_our_own_go_through():
    out, err = written("utf-8")
    first, *rest = out.split("\n")
    assert first == "caf\u00e9 \\x1b[2J \\x9b \\u202e \\ud800 \t \x1b[1mbold\x1b[0m \\r end"
    assert rest == ["a", "b\\x07", "False utf-8", ""]
    assert err == first.replace("\\r", "\r") + "\n\x1b[A\n"


def test_what_a_terminal_cannot_encode_is_written_out_too():
    out, _ = written("ascii")
    assert out.startswith("caf\\xe9 \\x1b[2J ")


def test_no_command_fails_for_a_name_that_ascii_cannot_hold(tmp_path: Path):
    for name in ("caf\u00e9.json", "\u732b\x1b[2J\nsteepest: all is well.json", os.fsdecode(b"\xff.json")):
        done = subprocess.run(
            [sys.executable, "-m", "steepest", "verify", name, "--sample", "0"],
            env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            errors="backslashreplace",
        )
        assert done.returncode == 2
        assert done.stderr.startswith("steepest: There is no claim ")
        assert done.stderr.count("\n") == 1
        assert done.stderr.isascii()
        assert "\x1b" not in done.stderr


STEEPEST = f"{sys.executable} -m steepest"
TRAIN = f"{STEEPEST} train softmax-regression --data mnist5k --val 0.1 --epochs 1 --threads 1 --out run"


def shell(command: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the shell, and return how it ended; no fault of a stream is a traceback."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", **variables}
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, check=False, cwd=folder, env=environment
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize("how", ["<&- >&- 2>&-", "2>&1 | true"])
def test_training_goes_on_to_its_end_without_its_words(how: str, tmp_path: Path) -> None:
    done = shell(f"({TRAIN}; echo $? > code) {how}", tmp_path)
    assert (tmp_path / "code").read_text() == "0\n", done.stderr
    assert (tmp_path / "run" / "report.html").is_file()


@pytest.mark.parametrize("json", ["", "--json"])
def test_a_full_standard_output_is_a_line_and_code_75(json: str, tmp_path: Path) -> None:
    done = shell(f"{STEEPEST} models list {json} > /dev/full", tmp_path)
    assert done.returncode == 75
    assert done.stderr == "steepest: Standard output cannot be written: No space left on device.\n"


@pytest.mark.parametrize("verb", ["train --help", "models list", "models list --json"])
def test_a_reader_that_has_gone_is_no_error(verb: str, tmp_path: Path) -> None:
    done = shell(f"({STEEPEST} {verb}; echo $? >&2) | true", tmp_path)
    assert done.stderr == "0\n"


def test_letters_that_the_terminal_does_not_know_are_written_out(tmp_path: Path) -> None:
    done = shell(
        f"{STEEPEST} train 'm\N{LATIN SMALL LETTER O WITH DIAERESIS}del'", tmp_path, PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 2
    assert done.stderr.startswith("steepest: No model is called `m\\xf6del`.")


def test_words_for_people_never_fail_and_the_rest_of_a_stream_is_its_own() -> None:
    with Path(os.devnull).open("w") as stream:
        people, answers = Plain(stream, "stderr"), Plain(stream, "stdout")
        assert people.fileno() == stream.fileno()
    assert people.write("a closed file") == 13
    people.flush()
    with pytest.raises(ValueError, match="closed file"):
        answers.write("x")
    assert people.failed
    assert answers.failed
