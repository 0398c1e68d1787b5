"""Reproducing an experiment: train what is not yet trained, make the parts, return what the page shows.

experiment -> jobs -> sweep -> outcomes -> figures and parts -> Reproduction
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import Config
from ..content.content import Figure, Text
from ..errors import IntegrityError, UserError
from .context import Context, NotTrained
from .experiment import Case, Experiment, PartUse, Published
from .parts import find_part, make_part, why_failed
from .reading import is_ours
from .reproduction import Failure, Reproduction, Section

if TYPE_CHECKING:
    from ..sweeping import Engine, Job, Outcome

SWEEP, CACHE = "sweep", "parts"


@dataclass(frozen=True)
class Progress:
    """A line about what was just done.

    Args:
        done: runs and parts done.
        total: how many there are.
        said: what it was.
    """

    done: int
    total: int
    said: str


def reproduce(
    experiment: Experiment,
    *,
    seeds: int | None = None,
    quick: bool = False,
    folder: Path,
    engine: "Engine | None" = None,
    data_dir: Path | None = None,
    unverified: frozenset[str] = frozenset(),
    note: Callable[[str], None] = lambda line: None,
) -> Generator[Progress | Reproduction]:
    """Yield progress, and at last the reproduction. What the folder holds already is not done again.

    Args:
        seeds: of every case; None takes what the experiment says.
        quick: the short version.
        folder: where runs and slow results are kept.
        engine: who trains; None takes this machine's cores.
        unverified: names of datasets to take although their files do not have the published hash.
        note: takes a line from a part that works for long.

    Raises:
        UserError: something in the experiment cannot be done; found before anything is trained, where possible.
    """
    usual = experiment.quick_seeds if quick else experiment.seeds
    context = Context(
        experiment=experiment,
        quick=quick,
        seeds=usual if seeds is None else seeds,
        cache=folder / CACHE,
        data_dir=data_dir,
        asked_seeds=seeds,
        unverified=unverified,
        note=note,
    )
    _check(context)
    cases, left_out = at_hand(context)
    total = sum(map(context.case_seeds, cases)) + len(experiment.parts)
    done = 0
    for outcome in _train(context, cases, folder / SWEEP, engine):
        done += 1
        yield Progress(done, total, _told(outcome))
    figures = [figure for case in cases for figure in case_figures(case, context)]
    sections: list[Section] = []
    for use in experiment.parts:
        section, more = _made(use, context, left_out)
        figures += more
        sections += [section] * bool(section.contents)
        done += 1
        failed = section.failure
        yield Progress(done, total, f"{use.title}: {failed.said}" if failed else use.title)
    yield Reproduction(
        experiment=experiment,
        quick=quick,
        seeds=context.seeds,
        figures=tuple(figures),
        sections=tuple(sections),
        notes=(*_notes(context, left_out), *_failed(sections)),
        seconds=context.seconds,
        command=_command(context),
        made=_made_with(),
    )


def _check(context: Context) -> None:
    """Refuse what cannot be done, and make the folder for slow results."""
    if context.seeds < 1:
        raise UserError(f"--seeds must be at least 1, not {context.seeds}.")
    for use in context.experiment.parts:
        find_part(use, context.experiment)
    context.cache.mkdir(parents=True, exist_ok=True)


def _train(context: Context, cases: list[Case], folder: Path, engine: "Engine | None") -> "Iterator[Outcome]":
    """Yield each outcome as it is done, and leave all of them with the context, by case and seed."""
    if not cases:
        return
    from ..sweeping import sweep

    jobs = {each.name: jobs_of(each, context) for each in cases}
    found: dict[str, Outcome] = {}
    for outcome in sweep(
        [job for each in jobs.values() for job in each], folder, engine=engine, data_dir=context.data_dir
    ):
        found[outcome.job.key] = outcome
        yield outcome
    for name, each in jobs.items():
        context.keep(name, [found[job.key] for job in each])


def jobs_of(case: Case, context: Context) -> "list[Job]":
    """Return a case's runs, one for each seed."""
    from ..sweeping import Job

    asked = {each.split for each in case.published} - {"train"}
    splits = tuple(sorted(asked | {"test"}))
    return [
        Job(context.config(case.name, seed), splits=splits, which=case.which)
        for seed in range(context.case_seeds(case))
    ]


