"""A small real run, trained once, and evaluations made by hand."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch

from browsing import CHROMIUM
from fakes import recorded
from steepest.config import Config
from steepest.data.dataset import Dataset, Split
from steepest.evaluation import Evaluation
from steepest.explanation import Explanation, LabelRanking, explain
from steepest.pages.explanation.page import write_explanation, write_label_errors
from steepest.pages.run.page import show_explanation, write_report
from steepest.runs.recording import begin, record
from steepest.runs.run import Run
from steepest.training.history import Epoch

NAMES = ("<script>alert(1)</script>", "accuracy", 'a "quoted" & cat', "x\x1b[2J\u202eevil", "$\\frac$")
NOTE = "unverified copy: <b>its hash</b> is not the published one."


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Images of five classes whose names want to break the report; a third of the labels are wrong."""
    return Dataset("made", NAMES, _split(200, 1), _split(120, 2), notes=(NOTE,))


def _split(count: int, seed: int) -> Split:
    draws = torch.Generator().manual_seed(seed)
    labels = torch.randint(len(NAMES), (count,), generator=draws)
    images = torch.randint(60, (count, 3, 8, 8), generator=draws, dtype=torch.uint8)
    for row, label in enumerate(labels.tolist()):
        images[row, :, label] = 255
    wrong = torch.rand(count, generator=draws) < 0.3
    labels = torch.where(wrong, torch.randint(len(NAMES), (count,), generator=draws), labels)
    names = tuple(f"{row}/<img src=x onerror=alert(1)>.png" for row in range(count))
    return Split(images, labels, names)


@pytest.fixture(scope="session")
def run(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of three epochs."""
    out = tmp_path_factory.mktemp("runs") / "small"
    config = Config(model="F16-R-F5", epochs=3, val=0.25, threads=1, lr=3e-3)
    return recorded(config, dataset=dataset, out=out)


@pytest.fixture
def begun(dataset: Dataset, tmp_path: Path) -> Run:
    """A run of which no epoch is done."""
    return begin(Config(model="F5", epochs=2), dataset=dataset, out=tmp_path / "begun")[0]


@pytest.fixture
def unfinished(dataset: Dataset, tmp_path: Path) -> Run:
    """A run that was stopped after the first of two epochs."""
    run, setup = begin(Config(model="F5", epochs=2), dataset=dataset, out=tmp_path / "unfinished")
    next(event for event in record(run, setup) if isinstance(event, Epoch))
    return run


@pytest.fixture(scope="session")
def evaluation(run: Run, dataset: Dataset) -> Evaluation:
    """The run on its test split, with some images wrong."""
    measured = run.evaluate("test", dataset=dataset)
    assert 10 < measured.correct < 110
    return measured


@pytest.fixture(scope="session")
def written(run: Run, evaluation: Evaluation, dataset: Dataset) -> list[Path]:
    """The files of the run's report."""
    return write_report(run, evaluation, dataset.test)


@pytest.fixture(scope="session")
def explanation(run: Run, dataset: Dataset) -> Explanation:
    """The run taken apart: six images asked for, more than a report shows, and eight wrong ones."""
    return explain(run, ["0,1,2,3,4,5"], wrong=8, dataset=dataset)


@pytest.fixture(scope="session")
def explained(
    run: Run,
    evaluation: Evaluation,
    explanation: Explanation,
    dataset: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """The run in another folder, with its explanation, which its report shows."""
    copy = Run(copytree(run.path, tmp_path_factory.mktemp("explained") / "run"))
    write_report(copy, evaluation, dataset.test)
    write_explanation(explanation, copy.path / "explanation")
    assert show_explanation(copy) == copy.path / "report.html"
    return copy


@pytest.fixture(scope="session")
def pages(written: list[Path], explained: Run, dataset: Dataset) -> dict[str, Path]:
    """A page of each kind."""
    folder = explained.path / "explanation"
    draws = torch.Generator().manual_seed(3)
    labels = dataset.train.labels
    shares = torch.rand(len(labels), len(NAMES), generator=draws).softmax(dim=1)
    ranking = LabelRanking(shares, labels, NAMES, dataset.train.names)
    suspects = write_label_errors(ranking, dataset.train, folder, "model on <b>data</b>", 24)
    return {
        "report": written[0],
        "explained report": explained.path / "report.html",
        "explanation": folder / "explanation.html",
        "label errors": suspects[0],
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser; only tests that are marked so ask for it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        launched = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()
