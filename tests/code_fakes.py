"""A user's files, a stranger's, and a cache in which nothing is confirmed."""

from pathlib import Path

import pytest

from steepest.usercode import confirmed

# Whoever runs it leaves a file in the current folder.
RUNS = "import pathlib; pathlib.Path('PWNED').write_text('code ran')\n"
RULE = "class Mine:\n    def update(self, grad, params, state, lr):\n        return params - lr * grad\n"
NET = (
    "from torch import nn\n"
    "class Net(nn.Sequential):\n"
    "    def __init__(self, shape, classes):\n"
    "        super().__init__(nn.Flatten(), nn.Linear(shape[1] * shape[2], classes))\n"
)


def files(folder: Path, **content: str) -> Path:
    """Write files and return the first: `pack__INIT_py` is pack/__init__.py."""
    paths = [
        folder / name.replace("__", "/").replace("_py", ".py").replace("INIT", "__init__") for name in content
    ]
    for path, text in zip(paths, content.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return paths[0]


@pytest.fixture
def nothing_confirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a cache of its own, and return where its list of confirmed code lies."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget(monkeypatch)
    return tmp_path / "cache/steepest" / confirmed.NAME


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be a new one, that has confirmed nothing."""
    monkeypatch.setattr(confirmed, "_MEMORY", set())
    monkeypatch.setattr(confirmed, "_NOTED", [])
