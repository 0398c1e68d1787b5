"""Seconds of an epoch with one and with two threads, on an idle machine and beside busy processes.

    python benchmarks/threads.py [--busy 2] [--models convnet digits-cnn]

Each case is a process of its own, since the number of spins counts only if it is set before torch is loaded.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

EPOCHS = """
from steepest.config import Config
from steepest.data import load
from steepest.training.history import Epoch
from steepest.training.preparation import prepare
from steepest.training.loops import loop
setup = prepare(Config(model="{model}", epochs=3, threads={threads}, precision="{precision}"), load("mnist5k"))
print(*(f"{{event.seconds:.2f}}" for event in loop(setup) if isinstance(event, Epoch)))
"""
CASES = [
    (threads, spins, precision)
    for precision in ("float32", "bfloat16")
    for threads, spins in ((1, "0"), (2, "0"), (2, "1000"), (2, "300000"))
]


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep this many cores busy meanwhile."""
    spin = [sys.executable, "-c", "while True: pass"]
    running = [subprocess.Popen(spin) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def epochs(model: str, threads: int, spins: str, precision: str) -> str:
    """Return the seconds of three epochs, as text."""
    code = EPOCHS.format(model=model, threads=threads, precision=precision)
    environment = {**os.environ, "GOMP_SPINCOUNT": spins}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def main() -> None:
    """Time every case in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--busy", type=int, default=0, help="busy processes beside the measurement")
    parser.add_argument("--models", nargs="+", default=["convnet", "digits-cnn"])
    given = parser.parse_args()
    with busy(given.busy):
        for model in given.models:
            for threads, spins, precision in CASES:
                taken = epochs(model, threads, spins, precision)
                print(f"{model:<12} {threads} threads, {spins:>6} spins, {precision:<9} {taken} s")


if __name__ == "__main__":
    main()
