from math import cos, pi

import pytest
import torch

from steepest.errors import UnknownName, UserError
from steepest.training.schedules import SCHEDULES, choose_schedule

STEPS, EPOCHS = 12, 4  # three steps an epoch


def factors(text: str) -> list[float]:
    schedule = choose_schedule(text)
    return [schedule.factor(step / STEPS, EPOCHS) for step in range(STEPS)]


def torch_factors(make: type, per_epoch: bool, **settings: object) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer, **settings)
    found = []
    for step in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if not per_epoch or (step + 1) % (STEPS // EPOCHS) == 0:
            scheduler.step()
    return found


def test_constant_is_one_throughout() -> None:
    assert factors("constant") == [1.0] * STEPS


def test_step_and_exponential_equal_torchs() -> None:
    lr_scheduler = torch.optim.lr_scheduler
    step = torch_factors(lr_scheduler.StepLR, True, step_size=2, gamma=0.1)
    assert factors("step:every=2") == pytest.approx(step)
    exponential = torch_factors(lr_scheduler.ExponentialLR, True, gamma=0.9)
    assert factors("exponential:gamma=0.9") == pytest.approx(exponential)


def test_cosine_equals_torchs_taken_every_step() -> None:
    expected = torch_factors(torch.optim.lr_scheduler.CosineAnnealingLR, False, T_max=STEPS, eta_min=0.1)
    assert factors("cosine:floor=0.1") == pytest.approx(expected)


def test_a_warm_up_rises_from_zero_to_one() -> None:
    values = factors("cosine:warmup=0.25")
    assert values[:4] == pytest.approx([0, 1 / 3, 2 / 3, 1])


@pytest.mark.parametrize("legs", ["linear", "cosine"])
def test_one_cycle_rises_to_one_at_its_peak_and_falls_to_its_end(legs: str) -> None:
    schedule = choose_schedule(f"one-cycle:legs={legs},peak=0.25,start=0.1,end=0.01")
    assert schedule.factor(0.0, 1) == pytest.approx(0.1)
    assert schedule.factor(0.25, 1) == 1.0
    assert schedule.factor(1.0, 1) == pytest.approx(0.01)
    middle = {"linear": 0.505, "cosine": 0.01 + 0.99 * (1 + cos(pi / 2)) / 2}[legs]
    assert schedule.factor(0.625, 1) == pytest.approx(middle)


@pytest.mark.parametrize("epochs", [3, 7, 15, 20, 49])
@pytest.mark.parametrize("steps", [1, 7, 63, 1875])
def test_a_rate_per_epoch_changes_at_the_first_step_of_an_epoch_despite_rounding(epochs: int, steps: int) -> None:
    schedule = choose_schedule("exponential:gamma=0.5")
    for epoch in range(epochs):
        for step in (0, steps - 1):
            progress = (epoch * steps + step) / (epochs * steps)
            assert schedule.factor(progress, epochs) == 0.5**epoch


@pytest.mark.parametrize("name", sorted(set(SCHEDULES) - {"step"}))
def test_every_factor_lies_in_zero_to_one(name: str) -> None:
    assert all(0 <= each <= 1 for each in factors(name))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("cosin", "No schedule is called `cosin`. Did you mean `cosine`?"),
        ("cosine:flor=1", "No setting of the schedule cosine is called `flor`. Did you mean `floor`?"),
        ("step", "The schedule `step` needs its period: `step:every=15`."),
        ("step:every=0", "step: every must be a whole number of epochs, at least 1, not 0."),
        ("one-cycle:legs=square", "one-cycle: legs must be linear or cosine, not square."),
        ("constant:gamma=1", "No setting of the schedule constant is called `gamma`"),
    ],
)
def test_what_cannot_be_is_refused_in_words(text: str, line: str) -> None:
    with pytest.raises((UnknownName, UserError)) as caught:
        choose_schedule(text)
    assert line in str(caught.value)
