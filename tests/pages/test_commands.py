import shlex
from pathlib import Path

from steepest.config import Config
from steepest.pages.commands import exact_command, train_command, verb_command
from steepest.runs.run import Run


def test_the_command_says_what_differs_from_the_defaults_and_nothing_else() -> None:
    config = Config(model="F10", epochs=9, optimizer="sgd:momentum=0.9", unverified=True)
    assert train_command(config) == (
        "steepest train F10 --data mnist5k --optimizer sgd:momentum=0.9 --epochs 9 --unverified"
    )


def test_a_path_with_a_blank_or_a_semicolon_stays_one_word() -> None:
    command = train_command(Config(data="/my data; rm -rf x"))
    assert shlex.split(command) == ["steepest", "train", "mlp", "--data", "/my data; rm -rf x"]
    assert verb_command("evaluate", Run(Path("a b"))) == "steepest evaluate 'a b'"


def test_a_value_that_begins_with_a_dash_is_no_flag() -> None:
    assert "--normalize=-0.5/0.5" in train_command(Config(normalize="-0.5/0.5"))


def test_the_exact_command_names_the_whole_config_and_the_plan(run: Run) -> None:
    command = exact_command(run)
    assert str(run.path / "config.toml") in command
    assert command.endswith("--device cpu --threads 1 --precision float32")
