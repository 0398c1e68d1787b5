"""The run directory: durable, verified, resumable.

    runs/<name>/
        config.toml            every value, defaults too
        environment.json       versions, processor, plan, data hashes, and the hash of config.toml
        metrics.csv            a row per epoch, with its seconds and a hash
        last.safetensors       all that resuming needs: one file, one commit
        .previous.safetensors  the same, an epoch earlier: what resuming falls back to where the last is damaged
        best.safetensors       the weights that did best on the validation split; the last without one
        report.html            and its pictures: see ``reporting``

``last.safetensors`` is the truth. It is written last in each epoch; everything beside it can be made anew. Each of
these files vouches for its own bytes, ``config.toml`` excepted, for which ``environment.json`` does.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, Self

from torch import Tensor

from ..config import Config
from ..data import Dataset, load
from ..data.source import VARIABLE, data_directory
from ..errors import IntegrityError, UserError, refuse_trouble
from ..evaluation import Evaluation, evaluate
from ..lazy import html_of
from ..models import Network
from ..plan import Plan
from ..specification import Foreign
from ..storage import (
    read_bytes,
    read_record,
    read_tensors,
    sealed,
    sha256,
    tensors_hash,
    unsealed,
    write_durably,
    write_tensors,
)
from ..training.history import Checkpoint, Epoch, best_epoch, is_done
from ..training.preparation import Setup, with_validation
from ..usercode import CODE, allow_foreign, keep
from .arithmetic import continuations, why_not
from .environment import changed_files, environment, hashes_of_files
from .kinds import ENVIRONMENT as KIND
from .predicting import Images, Predictions, predict
from .restoring import (
    described,
    in_order,
    put_together,
    put_weights,
    read_table,
    taken_apart,
    untrained,
    write_table,
)

CONFIG, ENVIRONMENT, METRICS = "config.toml", "environment.json", "metrics.csv"
LAST, BEST, PREVIOUS = "last.safetensors", "best.safetensors", ".previous.safetensors"
LOCK = ".lock"
DEFAULT_FOLDER = Path("runs")
WITHOUT_TABLE = f"Without {METRICS} all but the seconds comes from {LAST}."


def make_folder(path: Path) -> Path:
    """Make the folder of a new run, and return it.

    Raises:
        UserError: there is something at the path, and not just what a run leaves that was killed as it began.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        taken = [each for each in path.iterdir() if not _is_leftover(each)]
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{path} cannot be a folder: there is a file. Give another --out.") from None
    except FileNotFoundError:  # every missing folder above was made: this place takes none
        raise UserError(f"{path} cannot be made a folder there. Give another --out.") from None
    if taken:
        raise UserError(f"{path} exists already, and a new run never overwrites. Give another --out.")
    return path


def _is_leftover(path: Path) -> bool:
    return path.name in {ENVIRONMENT, LOCK} or (path.name.startswith(".") and path.suffix == ".part")


def is_unbegun(path: Path) -> bool:
    """Say whether a folder is all that a run left that was killed as it began."""
    return (path / LOCK).is_file() and all(map(_is_leftover, path.iterdir()))


def make_free_folder(folder: Path, config: Config) -> Path:
    """Make the folder of the next free name, and return it; two processes never get the same."""
    while True:
        path = free_path(folder, config)
        try:
            path.mkdir(parents=True)
        except FileExistsError:  # another process was quicker
            continue
        return path


def free_path(folder: Path, config: Config) -> Path:
    """Return ``folder/data-model-optimizer-N`` with the first N that no run has."""
    rule = _class_name(config.optimizer).partition(":")[0]
    parts = (Path(config.data).stem, _class_name(config.model), rule)
    short = "-".join("".join(c if c.isalnum() else "-" for c in part)[:24] for part in parts)
    names = (folder / f"{short.lower()}-{n}" for n in count(1))
    return next(path for path in names if not (path.exists() or path.is_symlink()))


def _class_name(text: str) -> str:
    """Return what stands behind a file in ``path/to/file.py:Class:...``, or the text as it is."""
    return text.rpartition(".py:")[2]


LOOKS = 5  # at files that another process, which trains the run, may replace between the first and the second
FEW = 2  # epochs at most that are trained again from the start where no generation before the damaged one was kept
FORMAT = 1  # of the run directory; raised when an older steepest could not read it


