import io
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

import steepest
from fakes import stripe_dataset
from steepest.cli import run as command
from steepest.config import Config
from steepest.errors import StoppedError, UserError
from steepest.optimizers.rule import RULES
from steepest.runs.run import Run
from steepest.training.history import Epoch
from steepest.verbs.train import Begun, Trained, events, train

OURS = str(Path(steepest.__file__).parent)
SETTINGS: dict[str, Any] = {"epochs": 2, "val": 0.25, "lr": 0.05, "batch_size": 16, "threads": 1}


@pytest.fixture(autouse=True)
def stripes_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("steepest.runs.run.load", lambda name, **_: stripe_dataset())
    monkeypatch.setattr("steepest.runs.recording.load", lambda name, **_: stripe_dataset())
    monkeypatch.chdir(tmp_path)


def frames_of(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return our functions on the stack, the call first, where autograd is asked for the first gradient."""
    stacks: list[list[str]] = []
    real = torch.autograd.grad

    def grad(*given: Any, **named: Any) -> Any:
        frame, names = sys._getframe(1), []
        while frame is not None:
            if frame.f_code.co_filename.startswith(OURS):
                names.append(frame.f_code.co_name)
            frame = frame.f_back  # type: ignore[assignment]
        stacks.append(names[::-1])
        return real(*given, **named)

    monkeypatch.setattr(torch.autograd, "grad", grad)
    train("F6-R-F2", "stripes", epochs=1, progress=False, **settings)
    return stacks[0]


ONE_GRADIENT = [name for name, cls in RULES.items() if getattr(cls, "gradient_only", False)]


@pytest.mark.parametrize("rule", ["sgd", "adam", "muon"])
def test_the_call_and_the_gradient_are_five_frames_apart(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rule in ONE_GRADIENT
    names = frames_of({"optimizer": rule}, monkeypatch)
    assert names == ["train", "events", "steps", "_step", "loss_and_grad"]


def test_weight_decay_and_clipping_are_a_frame_each(monkeypatch: pytest.MonkeyPatch) -> None:
    names = frames_of({"weight_decay": 0.1, "clip_norm": 1.0}, monkeypatch)
    assert names == ["train", "events", "steps", "_step", *["loss_and_grad"] * 3]


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that takes the same time for the same work, so that no second differs between two runs."""
    monkeypatch.setattr("steepest.training.loops.perf_counter", count(0.0).__next__)
    monkeypatch.setattr("steepest.training.loops.PROGRESS_EVERY", float("inf"))


def kept(folder: Path) -> dict[str, bytes]:
    """Return a run's files by their names, its lock left out."""
    files = [each for each in sorted(folder.rglob("*")) if each.is_file() and each.name != ".lock"]
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


@pytest.mark.usefixtures("ticking")
def test_the_call_leaves_the_folder_that_the_command_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = [f"--{key.replace('_', '-')}={value}" for key, value in SETTINGS.items()]
    model = ["F6-R-D0.2-F2", "--data", "stripes", "--optimizer", "momentum"]
    for name in ("ordered", "called"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "ordered")
    assert command(["train", *model, *flags]) == 0
    monkeypatch.chdir(tmp_path / "called")
    run = steepest.train("F6-R-D0.2-F2", data="stripes", optimizer="momentum", progress=False, **SETTINGS)
    assert run.path == Path("runs/stripes-f6-r-d0-2-f2-momentum-1")
    ordered, called = kept(tmp_path / "ordered" / run.path), kept(run.path)
    assert list(ordered) == list(called)
    assert {"report.html", "curves.png", "confusion.png", "confusion.csv"} <= set(called)
    assert any(name.startswith("misclassified/") for name in called)
    assert [name for name in ordered if ordered[name] != called[name]] == []


def test_a_config_can_come_first_by_name_or_as_a_file_and_names_win_over_it() -> None:
    config = Config(model="F2", data="stripes", **SETTINGS)
    Path("my.toml").write_text(config.to_toml())
    wanted = config.with_(epochs=1, seed=3)
    for number, given in enumerate(({"model": config}, {"config": config}, {"config": "my.toml"})):
        run = train(**given, epochs=1, seed=3, out=f"run {number}", progress=False)  # type: ignore[arg-type]
        assert run.config == wanted


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "data as dataset": ({"dataset": "mnist5k"}, 'not `mnist5k`. Did you mean data="mnist5k"?'),
    "british": ({"optimiser": "adam"}, "Did you mean `optimizer`?"),
    "one epoch": ({"epoch": 1}, "Did you mean `epochs`?"),
    "an argument": ({"data_dirs": "x"}, "Did you mean `data_dir`"),
    "value": ({"epochs": "three"}, "epochs must be a whole number, not 'three'."),
    "no file": ({"config": "no.toml"}, "There is no config file no.toml."),
    "resume and more": ({"resume": "x", "epochs": 3}, "give no other setting"),
    "resume elsewhere": ({"resume": "x", "out": "y"}, "give no other setting"),
    "resume nothing": ({"resume": "x"}, "x is no run"),
    "two configs": ({"model": Config(), "config": Config()}, "The config is given twice"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_get_a_sentence_and_leave_nothing(name: str, tmp_path: Path) -> None:
    given, words = WRONG[name]
    with pytest.raises(UserError) as caught:
        train(**given)
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


def stopped(out: str, **settings: Any) -> Run:
    """Return a run that was left after its first epoch."""
    config = Config(model="F6-R-D0.2-F2", data="stripes", **{**SETTINGS, **settings})
    happening = events(config, out=Path(out))
    next(event for event in happening if isinstance(event, Epoch))
    happening.close()
    return Run.open(out)


@pytest.mark.usefixtures("ticking")
def test_resume_goes_on_to_the_bytes_of_the_unbroken_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[dict[str, bytes]] = []
    metrics = []
    for how in ("run", "named", "unbroken"):
        (tmp_path / how).mkdir()
        monkeypatch.chdir(tmp_path / how)
        if how == "unbroken":
            more = {**SETTINGS, "epochs": 3}
            train("F6-R-D0.2-F2", "stripes", out="a", progress=False, **more)
        else:
            run = stopped("a", epochs=3)
            assert run.epochs_done == 1
            assert train(resume=run if how == "run" else "a", progress=False).path == run.path
        left.append(kept(Path("a")))
        metrics.append(Run.open("a").metrics)
    assert metrics[0] == metrics[1] == metrics[2]
    assert left[0] == left[1] == left[2]


def test_the_events_are_the_begin_each_epoch_and_the_end() -> None:
    config = Config(model="F2", data="stripes", **SETTINGS)
    begun, first, second, end = events(config, out=Path("a"))
    assert isinstance(begun, Begun)
    assert begun.start is None
    assert isinstance(first, Epoch)
    assert isinstance(second, Epoch)
    assert isinstance(end, Trained)
    assert end.evaluation is not None
    assert end.evaluation.accuracy == Run.open("a").evaluate("validation").accuracy


def test_a_full_disk_is_an_error_that_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from steepest.runs import run as runs

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(runs, "write_table", full)
    with pytest.raises(StoppedError) as caught:
        train("F2", "stripes", out="a b", progress=False, **SETTINGS)
    assert str(caught.value) == (
        "The disk is full. Make room. What is done is kept: epoch 0 of 2 is safe. "
        "Go on with: steepest train --resume 'a b'"
    )


def test_a_call_is_silent_where_there_is_no_terminal_and_shows_a_bar_in_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train("F2", "stripes", out="a", **SETTINGS)
    assert capsys.readouterr() == ("", "")
    shown = io.StringIO()
    shown.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr("steepest.training.loops.PROGRESS_EVERY", 0.0)
    train("F2", "stripes", out="b", **SETTINGS)
    assert "epoch 2/2" in shown.getvalue()
    assert "samples/s" in shown.getvalue()
    seen = shown.getvalue()
    train("F2", "stripes", out="c", progress=False, **SETTINGS)
    assert shown.getvalue() == seen


def test_a_call_that_would_not_be_portable_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(UserError, match="before torch is loaded: start Python with ATEN_CPU_CAPABILITY=avx2"):
        steepest.train("F2", "mnist5k", portable=True, out=tmp_path / "none")
    assert not (tmp_path / "none").exists()
