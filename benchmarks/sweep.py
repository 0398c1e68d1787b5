"""How busy a sweep keeps its workers: many small runs of the MLP, one process a core.

    python benchmarks/sweep.py [--workers 2] [--seeds 40] [--data mnist5k] [--epochs 3]

Busy is the workers' processor time over workers x wall time, from the first outcome to the last. Where others use
the machine too, a worker also waits for a core: Linux counts that, and ``ready`` adds it, which says what the
sweep leaves idle itself. The total counts the start of the workers, too.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil

from steepest.config import Config
from steepest.sweeping import Job, LocalEngine, sweep

RULES = ("sgd", "momentum", "adam")


@dataclass(frozen=True)
class Moment:
    """A look at the workers: the wall clock, their processor seconds, and their seconds of waiting for a core."""

    wall: float
    processor: float
    waiting: float

    @classmethod
    def now(cls) -> "Moment":
        """Look at all child processes of this one."""
        workers = psutil.Process().children(recursive=True)
        processor = sum(sum(each.cpu_times()[:2]) for each in workers)
        # the second number: nanoseconds on a run queue
        queues = [Path(f"/proc/{each.pid}/schedstat") for each in workers]
        waiting = sum(int(each.read_text().split()[1]) for each in queues if each.is_file())
        return cls(perf_counter(), processor, waiting / 1e9)


def main() -> None:
    """Run the sweep and print how busy it was."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--data", default="mnist5k")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    given = parser.parse_args()
    config = Config(model="mlp", data=given.data, epochs=given.epochs, batch_size=128)
    jobs = [Job(config.with_(optimizer=rule, seed=seed)) for rule in RULES for seed in range(given.seeds)]
    looks, trained, began = [], 0.0, perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        engine = LocalEngine(given.workers)
        for outcome in sweep(jobs, folder, engine=engine, data_dir=given.data_dir):
            looks.append(Moment.now())
            trained += outcome.seconds
    first, last = looks[0], looks[-1]
    room = given.workers * (last.wall - first.wall)
    processor, waiting = last.processor - first.processor, last.waiting - first.waiting
    print(
        f"{len(jobs)} runs of mlp on {given.data}, {given.epochs} epochs, {given.workers} workers: "
        f"{last.wall - began:.1f} s, of which {first.wall - began:.1f} s to the first outcome\n"
        f"busy  {processor / room:.1%} of the cores from the first outcome to the last\n"
        f"ready {(processor + waiting) / room:.1%} with the waiting for a core that others use\n"
        f"training itself is {trained / (given.workers * (last.wall - began)):.1%} of everything"
    )


if __name__ == "__main__":
    main()
