import errno
from pathlib import Path

import pytest


def test_it_prints_the_numbers_and_writes_the_report(command, trained) -> None:
    folder = trained()
    done = command("evaluate", folder)
    assert done.code == 0
    for words in ("test accuracy", "95% interval", "calibration error", "precision", "confusion matrix"):
        assert words in done.out
    assert done.err.strip() == f"Report: {folder / 'report.html'}"
    assert {"report.html", "confusion.png", "confusion.csv"} <= {p.name for p in folder.iterdir()}


@pytest.mark.parametrize(("split", "images"), [("test", 32), ("validation", 16), ("train", 48)])
def test_json_is_one_object_with_every_number(split: str, images: int, command, trained) -> None:
    told = command("evaluate", trained(), "--split", split, "--json").json
    assert (told["split"], told["images"], told["weights"]) == (split, images, "best")
    assert 0 <= told["accuracy_interval_95"][0] <= told["accuracy"] <= told["accuracy_interval_95"][1]
    assert len(told["confusion"]) == 2
    assert [each["name"] for each in told["class_scores"]] == ["row 0", "row 1"]


def test_last_weights_can_be_asked_for(command, trained) -> None:
    folder = trained()
    assert command("evaluate", folder, "--weights", "last", "--json").json["weights"] == "last"


def test_a_run_is_found_by_its_name(command) -> None:
    assert command("train", "F2", "--data", "stripes", "--epochs", 1).code == 0
    told = command("evaluate", "stripes-f2-adam-1", "--json").json
    assert told["run"] == str(Path("runs/stripes-f2-adam-1").absolute())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "nowhere is no run: it holds no config.toml."),
        ([], "parameter RUN requires an argument"),
        (["run", "--split", "tst"], 'Did you mean "test"?'),
        (["run", "--split", "val"], '"validation", "train". Did you mean "validation"?'),
        (["run", "--weights", "worst"], "best"),
        (["plain", "--split", "validation"], "has no validation split in this run. It has: train, test"),
        (["run", "too many"], "too many"),
    ],
)
def test_the_users_errors_are_one_line_and_code_2(arguments: list[str], words: str, command, trained) -> None:
    trained()
    command("train", "F2", "--data", "stripes", "--epochs", 1, "--out", "plain")
    done = command("evaluate", *arguments)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert words in done.err


@pytest.mark.parametrize("file", ["best.safetensors", "environment.json", "metrics.csv", "config.toml"])
def test_damage_is_one_line_and_code_3(file: str, command, trained) -> None:
    path = trained() / file
    path.write_bytes(path.read_bytes()[:-15])
    done = command("evaluate", path.parent)
    assert done.code == 3
    assert file in done.err
    assert len(done.err.splitlines()) == 1


def test_numbers_are_printed_even_where_no_report_can_be_written(
    command, trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = trained()

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "report.html")

    monkeypatch.setattr("steepest.pages.run.page.write_report", refuse)
    done = command("evaluate", folder, "--json")
    assert done.code == 2
    assert done.json["images"] == 32
    assert done.err == "steepest: report.html: Read-only file system.\n"


def test_a_run_without_an_epoch_has_nothing_to_evaluate(command, trained) -> None:
    folder = trained()
    for name in ("last.safetensors", "best.safetensors", "metrics.csv"):
        (Path(folder) / name).unlink()
    done = command("evaluate", folder)
    assert done.code == 2
    assert "has no weights yet" in done.err
