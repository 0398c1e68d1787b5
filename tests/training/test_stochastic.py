from pathlib import Path

import pytest
import torch
from torch import nn

from steepest.errors import UserError
from steepest.models import Network, build
from steepest.training.stochastic import Draws, check_last_batch, gathers_statistics, measure_statistics

SHAPE = (1, 6, 6)
IMAGES = torch.rand(32, *SHAPE, generator=torch.Generator().manual_seed(0)) * 255


def foreign(tmp_path: Path) -> Network:
    path = tmp_path / "net.py"
    path.write_text(
        "from torch import nn\n"
        "class Net(nn.Sequential):\n"
        "    def __init__(self):\n"
        "        super().__init__(nn.Flatten(), nn.Linear(36, 8), nn.Dropout(0.5), nn.Linear(8, 2))\n"
    )
    return build(f"{path}:Net", SHAPE, 2)


@pytest.mark.parametrize("kind", ["ours", "foreign"])
def test_a_step_has_one_mask_and_it_is_a_function_of_seed_and_step(kind: str, tmp_path: Path) -> None:
    network = build("8C3-R-D0.5-F9-D0.5-F2", SHAPE, 2) if kind == "ours" else foreign(tmp_path)
    network.train()

    def logits(seed: int, step: int) -> torch.Tensor:
        draws = Draws(network, seed)
        draws.at(step)
        with draws():
            first = network(IMAGES)
        with draws():
            assert torch.equal(network(IMAGES), first)
        return first.detach()  # type: ignore[no-any-return]

    assert torch.equal(logits(0, 5), logits(0, 5))
    assert not torch.equal(logits(0, 5), logits(0, 6))
    assert not torch.equal(logits(0, 5), logits(1, 5))


def test_two_dropouts_of_a_network_draw_different_masks() -> None:
    network = build("D0.5-F36-D0.5-F2", SHAPE, 2).train()
    masks: list[torch.Tensor] = []
    for module in network.modules():
        if type(module).__name__ == "Dropout":
            module.register_forward_hook(lambda m, i, out: masks.append((out != 0).flatten(1)))
    with torch.no_grad(), Draws(network, 0)():
        network(torch.ones(16, *SHAPE))
    assert len(masks) == 2
    assert not torch.equal(masks[0], masks[1])


def test_a_foreign_network_does_not_move_the_global_generator(tmp_path: Path) -> None:
    network = foreign(tmp_path).train()
    before = torch.get_rng_state()
    with Draws(network, 0)():
        network(IMAGES)
    assert torch.equal(torch.get_rng_state(), before)


def test_statistics_measured_anew_are_the_plain_mean_over_batches() -> None:
    network = build("4C3-B-F2", SHAPE, 2).train()
    (norm,) = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    norm.running_mean.fill_(100)  # type: ignore[union-attr]
    momentum = norm.momentum
    batches = torch.split(IMAGES, 8)
    measure_statistics(network, batches)
    convolution = next(m for m in network.modules() if isinstance(m, nn.Conv2d))
    with torch.no_grad():
        maps = [convolution(network.input(each)) for each in batches]
    mean = torch.stack([each.mean(dim=(0, 2, 3)) for each in maps]).mean(dim=0)
    variance = torch.stack([each.var(dim=(0, 2, 3)) for each in maps]).mean(dim=0)
    assert torch.allclose(norm.running_mean, mean, atol=1e-5)  # type: ignore[arg-type]
    assert torch.allclose(norm.running_var, variance, atol=1e-5)  # type: ignore[arg-type]
    assert norm.momentum == momentum
    assert all(module.training for module in network.modules())


def test_measuring_draws_no_dropout() -> None:
    results = []
    for _ in range(2):
        network = build("4C3-D0.5-B-F2", SHAPE, 2).train()
        measure_statistics(network, [IMAGES])
        results.append({k: v.clone() for k, v in network.named_buffers()})
        next(iter(network.modules()))
    assert all(torch.equal(results[0][k], results[1][k]) for k in results[0])
    (norm,) = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    convolution = next(m for m in network.modules() if isinstance(m, nn.Conv2d))
    with torch.no_grad():
        undropped = convolution(network.input(IMAGES)).mean(dim=(0, 2, 3))
    assert torch.allclose(norm.running_mean, undropped, atol=1e-5)  # type: ignore[arg-type]


def test_only_batch_norm_gathers_statistics() -> None:
    assert gathers_statistics(build("4C3-B-F2", SHAPE, 2))
    assert not gathers_statistics(build("4C3-D0.1-F2", SHAPE, 2))


@pytest.mark.parametrize(("images", "batch_size"), [(65, 64), (9, 1), (1, 64), (21, 5)])
def test_a_last_batch_of_one_is_refused_where_batch_norm_sees_vectors(images: int, batch_size: int) -> None:
    network = build("F8-B-F2", SHAPE, 2)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    with pytest.raises(UserError, match=f"{images} images in batches of {batch_size} end with"):
        check_last_batch(network, images, batch_size, SHAPE)
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())


@pytest.mark.parametrize(
    ("model", "images", "batch_size"),
    [("F8-B-F2", 64, 64), ("F8-B-F2", 66, 64), ("F8-F2", 65, 64), ("4C3-B-F2", 65, 64)],
)
def test_every_other_last_batch_is_taken(model: str, images: int, batch_size: int) -> None:
    check_last_batch(build(model, SHAPE, 2), images, batch_size, SHAPE)