def _told(outcome: "Outcome") -> str:
    config = outcome.config
    what = f"{config.model} on {config.data}, {config.optimizer}, seed {config.seed}"
    if outcome.diverged:
        return f"{what}: diverged"
    return f"{what}: test accuracy {outcome.accuracy('test'):.2%}, {outcome.seconds:.1f} s"


def case_figures(case: Case, context: Context) -> list[Figure]:
    """Return a case's rows of the main table: what was published, or else its test accuracy."""
    outcomes = context.outcomes(case.name)
    asked = case.published or (Published("test", "accuracy", float("nan"), 4),)
    failed = [each.diverged for each in outcomes if each.diverged]
    why = f"{len(failed)} of {len(outcomes)} runs diverged. " * bool(failed) + case.why
    if case.fault:
        why = f"{why} Fault: {case.fault}".strip()
    return [
        Figure(
            name=f"{case.title}: {each.split} {each.measure}",
            published=each.value if case.published else None,
            ours=tuple(measured(outcome, each) for outcome in outcomes),
            tolerance=each.tolerance,
            unit="%" if each.measure == "accuracy" else "",
            digits=each.digits,
            why=why,
            # the time belongs to the case: its first figure carries it
            seconds=sum(outcome.seconds for outcome in outcomes) if number == 0 else None,
            comparable=context.comparable(case.name),
        )
        for number, each in enumerate(asked)
    ]


def measured(outcome: "Outcome", asked: Published) -> float:
    """Return an outcome's value for a published figure."""
    if asked.split == "train":
        return outcome.rows[-1][f"train_{asked.measure}"] if outcome.rows else float("inf")
    if asked.measure == "accuracy":
        return outcome.accuracy(asked.split)
    return outcome.loss(asked.split)


def _made(use: PartUse, context: Context, left_out: dict[str, str]) -> tuple[Section, list[Figure]]:
    """Return a part's section without its figures, and the figures, which go into the main table.

    A part that fails is told in its section: the runs may have taken hours, and the other parts are whole.
    """
    missing = [name for name in use.cases if name in left_out]
    reasons = ", ".join(sorted({left_out[name] for name in missing}))
    told = [Text("", (f"Left out of this quick run: {reasons}.",))] * bool(missing)
    if missing == use.cases != []:
        return Section(use.title, tuple(told)), []
    from ..plan import Plan

    try:
        with Plan().applied():  # one thread: the same numbers wherever it is done
            made = make_part(use, context)
    except NotTrained:  # it needs all of them
        return Section(use.title, tuple(told)), []
    except Exception as error:
        failure = Failure(use.use, use.title, why_failed(error, use, context))
        return Section(use.title, (Text("", (failure.said,)), *told), failure), []
    figures = [each for each in made if isinstance(each, Figure)]
    shown = [each for each in made if not isinstance(each, Figure)]
    return Section(use.title, (*shown, *told)), figures


def _notes(context: Context, left_out: dict[str, str]) -> Iterator[str]:
    """Yield what must be known of the numbers: of their data and precision, and of a quick run."""
    cases = [each for each in context.experiment.cases if each.name not in left_out]
    told = {note for each in cases for note in context.data_notes(each.name)}
    yield from sorted(told)
    coarse = [each.title for each in cases if context.config(each.name).precision == "bfloat16"]
    if coarse:  # a title may have commas
        yield (
            f"Trained in bfloat16, whose products have three digits; the weights are float32: {'; '.join(coarse)}."
        )
    if any(not context.comparable(each.name) for each in cases):
        used = sorted({context.config(each.name).data for each in cases})
        yield (
            f"This is the quick version, on {' and '.join(used)} and with fewer epochs where that was "
            "needed: its numbers are not comparable with the published ones."
        )
    for reason in sorted(set(left_out.values())):
        names = ", ".join(f"`{name}`" for name, told in left_out.items() if told == reason)
        yield f"Left out, {reason}: {names}."


