import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from steepest.config import Config
from steepest.errors import UserError
from steepest.sweeping import DaskEngine, Job, LocalEngine, sweep

CONFIG = Config(model="F32-R-F10", epochs=3, batch_size=32, val=0.2)
JOBS = [Job(CONFIG.with_(seed=seed)) for seed in range(4)]


@pytest.fixture
def cluster() -> Iterator[object]:
    from distributed import LocalCluster

    # what a scheduler logs about a worker that we killed is no news
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs="CRITICAL"
    ) as running:
        yield running


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a sweep that does not depend on the clock."""
    files = [each for each in folder.glob("[!.]*/*") if each.name != "metrics.csv"]
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_leaves_the_bytes_of_a_sweep_at_home(
    cluster: object, tmp_path: Path
) -> None:
    engine = DaskEngine(cluster.scheduler_address)  # type: ignore[attr-defined]
    victim = cluster.workers[0].pid  # type: ignore[attr-defined]
    keys = []
    for outcome in sweep(JOBS, tmp_path / "away", engine=engine):
        if not keys:
            os.kill(victim, signal.SIGKILL)
        keys.append(outcome.key)
    assert cluster.workers[0].pid != victim  # type: ignore[attr-defined]
    assert sorted(keys) == sorted(job.key for job in JOBS)
    for _ in sweep(JOBS, tmp_path / "home", engine=LocalEngine(1)):
        pass
    assert content(tmp_path / "away") == content(tmp_path / "home")


@pytest.mark.slow
def test_nobody_at_the_scheduler_s_address_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steepest.sweeping.local.PATIENCE", 0.2)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(UserError, match=f"No Dask scheduler answers at {address}"):
            list(sweep(JOBS, tmp_path, engine=DaskEngine(address)))


def test_without_dask_a_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"needs the package distributed: pip install 'steepest\[cl"):
        list(sweep(JOBS, tmp_path, engine=DaskEngine("tcp://x")))
