import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from steepest.config import Config
from steepest.errors import SteepestError
from steepest.sweeping import Job, LocalEngine, sweep

# long enough to be killed in the middle, and with numbers that any lost or doubled epoch would change
CONFIG = Config(model="F32-R-F10", epochs=4, batch_size=16, val=0.2, augment="shift:2")
JOBS = [Job(CONFIG.with_(seed=seed), ("test", "validation"), "best") for seed in range(3)]
DRIVER = """
import sys
from pathlib import Path
from steepest.config import Config
from steepest.sweeping import Job, LocalEngine, sweep
if __name__ == "__main__":
    config = Config(**eval(sys.argv[2]))
    jobs = [Job(config.with_(seed=seed)) for seed in range(4)]
    for outcome in sweep(jobs, sys.argv[1], engine=LocalEngine(2)):
        print(outcome.key, flush=True)
"""
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:A worker stopped:UserWarning")]


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a sweep that does not depend on the clock."""
    files = [each for each in folder.glob("[!.]*/*") if each.name != "metrics.csv"]
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [each for each in process.children() if "popen_loky" in " ".join(each.cmdline())]


def is_begun(folder: Path) -> bool:
    return any(folder.glob(".work/*.begun"))


@contextmanager
def killer(folder: Path, kills: int) -> Iterator[list[int]]:
    """Kill a worker at a random moment, each time once a job was begun; tell which."""
    draw, killed, over = random.Random(), [], threading.Event()

    def kill() -> None:
        while len(killed) < kills and not over.is_set():
            if not is_begun(folder):
                time.sleep(0.01)
                continue
            time.sleep(draw.uniform(0, 0.5))
            victims = workers_of(psutil.Process())
            if victims:
                victim = draw.choice(victims)
                victim.send_signal(signal.SIGKILL)
                killed.append(victim.pid)
                psutil.wait_procs(victims, timeout=20)  # joblib gives up the others too

    thread = threading.Thread(target=kill)
    thread.start()
    yield killed
    over.set()
    thread.join()


def test_workers_killed_at_random_leave_the_bytes_of_an_undisturbed_sweep(tmp_path: Path) -> None:
    calm, wild = tmp_path / "calm", tmp_path / "wild"
    for _ in sweep(JOBS, calm, engine=LocalEngine(1)):
        pass
    with killer(wild, kills=2) as killed:
        keys = [outcome.key for outcome in sweep(JOBS, wild, engine=LocalEngine(2))]
    assert killed
    assert sorted(keys) == sorted(job.key for job in JOBS)
    assert content(wild) == content(calm)
    assert list((wild / ".work").iterdir()) == []


def test_what_a_rule_raises_in_a_worker_comes_back(tmp_path: Path) -> None:
    class_text = (
        "class Own(Exception):\n"
        "    def __init__(self, one, two): super().__init__(one + two)\n"
        "class Bad:\n"
        "    def init(self, params, layout): return {}\n"
        "    def update(self, grad, params, state, lr): raise Own('cannot ', 'travel')\n"
    )
    (tmp_path / "bad.py").write_text(class_text)
    config = CONFIG.with_(optimizer=f"{tmp_path / 'bad.py'}:Bad", seed=3)
    with pytest.raises(SteepestError, match=r"seed 3.*failed\. Own: cannot travel, in .*line 5"):
        list(sweep([Job(config)], tmp_path / "sweep", engine=LocalEngine(2)))


def test_who_asks_for_no_more_outcomes_stops_the_workers_without_a_warning(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcomes = sweep([*JOBS, Job(CONFIG)], tmp_path, engine=LocalEngine(2))
        next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]
    _, alive = psutil.wait_procs(workers_of(psutil.Process()), timeout=20)
    assert not alive


@contextmanager
def driver(folder: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a sweep in a process, and wait until its workers are at it."""
    program = tmp_path / "driver.py"
    program.write_text(DRIVER)
    long = {"model": "F256-R-F256-R-F10", "epochs": 40, "batch_size": 4}
    process = subprocess.Popen(
        [sys.executable, str(program), str(folder), repr(long)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl-C goes to a whole group of processes
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        while not is_begun(folder):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its workers too: they hold its output open
        process.communicate()


@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
def test_workers_end_soon_after_their_driver(how: str, tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    with driver(folder, tmp_path) as process:
        workers = workers_of(psutil.Process(process.pid))
        assert len(workers) == 2
        if how == "SIGINT":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(getattr(signal, how))
        _, stderr = process.communicate(timeout=20)
        _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive
    if how == "SIGINT":
        assert stderr.count("Traceback") == 1  # the driver's own
        assert "KeyboardInterrupt" in stderr
    assert not any(folder.glob("*/outcome.json"))
    assert any(folder.glob("*/config.toml"))
