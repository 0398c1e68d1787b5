"""The loop against the notebooks' way, and against a bare loop written by hand, timed in turn.

    python benchmarks/training_loop.py [--images 12800] [--repeats 5]

Three programs train the same network with the same optimizer on the same MNIST-sized images for one epoch:

* notebook: torch.utils.data.DataLoader, shuffled, no workers; an item is a PIL image made from the array, turned
  into a float [1, 28, 28] tensor and divided by 255; torch.optim, zero_grad / backward / step
* bare: a hand-written loop over the same tensors, torch.optim, the same plan as ours
* steepest: `training.loop`

Every program keeps the running loss and accuracy. Data is `mnist5k`, repeated to the asked number of images.
"""

import argparse
import os
from collections.abc import Callable, Iterable
from statistics import median
from time import perf_counter

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as the command line does, and before torch is loaded

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from steepest.config import Config
from steepest.data import Dataset, Split, load
from steepest.models import build
from steepest.plan import in_memory_format
from steepest.training.loops import loop
from steepest.training.preparation import Setup, prepare

MakeOptimizer = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
CASES: dict[str, tuple[str, str, MakeOptimizer, int]] = {
    # name: model, optimizer of ours, optimizer of torch, batch
    "softmax regression": ("softmax-regression", "sgd", lambda p: torch.optim.SGD(p, 1e-3), 32),
    "ConvNet": ("convnet", "adam", lambda p: torch.optim.Adam(p, 1e-3), 32),
}


class Pictures(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """A data set whose every item goes through a PIL image, as in the notebooks."""

    def __init__(self, split: Split) -> None:
        self.images = split.images[:, 0].numpy()
        self.labels = split.labels.tolist()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.images[row])
        pixels = torch.from_numpy(np.array(picture, dtype=np.float32)).unsqueeze(0)
        return pixels.div(255), self.labels[row]


def notebook(body: nn.Module, optimizer: torch.optim.Optimizer, split: Split, batch: int) -> None:
    """One epoch as the notebooks train it."""
    loader = torch.utils.data.DataLoader(Pictures(split), batch, shuffle=True, num_workers=0)
    loss_sum, correct = 0.0, 0
    for images, labels in loader:
        optimizer.zero_grad()
        logits = body(images)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item()
        correct += int((logits.argmax(dim=1) == labels).sum().item())


def bare(body: nn.Module, optimizer: torch.optim.Optimizer, setup: Setup, batch: int) -> None:
    """One epoch of a hand-written loop on the same tensors, under the same plan."""
    split = setup.dataset.train
    with setup.plan.applied():
        order = torch.randperm(len(split))
        images, labels = in_memory_format(split.images[order], setup.plan), split.labels[order]
        loss_sum, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for start in range(0, len(split), batch):
            inputs, targets = images[start : start + batch], labels[start : start + batch]
            optimizer.zero_grad()
            logits = body(inputs / 255)
            loss = F.cross_entropy(logits, targets)
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach()
            correct += (logits.argmax(dim=1) == targets).sum()


def seconds(program: Callable[..., object], *given: object) -> float:
    """Return how long a program takes on what it is given."""
    began = perf_counter()
    program(*given)
    return perf_counter() - began


def measure(name: str, images: int, repeats: int) -> None:
    """Time the three programs in turn, and print medians and ratios."""
    model, ours, theirs, batch = CASES[name]
    train = load("mnist5k").train
    rows = torch.arange(images) % len(train)
    dataset = Dataset("mnist5k", load("mnist5k").classes, train.take(rows))
    times: dict[str, list[float]] = {"notebook": [], "bare": [], "steepest": []}
    for turn in range(repeats + 1):
        setup = prepare(Config(model=model, optimizer=ours, lr=1e-3, epochs=1, batch_size=batch), dataset)
        bodies = [build(model, dataset.shape, 10).body for _ in range(2)]
        optimizers = [theirs(body.parameters()) for body in bodies]
        taken = {
            "notebook": seconds(notebook, bodies[0], optimizers[0], dataset.train, batch),
            "bare": seconds(bare, bodies[1], optimizers[1], setup, batch),
            "steepest": seconds(lambda ready: list(loop(ready)), setup),
        }
        if turn:  # the first turn warms up
            for program, single in taken.items():
                times[program].append(single)
    print(f"{name}, {images:,} images, batch {batch}, {repeats} turns, {setup.plan}")
    for program, each in times.items():
        print(f"  {program:<9} {median(each):7.3f} s   [{min(each):.3f}, {max(each):.3f}]")
    for program in ("notebook", "bare"):
        ratios = [a / b for a, b in zip(times[program], times["steepest"], strict=True)]
        print(f"  {program} / steepest: {median(ratios):.2f}   [{min(ratios):.2f}, {max(ratios):.2f}]")


def main() -> None:
    """Measure every case."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=12_800)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    print(f"torch threads outside the plan: {torch.get_num_threads()}")
    for name in CASES:
        measure(name, given.images, given.repeats)


if __name__ == "__main__":
    main()
