"""How to execute on this machine: chosen by a fixed rule, recorded in the run, reused by resume and verify."""

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Self

import torch
from torch import Tensor, nn

from .errors import UserError
from .portable import is_asked

# Floating-point operations of one step from which more threads are worth their risk: on idle cores two threads
# are 1.5 to 1.8 times as fast as one from about 1e8, on busy ones they were up to 30 times slower (docs/log.md).
THREADS_PAY_FROM = 5e9
MOST_THREADS = 1024  # more than any machine has; torch fails where the system cannot start as many
# M_MMAP_MAX, M_TRIM_THRESHOLD and M_TOP_PAD of malloc.h: never mapped apart, never given back, grown by 64 MiB
MALLOPT = ((-4, 0), (-1, 2**31 - 1), (-2, 64 << 20))
MATMUL = {"float32": "highest", "bfloat16": "medium"}


@dataclass(frozen=True)
class Plan:
    """Threads, precision, memory format and device: with the same plan a run gives the same bytes.

    Args:
        device: ``cpu``, ``cuda`` or ``mps``.
        threads: of torch inside one operation.
        precision: ``float32``, or ``bfloat16``: autocast in the forward pass, weights stay float32.
        channels_last: whether images travel as [B, H, W, C] in memory.
    """

    device: str = "cpu"
    threads: int = 1
    precision: str = "float32"
    channels_last: bool = False

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Return the plan that ``to_dict`` wrote."""
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return the values by name."""
        return asdict(self)

    @property
    def autocast(self) -> torch.dtype | None:
        """The forward pass's reduced type, or None."""
        return torch.bfloat16 if self.precision == "bfloat16" else None

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Set torch up as planned, and put everything back afterwards."""
        threads, matmul = torch.get_num_threads(), torch.get_float32_matmul_precision()
        torch.set_num_threads(self.threads)
        torch.set_float32_matmul_precision(MATMUL[self.precision])
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.set_float32_matmul_precision(matmul)


def choose_plan(
    network: nn.Module,
    shape: tuple[int, int, int],
    batch_size: int,
    *,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
) -> Plan:
    """Return the plan for a network on images [C, H, W] in batches, by a fixed rule.

    Threads: one where a step's work is below ``THREADS_PAY_FROM``, and in a portable process, else one
    a core. Precision: float32
    unless bfloat16 is asked for. Channels last: for networks with a convolution.

    Raises:
        UserError: the device asked for is not on this machine, or the threads are too many.
    """
    chosen = _device("cpu" if device == "auto" and is_asked() else device)
    if threads is not None and threads > MOST_THREADS:
        raise UserError(f"threads must be at most {MOST_THREADS:,}, not {threads:,}.")
    convolves = any(isinstance(each, nn.Conv2d) for each in network.modules())
    if threads is None:
        # a step is a forward pass and a backward pass of twice its work
        work = 3 * batch_size * _forward_work(network, shape)
        threads = cores() if not is_asked() and work >= THREADS_PAY_FROM else 1
    return Plan(
        device=chosen,
        threads=threads,
        precision="float32" if precision == "auto" else precision,
        channels_last=convolves,
    )


def in_memory_format(images: Tensor, plan: Plan) -> Tensor:
    """Return images [N, C, H, W] laid out in memory as the plan says."""
    if not plan.channels_last:
        return images
    _, channels, height, width = images.shape
    if channels > 1:
        return images.contiguous(memory_format=torch.channels_last)
    # with one channel both layouts are the same bytes, and torch goes by the strides alone
    return images.contiguous().as_strided(images.shape, (height * width, 1, width, 1))


@cache
def keep_freed_memory() -> bool:
    """Let this process keep the memory that a batch freed for the next one; return whether it could be asked.

    By default the C library gives large pieces back to the system at once and takes new ones for each batch, and
    the system clears every page of them: 10 to 20 % of the time of wide convolutions. Results do not change.

    Source: mallopt(3) of the GNU C library.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, or none that can be asked
        return False
    return all(mallopt(ctypes.c_int(key), ctypes.c_int(value)) == 1 for key, value in MALLOPT)


def cores() -> int:
    """How many cores this process may use; ``OMP_NUM_THREADS`` is a user's word for fewer."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(there, int(asked)) if re.fullmatch(r"0*[1-9][0-9]{0,8}", asked) else there


def _device(asked: str) -> str:
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.mps.is_available()}
    if asked == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if present[name])
    if not present[asked]:
        here = ", ".join(name for name, there in present.items() if there)
        raise UserError(f"This machine has no {asked} device for torch. It has: {here}.")
    return asked


def _forward_work(network: nn.Module, shape: tuple[int, int, int]) -> float:
    """Return the floating-point operations of one image's forward pass through dense and convolution layers."""
    work = 0

    def count(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal work
        weight = getattr(module, "weight", None)
        if isinstance(weight, torch.Tensor) and isinstance(module, nn.Linear | nn.Conv2d):
            places = output[0].numel() // output.shape[1] if output.ndim == 4 else 1
            work += 2 * weight.numel() * places

    hooks = [each.register_forward_hook(count) for each in network.modules()]
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, *shape))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return work
