"""The loop: images -> batch -> objective -> optimizer.step -> params, and nothing in between.

    setup = prepare(Config(model="mlp"), load("mnist5k"))
    for event in loop(setup):
        ...                              # Progress a few times a second, an Epoch at each epoch's end

The loop calls nobody back. What the caller does between two events (record, show, stop) is plain code.
"""

from collections.abc import Iterator
from time import perf_counter

import torch
from torch import Tensor

from ..config import Config
from ..data import batch_order, batch_slices
from ..errors import DivergedError
from ..evaluation import Evaluation, evaluate
from ..objective import ClippedNorm, L2Penalty, ModelObjective, Objective, passes_counted
from ..optimizers import State
from ..plan import in_memory_format
from ..randomness import seed_of
from .history import Checkpoint, Epoch, Progress, Row, best_epoch, is_done
from .preparation import Setup, class_weights_of, cross_entropy
from .stochastic import Draws, gathers_statistics, measure_statistics

PROGRESS_EVERY = 0.2  # seconds: often enough to look alive, too seldom to cost anything
STATISTICS_BATCHES = 20  # for batch-norm statistics of averaged weights


def loop(setup: Setup, start: Checkpoint | None = None) -> Iterator[Progress | Epoch]:
    """Train, and yield a few times a second and at the end of each epoch; arguments as of ``steps``.

    Raises:
        DivergedError: the loss became NaN or infinite.
    """
    return steps(setup, start)


def steps(setup: Setup, start: Checkpoint | None = None, every: int | None = None) -> Iterator[Progress | Epoch]:
    """Take all steps of a run, in stretches up to the next event that was asked for.

    An epoch's last stretch ends with its ``Epoch``, every other with a ``Progress`` over its steps.

    Args:
        setup: what ``prepare`` gave.
        start: where to go on; None begins at the network's own weights.
        every: steps of a stretch; None ends one a few times a second.

    Raises:
        DivergedError: the loss became NaN or infinite.
    """
    rule = setup.choice.rule
    with setup.plan.applied():
        run = _Stepper(setup, start)
        while not is_done(setup.config, run.history):
            epoch = _EpochInHand(setup, len(run.history), run.slices)
            images, targets = run.shuffled()
            with passes_counted([run.network.body]) as passes:
                for rows in run.slices:
                    lr = run.begin(epoch, images[rows], targets[rows])
                    run.params, run.state, loss = rule.step(run.objective, run.params, run.state, lr, run.noise)
                    run.model.finish(run.params)
                    epoch.add(loss, run.model.logits, targets[rows])
                    if epoch.is_due(every):
                        yield epoch.progress()
                        epoch.since = perf_counter()
            epoch.check_losses()
            epoch.check_weights(run.params)
            yield run.end(epoch, passes.total())


class _Stepper:
    """What a run's steps move: the vector, the rule's state and the buffers; and the batch they are taken on."""

    def __init__(self, setup: Setup, start: Checkpoint | None) -> None:
        config, train, device = setup.config, setup.dataset.train, setup.plan.device
        weights = class_weights_of(config.class_weights, train.labels, len(setup.dataset.classes))
        self.setup = setup
        self.network = setup.network.to(device).train()
        self.images, self.labels = train.images.to(device), train.labels.to(device)
        self.slices = batch_slices(len(train), config.batch_size)
        self.draws = Draws(self.network, config.seed)
        self.model = ModelObjective(
            self.network,
            cross_entropy(config.label_smoothing, None if weights is None else weights.to(device)),
            setup.plan.autocast,
            self.draws,
        )
        self.objective = _wrapped(self.model, config)
        self.buffers = dict(self.network.named_buffers())
        self.noise = torch.Generator(device)
        self.history: list[Row] = [] if start is None else list(start.history)
        self.params, self.state = self._first() if start is None else self._restored(start)

    def _first(self) -> tuple[Tensor, State]:
        layout, tensors = self.model.layout, dict(self.network.named_parameters())
        params = layout.flatten({name: tensors[name] for name in layout.names})
        return params, self.setup.choice.rule.init(params, layout)

    def _restored(self, start: Checkpoint) -> tuple[Tensor, State]:
        self._put_buffers(start.buffers)
        return start.params.to(self.images.device), start.state

    def _put_buffers(self, values: dict[str, Tensor]) -> None:
        for name, value in values.items():
            self.buffers[name].copy_(value)

    def shuffled(self) -> tuple[Tensor, Tensor]:
        """Return all images and labels in the order of the next epoch."""
        order = batch_order(len(self.labels), self.setup.config.seed, len(self.history))
        order = order.to(self.labels.device)
        return in_memory_format(self.images[order], self.setup.plan), self.labels[order]

    def begin(self, epoch: "_EpochInHand", images: Tensor, targets: Tensor) -> float:
        """Take the epoch's next batch, with all that is drawn for its step; return the learning rate."""
        setup, step = self.setup, epoch.first + len(epoch.losses)
        if setup.augmentation is not None:
            self.noise.manual_seed(seed_of(setup.config.seed, "augmentation", step))
            images = in_memory_format(setup.augmentation(images, self.noise), setup.plan)
        self.draws.at(step)
        self.model.begin(images, targets, self.params)
        self.noise.manual_seed(seed_of(setup.config.seed, "optimizer", step))
        return epoch.lr(len(epoch.losses))

    def end(self, epoch: "_EpochInHand", passes: int) -> Epoch:
        """Evaluate, write the epoch's row, and return what it left.

        Args:
            epoch: all of whose steps are taken.
            passes: that the network saw.
        """
        # a rule that reaches through its objective for the network itself pays for that too
        row = epoch.row() | {"forwards": max(self.model.forwards, passes), "backwards": self.model.backwards}
        self.model.forwards = self.model.backwards = 0
        buffers = {name: value.clone() for name, value in self.buffers.items()}
        self._show(self.setup.choice.rule.weights(self.params, self.state))
        validation = self._validate()
        if validation is not None:
            row |= {"val_loss": validation.loss, "val_accuracy": validation.accuracy}
        self.history.append(row)
        named = {name: value.clone() for name, value in self.network.state_dict().items()}
        # back to the weights and statistics from which the next step begins
        self.model.bind(self.params)
        self._put_buffers(buffers)
        done = len(self.history)
        checkpoint = Checkpoint(done, self.params, buffers, self.state, named, list(self.history))
        improved = best_epoch(self.history) == done
        return Epoch(row, perf_counter() - epoch.started, improved, validation, checkpoint)

    def _show(self, weights: Tensor) -> None:
        """Put the weights to evaluate into the network, with batch-norm statistics of their own."""
        self.model.bind(weights)
        if weights is self.params or not gathers_statistics(self.network):
            return
        images, _ = self.shuffled()
        measure_statistics(self.network, (images[rows] for rows in self.slices[:STATISTICS_BATCHES]))

    def _validate(self) -> Evaluation | None:
        dataset = self.setup.dataset
        if dataset.validation is None:
            return None
        return evaluate(
            self.network,
            dataset.validation,
            dataset.classes,
            kind="validation",
            notes=dataset.notes,
            plan=self.setup.plan,
        )


