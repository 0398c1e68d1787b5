from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fakes import stripe_dataset, stripes
from steepest.config import Config
from steepest.data import Dataset, Split, batch_order
from steepest.errors import DataError, DivergedError, UserError
from steepest.optimizers import Step, pack
from steepest.plan import Plan
from steepest.training.history import Checkpoint, Epoch, Progress, best_epoch, is_done
from steepest.training.loops import loop, steps
from steepest.training.preparation import Setup, prepare, with_validation

OWN_MODULE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, shape, classes, frozen=False):
        super().__init__()
        self.first = nn.Linear(shape[0] * shape[1] * shape[2], 8)
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(8, classes)
        self.first.requires_grad_(not frozen)

    def forward(self, x):
        return self.last(self.drop(self.norm(self.first(x.flatten(1))).relu()))

class Bare(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes

    def forward(self, x):
        return x.flatten(1)[:, :self.classes]
"""

TWICE_RULE = """
class Twice:
    seen = []

    def init(self, params, layout):
        return {}

    def step(self, objective, params, state, lr, generator):
        from steepest.optimizers import Step
        first, again = objective.loss(params), objective.loss(params)
        elsewhere = objective.loss(params + 1)
        loss, grad = objective.loss_and_grad(params)
        self.seen.append((float(first), float(again), float(loss), float(elsewhere)))
        return Step(params.sub_(grad, alpha=lr), state, loss)
"""


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN_MODULE + TWICE_RULE)
    return path


def setup_of(dataset: Dataset | None = None, **settings: object) -> Setup:
    values = {"model": "F5-R-F2", "data": "stripes", "epochs": 3, "batch_size": 16, "lr": 0.01}
    return prepare(Config.of({**values, **settings}), dataset or stripe_dataset())


def epochs_of(setup: Setup, start: Checkpoint | None = None) -> list[Epoch]:
    events = loop(setup, start)
    return [deepcopy(event) for event in events if isinstance(event, Epoch)]


def fingerprint(checkpoint: Checkpoint) -> object:
    """Return everything of a checkpoint, comparable with ``==``, exact to the bit."""
    state, skeleton = pack(checkpoint.state)
    tensors = {
        "params": checkpoint.params,
        **{f"b/{k}": v for k, v in checkpoint.buffers.items()},
        **{f"w/{k}": v for k, v in checkpoint.weights.items()},
        **{f"s/{k}": v for k, v in state.items()},
    }
    exact = {
        name: (str(t.dtype), t.contiguous().reshape(-1).view(torch.uint8).tolist()) for name, t in tensors.items()
    }
    return checkpoint.epoch, exact, skeleton, checkpoint.history


def test_the_loop_learns() -> None:
    rows = [each.row for each in epochs_of(setup_of(epochs=10, lr=0.02))]
    assert rows[-1]["train_loss"] < rows[0]["train_loss"] / 2
    assert rows[-1]["train_accuracy"] > 0.95


@pytest.mark.parametrize(
    ("optimizer", "forwards", "backwards"), [("sgd", 1, 1), ("sam", 2, 2), ("blind-descent", 3, 1)]
)
def test_an_epochs_row_counts_every_pass_that_the_rule_asked_for(
    optimizer: str, forwards: int, backwards: int
) -> None:
    setup = setup_of(optimizer=optimizer, epochs=2, val=0.25, batch_size=8)
    steps = len(range(0, len(setup.dataset.train), 8))
    assert steps > 1
    for epoch in epochs_of(setup):
        assert epoch.row["forwards"] == forwards * steps
        assert epoch.row["backwards"] == backwards * steps


VARIED = [
    {"model": "4C3-B-R-D0.3-F2", "augment": "shift:1+rotate:10", "schedule": "one-cycle"},
    {"optimizer": "momentum:beta=0.8", "schedule": "cosine"},
    {"optimizer": "torch.optim.RAdam:weight_decay=0.01", "weight_decay": 0.1, "clip_norm": 0.5},
    {"optimizer": "ema:decay=0.9 of adam", "model": "F8-B-R-F2", "val": 0.25},
    {"optimizer": "lookahead:k=3 of momentum", "val": 0.25, "schedule": "step:every=1"},
    {"optimizer": "blind-descent", "model": "F6-R-D0.2-F2"},
    {"model": "OWN:Net", "optimizer": "torch.optim.SGD:momentum=0.9", "normalize": "standard"},
    {"model": "OWN:Net:frozen=true", "label_smoothing": 0.1, "class_weights": "balanced"},
]
EACH = pytest.mark.parametrize("settings", VARIED, ids=lambda each: " ".join(map(str, each.values())))


@EACH
def test_the_same_config_gives_the_same_bytes_twice(settings: dict[str, object], own_file: Path) -> None:
    settings = settings | {"model": str(settings.get("model", "F5-R-F2")).replace("OWN", str(own_file))}
    first, second = (epochs_of(setup_of(**settings)) for _ in range(2))
    assert [fingerprint(e.checkpoint) for e in first] == [fingerprint(e.checkpoint) for e in second]
    another = epochs_of(setup_of(**settings, seed=1))[-1]
    assert fingerprint(another.checkpoint) != fingerprint(first[-1].checkpoint)


@EACH
def test_going_on_from_any_epoch_equals_the_unbroken_run(settings: dict[str, object], own_file: Path) -> None:
    settings = settings | {"model": str(settings.get("model", "F5-R-F2")).replace("OWN", str(own_file))}
    unbroken = epochs_of(setup_of(**settings))
    assert len(unbroken) == 3
    for start in unbroken[:-1]:
        rest = epochs_of(setup_of(**settings), deepcopy(start.checkpoint))
        wanted = unbroken[start.checkpoint.epoch :]
        assert [fingerprint(e.checkpoint) for e in rest] == [fingerprint(e.checkpoint) for e in wanted]
        assert [e.improved for e in rest] == [e.improved for e in wanted]


def test_all_evaluations_of_a_step_see_one_dropout_mask_and_another_step_another(own_file: Path) -> None:
    for model in ("F8-R-D0.5-F2", f"{own_file}:Net"):
        setup = setup_of(model=model, optimizer=f"{own_file}:Twice", epochs=1, batch_size=64)
        seen: list[tuple[float, ...]] = setup.choice.rule.seen  # type: ignore[attr-defined]
        seen.clear()
        epochs_of(replace(setup, config=setup.config.with_(epochs=2, lr=1e-9)))
        assert len(seen) == 2
        for first, again, with_grad, elsewhere in seen:
            assert first == again == with_grad
            assert elsewhere != first
        # one batch holds all images, so only the mask differs between two steps at nearly the same weights
        assert abs(seen[0][0] - seen[1][0]) > 1e-4


@pytest.mark.parametrize("model", ["8C3-R-D0.5-F2", "OWN:Net"])
def test_a_run_leaves_torchs_global_generator_as_it_was(model: str, own_file: Path) -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    epochs_of(setup_of(model=model.replace("OWN", str(own_file)), augment="shift:1", val=0.25))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_global_generator_does_not_change_a_run(own_file: Path) -> None:
    prints = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        prints.append(fingerprint(epochs_of(setup_of(model=f"{own_file}:Net"))[-1].checkpoint))
    assert prints[0] == prints[1]


def recorded_batches(
    monkeypatch: pytest.MonkeyPatch, **settings: object
) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
    """Return a run's initial params, and the images and labels of each of its steps."""
    from steepest.training import loops as training

    images: list[torch.Tensor] = []
    labels: list[torch.Tensor] = []
    start: list[torch.Tensor] = []
    begin = training.ModelObjective.begin

    def spy(self: object, inputs: torch.Tensor, targets: torch.Tensor, params: torch.Tensor) -> None:
        start.append(params.clone())
        images.append(inputs.clone())
        labels.append(targets.clone())
        begin(self, inputs, targets, params)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(training.ModelObjective, "begin", spy)
        epochs_of(setup_of(**settings))
    return start[0], images, labels


def test_a_pair_of_optimizers_shares_weights_batches_and_augmentation(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = {"augment": "shift:1+rotate:20", "epochs": 2, "model": "F6-R-D0.5-F2"}
    first, second, other = (
        recorded_batches(monkeypatch, **shared, optimizer=rule, seed=seed)
        for rule, seed in (("adam", 0), ("blind-descent", 0), ("adam", 1))
    )
    assert torch.equal(first[0], second[0])
    assert len(first[1]) == 8
    for mine, theirs in zip(first[1] + first[2], second[1] + second[2], strict=True):
        assert torch.equal(mine, theirs)
    assert not torch.equal(first[0], other[0])
    assert not torch.equal(first[1][0], other[1][0])


def test_every_step_draws_its_own_mask_its_own_augmentation_and_its_own_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from steepest.data import Augmentation
    from steepest.models import Dropout

    masks: list[int] = []
    changes: list[int] = []
    noises: list[int] = []
    reseed, change = Dropout.reseed, Augmentation.__call__

    def spy_reseed(self: Dropout, seed: int) -> None:
        masks.append(seed)
        reseed(self, seed)

    def spy_change(self: Augmentation, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        changes.append(generator.initial_seed())
        return change(self, images, generator)

    class Spy(Far):
        def step(self, objective, params, state, lr, generator):  # type: ignore[no-untyped-def]
            noises.append(generator.initial_seed())
            return super().step(objective, params, state, lr, generator)

    setup = setup_of(model="F6-R-D0.5-F2", augment="shift:1", epochs=2)
    setup = replace(setup, choice=replace(setup.choice, rule=Spy()))
    monkeypatch.setattr(Dropout, "reseed", spy_reseed)
    monkeypatch.setattr(Augmentation, "__call__", spy_change)
    epochs_of(setup)
    for seeds in (masks, changes, noises):
        assert len(seeds) == 8
        assert len(set(seeds)) == 8
    assert not set(masks) & set(changes) & set(noises)


def test_batches_follow_the_order_of_seed_and_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = stripe_dataset()
    _, images, _ = recorded_batches(monkeypatch, epochs=2, seed=3, batch_size=20)
    assert [len(each) for each in images] == [20, 20, 20, 4] * 2
    for epoch in (0, 1):
        order = batch_order(64, 3, epoch)
        seen = torch.cat(images[4 * epoch : 4 * epoch + 4])
        assert torch.equal(seen, dataset.train.images[order])


def one_step(**settings: object) -> tuple[Setup, torch.Tensor, torch.Tensor]:
    """Return a run of one step of plain descent, and the gradient that it must have followed."""
    setup = setup_of(epochs=1, batch_size=64, optimizer="sgd", **settings)
    start = setup_of(epochs=1, batch_size=64, optimizer="sgd", **settings).network
    before = nn.utils.parameters_to_vector(start.parameters()).detach()
    after = epochs_of(setup)[0].checkpoint.params
    return setup, before, (before - after) / 0.01


def gradient_of(loss: Callable[[nn.Module, Split], torch.Tensor], **settings: object) -> torch.Tensor:
    network, split = setup_of(**settings).network.train(), stripe_dataset().train
    grads = torch.autograd.grad(loss(network, split), list(network.parameters()))
    return torch.cat([each.flatten() for each in grads])


def test_label_smoothing_and_class_weights_are_torchs() -> None:
    def loss(network: nn.Module, split: Split) -> torch.Tensor:
        weight = torch.tensor([1.0, 3.0])
        return F.cross_entropy(network(split.images), split.labels, weight, label_smoothing=0.2)

    _, _, followed = one_step(label_smoothing=0.2, class_weights="1,3")
    assert torch.allclose(followed, gradient_of(loss), atol=1e-5)


def test_weight_decay_is_an_l2_penalty_and_comes_before_clipping() -> None:
    def loss(network: nn.Module, split: Split) -> torch.Tensor:
        penalty = sum(each.square().sum() for each in network.parameters())
        return F.cross_entropy(network(split.images), split.labels) + 0.25 * penalty

    wanted = gradient_of(loss)
    _, _, followed = one_step(weight_decay=0.5)
    assert torch.allclose(followed, wanted, atol=1e-5)
    _, _, clipped = one_step(weight_decay=0.5, clip_norm=0.1)
    assert float(clipped.norm()) == pytest.approx(0.1, rel=1e-3)
    assert torch.allclose(clipped, wanted * 0.1 / wanted.norm(), atol=1e-5)


def test_a_loss_that_is_nan_stops_the_run_and_says_when_and_what_to_try() -> None:
    setup = setup_of(optimizer="sgd", lr=1e25, batch_size=16)
    with pytest.raises(DivergedError) as caught:
        epochs_of(setup)
    text = str(caught.value)
    assert text.startswith("The loss became ")
    assert "in epoch 1, step " in text
    assert "of 4, at learning rate 1e+25" in text
    assert "smaller --lr (such as 1e+24)" in text
    assert "--clip-norm 1" in text


def test_weights_that_the_very_last_step_ruined_are_never_passed_on() -> None:
    setup = setup_of(optimizer="sgd", lr=3e38, batch_size=64, epochs=1, normalize="raw", val=0.25)
    with pytest.raises(DivergedError, match="in epoch 1, step 1 of 1"):
        epochs_of(setup)


def test_early_stopping_waits_as_long_as_it_is_patient() -> None:
    rows = [{"epoch": e, "val_accuracy": a, "val_loss": 1.0} for e, a in enumerate((0.5, 0.7, 0.6, 0.7), 1)]
    config = Config(epochs=9, val=0.2, patience=2)
    assert [is_done(config, rows[:n]) for n in range(5)] == [False, False, False, False, True]
    assert not is_done(config.with_(patience=3), rows)
    assert is_done(config.with_(patience=None, epochs=4), rows)


def test_a_run_that_cannot_improve_stops_early() -> None:
    setup = setup_of(lr=1e-12, optimizer="sgd", val=0.25, patience=2, epochs=50)
    events = epochs_of(setup)
    assert 3 <= len(events) < 50
    best = best_epoch(events[-1].checkpoint.history)
    assert len(events) == best + 2
    assert [e.checkpoint.epoch for e in events if e.improved][-1] == best


class Far:
    """Steps as plain descent does; evaluates at weights that lie elsewhere."""

    def init(self, params: torch.Tensor, layout: object) -> dict[str, torch.Tensor]:
        return {"far": params * 2}

    def step(self, objective, params, state, lr, generator):  # type: ignore[no-untyped-def]
        loss, grad = objective.loss_and_grad(params)
        return Step(params.sub_(grad, alpha=lr), state, loss)

    def weights(self, params: torch.Tensor, state: dict[str, torch.Tensor]) -> torch.Tensor:
        return state["far"]


def test_averaged_weights_are_evaluated_with_statistics_of_their_own_and_training_goes_on_without_them() -> None:
    settings = {"model": "F8-B-R-F2", "val": 0.25, "optimizer": "sgd", "epochs": 2}
    plain = setup_of(**settings)
    far = replace(setup_of(**settings), choice=replace(plain.choice, rule=Far()))
    steps, looks = epochs_of(plain), epochs_of(far)
    for step, look in zip(steps, looks, strict=True):
        assert torch.equal(step.checkpoint.params, look.checkpoint.params)
        assert all(
            torch.equal(step.checkpoint.buffers[k], look.checkpoint.buffers[k]) for k in step.checkpoint.buffers
        )
        assert step.row["train_loss"] == look.row["train_loss"]
        assert step.row["val_loss"] != look.row["val_loss"]
    saved = looks[-1].checkpoint.weights
    network = setup_of(**settings).network
    network.load_state_dict(saved)
    fresh = next(m for m in network.modules() if isinstance(m, nn.BatchNorm1d))
    # the mean over the batches of what the first layer gives at the averaged weights
    first = next(m for m in network.modules() if isinstance(m, nn.Linear))
    train = with_validation(plain.config, stripe_dataset()).train
    order = batch_order(len(train), 0, 1)
    batches = [train.images[order][n : n + 16] for n in range(0, len(train), 16)]
    with torch.no_grad():
        outputs = [first(network.input(each).flatten(1)) for each in batches]
    mean = torch.stack([each.mean(dim=0) for each in outputs]).mean(dim=0)
    assert torch.allclose(fresh.running_mean, mean, atol=1e-5)  # type: ignore[arg-type]


def test_torchs_settings_come_back_when_the_loop_ends_breaks_or_fails() -> None:
    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    plan = Plan(threads=before[0] + 1, precision="bfloat16")

    def planned(**settings: object) -> Setup:
        return replace(setup_of(**settings), plan=plan)

    for _ in loop(planned()):
        assert torch.get_num_threads() == before[0] + 1
        assert torch.get_float32_matmul_precision() == "medium"
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == before
    for _ in loop(planned()):
        break
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == before
    with pytest.raises(DivergedError):
        list(loop(planned(optimizer="sgd", lr=1e30)))
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == before


def test_frozen_parameters_stay_where_they_are(own_file: Path) -> None:
    setup = setup_of(model=f"{own_file}:Net:frozen=true", weight_decay=0.1)
    before = {k: v.clone() for k, v in setup.network.state_dict().items()}
    after = epochs_of(setup)[-1].checkpoint.weights
    assert torch.equal(after["body.first.weight"], before["body.first.weight"])
    assert not torch.equal(after["body.last.weight"], before["body.last.weight"])


def test_a_dataset_without_test_or_validation_trains() -> None:
    events = epochs_of(setup_of(Dataset("bare", ("a", "b"), stripes())))
    assert "val_loss" not in events[-1].row
    assert [e.improved for e in events] == [True] * 3
    assert events[-1].validation is None


def test_progress_counts_steps_and_images_and_is_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    from steepest.training import loops as training

    monkeypatch.setattr(training, "PROGRESS_EVERY", 0.0)
    events = [e for e in loop(setup_of(epochs=2)) if isinstance(e, Progress)]
    assert [(e.epoch, e.step, e.steps) for e in events] == [
        (epoch, step, 4) for epoch in (1, 2) for step in (1, 2, 3)
    ]
    for event in events:
        assert 0 <= event.accuracy <= 1
        assert event.samples_per_second > 0
        assert event.seconds_left > 0
    monkeypatch.setattr(training, "PROGRESS_EVERY", 1e9)
    assert [type(e) for e in loop(setup_of(epochs=2))] == [Epoch, Epoch]


@pytest.mark.parametrize(("every", "told"), [(1, [1, 2, 3]), (2, [2]), (3, [3]), (9, [])])
def test_steps_yields_after_every_so_many_steps_and_at_the_epochs_end(every: int, told: list[int]) -> None:
    events = list(steps(setup_of(epochs=2), every=every))
    found = [e.step if isinstance(e, Progress) else "end" for e in events]
    assert found == [*told, "end"] * 2


def test_how_often_steps_tells_changes_nothing() -> None:
    prints = []
    for every in (None, 1, 3):
        events = steps(setup_of(model="F6-R-D0.2-F2", val=0.25), every=every)
        prints.append([fingerprint(e.checkpoint) for e in events if isinstance(e, Epoch)][-1])
    assert prints[0] == prints[1] == prints[2]


def test_the_rows_numbers_are_means_over_the_epochs_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from steepest.training import loops as training

    monkeypatch.setattr(training, "PROGRESS_EVERY", 0.0)
    # the last batch has no Progress of its own: with 2 batches, Progress has the first
    events = list(loop(setup_of(epochs=1, batch_size=32)))
    first, last = events
    assert isinstance(first, Progress)
    assert isinstance(last, Epoch)
    half = stripe_dataset()
    order = batch_order(64, 0, 0)
    with torch.no_grad():
        logits = setup_of().network(half.train.images[order[:32]])
    assert first.loss == pytest.approx(float(F.cross_entropy(logits, half.train.labels[order[:32]])))
    assert last.row["lr"] == 0.01
    assert 0 < last.row["train_accuracy"] < 1


def test_a_schedule_moves_the_rate_epoch_by_epoch() -> None:
    rows = [e.row["lr"] for e in epochs_of(setup_of(schedule="exponential:gamma=0.5", lr=0.08))]
    assert rows == pytest.approx([0.08, 0.04, 0.02])


def test_a_batch_of_one_is_no_trouble_where_batch_norm_sees_maps() -> None:
    assert epochs_of(setup_of(model="4C3-B-R-F2", batch_size=1, epochs=1))
    assert epochs_of(setup_of(model="4C3-B-R-F2", batch_size=21, epochs=1))


def test_a_network_without_weights_is_refused(own_file: Path) -> None:
    with pytest.raises(UserError, match="has no weights to train"):
        setup_of(model=f"{own_file}:Bare")


def test_a_batch_larger_than_the_dataset_is_one_batch() -> None:
    assert epochs_of(setup_of(batch_size=10_000, epochs=1))[0].row["epoch"] == 1


def test_images_of_an_array_that_are_nan_are_refused() -> None:
    images = torch.zeros(8, 1, 6, 6)
    images[3, 0, 0, 0] = float("nan")
    with pytest.raises((DataError, DivergedError)):
        epochs_of(setup_of(Dataset("nan", ("a", "b"), Split(images, torch.arange(8) % 2))))


def test_bfloat16_trains_and_keeps_float32_weights() -> None:
    event = epochs_of(setup_of(precision="bfloat16", model="4C3-R-F2"))[-1]
    assert event.checkpoint.params.dtype == torch.float32
    assert event.row["train_loss"] < 1
