import json
from pathlib import Path

import pytest

import write_experiments
from steepest.experiments import names, open_experiment
from steepest.experiments.reproducing import reproduce
from steepest.pages.experiment import write_reproduction


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(write_experiments, "TABLE", tmp_path / "experiments.md")
    monkeypatch.setattr(write_experiments, "QUESTIONS", tmp_path / "questions.md")
    return tmp_path


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which two experiments were reproduced."""
    whole = tmp_path_factory.mktemp("reproductions")
    for name in ("backprop", "gradient-descent"):
        folder = whole / name
        *_, done = reproduce(open_experiment(name), folder=folder)
        write_reproduction(done, folder)
    return whole


def test_the_table_is_made_from_the_reproductions_with_date_version_and_command(pages, reproduced) -> None:
    assert write_experiments.main([str(reproduced)]) == 0
    page = (pages / "experiments.md").read_text()
    record = json.loads((reproduced / "backprop/result.json").read_text())
    assert page.index("## gradient-descent") < page.index("## backprop")
    assert "```\nsteepest reproduce backprop\n```" in page
    overview = next(line for line in page.splitlines() if line.startswith("| [backprop]"))
    assert overview.split(" | ")[1:5] == ["17", "3", "7", "0"]
    assert record["made"]["date"] in overview
    assert str(record["made"]["steepest"]) in overview
    (row,) = [line for line in page.splitlines() if line.startswith("| dE/dw3")]
    assert "| 0.000351869 | 0.000351776 |" in row
    assert "**differs**: The sheet took the derivative at h2 from a_h1" in row
    (row,) = [line for line in page.splitlines() if line.startswith("| lr 0.1: E in row 68")]
    assert "| recomputed 0.00957214 | 0.00957214 |  | 1 | agrees with the recomputed: " in row


def test_the_questions_are_those_of_the_files(pages, reproduced) -> None:
    write_experiments.main([str(reproduced)])
    page = (pages / "questions.md").read_text()
    asked = [question for name in names() for question in open_experiment(name).questions]
    for question in asked:
        assert f"### {question.asks}" in page
        assert question.answer in page
        assert question.command in page


def test_a_stale_page_is_found(pages, reproduced, capsys) -> None:
    write_experiments.main([str(reproduced)])
    assert write_experiments.main(["--check"]) == 0  # the page itself names those that it lacks
    page = pages / "experiments.md"
    page.write_text(page.read_text().replace("linear-optimizers, ", ""))
    capsys.readouterr()
    assert write_experiments.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert "experiments.md says nothing of linear-optimizers" in said
    assert "questions.md is not" not in said
    with page.open("a") as file:
        file.write("## linear-optimizers\n")
    assert write_experiments.main(["--check"]) == 0
    (pages / "questions.md").write_text("old")
    assert write_experiments.main(["--check"]) == 1
    assert "questions.md is not what the experiments' files say" in capsys.readouterr().out


def test_without_numbers_the_table_stays_as_it_is(pages) -> None:
    (pages / "experiments.md").write_text("as it was")
    assert write_experiments.main([str(pages / "nowhere")]) == 0
    assert (pages / "experiments.md").read_text() == "as it was"
    assert (pages / "questions.md").exists()


def test_what_was_printed_as_json_makes_the_same_page(pages, reproduced) -> None:
    records = write_experiments.read_records(reproduced)
    printed = pages / "all.json"
    printed.write_text(json.dumps({"experiments": records}))
    assert write_experiments.read_records(printed) == records
    printed.write_text(json.dumps(records[0]))
    assert write_experiments.read_records(printed) == records[:1]
