import json
from dataclasses import dataclass
from pathlib import Path

import pytest

import steepest.sweeping
from fakes import stripe_dataset
from steepest.cli.ending import Terminated
from steepest.config import Config
from steepest.errors import IntegrityError, MissingDataset, SteepestError, StoppedError, UserError
from steepest.experiments.experiment import Experiment
from steepest.experiments.reading import read_experiment
from steepest.experiments.reproducing import Progress, provide, reproduce
from steepest.experiments.reproduction import Reproduction
from steepest.storage import sealed

EXPERIMENT = """
name = "mine"
title = "Mine"
seeds = 3

[defaults]
model = "F2"
data = "stripes"

[quick]
epochs = 1

[[case]]
name = "one"
title = "One"
seeds = 3
published = { test_accuracy = 0.9, train_loss = 0.5 }

[[case]]
name = "two"
title = "Two"
config = { data = "cifar10" }
seeds = 1
fault = "It is broken."

[[part]]
use = "my_parts.py:show"
title = "Shown"
case = "one"
words = "hello"

[[part]]
use = "my_parts.py:count"
title = "Counted"
cases = ["two"]
"""
PARTS_FILE = """
from steepest.content.content import Figure, Text

def show(context, *, case, words):
    accuracies = tuple(each.accuracy("test") for each in context.outcomes(case))
    slow = context.remembered({"of": case}, lambda: [1.5, "slow"])
    return [Figure("shown", None, accuracies), Text(words, (str(slow),))]

def count(context, *, cases):
    return [Text("runs", (str([len(context.outcomes(case)) for case in cases]),))]
"""


@dataclass(frozen=True)
class FakeOutcome:
    """An outcome whose accuracy is a function of the seed."""

    job: steepest.sweeping.Job
    diverged: str | None = None
    seconds: float = 2.0

    @property
    def config(self) -> Config:
        return self.job.config

    @property
    def environment(self) -> dict:
        taken = ["not the published files"] if self.config.unverified else []
        return {"data": {"notes": taken}}

    @property
    def key(self) -> str:
        return self.job.key

    @property
    def rows(self) -> list[dict[str, float]]:
        return [{"train_loss": 0.7}, {"train_loss": 0.5 + self.config.seed / 100}]

    def accuracy(self, split: str) -> float:
        assert split in self.job.splits
        return 0.9 + self.config.seed / 100

    def loss(self, split: str) -> float:
        return 0.1


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> list[list[steepest.sweeping.Job]]:
    """Every list of jobs that was swept; outcomes come in the opposite order."""
    seen: list[list[steepest.sweeping.Job]] = []

    def fake(jobs, folder, *, engine=None, data_dir=None):
        seen.append(list(jobs))
        yield from (FakeOutcome(job) for job in reversed(jobs))

    monkeypatch.setattr(steepest.sweeping, "sweep", fake, raising=False)
    return seen


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    (tmp_path / "mine.toml").write_text(EXPERIMENT)
    (tmp_path / "my_parts.py").write_text(PARTS_FILE)
    return read_experiment(tmp_path / "mine.toml")


def done(experiment: Experiment, folder: Path, **how) -> tuple[list[Progress], Reproduction]:
    *progress, last = reproduce(experiment, folder=folder, **how)
    return progress, last


def test_every_case_is_trained_at_every_seed_and_its_figures_are_by_seed(experiment, swept, tmp_path) -> None:
    _, found = done(experiment, tmp_path / "out")
    (jobs,) = swept
    assert [(job.config.data, job.config.seed) for job in jobs] == [
        *(("stripes", 0), ("stripes", 1), ("stripes", 2)),
        ("cifar10", 0),
    ]
    accuracy, loss, second, shown = found.figures
    assert accuracy.name == "One: test accuracy"
    assert accuracy.ours == pytest.approx((0.90, 0.91, 0.92))
    assert loss.ours == pytest.approx((0.50, 0.51, 0.52))
    assert (accuracy.seconds, loss.seconds) == (6.0, None)
    assert second.published is None
    assert "Fault: It is broken." in second.why
    assert shown.ours == accuracy.ours


