import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import write_lessons

ALLOWED = {"matplotlib", "numpy", "steepest", "torch", *sys.stdlib_module_names}
ANSWERS = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PACKAGE = Path(write_lessons.__file__).parent.parent / "src"
DRAW_ALL = """
import matplotlib.pyplot as plt
assert plt.get_fignums(), "a lesson has a picture"
for number in plt.get_fignums():
    plt.figure(number).savefig(f"figure-{number}.png")
"""
LESSONS = sorted(write_lessons.LESSONS.glob("*.ipynb"))


def cells(path: Path, kind: str) -> list[str]:
    read = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in read["cells"] if cell["cell_type"] == kind]


def answers(path: Path) -> list[str]:
    return [code for text in cells(path, "markdown") for code in ANSWERS.findall(text)]


def test_there_are_nine_lessons_and_no_notebook_is_stale():
    assert [int(path.name[:2]) for path in LESSONS] == list(range(1, 10))
    assert write_lessons.stale_notebooks() == []


def test_a_changed_source_or_a_lost_one_is_noticed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(write_lessons, "LESSONS", tmp_path)
    (tmp_path / "01-a.py").write_text("# %% [markdown]\n# # A\n\n# %%\nprint(1)\n")
    assert write_lessons.main(["--check"]) == 1
    assert write_lessons.main([]) == 0
    assert write_lessons.main(["--check"]) == 0
    (tmp_path / "01-a.py").write_text("# %%\nprint(2)\n")
    assert write_lessons.main(["--check"]) == 1
    (tmp_path / "01-a.py").unlink()
    assert write_lessons.main(["--check"]) == 1
    assert "01-a.ipynb is stale: python scripts/write_lessons.py" in capsys.readouterr().out


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_notebook_is_what_jupyter_opens(path):
    read = json.loads(path.read_text(encoding="utf-8"))
    assert (read["nbformat"], read["nbformat_minor"]) == (4, 5)
    assert set(read) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert read["metadata"]["kernelspec"]["name"] == "python3"
    names = [cell["id"] for cell in read["cells"]]
    assert len(set(names)) == len(names)
    for cell in read["cells"]:
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", cell["id"])
        assert cell["metadata"] == {}
        assert isinstance(cell["source"], list)
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        wanted = {"cell_type", "id", "metadata", "source"}
        if cell["cell_type"] == "code":
            wanted |= {"execution_count", "outputs"}
            assert (cell["execution_count"], cell["outputs"]) == (None, [])
        assert set(cell) == wanted


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_one_idea_exercises_and_folded_answers(path):
    first, *_, last = cells(path, "markdown")
    assert re.match(rf"# {int(path.name[:2])}\. .+\n\n\*\*One idea:\*\* ", first)
    exercises, _, folded = last.partition("<details>")
    asked = re.findall(r"^\d\. ", exercises, re.MULTILINE)
    assert 2 <= len(asked) <= 3
    assert re.findall(r"^\d\. ", folded, re.MULTILINE) == asked
    assert folded.startswith("\n<summary>Answers</summary>\n\n")
    assert folded.endswith("</details>")
    code = "\n".join([*cells(path, "code"), *answers(path)])
    assert set(re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE)) <= ALLOWED
    assert "assert" in code


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_with_its_answers_offline_and_leaves_nothing_in_the_tree(path, tmp_path):
    script = tmp_path / "lesson.py"
    script.write_text("\n\n".join([*cells(path, "code"), *answers(path), DRAW_ALL]))
    nowhere = "http://127.0.0.1:9"  # the discard port: whatever would be fetched fails
    environment = {
        **os.environ,
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(PACKAGE),
        "STEEPEST_DATA": str(tmp_path / "data"),
        **dict.fromkeys(("http_proxy", "https_proxy"), nowhere),
    }
    command = [sys.executable, "-W", "error", script.name]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
