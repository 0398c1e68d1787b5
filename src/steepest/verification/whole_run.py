"""A run trained again as a whole, and held against its record: three outcomes.

The same bytes are always accepted. Other bytes refute the record where its arithmetic promises the same ones here;
elsewhere nobody can know, and they are told as a distance.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from ..data import Dataset
from ..errors import UserError
from ..runs.arithmetic import ANOTHER, why_not
from ..runs.environment import environment, named_files
from ..runs.program import program_hashes
from ..runs.run import BEST, CONFIG, LAST, METRICS, Run
from ..storage import read_record, tensors_hash
from ..sweeping.ready import Place, images_of
from ..training.history import Row, best_epoch
from ..usercode import hashes_of, placed, read, require
from .findings import Finding
from .rerunning import LEAST_LOSS, Retraced, first_difference, other_images, ready_again, retrace, told_reasons

OTHER_PROGRAM = (
    "another version of steepest made it, or one that did not record which: other bytes than here refute nothing"
)
PROMISED = (
    "processor, instruction sets, variables, torch, plan, program, data and files are those recorded, and where "
    "they are its arithmetic promises the same bytes: this is not the record of such a run."
)
TOLD = {
    "train_loss": "training loss",
    "train_accuracy": "training accuracy",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
}


def run_findings(run: Run, *, data_dir: Path | None = None) -> Iterator[Finding]:
    """Yield what a run's record comes to: what it was made of and, where that is here, the run made again.

    The same bytes are always accepted. Others refute it where its arithmetic promises the same here; elsewhere
    they are told as a distance.

    Raises:
        UserError: no epoch of it is done, or a file or data that it needs is missing.
        IntegrityError: its files contradict each other.
    """
    rows, config = run.metrics, run.config
    if not rows:
        raise UserError(f"{run.path} has no epoch that could be trained again.")
    weights = {which: run.weights(which) for which in ("last", "best")}
    if told := _contradiction(run, rows, weights):
        yield told
        return
    same = run.environment.get("program") == program_hashes()["runs"]
    yield Finding("program", True, "this steepest made it" if same else OTHER_PROGRAM)
    checks: list[Callable[[Run], Finding]] = [
        _run_files,
        *([_run_start] if config.init_from else []),
        partial(_run_data, data_dir=data_dir),
    ]
    for check in checks:  # the cheap ones first
        found = check(run)
        yield found
        if not found.accepted:
            return
    setup = ready_again(config, run.plan, data_dir or run.data_directory())
    reasons = why_not(run.environment, environment(setup.plan))
    if config.init_from and "start" not in run.environment:
        reasons.append(f"the weights of {config.init_from} that it began with are not recorded")
    if unrecorded := _without_hash(run):
        reasons.append(f"the hash of {', '.join(unrecorded)} was not recorded")
    if reasons and (told := _other_scores(run, rows, setup.dataset)):
        yield told
        return
    yield from _run_again(run, weights, retrace(setup, len(rows)), reasons)


def _contradiction(run: Run, rows: list[Row], weights: Mapping[str, Mapping[str, Tensor]]) -> Finding | None:
    """Return what the best weights say against the last checkpoint, or None."""
    best, epoch = best_epoch(rows), read_record(run.path / BEST).get("epoch")
    if epoch == len(rows) + 1:  # it is written before the checkpoint
        text = f"{run.path / BEST} is of an epoch that {LAST} has not; --resume trains it again, and mends that"
        return Finding("best weights", None, text)
    if epoch != best:
        text = f"{run.path / BEST} is of epoch {epoch}, and by {run.path / LAST} epoch {best} was the best"
        return Finding("best weights", False, text)
    if best == len(rows) and tensors_hash(weights["best"]) != tensors_hash(weights["last"]):
        text = f"{run.path / BEST} and {run.path / LAST} do not hold the same weights, those of epoch {best}"
        return Finding("best weights", False, text)
    return None


def _other_scores(run: Run, rows: list[Row], dataset: Dataset) -> Finding | None:
    """Return where recorded weights do not score on the validation images as is recorded beside them, or None.

    It needs no training, and no processor is as far from another one as ``LEAST_LOSS``.
    """
    if dataset.validation is None or run.plan.precision != "float32":
        return None
    for which, row in (("last", rows[-1]), ("best", rows[best_epoch(rows) - 1])):
        loss = run.evaluate("validation", which, dataset).loss
        if abs(loss - row["val_loss"]) > LEAST_LOSS * max(1.0, abs(row["val_loss"])):
            text = f"their validation loss is {loss:.6g}, and {METRICS} records {row['val_loss']:.6g} of them"
            return Finding(f"{which} weights", False, text)
    return None


def _run_files(run: Run) -> Finding:
    """Hold the user's own files against the hashes that the run recorded."""
    recorded = {path: then for files in run.files.values() for path, then in files.items()}
    for path in run.changed_files("model", "optimizer"):
        if not placed(Path(path)).is_file():
            raise UserError(
                f"{run.name} was trained with {path}, which is not here. Put the file with SHA-256 "
                f"{recorded.get(path, '')[:16]}... there."
            )
        now, then = hashes_of([Path(path)])[path], recorded.get(path, "none of it")
        text = f"{path} has the SHA-256 {now}, and the run recorded {then}"
        return Finding("files", False, text)
    require(named_files(run.config), run.path / CONFIG)
    text = f"{len(recorded)} of the user's own, as recorded" if recorded else "none of the user's"
    if unrecorded := _without_hash(run):
        text = f"the run did not record the hash of {', '.join(unrecorded)}"
    return Finding("files", True, text)