def _wrapped(objective: Objective, config: Config) -> Objective:
    if config.weight_decay:
        objective = L2Penalty(objective, config.weight_decay)
    if config.clip_norm is not None:
        objective = ClippedNorm(objective, config.clip_norm)
    return objective


class _EpochInHand:
    """The numbers of the epoch in hand, gathered step by step.

    Args:
        setup: the run's.
        done: epochs before it.
        slices: of its batches.
    """

    def __init__(self, setup: Setup, done: int, slices: list[slice]) -> None:
        self.started = self.since = perf_counter()
        self.setup, self.done, self.slices = setup, done, slices
        self.first = done * len(slices)  # its first step, counted from the run's start
        self.losses: list[Tensor] = []
        self.logits: list[Tensor] = []
        self.targets: list[Tensor] = []
        self._reported = 0  # steps that a Progress told of

    def lr(self, number: int) -> float:
        """Return the learning rate of a step, counted from the epoch's start."""
        epochs = self.setup.config.epochs
        progress = (self.first + number) / (epochs * len(self.slices))
        return self.setup.choice.lr * self.setup.schedule.factor(progress, epochs)

    def add(self, loss: Tensor, logits: Tensor, targets: Tensor) -> None:
        """Take in what a step gave."""
        self.losses.append(loss)
        self.logits.append(logits)
        self.targets.append(targets)

    def is_due(self, every: int | None) -> bool:
        """Say whether a Progress is due after the last step; behind an epoch's end comes its ``Epoch``."""
        taken = len(self.losses)
        if taken == len(self.slices):
            return False
        if every is None:
            return perf_counter() - self.since >= PROGRESS_EVERY
        return taken % every == 0

    def progress(self) -> Progress:
        """Return where the loop stands, with the means over the steps since the last time."""
        seconds = perf_counter() - self.since
        self.check_losses()
        first, self._reported = self._reported, len(self.losses)
        rows = slice(self.slices[first].start, self.slices[self._reported - 1].stop)
        images = rows.stop - rows.start
        total = self.slices[-1].stop
        left = (self.setup.config.epochs - self.done) * total - rows.stop
        return Progress(
            epoch=self.done + 1,
            step=self._reported,
            steps=len(self.slices),
            loss=float(torch.stack(self.losses[first:]).mean()),
            accuracy=self._hits(first) / images,
            samples_per_second=images / seconds,
            seconds_left=left * seconds / images,
        )

    def row(self) -> Row:
        """Return the epoch's number, first rate, and means over its images: not steps, the last may be smaller."""
        sizes = torch.tensor([rows.stop - rows.start for rows in self.slices], dtype=torch.float64)
        losses = torch.stack(self.losses).double().cpu()
        return {
            "epoch": self.done + 1,
            "lr": self.lr(0),
            "train_loss": float((losses * sizes).sum() / sizes.sum()),
            "train_accuracy": self._hits() / self.slices[-1].stop,
        }

    def _hits(self, first: int = 0) -> int:
        named = torch.cat(self.logits[first:]).argmax(dim=1)
        return int((named == torch.cat(self.targets[first:])).sum())

    def check_losses(self) -> None:
        """Refuse to go on from a loss that is no number.

        Raises:
            DivergedError: says which step's.
        """
        finite = torch.stack(self.losses).isfinite()
        if bool(finite.all()):
            return
        number = int((~finite).nonzero()[0])
        raise self._diverged(f"The loss became {float(self.losses[number])}", number)

    def check_weights(self, params: Tensor) -> None:
        """Refuse to go on from weights that are no numbers: the last step's loss was measured before it.

        Raises:
            DivergedError: says so.
        """
        if not bool(params.isfinite().all()):
            raise self._diverged("The weights became NaN or infinite", len(self.slices) - 1)

    def _diverged(self, what: str, number: int) -> DivergedError:
        return DivergedError(
            f"{what} in epoch {self.done + 1}, step {number + 1} of {len(self.slices)}, at learning rate "
            f"{self.lr(number):g}. Try a smaller --lr (such as {self.setup.choice.lr / 10:g}), a warm-up "
            f"(--schedule one-cycle) or --clip-norm 1."
        )
