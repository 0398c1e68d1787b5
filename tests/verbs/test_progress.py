import io
import sys
from types import SimpleNamespace

import pytest

from fakes import stripe_dataset
from steepest.config import Config
from steepest.errors import UserError
from steepest.sweeping import LocalEngine
from steepest.training import Progress, prepare
from steepest.verbs.progress import Meter, RunBar, bar, engine_from, in_notebook, last_of, shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of standard error; not in a fixture, since pytest puts its own back."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_a_terminal_sees_a_bar_with_what_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal_of(monkeypatch)
    counted = bar(4, "runs")
    counted.set_description_str("tuning")
    counted.n = 3
    counted.refresh()
    assert "3/4 runs" in shown.getvalue()
    assert "tuning" in shown.getvalue()
    counted.close()


def test_false_is_silence_in_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal_of(monkeypatch)
    silent = bar(4, "runs", show=False)
    silent.update(2)
    silent.close()
    assert shown.getvalue() == ""


def test_what_is_neither_terminal_nor_notebook_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert not in_notebook()
    bar(4, "runs").update(2)
    assert capsys.readouterr() == ("", "")


def test_a_kernel_is_a_notebook_and_a_shell_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for config, expected in (({"IPKernelApp": {}}, True), ({}, False)):
        shell = SimpleNamespace(config=config)
        fake = SimpleNamespace(get_ipython=lambda shell=shell: shell)
        monkeypatch.setitem(sys.modules, "IPython", fake)
        assert in_notebook() is expected


def test_a_runs_bar_tells_the_epoch_the_loss_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal_of(monkeypatch)
    setup = prepare(Config(model="F2", epochs=4), stripe_dataset())
    running = RunBar(setup, done=1)
    assert "25%" in shown.getvalue()
    running.progress(Progress(2, 1, 2, 0.5, 0.75, 1000.0, 3725.0))
    for words in ("epoch 2/4", "38%", "loss 0.5000", "accuracy 75.00%", "1,000 samples/s"):
        assert words in shown.getvalue()
    assert "1:02:05 left" in shown.getvalue()
    running.write("epoch 2/4 is done")
    assert "epoch 2/4 is done\n" in shown.getvalue()
    running.close()


def test_without_a_bar_lines_are_written_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    running = RunBar(prepare(Config(model="F2"), stripe_dataset()), show=False)
    running.progress(Progress(1, 1, 2, 0.5, 0.75, 1000.0, 5.0))
    running.write("a line")
    assert capsys.readouterr().err == "a line\n"


# Events are passed on as they come, and a bar shows how far they are where somebody looks.


def place(event: int) -> tuple[str, int, int] | None:
    return ("tuning", event, 4) if event < 4 else None


def numbers(closed: list[bool]):
    try:
        yield from range(1, 6)
    finally:
        closed.append(True)


@pytest.mark.parametrize(("progress", "looked_at"), [(None, True), (True, True), (False, False)])
def test_a_bar_names_the_stage_in_a_terminal_and_false_is_silence(progress, looked_at, monkeypatch) -> None:
    terminal = terminal_of(monkeypatch)
    assert list(shown(numbers([]), place, progress)) == [1, 2, 3, 4, 5]
    assert ("tuning" in terminal.getvalue()) == looked_at
    assert ("3/4 runs" in terminal.getvalue()) == looked_at


def test_where_nobody_looks_there_is_silence(capsys) -> None:
    assert last_of(shown(numbers([]), place, None)) == 5
    assert capsys.readouterr() == ("", "")


def test_who_asks_for_no_more_closes_what_makes_them() -> None:
    closed: list[bool] = []
    events = shown(numbers(closed), place, False)
    assert next(events) == 1
    events.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_each_stage_has_a_bar_of_its_own_and_one_that_begins_again_too(monkeypatch) -> None:
    terminal_of(monkeypatch)
    meter, bars = Meter("runs", True), []
    for where in (("tuning", 1, 2), ("tuning", 2, 2), ("tuning", 1, 3), ("reporting", 1, 9)):
        meter.at(*where)
        bars.append(meter._bar)
        assert (meter._bar.n, meter._bar.total) == where[1:]
    meter.close()
    assert bars[0] is bars[1]
    assert len({id(each) for each in bars}) == 3


def test_an_engine_goes_by_its_name_or_as_it_is() -> None:
    own = LocalEngine(2)
    assert engine_from(own, None, None) is own
    assert engine_from("local", 3, None) == LocalEngine(3)
    with pytest.raises(UserError, match="needs --scheduler ADDRESS"):
        engine_from("dask", None, None)