@dataclass(frozen=True)
class Run:
    """A run directory."""

    path: Path

    @classmethod
    def create(cls, path: Path, setup: Setup, data_dir: Path | None = None) -> Self:
        """Write into a folder what is known before the first step; whoever calls keeps other processes away.

        Args:
            path: the folder of ``make_folder`` or ``make_free_folder``.
            setup: what is about to be trained.
            data_dir: where the dataset was found, to find it there again.
        """
        run, text, files = cls(path), setup.config.to_toml(), hashes_of_files(setup.config)
        record = {
            **environment(setup.plan),
            "data": described(setup.dataset),
            "data_dir": str(data_directory(data_dir).resolve()),
            "files": files,
            "config": sha256(text.encode()),
        }
        if setup.config.init_from:
            record["start"] = tensors_hash(cls.open(setup.config.init_from).weights("best"))
        for each in files.values():
            keep(each)  # what this machine records is confirmed
        write_durably(path / ENVIRONMENT, sealed(record))
        write_durably(path / CONFIG, text)  # from here on it is a run
        return run

    @classmethod
    def open(
        cls, path: "Path | str | Run", *, allow_code: bool = False, note: Callable[[str], None] = lambda line: None
    ) -> "Run":
        """Return the run at a path, or of that name under ``runs/``; a run stays as it is.

        Args:
            path: of its folder, or its name.
            allow_code: confirm the code that it names, as it is now: it will run with all your rights.
            note: takes a line for each file that is confirmed so.

        Raises:
            UserError: there is no run; the line names the newest ones that there are.
        """
        if isinstance(path, Run):
            if allow_code:
                allow_foreign(path.config.to_dict(), note)
            return path
        given = Path(path)
        for candidate in (given, DEFAULT_FOLDER / given):
            if (candidate / CONFIG).is_file():
                return cls.open(cls(candidate), allow_code=allow_code, note=note)
        names = ", ".join(run.name for run in list_runs()[:3])
        there = f"The newest under {DEFAULT_FOLDER}/: {names}." if names else "There are none yet."
        raise UserError(f"{given} is no run: it holds no {CONFIG}. {there}")

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.resolve().name

    @cached_property
    def config(self) -> Config:
        """Every value that was asked for, or chosen.

        Raises:
            IntegrityError: the file is damaged, or was edited into what no run could have.
        """
        path, written = self.path / CONFIG, self.environment.get("config")
        if written is not None and sha256(read_bytes(path)) != written:
            raise IntegrityError(
                f"{path} was changed since the run began: it does not have the hash in {ENVIRONMENT}. "
                "Put it back; for other settings start a new run."
            )
        try:
            return Config.read(path)
        except UserError as error:
            raise IntegrityError(f"{path} is not as it was written: {error}") from error

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions, processor, plan, data hashes and notes."""
        path = self.path / ENVIRONMENT
        try:
            return unsealed(path, KIND, older=True)
        except OSError as error:
            refuse_trouble(error)
            raise IntegrityError(f"{path} is not as it was written: {error}") from error

    @property
    def plan(self) -> Plan:
        """How the run was executed; resuming and evaluating do the same."""
        return Plan.of(self.environment["plan"])

    @property
    def metrics(self) -> list[dict[str, float]]:
        """A row of numbers per epoch that the last checkpoint holds: empty before the first is done.

        Raises:
            IntegrityError: metrics.csv says something else than the checkpoint.
        """
        for _ in range(LOOKS):
            history, table = self._history(), self._table()
            if not table:  # only the seconds are nowhere else
                return history
            # the table is written first: a run that was killed between the two has one row more there
            claimed = [{k: v for k, v in row.items() if k != "seconds"} for row in table]
            if claimed[: len(history)] == history and len(table) <= len(history) + 1:
                return table[: len(history)]
        raise IntegrityError(
            f"{self.path / METRICS} does not say what {LAST} does: one of them was changed, cut off "
            f"or taken away. {WITHOUT_TABLE}"
        )

    def _history(self) -> list[dict[str, float]]:
        last = self.path / LAST
        return [in_order(row) for row in read_record(last)["history"]] if last.is_file() else []

    def _table(self) -> list[dict[str, float]]:
        try:
            return read_table(self.path / METRICS)
        except IntegrityError as error:
            raise IntegrityError(f"{error} {WITHOUT_TABLE}") from error

    @property
    def epochs_done(self) -> int:
        """How many epochs the last checkpoint holds."""
        return len(self.metrics)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: all epochs are done, or it stopped early."""
        return is_done(self.config, self.metrics)

    def save(self, epoch: Epoch) -> None:
        """Write an epoch's end: best, metrics, and last the checkpoint, which commits it."""
        checkpoint = epoch.checkpoint
        if epoch.improved:
            self._write_best(checkpoint)
        timed = _seconds(self.metrics)
        timed[checkpoint.epoch] = round(epoch.seconds, 3)
        write_table(self.path / METRICS, checkpoint.history, timed)
        tensors, record = taken_apart(checkpoint)
        write_tensors(self.path / LAST, tensors, {**self._identity(), **record}, before=self.path / PREVIOUS)

    def note_continuation(self) -> None:
        """Record where a run goes on, if its bytes may depend on that it is not where it began."""
        recorded = self.environment
        here, known = environment(self.plan), [recorded, *continuations(recorded)]
        if why_not({**known[-1], "continued": []}, here):
            later = {"after": self.epochs_done, **here}
            record = {**recorded, "continued": [*known[1:], later]}
            write_durably(self.path / ENVIRONMENT, sealed(record))
            self.__dict__.pop("environment")  # as it was read

    def _identity(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "config": self.config.to_dict(),
            "plan": self.environment["plan"],
            "data": self.environment["data"],
        }

    def checkpoint(self) -> Checkpoint | None:
        """Return where to go on, or None where no epoch was finished.

        Raises:
            IntegrityError: the file is damaged, or the config beside it was changed since.
        """
        if not (self.path / LAST).is_file():
            return None
        return put_together(*self._read(LAST))

    def fall_back(self) -> int | None:
        """Put the generation before in the place of a damaged or missing last one, if that is the matter.

        A killed or second call goes on with it: nothing is taken away before what comes for it is there.

        Returns:
            the epoch after which the run goes on; None where the last checkpoint is whole, or none was written.

        Raises:
            IntegrityError: the generation before is damaged too, or was not kept.
        """
        last, previous = self.path / LAST, self.path / PREVIOUS
        damage = self._damage()
        if damage is None:
            return None
        table = read_table(self.path / METRICS)
        if previous.is_file():
            try:
                history = put_together(*self._read(PREVIOUS)).history
            except IntegrityError as error:
                raise IntegrityError(f"{damage} And the generation before: {error}") from error
            table = table[: len(history)]
            if table:
                write_table(self.path / METRICS, history, _seconds(table))
            previous.replace(last)
            return len(history)
        if len(table) > FEW or not table:
            raise damage
        (self.path / METRICS).unlink(missing_ok=True)
        last.unlink(missing_ok=True)
        return 0

    def mend_best(self, checkpoint: Checkpoint) -> None:
        """Write the best weights again where their file is damaged or missing, and the last ones are the best.

        Raises:
            IntegrityError: they are of an earlier epoch, and nowhere else.
        """
        try:
            read_tensors(self.path / BEST)
        except (IntegrityError, FileNotFoundError) as error:
            best = best_epoch(checkpoint.history)
            if best != checkpoint.epoch:
                raise IntegrityError(
                    f"{self.path / BEST} is missing or damaged, and the weights of epoch {best} are nowhere else. "
                    f"Train them again: steepest train --config {self.path / CONFIG} --out FOLDER"
                ) from error
            self._write_best(checkpoint)

    def mend_table(self, checkpoint: Checkpoint) -> None:
        """Write the table of epochs again where it is missing; the seconds are lost with it."""
        if not (self.path / METRICS).is_file():
            write_table(self.path / METRICS, checkpoint.history, {})

    def _write_best(self, checkpoint: Checkpoint) -> None:
        record = {**self._identity(), "epoch": checkpoint.epoch}
        write_tensors(self.path / BEST, checkpoint.weights, record)

    def _damage(self) -> IntegrityError | None:
        """Return what is wrong with the last checkpoint's file: its bytes, or that it is gone."""
        try:
            if (self.path / LAST).is_file():
                read_tensors(self.path / LAST)
            elif (self.path / PREVIOUS).is_file():
                return IntegrityError(f"{self.path / LAST} is missing.")
        except IntegrityError as error:
            return error
        return None

    def _read(self, file: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return a file's tensors and record, once it agrees with the config and environment beside it."""
        tensors, record = read_tensors(self.path / file)
        beside = json.loads(json.dumps(self._identity()))
        for key, other in (("config", CONFIG), ("plan", ENVIRONMENT), ("data", ENVIRONMENT)):
            changed = [k for k in beside[key] if record.get(key, {}).get(k) != beside[key][k]]
            if changed:
                raise IntegrityError(
                    f"{self.path / other} was changed since {file} was written ({', '.join(changed)}). "
                    f"Put it back; for other settings start a new run."
                )
        return tensors, record

    def source(self, data_dir: Path | None = None) -> Dataset:
        """Return the dataset that the run was trained on, before any validation split was drawn.

        Raises:
            IntegrityError: the images on this machine are not those of the run.
        """
        dataset = load(
            self.config.data,
            data_dir=data_dir or self.data_directory(),
            image_size=self.config.size,
            unverified=self.config.unverified,
        )
        present = with_validation(self.config, dataset).hashes
        for kind, hash_then in self.environment["data"]["hashes"].items():
            if present.get(kind) != hash_then:
                raise IntegrityError(
                    f"The {kind} images of {self.config.data} are not those that {self.name} was trained with."
                )
        return dataset

    def data_directory(self) -> Path | None:
        """Return where the run found its data, unless the user says otherwise or it is there no more."""
        recorded = self.environment.get("data_dir")
        if not recorded or VARIABLE in os.environ or not Path(recorded).is_dir():
            return None
        return Path(recorded)

    def dataset(self, data_dir: Path | None = None) -> Dataset:
        """Return the dataset that the run was trained on, split as it was then."""
        return with_validation(self.config, self.source(data_dir))

    def weights(self, which: str = "best") -> dict[str, Tensor]:
        """Return the network's tensors by name.

        Args:
            which: ``best`` or ``last``.

        Raises:
            UserError: no epoch was finished yet.
            IntegrityError: the file is damaged or missing.
        """
        path = self.path / (BEST if which == "best" else LAST)
        if not path.is_file():
            if self.epochs_done:
                raise IntegrityError(f"{path} is missing, though epochs were finished.")
            raise UserError(f"{self.path} has no weights yet: no epoch was finished.")
        tensors, record = self._read(path.name)
        return tensors if which == "best" else put_together(tensors, record).weights

    def changed_files(self, *settings: str) -> list[str]:
        """Return the user's own files, behind these settings, that are not what they were."""
        return changed_files(self.files, *settings, config=self.config)

    @property
    def files(self) -> Mapping[str, Mapping[str, str]]:
        """The SHA-256 of the user's own files as they were, by setting and path."""
        files = self.environment.get("files") or {}
        tables = [files, *(files.values() if isinstance(files, dict) else ())]
        if not all(isinstance(each, dict) for each in tables):
            raise IntegrityError(f"{self.path / ENVIRONMENT} is not as it was written: files is no table.")
        return {setting: dict(files.get(setting, {})) for setting in CODE}

    def network(self, which: str = "best") -> Network:
        """Return the trained network: raw pixels [B, C, H, W] -> logits [B, K].

        Raises:
            UserError: its model is code that is not confirmed on this machine, or was changed since.
        """
        model = Foreign(self.config.model, str(self.path / CONFIG), self.files["model"])
        network = untrained(self.config.with_(model=model), self.environment["data"])
        put_weights(network, self.weights(which), self.name)
        return network.eval()

    def evaluate(self, split: str = "test", which: str = "best", dataset: Dataset | None = None) -> Evaluation:
        """Return the evaluation of one split.

        Args:
            split: ``test``, ``validation`` or ``train``.
            which: the ``best`` weights or the ``last``.
            dataset: None loads the run's own.
        """
        dataset = dataset or self.dataset()
        if split not in dataset.splits:
            has = ", ".join(dataset.splits)
            raise UserError(f"{self.config.data} has no {split} split in this run. It has: {has}.")
        with self.plan.applied():
            return evaluate(
                self.network(which),
                dataset.splits[split],
                dataset.classes,
                kind=split,
                notes=dataset.notes,
                plan=self.plan,
            )

    def predict(
        self, images: Images, which: str = "best", note: Callable[[str], None] = lambda line: None
    ) -> Predictions:
        """Return classes and probabilities of images.

        Args:
            images: [N, H, W] or [N, C, H, W] uint8, a tensor or an array; or the path of an image file or a
                folder, or several. A picture is first made into what the network saw in training.
            which: the ``best`` weights or the ``last``.
            note: takes a line about each file of a folder that cannot be used.

        Raises:
            UserError: a path does not exist, or the images cannot be shown to the network.
        """
        return predict(self.network(which), images, self.environment["data"], self.plan, note)

    def __repr__(self) -> str:
        done, asked = self.epochs_done, self.config.epochs
        return f"<run {self.name}: {self.config.model} on {self.config.data}, epoch {done} of {asked}>"

    def _repr_html_(self) -> str:
        return html_of(self)


def _seconds(table: list[dict[str, float]]) -> dict[int, float]:
    return {int(row["epoch"]): row["seconds"] for row in table if "seconds" in row}


def list_runs(folder: Path = DEFAULT_FOLDER) -> list[Run]:
    """Return the runs of a folder, the newest first."""
    found = [Run(config.parent) for config in folder.glob(f"*/{CONFIG}")]
    return sorted(found, key=lambda run: (run.path / CONFIG).stat().st_mtime_ns, reverse=True)


def summary(run: Run) -> dict[str, Any]:
    """Return what ``runs list`` says of a run; the metrics are None before the first epoch is done."""
    rows, config = run.metrics, run.config
    best = rows[best_epoch(rows) - 1] if rows else {}
    return {
        "run": str(run.path.absolute()),
        "model": config.model,
        "data": config.data,
        "optimizer": config.optimizer,
        "lr": config.lr,
        "seed": config.seed,
        "epochs_done": len(rows),
        "epochs": config.epochs,
        "finished": run.finished,
        "train_accuracy": best.get("train_accuracy"),
        "val_accuracy": best.get("val_accuracy"),
        "seconds": sum(row.get("seconds", 0.0) for row in rows),
        "modified": (run.path / CONFIG).stat().st_mtime,
    }
