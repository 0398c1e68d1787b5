"""What --portable gives and costs: last weights by SHA-256 under several processors, and the time of runs.

    python benchmarks/portable.py [--images 96] [--qemu] [--rounds 0]

Each row is one process that trains on some hundred images of mnist5k for two epochs, by the same program: as the
machine is, portable, and with ``--qemu`` portable under two emulated processors, which takes minutes (Debian's
qemu-user). An emulator rounds approximate instructions exactly and a processor does not: where these agree,
nothing that was trained depends on them. ``--rounds`` times plain and portable runs of 4,000 images by turns.
"""

import argparse
import os
import resource
import subprocess
import sys
from dataclasses import replace
from statistics import median
from time import perf_counter

from steepest.portable import LIMITS, ONE_THREAD

MODELS = ("Haswell", "EPYC-Rome")  # of another maker each, with other caches
JOBS = ("mlp/adam", "mlp/momentum", "digits-cnn/adam", "digits-cnn/momentum", "mlp/torch.optim.AdamW", "mlp/muon")
ALL = 4000


def main() -> None:
    """Print the tables; exit with 1 where portable weights differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=96)
    parser.add_argument("--jobs", default=",".join(JOBS))
    parser.add_argument("--qemu", action="store_true")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        for job in asked.jobs.split(","):
            model, optimizer = job.split("/")
            print(job, *trained(model, optimizer, asked.images), flush=True)
        return
    same = compare(asked.jobs, asked.images, MODELS if asked.qemu else ())
    if asked.rounds:
        time(asked.jobs, asked.rounds)
    sys.exit(not same)


def trained(model: str, optimizer: str, images: int) -> tuple[str, float, float]:
    """Train, and return the SHA-256 of the last weights, with the seconds of the wall and of the processor."""
    import torch

    from steepest.config import Config
    from steepest.data import load
    from steepest.storage import tensors_hash
    from steepest.training.history import Epoch
    from steepest.training.loops import loop
    from steepest.training.preparation import prepare

    data = load("mnist5k")
    spread = torch.arange(images) * len(data.train) // images  # the digits lie by class
    data = replace(data, train=data.train.take(spread))
    setup = prepare(Config(model=model, optimizer=optimizer, epochs=2, threads=1, data="mnist5k"), data)
    began, worked = perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
    *_, last = (event for event in loop(setup) if isinstance(event, Epoch))
    wall, processor = perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_utime - worked
    return tensors_hash(last.checkpoint.weights), wall, processor


def rows(jobs: str, images: int, limits: dict[str, str], emulator: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Run the jobs in a process with these variables, and return each one's numbers."""
    plain = {name: value for name, value in os.environ.items() if name not in LIMITS}
    done = subprocess.run(
        [*emulator, sys.executable, __file__, "--child", "--images", str(images), "--jobs", jobs],
        env={**plain, "PYTHONPATH": os.pathsep.join(sys.path), **ONE_THREAD, **limits},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if emulator else None,
        check=True,
        text=True,
    )
    return {name: numbers for name, *numbers in map(str.split, done.stdout.splitlines())}


def compare(jobs: str, images: int, models: tuple[str, ...]) -> bool:
    """Print the first digits of each hash; return whether all portable ones are the same."""
    made = {"plain": rows(jobs, images, {}), "portable": rows(jobs, images, LIMITS)}
    for model in models:
        made[f"portable, {model}"] = rows(jobs, images, LIMITS, ("qemu-x86_64", "-cpu", model))
    print("| job | " + " | ".join(made) + " |", "|---" * (len(made) + 1) + "|", sep="\n")
    for job in jobs.split(","):
        print(f"| {job} | " + " | ".join(f"`{each[job][0][:10]}`" for each in made.values()) + " |", flush=True)
    portable = [[numbers[0] for numbers in each.values()] for name, each in made.items() if name != "plain"]
    same = all(each == portable[0] for each in portable)
    print(f"\nall portable weights are the same: {'yes' if same else 'NO'}")
    return same


def time(jobs: str, rounds: int) -> None:
    """Print how many times as long portable runs take, of the wall and of the processor, as medians of rounds."""
    ratios: dict[str, list[tuple[float, ...]]] = {job: [] for job in jobs.split(",")}
    for _ in range(rounds):
        plain, portable = rows(jobs, ALL, {}), rows(jobs, ALL, LIMITS)
        for job, found in ratios.items():
            found.append(tuple(float(portable[job][which]) / float(plain[job][which]) for which in (1, 2)))
    print("\n| job | wall | processor |", "|---|---|---|", sep="\n")
    for job, found in ratios.items():
        columns = zip(*found, strict=True)
        told = [f"{median(each):.2f} [{min(each):.2f}, {max(each):.2f}]" for each in columns]
        print(f"| {job} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