def _without_hash(run: Run) -> list[str]:
    """Return the user's own files that a run names and did not record."""
    recorded = {path for files in run.files.values() for path in files}
    return sorted({str(path) for path in named_files(run.config) if not read(path).ours} - recorded)


def _run_start(run: Run) -> Finding:
    """Hold the weights of the run that this one started from against their recorded hash."""
    source, then = run.config.init_from, run.environment.get("start")
    now = tensors_hash(Run.open(source).weights("best"))
    if then in (now, None):
        return Finding("start", True, f"{source} {'has the weights recorded' if then else 'has no recorded hash'}")
    return Finding("start", False, f"the weights of {source} have the SHA-256 {now}, and the run recorded {then}")


def _run_data(run: Run, data_dir: Path | None) -> Finding:
    """Hold the images here against the run's hashes."""
    hashes = run.environment["data"]["hashes"]
    other = other_images(hashes, images_of(run.config, Place(data_dir or run.data_directory())))
    text = f"the {', '.join(hashes)} images are those recorded"
    return Finding("data", other is None, f"of {run.config.data}: {other}" if other else text)


def _run_again(
    run: Run, weights: Mapping[str, Mapping[str, Tensor]], again: Retraced, reasons: Sequence[str]
) -> Iterator[Finding]:
    """Yield what the run made again comes to, against its weights and its history.

    Args:
        weights: by name, the recorded ``last`` and ``best``.
        again: as many epochs of it.
        reasons: why the same bytes are not promised; empty where they are.
    """
    epochs = len(run.metrics)
    counted = f"{epochs} epoch{'' if epochs == 1 else 's'}"
    version = ", by another version of steepest" if ANOTHER in reasons else ""
    refuted = None if reasons else False
    differs = False
    for which, now in (("last", again.last), ("best", again.best)):
        same = tensors_hash(weights[which]) == tensors_hash(now)
        differs |= not same
        text = f"the same to the byte{version} after {counted}" if same else distance(weights[which], now)
        yield Finding(f"{which} weights", True if same else refuted, text)
    parted = first_difference(run.metrics, again.history)
    differs |= parted is not None
    history = f"{parted}{_apart(run.metrics, again.history)}" if parted else f"the same numbers in {counted}"
    yield Finding("history", refuted if parted else True, again.diverged or history)
    if differs:
        yield Finding("reason", refuted, told_reasons(reasons) if reasons else PROMISED)


def distance(then: Mapping[str, Tensor], now: Mapping[str, Tensor]) -> str:
    """Say how far weights are from those recorded, relative to the root mean square of these.

    Args:
        then: recorded, by name.
        now: of the run made again.
    """
    if {name: each.shape for name, each in then.items()} != {name: each.shape for name, each in now.items()}:
        return "other tensors: the names or shapes are not those that the config gives"
    was, here = (torch.cat([each[name].double().flatten() for name in then]) for each in (then, now))
    size, apart = was.square().mean().sqrt().item(), (here - was).abs()
    largest, middle = apart.max().item(), apart.square().mean().sqrt().item()
    scale = size or 1.0
    return (
        f"other bytes: weights differ by at most {largest / scale:.2g} and in root mean square by "
        f"{middle / scale:.2g}, of their own root mean square"
    )


def _apart(then: Sequence[Row], now: Sequence[Row]) -> str:
    """Say how far the last rows of two histories are apart."""
    if len(then) != len(now):
        return ""
    rows = {key: now[-1][key] - value for key, value in then[-1].items() if key in now[-1] and key in TOLD}
    return "; in the last epoch " + ", ".join(f"{TOLD[key]} {value:+.3g}" for key, value in rows.items())
