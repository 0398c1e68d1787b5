"""Whatever classes and files are called, no CSV that a verb writes holds a cell that a spreadsheet would run."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import steepest

PACKAGE = Path(steepest.__file__).parent
NAMES = ("=1+1", "@x", "+9", "-neg", "\t=2", "\r=3", "|cmd", "＝4", " =5", "＋6", "plain")
SAFE = re.compile(r"-?[0-9.,e+-]+|[^=+\-@|＝＋－＠\s].*|")


def cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose classes and files want to be formulas."""
    root = tmp_path_factory.mktemp("hostile") / "pictures"
    draws = np.random.default_rng(0)
    for place, name in enumerate(NAMES):
        (root / name).mkdir(parents=True)
        for count in range(6):
            pixels = draws.integers(0, 100, (8, 8), dtype=np.uint8) + np.uint8(14 * place)
            Image.fromarray(pixels).save(root / name / f"={count}.png")
    return root


def test_every_csv_of_a_run_is_text(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEEPEST_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(folder)
    run = steepest.train("F11", data=str(folder), epochs=2, out=tmp_path / "run")
    steepest.evaluate(str(run.path))
    steepest.explain(str(run.path), None, label_errors=True, folds=2)
    found = run.predict([Path("=1+1"), Path("plain")])
    (tmp_path / "run" / "predictions.csv").write_text(found.to_csv(11))
    tables = sorted((tmp_path / "run").rglob("*.csv"))
    assert {"confusion.csv", "label-errors.csv", "metrics.csv", "predictions.csv"} == {
        each.name for each in tables
    }
    for table in tables:
        bad = [cell for cell in cells(table.read_text()) if not SAFE.fullmatch(cell)]
        assert not bad, table.name
    assert "'=1+1/=0.png" in cells(found.to_csv())
    assert found.to_dict()["images"][0]["path"] == "=1+1/=0.png"  # as it is


def test_no_other_writer_of_csv_sees_a_name() -> None:
    writers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"csv\.(Dict)?[wW]riter\(|\.to_csv\(.*sep|savetxt", path.read_text())
    }
    assert writers == {"content/text.py", "runs/predicting.py", "runs/restoring.py"}  # the last: numbers
