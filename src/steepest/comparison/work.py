"""Making a comparison: its runs as jobs for a sweep, its records as their outcomes come, and no run twice.

    for each round of studies      one round; one after the other where units are added until all is decided
        trials of every side, widened where the best lies at the edge
        reporting runs at the settings chosen, and at those that smaller tuning budgets would have chosen
    every record -> Comparison

Nothing is kept between calls but finished runs: the same call goes on where the last one stopped.
"""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from ..errors import IntegrityError, UserError
from ..objective import ModelObjective, passes_counted
from ..optimizers import descend
from ..runs.environment import named_files
from ..sweeping import Engine, Job, Outcome, sweep
from ..sweeping.ready import Place, setup_of
from ..training.preparation import Setup, cross_entropy
from ..training.stochastic import Draws
from ..usercode import hashes_of, hashes_run
from .comparison import Circumstances, Comparison, place_of, told
from .measuring import Report, environment_of, report_job, report_result, trial_job, trial_result
from .question import Question, checked, out_of_reach
from .results import Result
from .sides import Side
from .tuning import SideTuning, Trial, TrialResult, budgets, chosen_at

OWN_VALIDATION = (
    "{} brings its own validation split, on which every study is tuned: "
    "luck with these images is not in the interval."
)
RUNS = "runs"  # in a comparison's folder: the sweep's
FIRST_ROUND = 8  # units before the first look: of fewer than 7 none can come out better or worse
NEXT_ROUND = 2  # units between two looks: one a core of the smallest machine
WATCHED_STEPS = 8  # enough for rules that look ahead every five steps or so
WATCHED_BATCH = 32  # images; how often a layer runs does not depend on how many there are
Record = TypeVar("Record")


@dataclass(frozen=True)
class Made:
    """A run that is finished, while a comparison is under way.

    Args:
        stage: ``tuning``, ``widening`` or ``reporting``.
    """

    stage: str
    number: int
    total: int
    outcome: Outcome


Making = Generator[Made, None, Comparison]


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
    files: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Refuse what cannot be done, and learn the data's sizes."""
        place = Place(None if self.data_dir is None else self.data_dir.absolute())
        self._keep_own_validation(place)
        for side in self.question.sides:
            setup = setup_of(side.config.with_(threads=1), place)
            if setup.dataset.test is None:
                raise UserError(f"{side.config.data} has no test split to report on. Give a dataset that has one.")
            refuse_uncounted(side.name, setup)
            self.train_images[side.name] = len(setup.dataset.train)
            self.classes = len(setup.dataset.classes)
            self.test_images = len(setup.dataset.test)
            self.notes = (*setup.dataset.notes, *self.own_notes)
        self.tunings = self.question.tunings()
        self.files = hashes_run(self._named())

    def _named(self) -> list[Path]:
        """Return the user's own files, which are to stay what they are until the last run is done."""
        return [path for side in self.question.sides for path in named_files(side.config)]

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
            self.results.append(report_result(report, outcome, self.question.criterion, images, environment))
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
        if hashes_of(self._named()) != self.files:
            raise IntegrityError(
                "A file of the user's own was changed since the comparison began. Start it again: what the file "
                "is now makes other runs."
            )
        waiting: dict[str, list[Record]] = {}
        for job, record in jobs:
            waiting.setdefault(job.key, []).append(record)
        outcomes = sweep((job for job, _ in jobs), self.folder / RUNS, engine=self.engine, data_dir=self.data_dir)
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
            results=tuple(sorted(self.results, key=lambda r: (r.unit, order[r.side], r.seed, told(r.settings)))),
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


@dataclass(frozen=True)
class Inspection:
    """What the first steps of a rule were seen to do.

    Args:
        counted: forward passes that the objective counted.
        seen: forward passes that the layers saw.
    """

    counted: int
    seen: float


def refuse_uncounted(name: str, setup: Setup) -> None:
    """Refuse a side whose rule runs the network behind its objective's back.

    Costs are counted by the objective. A rule that reaches through it for the network itself would get passes for
    nothing, so its first steps are watched: every layer with weights counts how often it is run.

    Raises:
        UserError: says how often it did.
    """
    found = inspect(setup)
    if found.seen > found.counted:
        raise UserError(
            f"`{name}` runs the network behind its objective's back: {found.seen:g} forward passes in "
            f"{WATCHED_STEPS} steps, of which its objective counted {found.counted}. Costs are compared here: "
            "a rule may only ask its objective."
        )


def inspect(setup: Setup) -> Inspection:
    """Return what the rule of a setup does in its first steps; the setup's network is used up by it."""
    network = setup.network.train()
    train = setup.dataset.train
    images, labels = train.images[:WATCHED_BATCH], train.labels[:WATCHED_BATCH]
    draws = Draws(network, setup.config.seed)
    layers = [each for each in network.modules() if list(each.parameters(recurse=False))]
    with setup.plan.applied(), torch.no_grad(), passes_counted(layers) as once, draws():
        network(images)
    objective = ModelObjective(network, cross_entropy(), setup.plan.autocast, draws)
    tensors = dict(network.named_parameters())
    params = objective.layout.flatten({name: tensors[name] for name in objective.layout.names})
    taken = descend(setup.choice.rule, objective, params, setup.choice.lr, setup.config.seed)
    with setup.plan.applied(), passes_counted(layers) as runs:
        for step in range(WATCHED_STEPS):
            draws.at(step)
            objective.begin(images, labels, params)
            params = next(taken).params
            objective.finish(params)
    seen = [runs[number] / once[number] for number in range(len(layers)) if once[number]]
    return Inspection(objective.forwards, max(seen, default=0.0))


def comparing(
    question: Question,
    folder: Path,
    *,
    engine: Engine | None = None,
    data_dir: Path | None = None,
    curve: bool = True,
) -> Making:
    """Train what is not yet trained, yield each finished run, and return the comparison.

    Args:
        engine: what does the work; None takes processes on this machine.
        curve: whether smaller tuning budgets get reporting runs of their own.

    Raises:
        UserError: something asked for cannot be done; nothing is trained then.
    """
    work = Work(checked(question), folder, engine, data_dir, curve)
    work.begin()
    design = work.question.design
    made = 0
    while made < design.units:
        units = _round(made, design.units, design.until_decided)
        if design.tuned:
            yield from work.tune(units)
        yield from work.report(units)
        made = units.stop
        if design.until_decided and work.comparison().decided:
            break
    return _noted(work.comparison())


def _noted(comparison: Comparison) -> Comparison:
    """Return the comparison with a note, where none of its pairs could have come out better or worse."""
    question = comparison.question
    note = out_of_reach(question.design, len(question.pairs))
    return replace(comparison, notes=(*comparison.notes, note)) if note else comparison


def _round(made: int, most: int, until_decided: bool) -> range:
    if not until_decided:
        return range(most)
    return range(made, min(most, made + (NEXT_ROUND if made else FIRST_ROUND)))