def test_progress_counts_runs_and_parts_and_ends_with_the_reproduction(experiment, swept, tmp_path) -> None:
    progress, found = done(experiment, tmp_path / "out")
    assert [each.done for each in progress] == [1, 2, 3, 4, 5, 6]
    assert {each.total for each in progress} == {6}
    assert progress[0].said == "F2 on cifar10, adam, seed 0: test accuracy 90.00%, 2.0 s"
    assert progress[-1].said == "Counted"
    assert [each.title for each in found.sections] == ["Shown", "Counted"]
    assert found.sections[0].contents[0].title == "hello"
    assert found.command == f"steepest reproduce {tmp_path / 'mine.toml'}"
    assert found.notes == ()
    assert found.seconds == pytest.approx(8.0, abs=0.1)


def test_the_users_number_of_seeds_wins_over_all_others(experiment, swept, tmp_path) -> None:
    _, found = done(experiment, tmp_path / "out", seeds=2)
    assert len(swept[0]) == 4
    assert found.command.endswith("--seeds 2")
    with pytest.raises(UserError, match="--seeds must be at least 1, not 0"):
        done(experiment, tmp_path / "out", seeds=0)


def test_quick_leaves_out_what_would_have_to_be_fetched_and_compares_nothing(
    experiment, swept, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("STEEPEST_DATA", str(tmp_path / "empty"))
    monkeypatch.setattr("steepest.experiments.reproducing.is_here", _but_cifar)
    _, found = done(experiment, tmp_path / "out", quick=True)
    assert {job.config.data for job in swept[0]} == {"stripes"}
    assert {job.config.epochs for job in swept[0]} == {1}
    assert len(swept[0]) == 2
    assert [each.verdict for each in found.agreements] == [*["quick: not comparable"] * 2, "not published"]
    said = found.sections[1].contents[0].paragraphs[0]
    assert said == "Left out of this quick run: cifar10 is not on this machine."
    assert "not comparable" in found.notes[0]
    assert found.notes[1] == "Left out, cifar10 is not on this machine: `two`."
    assert found.command.endswith("--quick")


def test_quick_leaves_out_what_the_file_says(experiment, swept, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("steepest.experiments.reproducing.is_here", lambda *_: True)
    text = EXPERIMENT.replace('fault = "It is broken."', "quick = false")
    experiment.path.write_text(text)
    experiment = read_experiment(experiment.path)
    _, found = done(experiment, tmp_path / "out", quick=True)
    assert {job.config.data for job in swept[0]} == {"stripes"}
    said = found.sections[1].contents[0].paragraphs[0]
    assert said == "Left out of this quick run: it takes too long."
    done(experiment, tmp_path / "out")
    assert {job.config.data for job in swept[1]} == {"stripes", "cifar10"}


PARTIAL = """
[[part]]
use = "partial.py:those_there"
title = "Those that are there"
cases = ["one", "two"]

[[part]]
use = "partial.py:all_of_them"
title = "All of them"
cases = ["one", "two"]
"""
PARTIAL_PARTS = """
from steepest.content.content import Text

def those_there(context, *, cases):
    return [Text("", (", ".join(filter(context.has, cases)),))]

def all_of_them(context, *, cases):
    return [Text("", (str(sum(len(context.outcomes(case)) for case in cases)),))]
"""


def test_quick_shows_what_it_has_where_a_part_can_do_without_the_rest(
    experiment, swept, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("steepest.experiments.reproducing.is_here", _but_cifar)
    experiment.path.write_text(EXPERIMENT + PARTIAL)
    (tmp_path / "partial.py").write_text(PARTIAL_PARTS)
    experiment = read_experiment(experiment.path)
    said = "Left out of this quick run: cifar10 is not on this machine."
    for quick, some, every in ((True, ["one", said], [said]), (False, ["one, two"], ["4"])):
        _, found = done(experiment, tmp_path / "out", quick=quick)
        shown = {
            each.title: [text for content in each.contents for text in content.paragraphs]
            for each in found.sections
        }
        assert shown["Those that are there"] == some
        assert shown["All of them"] == every


def _but_cifar(config: Config, data_dir: Path | None) -> bool:
    return config.data != "cifar10"


def test_slow_results_are_computed_once(experiment, swept, tmp_path) -> None:
    first = done(experiment, tmp_path / "out")[1]
    (cached,) = (tmp_path / "out" / "parts").glob("*.json")
    record = json.loads(cached.read_text())
    assert record["key"] == {"of": "one"}
    del record["sha256"]
    cached.write_text(sealed({**record, "value": [2.5, "from disk"]}))
    again = done(experiment, tmp_path / "out")[1]
    assert first.sections[0].contents[0].paragraphs == ("[1.5, 'slow']",)
    assert again.sections[0].contents[0].paragraphs == ("[2.5, 'from disk']",)


def test_a_run_that_diverged_is_told_with_its_case(experiment, swept, tmp_path, monkeypatch) -> None:
    def fake(jobs, folder, **how):
        yield from (FakeOutcome(job, diverged="NaN" if job.config.seed == 1 else None) for job in jobs)

    monkeypatch.setattr(steepest.sweeping, "sweep", fake, raising=False)
    progress, found = done(experiment, tmp_path / "out")
    assert progress[1].said.endswith("seed 1: diverged")
    assert found.figures[0].why.startswith("1 of 3 runs diverged.")


def test_everything_becomes_json(experiment, swept, tmp_path) -> None:
    record = json.loads(json.dumps(done(experiment, tmp_path / "out")[1].to_dict()))
    assert record["experiment"] == "mine"
    assert record["figures"][0]["verdict"] == "agrees"
    assert record["figures"][0]["mean"] == pytest.approx(0.91)
    assert record["figures"][0]["deviation"] == pytest.approx(0.01)
    assert record["sections"][0]["contents"][0]["kind"] == "text"
    assert record["made"]["cores"] >= 1


def test_an_unknown_part_is_found_before_anything_is_trained(experiment, swept, tmp_path) -> None:
    (tmp_path / "my_parts.py").write_text(PARTS_FILE.replace("def count", "def cuont"))
    with pytest.raises(SteepestError, match=r"my_parts.py has no `count`"):
        done(experiment, tmp_path / "out")
    assert swept == []


def test_a_part_must_return_contents(experiment, swept, tmp_path) -> None:
    bad = PARTS_FILE.replace('return [Text("runs"', 'return ["runs"] or [Text("runs"')
    (tmp_path / "my_parts.py").write_text(bad)
    _, found = done(experiment, tmp_path / "out")
    (failure,) = found.failures
    assert failure.why.startswith("The part `my_parts.py:count` must return a list of: Figure, Table")


def failing(tmp_path: Path, statement: str) -> None:
    """Let the first part fail."""
    text = PARTS_FILE.replace("    accuracies =", f"    {statement}\n    accuracies =")
    (tmp_path / "my_parts.py").write_text(text)


def test_a_part_that_fails_is_told_in_its_place_and_the_others_are_made(experiment, swept, tmp_path) -> None:
    failing(tmp_path, "{}['val_accuracy']")
    progress, found = done(experiment, tmp_path / "out")
    failed, counted = found.sections
    said = failed.contents[0].paragraphs[0]
    assert said == (
        "This part could not be made: `my_parts.py:show`: KeyError: 'val_accuracy' (my_parts.py, line 5)."
    )
    assert progress[-2].said == f"Shown: {said}"
    assert counted.contents[0].paragraphs == ("[1]",)
    assert "shown" not in {figure.name for figure in found.figures}
    assert found.notes == ("Could not be made, and what they would show is missing: `my_parts.py:show`.",)
    (record,) = json.loads(json.dumps(found.to_dict()))["failures"]
    assert (record["part"], record["title"]) == ("my_parts.py:show", "Shown")
    assert record["why"] == "KeyError: 'val_accuracy' (my_parts.py, line 5)."


def test_an_error_without_a_message_is_told_by_its_kind(experiment, swept, tmp_path) -> None:
    failing(tmp_path, "assert not case")
    (failure,) = done(experiment, tmp_path / "out")[1].failures
    assert failure.why == "AssertionError (my_parts.py, line 5)."


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("import errno; raise OSError(errno.ENOSPC, 'full')", OSError),
        ("import steepest.errors as e; raise e.StoppedError('later')", StoppedError),
        ("import steepest.cli.ending as e; raise e.Terminated", Terminated),
        ("raise KeyboardInterrupt", KeyboardInterrupt),
    ],
)
def test_what_stops_the_command_stops_it_within_a_part(statement, kind, experiment, swept, tmp_path) -> None:
    failing(tmp_path, statement)
    with pytest.raises(kind):
        done(experiment, tmp_path / "out")


DIVERGES = "import steepest.errors as e; raise e.DivergedError('It is NaN. Try a smaller --lr.')"


def test_a_part_of_runs_that_diverged_names_their_seeds_and_no_flag_of_another_verb(
    experiment, swept, tmp_path, monkeypatch
) -> None:
    failing(tmp_path, DIVERGES)
    (unknown,) = done(experiment, tmp_path / "out")[1].failures
    assert unknown.why == "It is NaN."

    def fake(jobs, folder, **how):
        yield from (FakeOutcome(job, diverged="NaN" if job.config.seed else None) for job in jobs)

    monkeypatch.setattr(steepest.sweeping, "sweep", fake, raising=False)
    (named,) = done(experiment, tmp_path / "out")[1].failures
    assert named.why == "seed 1 of One, seed 2 of One diverged."


def test_cases_that_train_in_bfloat16_are_named(experiment, swept, tmp_path) -> None:
    text = EXPERIMENT.replace('config = { data = "cifar10" }', 'config = { precision = "bfloat16" }')
    experiment.path.write_text(text)
    coarse = "Trained in bfloat16, whose products have three digits; the weights are float32: "
    assert done(read_experiment(experiment.path), tmp_path / "out")[1].notes == (f"{coarse}Two.",)
    experiment.path.write_text(text.replace('model = "F2"', 'model = "F2"\nprecision = "bfloat16"'))
    both = done(read_experiment(experiment.path), tmp_path / "out")[1].notes
    assert both == (f"{coarse}One; Two.",)


def test_missing_data_is_found_before_anything_is_trained(experiment, tmp_path, monkeypatch) -> None:
    def load(name, **how):
        if name == "cifar10":
            raise MissingDataset("cifar10 is not here")
        return stripe_dataset()

    monkeypatch.setattr("steepest.data.load", load)
    with pytest.raises(MissingDataset):
        provide([experiment])
    monkeypatch.setattr("steepest.experiments.reproducing.is_here", _but_cifar)
    assert provide([experiment], quick=True) == frozenset()


def test_data_that_is_not_the_published_is_taken_only_where_it_is_allowed(
    experiment, swept, tmp_path, monkeypatch
) -> None:
    def load(name, *, unverified, **how):
        if name == "cifar10" and not unverified:
            raise IntegrityError("another hash")
        return stripe_dataset()

    monkeypatch.setattr("steepest.data.load", load)
    with pytest.raises(IntegrityError):
        provide([experiment])
    taken = provide([experiment], unverified=True)
    assert taken == {"cifar10"}
    _, found = done(experiment, tmp_path / "out", unverified=taken)
    assert {job.config.data for job in swept[0] if job.config.unverified} == {"cifar10"}
    assert found.notes == ("not the published files",)
    assert "--unverified" in found.command
    _, other = done(experiment, tmp_path / "other", unverified=frozenset({"kmnist"}))
    assert "--unverified" not in other.command
