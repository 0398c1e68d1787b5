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

from .data import batch_order, batch_slices
from .errors import DivergedError
from .evaluation import Evaluation, evaluate
from .history import Checkpoint, Epoch, Progress, Row, best_epoch, is_done
from .losses import class_weights_of, cross_entropy
from .objective import ClippedNorm, L2Penalty, ModelObjective, Objective, Reduced, passes_counted
from .plan import in_memory_format
from .preparation import Setup
from .randomness import seed_of
from .ranks import ALONE, Ranks, check_divisible
from .stochastic import Draws, gathers_statistics, measure_statistics

PROGRESS_EVERY = 0.2  # seconds: often enough to look alive, too seldom to cost anything
STATISTICS_BATCHES = 20  # for batch-norm statistics of averaged weights


def loop(
    setup: Setup, start: Checkpoint | None = None, ranks: Ranks = ALONE
) -> Iterator[Progress | Epoch]:
    """Train, and yield a few times a second and at the end of each epoch.

    Args:
        setup: what ``prepare`` gave.
        start: where to go on; None begins at the network's own weights.
        ranks: this process's place among those that train the run together.

    Raises:
        DivergedError: the loss became NaN or infinite.
        UserError: several processes cannot train this network.
    """
    if ranks.size > 1:
        check_divisible(setup.network, setup.dataset.shape, setup.plan.device)
    with setup.plan.applied():
        work = _Work(setup, start, ranks)
        while not is_done(setup.config, work.history):
            yield from work.steps_of_epoch()
            yield work.end_of_epoch()


