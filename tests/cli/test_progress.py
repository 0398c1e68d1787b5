import sys
from collections.abc import Generator
from typing import Any

import pytest

from steepest.cli.progress import SweepDisplay, watched
from steepest.comparison.work import Made
from verb_fixtures import FIXED, Call, ask

__all__ = ["ask"]


def test_progress_is_a_line_now_and_then(ask: Call) -> None:
    lines = [line for line in ask(*FIXED).err.splitlines() if line.startswith("reporting ")]
    assert 5 <= len(lines) <= 10
    assert lines[-1].startswith("reporting 12/12  ")


def made(stage: str, number: int, total: int) -> Made:
    return Made(stage, number, total, None)  # type: ignore[arg-type]


def test_what_is_no_run_is_told_and_the_events_are_closed_in_the_end(capsys) -> None:
    told, closed = [], []

    def events() -> Generator[Any]:
        try:
            yield from (made("tuning", 1, 2), made("tuning", 2, 2), "what it came to")
        finally:
            closed.append(True)

    watched(events(), told.append)
    assert (told, closed) == (["what it came to"], [True])
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["tuning 1/2", "tuning 2/2"]


def test_each_stage_counts_anew_in_ten_lines_at_most(capsys) -> None:
    display = SweepDisplay()
    for stage in ("tuning", "widening", "widening"):
        for number in range(1, 41):
            display.shows(made(stage, number, 40))
    lines = [line.split("  ")[0] for line in capsys.readouterr().err.splitlines()]
    tenth = [f"{number}/40" for number in range(4, 41, 4)]
    assert lines == [f"{s} {n}" for s in ("tuning", "widening", "widening") for n in tenth]


def test_a_terminal_has_a_bar_and_no_lines(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    display = SweepDisplay()
    for number in (1, 2):
        display.shows(made("reporting", number, 2))
    display.close()
    shown = capsys.readouterr().err
    assert "2/2 runs" in shown
    assert "\n" not in shown
