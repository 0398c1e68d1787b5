"""What environment.json may hold: a stranger's odd values are damage, named, and never a fault of ours."""

import json
from pathlib import Path

import pytest

from steepest.errors import IntegrityError
from steepest.runs import Run
from steepest.storage import sealed

PLAN = {"device": "cpu", "threads": 1, "precision": "float32", "channels_last": False}
DATA = {"classes": ["a", "b"], "shape": [1, 8, 8], "style": "digit", "notes": [], "hashes": {"train": "0" * 64}}


def opened(path: Path, record: object) -> object:
    path.joinpath("environment.json").write_text(record if isinstance(record, str) else json.dumps(record))
    return Run(path).environment


def test_what_a_run_needs_is_enough_and_newer_facts_may_be_anything(tmp_path: Path) -> None:
    record = {"plan": PLAN, "data": DATA, "newer": [{"x": None}], "arithmetic": 5}
    assert opened(tmp_path, record) == record


@pytest.mark.parametrize(
    ("odd", "place"),
    [
        *[({"data": {**DATA, name: 5}}, f"data.{name}") for name in DATA],
        *[({"plan": {**PLAN, name: "x"}}, f"plan.{name}") for name in PLAN],
        ({"data": 5}, "data"),
        ({"plan": []}, "plan"),
        ({"plan": {**PLAN, "threads": 10**6}}, "plan.threads"),
        ({"data": {**DATA, "shape": [1, 2**40, 8]}}, "data.shape"),
        ({"data": {**DATA, "classes": []}}, "data.classes"),
        ({"data_dir": []}, "data_dir"),
        ({"packages": {"torch": 2}}, "packages.torch"),
        ({"cores": "many"}, "cores"),
    ],
)
@pytest.mark.parametrize("seal", [False, True])
def test_a_field_of_another_kind_is_named(tmp_path: Path, odd: dict[str, object], place: str, seal: bool) -> None:
    record = {"plan": PLAN, "data": DATA, **odd}
    with pytest.raises(IntegrityError, match=rf"environment\.json is damaged .*{place}"):
        opened(tmp_path, sealed(record) if seal else record)