class _Work:
    """One run's moving parts: the vector, the optimizer's state, and the batch's objective."""

    def __init__(self, setup: Setup, start: Checkpoint | None, ranks: Ranks) -> None:
        self.setup, self.config, self.ranks = setup, setup.config, ranks
        device = setup.plan.device
        self.network = setup.network.to(device).train()
        train = setup.dataset.train
        self.images, self.labels = train.images.to(device), train.labels.to(device)
        self.slices = batch_slices(len(train), self.config.batch_size)
        weights = class_weights_of(
            self.config.class_weights, train.labels, len(setup.dataset.classes)
        )
        self.draws = Draws(self.network, self.config.seed)
        self.model_objective = ModelObjective(
            self.network,
            cross_entropy(
                self.config.label_smoothing, None if weights is None else weights.to(device)
            ),
            setup.plan.autocast,
            self.draws,
        )
        self.class_weights = weights
        self.reduced = Reduced(self.model_objective, ranks.total) if ranks.size > 1 else None
        self.objective = self._wrapped(self.reduced or self.model_objective)
        self.buffers = dict(self.network.named_buffers())
        self.noise = torch.Generator(device)
        self._restore(start)

    def _wrapped(self, objective: Objective) -> Objective:
        if self.config.weight_decay:
            objective = L2Penalty(objective, self.config.weight_decay)
        if self.config.clip_norm is not None:
            objective = ClippedNorm(objective, self.config.clip_norm)
        return objective

    def _restore(self, start: Checkpoint | None) -> None:
        layout, rule = self.model_objective.layout, self.setup.choice.rule
        if start is None:
            tensors = dict(self.network.named_parameters())
            params = layout.flatten({name: tensors[name] for name in layout.names})
            self.params, self.state = params, rule.init(params, layout)
            self.history: list[Row] = []
            return
        self.params, self.state = start.params.to(self.images.device), start.state
        self.history = list(start.history)
        for name, value in start.buffers.items():
            self.buffers[name].copy_(value)

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.history)

    def steps_of_epoch(self) -> Iterator[Progress]:
        """Take every step of the next epoch, and yield a few times a second."""
        self.started = since = perf_counter()
        self.model_objective.forwards = self.model_objective.backwards = 0
        self.losses: list[Tensor] = []
        self.logits: list[Tensor] = []
        self.targets: list[Tensor] = []
        images, targets = self._shuffled()
        reported = 0
        with passes_counted([self.network.body]) as self.passes:
            for number, rows in enumerate(self.slices):
                self._step(number, images[rows], targets[rows])
                now = perf_counter()
                if now - since >= PROGRESS_EVERY and number + 1 < len(self.slices):
                    yield self._progress(reported, number + 1, now - since)
                    since, reported = perf_counter(), number + 1
        self._check_losses()
        self._check_weights()

    def _shuffled(self) -> tuple[Tensor, Tensor]:
        order = batch_order(len(self.labels), self.config.seed, self.epoch).to(self.labels.device)
        images = self.images[order]
        return (in_memory_format(images, self.setup.plan), self.labels[order])

    def _step(self, number: int, images: Tensor, targets: Tensor) -> None:
        step = self.epoch * len(self.slices) + number
        if self.setup.augmentation is not None:
            self.noise.manual_seed(seed_of(self.config.seed, "augmentation", step))
            images = in_memory_format(self.setup.augmentation(images, self.noise), self.setup.plan)
        self.draws.at(step)
        own = self._begin(images, targets)
        self.noise.manual_seed(seed_of(self.config.seed, "optimizer", step))
        self.params, self.state, loss = self.setup.choice.rule.step(
            self.objective, self.params, self.state, self._lr(step), self.noise
        )
        self.model_objective.finish(self.params)
        self.losses.append(loss)
        self.logits.append(self.model_objective.logits[: len(own)])
        self.targets.append(own)

    def _begin(self, images: Tensor, targets: Tensor) -> Tensor:
        """Take this process's part of the next batch, all of it where it is alone; return the part's targets."""
        part = self.ranks.part(len(targets))
        own = targets[part]
        if self.reduced is not None:
            self.reduced.share = self._weight(own) / self._weight(targets)
        # without a part of its own a process works on the first image, which then counts nothing
        part = part if len(own) else slice(0, 1)
        self.model_objective.begin(images[part], targets[part], self.params)
        return own

    def _weight(self, targets: Tensor) -> float:
        """Return what images count in a batch's mean loss."""
        if self.class_weights is None:
            return len(targets)
        return float(self.class_weights[targets.cpu()].sum())

    def _lr(self, step: int) -> float:
        progress = step / (self.config.epochs * len(self.slices))
        return self.setup.choice.lr * self.setup.schedule.factor(progress, self.config.epochs)

    def _progress(self, reported: int, step: int, seconds: float) -> Progress:
        if self.ranks.size == 1:  # several processes find it together, at the epoch's end
            self._check_losses()
        rows = slice(self.slices[reported].start, self.slices[step - 1].stop)
        speed = (rows.stop - rows.start) / seconds
        total, seen = len(self.labels), sum(map(len, self.targets[reported:]))
        left = (self.config.epochs - self.epoch) * total - rows.stop
        return Progress(
            epoch=self.epoch + 1,
            step=step,
            steps=len(self.slices),
            loss=float(torch.stack(self.losses[reported:]).mean()),
            accuracy=_hits(self.logits[reported:], self.targets[reported:]) / (seen or 1),
            samples_per_second=speed,
            seconds_left=left / speed,
        )

    def _check_losses(self) -> None:
        finite = torch.stack(self.losses).isfinite()
        if bool(finite.all()):
            return
        first = int((~finite).nonzero()[0])
        raise self._diverged(f"The loss became {float(self.losses[first])}", first)

    def _check_weights(self) -> None:
        """The last step's loss was measured before it: what it did shows in the weights alone."""
        if not bool(self.params.isfinite().all()):
            raise self._diverged("The weights became NaN or infinite", len(self.slices) - 1)

    def _diverged(self, what: str, number: int) -> DivergedError:
        rate = self._lr(self.epoch * len(self.slices) + number)
        return DivergedError(
            f"{what} in epoch {self.epoch + 1}, step {number + 1} of {len(self.slices)}, at learning rate "
            f"{rate:g}. Try a smaller --lr (such as {self.setup.choice.lr / 10:g}), a warm-up "
            f"(--schedule one-cycle) or --clip-norm 1."
        )

    def end_of_epoch(self) -> Epoch:
        """Evaluate, write the epoch's row, and return what it left."""
        row = {
            "epoch": self.epoch + 1,
            "lr": self._lr(self.epoch * len(self.slices)),
            "train_loss": self._mean_loss(),
            "train_accuracy": self._accuracy(),
            # a rule that reaches through its objective for the network itself pays for that too
            "forwards": max(self.model_objective.forwards, self.passes.total()),
            "backwards": self.model_objective.backwards,
        }
        self.ranks.check_same(self.params)
        buffers = {name: value.clone() for name, value in self.buffers.items()}
        weights = self.setup.choice.rule.weights(self.params, self.state)
        self._show(weights)
        validation = self._validate()
        if validation is not None:
            row |= {"val_loss": validation.loss, "val_accuracy": validation.accuracy}
        self.history.append(row)
        named = {name: value.clone() for name, value in self.network.state_dict().items()}
        self._hide(buffers)
        checkpoint = Checkpoint(
            self.epoch, self.params, buffers, self.state, named, list(self.history)
        )
        improved = best_epoch(self.history) == self.epoch
        return Epoch(row, perf_counter() - self.started, improved, validation, checkpoint)

    def _accuracy(self) -> float:
        """Return the training accuracy of the epoch, over the parts of all processes."""
        hits = torch.tensor(_hits(self.logits, self.targets), dtype=torch.float64)
        return float(self.ranks.total(hits)) / len(self.labels)

    def _mean_loss(self) -> float:
        """Return the mean over images, not over steps: an epoch's last batch may be smaller."""
        sizes = torch.tensor([rows.stop - rows.start for rows in self.slices], dtype=torch.float64)
        losses = torch.stack(self.losses).double().cpu()
        return float((losses * sizes).sum() / sizes.sum())

    def _show(self, weights: Tensor) -> None:
        """Put the weights to evaluate into the network, with batch-norm statistics of their own."""
        self.model_objective.bind(weights)
        if weights is self.params or not gathers_statistics(self.network):
            return
        images, _ = self._shuffled()
        measure_statistics(
            self.network, (images[rows] for rows in self.slices[:STATISTICS_BATCHES])
        )

    def _hide(self, buffers: dict[str, Tensor]) -> None:
        """Go back to the weights and statistics from which the next step begins."""
        self.model_objective.bind(self.params)
        for name, value in buffers.items():
            self.buffers[name].copy_(value)

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


def _hits(logits: list[Tensor], targets: list[Tensor]) -> int:
    return int((torch.cat(logits).argmax(dim=1) == torch.cat(targets)).sum())
