"""A small comparison, really trained: rules on stripes, six studies of four trials."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from comparison_fakes import BASE, HERE, forget_images
from fakes import stripe_dataset
from steepest.comparison.comparison import Comparison
from steepest.verbs.compare import compare

Compare = Callable[..., Comparison]


@pytest.fixture(scope="session", autouse=True)
def stripes_are_known() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for place in ("sweeping.ready", "runs.recording", "runs.run"):
            real = __import__(f"steepest.{place}", fromlist=["load"]).load
            patch.setattr(f"steepest.{place}.load", _or_stripes(real))
        # a disk that syncs after each of some thousand small files makes these tests take minutes
        patch.setattr("steepest.storage.files.os.fsync", lambda _: None)
        forget_images()
        yield
    forget_images()


def _or_stripes(real: Any) -> Any:
    return lambda name, **how: stripe_dataset() if name == "stripes" else real(name, **how)


@pytest.fixture
def small(tmp_path: Path) -> Compare:
    """Compare sides on stripes, in a folder of the test's own."""

    def call(*sides: str, **asked: Any) -> Comparison:
        return compare(sides, BASE, **{"out": tmp_path / "compared", "engine": HERE, **asked})

    return call


@pytest.fixture(scope="session")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two sides, each tuned in six studies of four trials; read only."""
    folder = tmp_path_factory.mktemp("tuned")
    return compare(["sgd", "adam"], BASE, studies=6, trials=4, out=folder, engine=HERE)


@pytest.fixture(scope="session")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Three sides at fixed settings over seven seeds, with a target; read only."""
    folder = tmp_path_factory.mktemp("fixed")
    return compare(
        ["sgd", "adam", "momentum@lr=0.05"], BASE, fixed=True, seeds=7, target=0.55, out=folder, engine=HERE
    )
