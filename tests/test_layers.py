from pathlib import Path

import pytest

import check_layers
from check_layers import LAYERS, PACKAGE, breaches_of, level, main


def test_the_house_keeps_its_own_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    assert "import downwards only" in capsys.readouterr().out


def test_every_file_and_room_lies_in_a_layer() -> None:
    rooms = {check_layers.room_of(path, PACKAGE) for path in PACKAGE.rglob("*.py")}
    assert {room for room in rooms if level(room) is None} <= check_layers.ENTRIES
    everything = [room for layer in LAYERS for room in layer]
    assert len(everything) == len(set(everything))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    house = tmp_path / "steepest"
    for room in ("data", "models", "optimizers", "cli"):
        (house / room).mkdir(parents=True)
        (house / room / "__init__.py").write_text("")
    return house


BREACHES = {
    "sideways": ("data/x.py", "from ..models import build", "`data` imports `models`"),
    "from below": ("errors.py", "from .training import loop", "`errors` imports `training`"),
    "deep name": ("data/x.py", "from ..models.network import build", "`data` imports `models`"),
    "absolute": ("data/x.py", "from steepest.models import build", "`data` imports `models`"),
    "absolute module": ("data/x.py", "import steepest.models.network", "`data` imports `models`"),
    "a module by name": ("data/x.py", "from .. import models", "`data` imports `models`"),
    "a module by name, absolute": ("data/x.py", "from steepest import models", "`data` imports `models`"),
    "inside a function": ("data/x.py", "def f():\n    from ..cli import app\n", "`data` imports `cli`"),
    "same layer": ("randomness.py", "from .layout import x", "`randomness` imports `layout`"),
    "unknown room": ("attic.py", "x = 1", "the room `attic` is in no layer"),
    "unknown target": ("training.py", "from .attic import x", "`training` imports `attic`"),
    "type checking": (
        "optimizers/x.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..data import Split\n",
        "`optimizers` imports `data`",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_found(name: str, package: Path) -> None:
    file, source, words = BREACHES[name]
    (package / file).write_text(source)
    (breach,) = breaches_of(package / file, package)
    assert words in breach
    assert file in breach.replace("\\", "/")


ALLOWED = {
    "downwards": ("training.py", "from .data import load\nfrom .errors import UserError"),
    "own room": ("data/x.py", "from .table import TABLE\nfrom . import idx"),
    "own room, from its front": ("data/x.py", "from ..data import load"),
    "other packages": ("data/x.py", "import torch\nfrom torch import nn\nimport steepestness"),
    "the entry": ("__main__.py", "from .cli import main"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_passes(name: str, package: Path) -> None:
    file, source = ALLOWED[name]
    (package / file).write_text(source)
    assert breaches_of(package / file, package) == []


def test_a_breach_makes_the_command_fail(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check_layers, "PACKAGE", package)
    (package / "data" / "x.py").write_text("from ..cli import app")
    monkeypatch.setattr(check_layers.breaches_of, "__defaults__", (package,))
    monkeypatch.setattr(check_layers.imports_of, "__defaults__", (package,))
    monkeypatch.setattr(check_layers.room_of, "__defaults__", (package,), raising=False)
    assert main() == 1
    assert "`data` imports `cli`" in capsys.readouterr().out
