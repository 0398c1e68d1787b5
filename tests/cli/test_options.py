"""A command is its verb's own signature: what is typed arrives, and the docstring is the help."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import pytest
from cyclopts import App, Parameter

from steepest.cli.options import AsJson, command, told


def brew(
    cup: Path | str,
    origin: str,
    *,
    sugar: int = 1,
    milk: bool = False,
    to: Path | str = "table",
    with_: str | Sequence[str] | None = None,
    note: Callable[[str], None] = print,
) -> tuple[object, ...]:
    """Brew tea.

    Args:
        cup: Which one.
        origin: Of the leaves;
            on two lines.
        sugar, milk: In the cup.
        note: takes a line.

    Raises:
        ValueError: never.
    """
    note("brewing")
    return cup, origin, sugar, milk, to, with_


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[list[object], str, str]]:
    """Run the command; return what its show function got, and what was printed on both streams."""

    def run(*words: str) -> tuple[list[object], str, str]:
        seen: list[object] = []

        @command(brew, origin=Annotated[str, Parameter(name="--from")], with_=list[str] | None)
        def show(answer: object, *, sugar: int, hot: bool = True, json: AsJson = False) -> None:
            seen.extend([answer, sugar, hot, json])

        app = App(name="brew")
        app.default(show)
        app(words, exit_on_error=False, print_error=False, result_action="return_value")
        printed = capsys.readouterr()
        return seen, printed.out, printed.err

    return run


def test_what_is_typed_arrives_at_the_verb_and_at_what_shows_its_answer(typed) -> None:
    seen, _, said = typed("blue", "--from", "Assam", "--sugar", "3", "--json", "--with", "lemon")
    assert seen == [(Path("blue"), "Assam", 3, False, Path("table"), ["lemon"]), 3, True, True]
    assert said == "brewing\n"
    assert typed("blue", "--from", "Assam", "--milk", "--no-hot")[0][0] == (
        Path("blue"), "Assam", 1, True, Path("table"), None,
    )  # fmt: skip


def test_the_docstring_is_the_help_without_what_only_python_has(typed) -> None:
    out = typed("--help")[1]
    assert "Brew tea." in out
    assert out.count("In the cup.") == 2
    assert all(word not in out for word in ("--note", "never", "--no-milk"))
    assert told(brew)[1]["origin"] == "Of the leaves; on two lines."