def _failed(sections: list[Section]) -> list[str]:
    """Return a sentence that names the parts that could not be made, where there are any."""
    names = [f"`{each.failure.part}`" for each in sections if each.failure is not None]
    told = f"Could not be made, and what they would show is missing: {', '.join(names)}."
    return [told] * bool(names)


def _command(context: Context) -> str:
    experiment, seeds = context.experiment, context.asked_seeds
    name = experiment.name if is_ours(experiment.path) else str(experiment.path)
    words = ["steepest reproduce", name]
    used = {context.config(each.name).data for each in experiment.cases}
    words += ["--quick"] * context.quick + ["--unverified"] * bool(used & context.unverified)
    return " ".join(words + [f"--seeds {seeds}"] * (seeds is not None))


def _made_with() -> dict[str, Any]:
    from ..plan import cores
    from ..runs.environment import package_version, processor

    return {
        "date": datetime.now(UTC).date().isoformat(),
        "steepest": package_version("steepest"),
        "torch": package_version("torch"),
        "processor": processor(),
        "cores": cores(),
    }


TOO_LONG = "it takes too long"


def provide(
    experiments: Sequence[Experiment],
    *,
    quick: bool = False,
    data_dir: Path | None = None,
    unverified: bool = False,
) -> frozenset[str]:
    """Find every part and provide every dataset, so that nothing is missing after an hour of work.

    Args:
        quick: what their short versions need.
        unverified: take files that do not have the published hash.

    Returns:
        The names of the datasets whose files do not have it; none unless ``unverified``.

    Raises:
        UserError: a part is unknown or cannot be called.
        MissingDataset: a dataset is neither here nor to be fetched.
        IntegrityError: a dataset's files do not have the published hash.
    """
    configs = {}
    for experiment in experiments:
        for use in experiment.parts:
            find_part(use, experiment)
        for case in experiment.cases:
            config = case.quick if quick else case.config
            if not quick or (case.in_quick and is_here(config, data_dir)):
                configs[config.data, config.size] = config
    return frozenset(config.data for config in configs.values() if not _verified(config, data_dir, unverified))


def _verified(config: Config, data_dir: Path | None, unverified: bool) -> bool:
    """Load a dataset, and say whether its files have the published hash."""
    from ..data import load

    try:
        load(config.data, data_dir=data_dir, image_size=config.size, unverified=config.unverified)
    except IntegrityError:
        if not unverified:
            raise
        load(config.data, data_dir=data_dir, image_size=config.size, unverified=True)
        return False
    return True


def at_hand(context: Context) -> tuple[list[Case], dict[str, str]]:
    """Return the cases to train, and those that a quick run leaves out, each with the reason.

    It leaves out what the experiment's file says, and what data would have to be fetched for.
    """
    cases = list(context.experiment.cases)
    if not context.quick:
        return cases, {}
    missing = {
        each.name: f"{each.quick.data} is not on this machine"
        for each in cases
        if not is_here(each.quick, context.data_dir)
    }
    missing |= {each.name: TOO_LONG for each in cases if not each.in_quick}
    return [each for each in cases if each.name not in missing], missing


def is_here(config: Config, data_dir: Path | None) -> bool:
    """Say whether a config's data lies on this machine."""
    from ..data.loading import is_path
    from ..data.source import data_directory, state_of
    from ..data.table import find

    if is_path(config.data):
        return True  # a folder that is missing is an error, and its own line says so
    return state_of(find(config.data), data_directory(data_dir)) != "to fetch"
