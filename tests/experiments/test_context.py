import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from experiment_fakes import context_of
from steepest.config import Config
from steepest.experiments.context import Context, NotTrained
from steepest.experiments.experiment import Case, Experiment
from steepest.storage import sealed

FULL, SHORT = Config(model="F3", data="mnist", seed=7), Config(model="F2", data="mnist5k", seed=7)
CASES = (Case("one", "One", FULL, SHORT), Case("two", "Two", FULL, FULL, seeds=5))


@pytest.fixture
def context(tmp_path: Path) -> Context:
    experiment = Experiment("mine", "Mine", "", "", 3, 2, CASES, (), (), (), tmp_path / "mine.toml")
    return Context(experiment, quick=False, seeds=3, cache=tmp_path)


def test_a_case_has_its_config_at_each_seed_and_the_short_one_in_a_quick_run(context) -> None:
    assert context.config("one", 2) == FULL.with_(seed=9)
    assert replace(context, quick=True).config("one", 2) == SHORT.with_(seed=9)
    taken = replace(context, unverified=frozenset({"mnist"}))
    assert taken.config("one").unverified
    assert not context.config("one").unverified


def test_the_users_number_of_seeds_wins_and_a_quick_run_takes_no_more_than_its_own(context) -> None:
    one, two = CASES
    assert [context.case_seeds(each) for each in CASES] == [3, 5]
    assert replace(context, quick=True, seeds=2).case_seeds(two) == 2
    assert replace(context, quick=True, asked_seeds=4).case_seeds(one) == 4


def test_a_case_that_was_left_out_has_no_runs(context) -> None:
    assert not context.has("one")
    with pytest.raises(NotTrained, match="`one` was left out of this quick run"):
        context.outcomes("one")


def test_only_a_case_that_trains_the_same_is_comparable_in_a_quick_run(context) -> None:
    assert context.comparable()
    quick = replace(context, quick=True)
    assert [quick.comparable(each) for each in ("one", "two", None)] == [False, True, False]


def test_a_slow_result_is_computed_once_and_its_seconds_count(context) -> None:
    made = []

    def compute() -> list[object]:
        made.append(1)
        return [1.5, "slow"]

    assert context.remembered({"of": "one"}, compute) == [1.5, "slow"]
    (cached,) = context.cache.glob("*.json")
    record = json.loads(cached.read_text())
    del record["sha256"]
    cached.write_text(sealed({**record, "value": "from disk", "seconds": 2.0}))
    assert context.remembered({"of": "one"}, compute) == "from disk"
    assert context.remembered({"of": "two"}, compute) == [1.5, "slow"]
    assert len(made) == 2
    cached.write_text(cached.read_text().replace("disk", "dusk"))
    assert context.remembered({"of": "one"}, compute) == [1.5, "slow"]  # a damaged one is computed again
    cached.write_text(sealed({**record, "value": "from disk", "seconds": 2.0}))
    context.remembered({"of": "one"}, compute)
    shared = SimpleNamespace(key="same", seconds=3.0)
    for case in CASES:
        context.keep(case.name, [shared])  # type: ignore[list-item]
    assert context.seconds == pytest.approx(5.0, abs=0.1)  # a run of two cases counts once


def test_the_network_of_a_case_is_that_of_the_seed_asked_for(tmp_path, monkeypatch) -> None:
    trained = context_of('[[case]]\nname = "net"\nconfig = { model = "F3" }', tmp_path, monkeypatch)
    assert trained.network("net", 1) is trained.outcomes("net")[1].network()  # type: ignore[comparison-overlap]
    assert trained.network("net", 1) is not trained.network("net")
    assert trained.dataset("net") is trained.dataset("net")
