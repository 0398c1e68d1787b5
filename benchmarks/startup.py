"""How long `steepest --help` and `import steepest` take, each as a whole process, timed in turn.

python benchmarks/startup.py [RUNS]
"""

import subprocess
import sys
from statistics import median
from time import perf_counter

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 7
COMMANDS = {
    "steepest --help": [sys.executable, "-m", "steepest", "--help"],
    "steepest train --help": [sys.executable, "-m", "steepest", "train", "--help"],
    "import torch": [sys.executable, "-c", "import torch"],
    "import torch, steepest": [sys.executable, "-c", "import torch, steepest"],
    "python": [sys.executable, "-c", "pass"],
}


def seconds(command: list[str]) -> float:
    """Return the seconds from start to exit of a process."""
    began = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


def main() -> None:
    """Time every command in turn, and print median and spread."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(RUNS + 1):
        for name, command in COMMANDS.items():
            taken = seconds(command)
            if turn:  # the first turn fills the disk's cache
                times[name].append(taken)
    for name, each in times.items():
        print(f"{name:<24} {median(each):6.3f} s   [{min(each):.3f}, {max(each):.3f}]  n = {RUNS}")
    extra = median(b - a for a, b in zip(times["import torch"], times["import torch, steepest"], strict=True))
    print(f"import steepest adds {extra:.3f} s to import torch (limit 0.2)")
    print(f"steepest --help takes {median(times['steepest --help']):.3f} s (limit 0.5)")


if __name__ == "__main__":
    main()
