"""The work of a comparison: its runs as jobs for a sweep, its records as their outcomes come."""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from ..errors import UserError
from ..sweeping import Engine, Job, Outcome, sweep
from ..sweeping.ready import Place, setup_of
from .comparison import Circumstances, Comparison, place_of, told
from .inspecting import refuse_uncounted
from .measuring import Report, environment_of, report_job, report_result, trial_job, trial_result
from .question import Question
from .results import Result
from .sides import Side
from .tuning import SideTuning, Trial, TrialResult, budgets, chosen_at

OWN_VALIDATION = (
    "{} brings its own validation split, on which every study is tuned: "
    "luck with these images is not in the interval."
)
RUNS = "runs"  # in a comparison's folder: the sweep's
Record = TypeVar("Record")


@dataclass(frozen=True)
class Made:
    """A run that is finished, while a comparison is under way.

    Args:
        stage: ``tuning``, ``widening`` or ``reporting``.
        number: how many of the stage are finished.
        total: how many it has.
        outcome: of the run.
    """

    stage: str
    number: int
    total: int
    outcome: Outcome


@dataclass
class Work:
    """What a comparison has come to so far."""

    question: Question
    folder: Path
    engine: Engine | None
    data_dir: Path | None
    curve: bool
    tunings: dict[str, SideTuning] = field(default_factory=dict)
    train_images: dict[str, int] = field(default_factory=dict)
    trials: dict[tuple[str, int], list[TrialResult]] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    hashes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    environments: list[Mapping[str, Any]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    own_notes: tuple[str, ...] = ()

    def begin(self) -> None:
        """Refuse what cannot be done, and learn the data's sizes."""
        place = Place(None if self.data_dir is None else self.data_dir.absolute())
        self._keep_own_validation(place)
        for side in self.question.sides:
            setup = setup_of(side.config.with_(threads=1), place)
            if setup.dataset.test is None:
                raise UserError(
                    f"{side.config.data} has no test split to report on. Give a dataset that has one."
                )
            refuse_uncounted(side.name, setup)
            self.train_images[side.name] = len(setup.dataset.train)
            self.classes = len(setup.dataset.classes)
            self.test_images = len(setup.dataset.test)
            self.notes = (*setup.dataset.notes, *self.own_notes)
        self.tunings = self.question.tunings()

    def _keep_own_validation(self, place: Place) -> None:
        """Tune on the validation split that a dataset brings, where it brings one."""
        config = self.question.sides[0].config
        dataset = setup_of(config.with_(val=0.0, patience=None, threads=1), place).dataset
        if dataset.validation is None:
            return
        sides = (Side(side.name, side.config.with_(val=0.0)) for side in self.question.sides)
        self.question = replace(self.question, sides=tuple(sides))
        if self.question.design.tuned:
            self.own_notes = (OWN_VALIDATION.format(config.data),)

    def tune(self, units: range) -> Generator[Made, None, None]:
        """Run every trial of these studies, the wider ones last."""
        stage = "tuning"
        while wanted := list(self._wanted(units)):
            jobs = [(self._trial_job(trial), trial) for trial in wanted]
            for trial, outcome, made in self._swept(stage, jobs):
                self.trials[trial.side, trial.study].append(trial_result(trial, outcome))
                if made is not None:
                    yield made
            for done in self.trials.values():
                done.sort(key=lambda each: each.trial.number)
            stage = "widening"

    def _wanted(self, units: range) -> Iterable[Trial]:
        for study in units:  # study by study: the images of one stay in a worker's memory
            for name, tuning in self.tunings.items():
                yield from tuning.next_trials(study, self.trials.setdefault((name, study), []))

    def _trial_job(self, trial: Trial) -> Job:
        side = self.question.side(trial.side)
        return trial_job(side, self.tunings[side.name].space, self.question.design, trial)

    def report(self, units: range) -> Generator[Made, None, None]:
        """Run the reporting runs of these units."""
        wanted = [
            Report(side.name, unit, seed, settings)
            for unit in units
            for side in self.question.sides
            for settings in self._settings(side.name, unit)
            for seed in self.question.design.report_seeds(unit)
        ]
        jobs = [(self._report_job(each), each) for each in wanted]
        for report, outcome, made in self._swept("reporting", jobs):
            images = self.train_images[report.side]
            environment = self._number_of(environment_of(outcome))
            self.results.append(
                report_result(report, outcome, self.question.criterion, images, environment)
            )
            self.hashes[place_of(report.side, report.unit)] = outcome.environment["data"]["hashes"]
            if made is not None:
                yield made

    def _report_job(self, report: Report) -> Job:
        tuning = self.tunings.get(report.side)
        space = None if tuning is None else tuning.space
        return report_job(self.question.side(report.side), space, self.question.design, report)

    def _settings(self, side: str, unit: int) -> list[Mapping[str, float]]:
        """Return the settings to report at: those chosen, and those that smaller budgets would have chosen."""
        design = self.question.design
        if not design.tuned:
            return [{}]
        asked = self.tunings[side].trials
        found: list[Mapping[str, float]] = []
        for budget in budgets(design.trials) if self.curve else [design.trials]:
            allowed = max(1, budget * asked // design.trials)
            settings = chosen_at(self.trials[side, unit], allowed, asked).trial.settings
            if settings not in found:
                found.append(settings)
        return found

    def _swept(
        self, stage: str, jobs: list[tuple[Job, Record]]
    ) -> Generator[tuple[Record, Outcome, Made | None], None, None]:
        """Yield every record with its outcome; equal jobs are run once, and tell of it once."""
        waiting: dict[str, list[Record]] = {}
        for job, record in jobs:
            waiting.setdefault(job.key, []).append(record)
        outcomes = sweep(
            (job for job, _ in jobs),
            self.folder / RUNS,
            engine=self.engine,
            data_dir=self.data_dir,
        )
        for number, outcome in enumerate(outcomes, 1):
            first, *others = waiting[outcome.key]
            yield first, outcome, Made(stage, number, len(waiting), outcome)
            for record in others:
                yield record, outcome, None

    def _number_of(self, environment: Mapping[str, Any]) -> int:
        if environment not in self.environments:
            self.environments.append(environment)
        return self.environments.index(environment)

    def comparison(self) -> Comparison:
        """Return what there is, in the order of the question."""
        order = {side.name: place for place, side in enumerate(self.question.sides)}
        trials = (each for done in self.trials.values() for each in done)
        return Comparison(
            question=self.question,
            trials=tuple(sorted(trials, key=lambda t: (t.trial.study, order[t.trial.side]))),
            results=tuple(
                sorted(
                    self.results,
                    key=lambda r: (r.unit, order[r.side], r.seed, told(r.settings)),
                )
            ),
            circumstances=Circumstances(
                self.classes,
                self.train_images[self.question.sides[0].name],
                self.test_images,
                dict(sorted(self.hashes.items(), key=lambda pair: int(pair[0].split()[0]))),
                tuple(self.environments),
            ),
            notes=self.notes,
            folder=self.folder,
        )
