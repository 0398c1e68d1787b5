"""What is done with a run: evaluate, predict, explain, report. Nothing heavy is imported here."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .settings import path_or_none, takes

if TYPE_CHECKING:
    from torch import nn

    from ..data import Dataset, Split
    from ..evaluation import Evaluation
    from ..explanation import Explanation, LabelRanking
    from ..plan import Plan
    from ..runs.predicting import Images, Predictions
    from ..runs.run import Run

    Found = tuple[Explanation | LabelRanking, list[Path]]


def evaluating(run: "Run", split: str, weights: str, data_dir: Path | None) -> "Iterator[Evaluation | list[Path]]":
    """Yield a run's evaluation, then write its report and yield the files.

    The report comes last: where nothing can be written, the numbers are there all the same.
    """
    from ..pages.run.page import write_report

    dataset = run.dataset(data_dir)
    evaluation = run.evaluate(split, weights, dataset)
    yield evaluation
    yield write_report(run, evaluation, dataset.splits[split])


@takes(kinds=False)
def evaluate(
    of: "Run | Path | str | nn.Module",
    split: "str | Split" = "test",
    classes: tuple[str, ...] | None = None,
    *,
    weights: str = "best",
    data_dir: Path | str | None = None,
    allow_code: bool = False,
    kind: str = "test",
    notes: tuple[str, ...] = (),
    plan: "Plan | None" = None,
) -> "Evaluation":
    """Measure a run and write its report, or measure a network on a split.

    Args:
        of: a run, its folder or its name under runs/; or a network, raw pixels [B, C, H, W] -> logits [B, K].
        split: of a run: test, validation or train; of a network: images and labels.
        classes: of a network: the K names.
        weights: of a run: best or last.
        data_dir: of a run: where its dataset is.
        allow_code: of a run: run the code that it names, though it was never run or confirmed here.
        kind, notes, plan: of a network: what to call the split, sentences to carry along, how to execute.

    Raises:
        UserError: the run has no such split, or split and classes of a network are not given.
    """
    from torch import nn

    from ..data import Split
    from ..evaluation import Evaluation
    from ..evaluation import evaluate as measured
    from ..runs.run import Run

    if isinstance(of, nn.Module):
        if not isinstance(split, Split) or classes is None:
            raise UserError("A network is measured on a Split: evaluate(network, split, classes).")
        return measured(of, split, classes, kind=kind, notes=notes, plan=plan)
    if isinstance(split, Split):
        raise UserError("A run is measured on a split of its own: test, validation or train.")
    evaluation, _ = evaluating(Run.open(of, allow_code=allow_code), split, weights, path_or_none(data_dir))
    assert isinstance(evaluation, Evaluation)
    return evaluation


@takes(kinds=False)
def report(
    run: "Run | Path | str",
    *,
    split: str = "test",
    data_dir: Path | str | None = None,
    allow_code: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> list[Path]:
    """Write a run's report.html and pictures again.

    Example:  steepest report runs/mnist5k-digits-cnn-adam-1 --split validation

    Args:
        run: A run, its folder or its name under runs/.
        split: Which images to measure; none reports the training alone.
        data_dir: Where its dataset is.
        allow_code: Run the code that the run names, though it was never run or confirmed here.
        note: takes a line for each file of that code.

    Returns:
        their paths, the report first.

    Raises:
        UserError: the run has no such split.
    """
    from ..pages.run.page import write_report
    from ..runs.run import Run

    opened = Run.open(run, allow_code=allow_code, note=note)
    if split == "none":
        return write_report(opened, None, None)
    _, paths = evaluating(opened, split, "best", path_or_none(data_dir))
    assert isinstance(paths, list)
    return paths


@takes(kinds=False)
def predict(
    run: "Run | Path | str",
    images: "Images",
    *,
    top: int = 3,
    out: Path | str | None = None,
    allow_code: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> "Predictions":
    """Tell what is on image files.

    Every picture is first made into what the network saw in training: its size, its colours, and for digits
    cropped, scaled to 20x20 and centred by mass as MNIST was.

    Example:  steepest predict runs/mnist5k-digits-cnn-adam-1 my-seven.png

    Args:
        run: A run, its folder or its name under runs/.
        images: [N, H, W] or [N, C, H, W] uint8; or the path of an image file or a folder, or several.
        top: How many classes to name, the likeliest first.
        out: Where the CSV goes; None writes none.
        allow_code: Run the code that the run names, though it was never run or confirmed here.
        note: takes a line about each file of a folder that cannot be used, and each of that code.

    Raises:
        UserError: a path does not exist, or the table cannot be written.
    """
    from ..runs.run import Run

    if top < 1:
        raise UserError(f"top must be at least 1, not {top}.")
    found = Run.open(run, allow_code=allow_code, note=note).predict(images, note=note)
    if out is not None:
        try:
            Path(out).write_text(found.to_csv(top))
        except OSError as error:
            raise UserError(f"{out} cannot be written: {error.strerror}.") from error
    return found


@takes(kinds=False)
def explain(
    run: "Run | Path | str",
    images: Sequence[str | int] | None = None,
    *,
    split: str = "test",
    layer: str | Sequence[str] | None = None,
    wrong: int = 12,
    label_errors: bool = False,
    folds: int = 5,
    top: int = 40,
    out: Path | str | None = None,
    data_dir: Path | str | None = None,
    allow_code: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> "Explanation | LabelRanking":
    """Take a run apart: feature maps, weights as images, what answers lean on, and why images are wrong.

    Writes explanation.html and PNG pictures, and puts the chief ones into the run's report.html. With
    --label-errors, every training image is judged by networks that never saw it, and the labels they doubt most
    are ranked in label-errors.html and .csv.

    Example:  steepest explain runs/mnist5k-digits-cnn-adam-1 --images 0,5,17 --layer conv1

    Args:
        run: A run, its folder or its name under runs/.
        images: Rows (0,5,17), file names of the split, or picture files; by default row 0. May be repeated.
        split: Which images rows belong to.
        layer: Whose feature maps: names such as conv1,fc1, or all. May be repeated.
        wrong: How many wrong images to explain, the surest first.
        label_errors: Rank the training labels by doubt instead; trains once a fold.
        folds: Of --label-errors.
        top: How many doubtful labels to show.
        out: Where files go; by default explanation/ in the run.
        data_dir: Where its dataset is.
        allow_code: Run the code that the run names, though it was never run or confirmed here.
        note: takes a line about each fold, and each file of that code.

    Raises:
        UserError: an image, a layer or a split is not there.
    """
    return take_apart(**locals())[0]  # the parameters are the same


def take_apart(
    run: "Run | Path | str",
    images: Sequence[str | int] | None,
    *,
    split: str,
    layer: str | Sequence[str] | None,
    wrong: int,
    label_errors: bool,
    folds: int,
    top: int,
    out: Path | str | None,
    data_dir: Path | str | None,
    allow_code: bool,
    note: Callable[[str], None],
) -> "Found":
    """Return what ``explain`` found, and the files that it wrote; its settings are described there."""
    from ..explanation import explain as explained
    from ..pages.explanation.page import write_explanation
    from ..pages.explanation.summary import FOLDER
    from ..runs.run import Run

    opened = Run.open(run, allow_code=allow_code, note=note)
    folder = path_or_none(out) or opened.path / FOLDER
    if label_errors:
        for name, value in {"images": images, "layer": layer}.items():
            if value:
                raise UserError(f"label_errors ranks all training images: leave {name} away.")
        return _rank_labels(opened, folder, path_or_none(data_dir), folds=folds, top=top, note=note)
    dataset = opened.dataset(path_or_none(data_dir))
    asked = [images] if isinstance(images, str | int) else images or []
    layers = [layer] if isinstance(layer, str) else layer or ["all"]
    explanation = explained(opened, [*map(str, asked)], split=split, layers=layers, wrong=wrong, dataset=dataset)
    written = write_explanation(explanation, folder)
    return explanation, written + _reported(opened, folder, split, dataset)


def _reported(run: "Run", folder: Path, split: str, dataset: "Dataset") -> list[Path]:
    """Show the explanation in the run's report, unless it was put elsewhere, where no report looks."""
    from ..pages.explanation.summary import FOLDER
    from ..pages.run.page import show_explanation, write_report

    if folder.resolve() != (run.path / FOLDER).resolve():
        return []
    if report := show_explanation(run):
        return [report]
    evaluation = run.evaluate(split, dataset=dataset)
    return write_report(run, evaluation, dataset.splits[split])[:1]


def _rank_labels(
    run: "Run", folder: Path, data_dir: Path | None, *, folds: int, top: int, note: Callable[[str], None]
) -> "Found":
    from ..explanation import out_of_sample
    from ..pages.explanation.page import write_label_errors

    if top < 1:
        raise UserError(f"top must be at least 1, not {top}.")
    dataset = run.source(data_dir)
    note(f"training {folds} times on {run.config.data}, each time without one of {folds} folds")
    ranking = out_of_sample(run.config, dataset, folds, note=note)
    title = f"{run.config.model} on {run.config.data}"
    return ranking, write_label_errors(ranking, dataset.train, folder, title, top)
