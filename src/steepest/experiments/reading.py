"""From a TOML file to an experiment: every key known, every value of its kind, or a line that says why not."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from math import isinf
from pathlib import Path
from typing import Any

from ..config import Config, read_toml
from ..errors import UnknownName, UserError, find_name
from ..specification import Foreign, at_home, files_of, with_absolute_files
from ..usercode import CODE, foreign
from .experiment import MEASURES, QUICK_SEEDS, SEEDS, SPLITS, Case, Experiment, Fault, PartUse, Published, Question

Given = Mapping[str, Any]
TOP = (*("name", "title", "source", "about", "seeds"), *("defaults", "quick", "case", "part", "fault", "question"))
CASE = (*("name", "title", "config", "quick", "which", "seeds"), *("published", "tolerance", "why", "fault"))
FIGURES = tuple(f"{split}_{measure}" for split in SPLITS for measure in MEASURES)
FOLDER = Path(__file__).parent
FILE = "experiment.toml"
# from the simplest to the most demanding, as a course would take them
ORDER = (
    *("gradient-descent", "backprop", "linear-optimizers", "mlp-and-convnets"),
    *("cnn-guide", "compact-net", "blind-descent"),
)
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")  # it becomes a folder
LONGEST_NAME = 60
RESERVED = ("all", "list", "quick")  # words of `steepest reproduce`
WORDS = {str: "text", int: "a whole number", dict: "a table", list: "a list of tables"}


def names() -> list[str]:
    """Return the names of the experiments that come with the package: of their folders, with dashes."""
    found = {path.parent.name.replace("_", "-") for path in FOLDER.glob(f"*/{FILE}")}
    return [*(name for name in ORDER if name in found), *sorted(found - set(ORDER))]


def open_experiment(name: str | Path) -> Experiment:
    """Return an experiment of the package by its name, or a user's own by its file.

    Raises:
        UnknownName: the package has no experiment of this name.
        UserError: the file cannot be used.

    >>> open_experiment("backprop").name
    'backprop'
    """
    text = str(name)
    if text.endswith(".toml") or "/" in text:
        return read_experiment(at_home(text))
    text = find_name("experiment", text, names(), "A file of your own ends in .toml.")
    return read_experiment(FOLDER / text.replace("-", "_") / FILE)


def read_experiment(path: Path) -> Experiment:
    """Return the experiment in a TOML file.

    Raises:
        UserError: the file is missing, or a key or value in it cannot be used; the line names both.
    """
    if not path.is_file():
        raise UserError(f"There is no experiment file {path}.")
    given, where = read_toml(path), str(path)
    _check_keys(given, TOP, where)
    cases = _cases(given, path)
    quick = _taken(given, "quick", dict, where, {})
    return Experiment(
        name=_name(given, path),
        title=_needed(given, "title", str, where),
        source=_taken(given, "source", str, where, ""),
        about=_taken(given, "about", str, where, "").strip(),
        seeds=_count(given, where, SEEDS),
        quick_seeds=_count(quick, f"[quick] of {where}", QUICK_SEEDS),
        cases=cases,
        parts=_parts(given, cases, where),
        faults=tuple(
            Fault(*_texts(each, ("what", "mended"), f"a [[fault]] of {where}"))
            for each in _tables(given, "fault", where)
        ),
        questions=tuple(_question(each, where) for each in _tables(given, "question", where)),
        path=path,
    )


def _name(given: Given, path: Path) -> str:
    """Return an experiment's name; its runs and its page are written into a folder of this name."""
    name = str(_needed(given, "name", str, str(path)))
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise UserError(
            f"`name` in {path} must be 1 to {LONGEST_NAME} characters of a-z, 0-9, `.`, `_` and `-`, the first "
            f"a letter or a digit, not {name!r}."
        )
    if not is_ours(path) and name in (*RESERVED, *names()):
        raise UserError(f"`name` in {path} is `{name}`, which is taken. Give it another name.")
    return name


def is_ours(path: Path) -> bool:
    """Say whether an experiment's file comes with the package."""
    return path.resolve().parent.parent == FOLDER.resolve()


def with_foreign_code(experiment: Experiment) -> tuple[Experiment, list[Path]]:
    """Return an experiment whose code is run only if confirmed, and the files of that code; ours as it is."""
    if is_ours(experiment.path):
        return experiment, []
    where = experiment.path
    marked = replace(
        experiment,
        cases=tuple(
            replace(case, config=_foreign(case.config, where), quick=_foreign(case.quick, where))
            for case in experiment.cases
        ),
        parts=tuple(replace(each, use=Foreign(each.use, str(where))) for each in experiment.parts),
    )
    configs = [config for case in marked.cases for config in (case.config, case.quick)]
    texts = [getattr(config, setting) for config in configs for setting in CODE]
    parts = [with_absolute_files(each.use, where.parent) for each in marked.parts]
    return marked, list(dict.fromkeys(path for text in [*texts, *parts] for path in files_of(text)))


def _foreign(config: Config, where: Path) -> Config:
    return config.with_(**foreign({each: getattr(config, each) for each in CODE}, where))


def _cases(given: Given, path: Path) -> tuple[Case, ...]:
    defaults = _taken(given, "defaults", dict, str(path), {})
    quick = dict(_taken(given, "quick", dict, str(path), {}))
    quick.pop("seeds", None)
    cases = tuple(_case(each, defaults, quick, path) for each in _tables(given, "case", str(path)))
    taken = [each.name for each in cases]
    for name in taken:
        if taken.count(name) > 1:
            raise UserError(f"Two cases of {path} are called `{name}`.")
    return cases


def _case(given: Given, defaults: Given, quick: Given, path: Path) -> Case:
    name = _needed(given, "name", str, f"a [[case]] of {path}")
    where = f"the case `{name}` of {path}"
    _check_keys(given, CASE, where)
    full = {**defaults, **_taken(given, "config", dict, where, {})}
    in_quick = given.get("quick") is not False  # `quick = false` leaves the case out of quick runs
    changes = _taken(given, "quick", dict, where, {}) if in_quick else {}
    short = {**full, **quick, **changes}
    which = _taken(given, "which", str, where, "last")
    if which not in ("last", "best"):
        raise UserError(f"`which` in {where} must be last or best, not `{which}`.")
    configs = [_config(each, path, where) for each in (full, short)]
    if which == "best":
        _check_validated(configs, where)
    return Case(
        name=name,
        title=_taken(given, "title", str, where, name),
        config=configs[0],
        quick=configs[1],
        which=which,
        published=_published(given, where),
        why=_taken(given, "why", str, where, ""),
        fault=_taken(given, "fault", str, where, ""),
        seeds=_count(given, where, 0) or None,
        in_quick=in_quick,
    )


def _check_validated(configs: list[Config], where: str) -> None:
    """Refuse the best weights where nothing tells which they are; a folder may have a validation split."""
    from ..data.table import TABLE

    for config in configs:
        if not config.val and config.data.partition(":")[0] in TABLE:
            raise UserError(
                f'`which = "best"` in {where} needs validation images: set `val` in its config, such as 0.2.'
            )


def _config(settings: Given, path: Path, where: str) -> Config:
    """Return the config; a user's own classes are looked for beside the experiment's file."""
    placed = {
        key: with_absolute_files(value, path.parent) if key in CODE and isinstance(value, str) else value
        for key, value in settings.items()
    }
    try:
        return Config.of(placed, where)
    except UnknownName:
        raise  # says where it stands
    except UserError as error:
        raise UserError(f"In {where}: {error}") from error


def _published(given: Given, where: str) -> tuple[Published, ...]:
    values = _taken(given, "published", dict, where, {})
    tolerances = _taken(given, "tolerance", dict, where, {})
    _check_keys(values, FIGURES, f"`published` of {where}")
    _check_keys(tolerances, list(values), f"`tolerance` of {where}")
    found = []
    for key, value in values.items():
        split, _, measure = key.partition("_")
        number = _decimal(value, f"`{key}` of {where}")
        if measure == "accuracy" and not 0 <= number <= 1:
            raise UserError(f"`{key}` of {where} must lie in [0, 1], not be {value}: 98.2 % is 0.982.")
        tolerance = _decimal(tolerances.get(key, 0), f"The tolerance of `{key}` of {where}")
        if tolerance < 0:
            raise UserError(f"The tolerance of `{key}` of {where} must be 0 or more, not {tolerances[key]}.")
        found.append(Published(split, measure, float(number), digits_of(number), float(tolerance)))
    return tuple(found)


def _decimal(value: Any, where: str) -> Decimal:
    """Return a number as it was printed: as text, ``"0.9910"``, it keeps its last zero."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("nan")
    # a double ends at 1.8e308, a decimal does not
    if isinstance(value, bool) or not number.is_finite() or isinf(float(number)):
        raise UserError(f"{where} must be a finite number, not {value!r}.")
    return number


def digits_of(number: Decimal) -> int:
    """Return how many decimals a number was printed with.

    >>> digits_of(Decimal("0.9910")), digits_of(Decimal("1.279e-13")), digits_of(Decimal("12"))
    (4, 16, 0)
    """
    return max(0, -int(number.as_tuple().exponent))


def _parts(given: Given, cases: tuple[Case, ...], where: str) -> tuple[PartUse, ...]:
    found = []
    for each in _tables(given, "part", where):
        use = _needed(each, "use", str, f"a [[part]] of {where}")
        title = _taken(each, "title", str, f"the part `{use}` of {where}", use)
        arguments = {key: value for key, value in each.items() if key not in ("use", "title")}
        found.append(PartUse(use, title, arguments))
        known = [case.name for case in cases]
        for name in found[-1].cases:
            if name not in known:
                hint = f"The part `{use}` of {where} names it."
                raise UnknownName("case", str(name), known, hint)
    return tuple(found)


def _question(given: Given, where: str) -> Question:
    asks, answer, command = _texts(given, ("asks", "answer"), f"a [[question]] of {where}", ("command",))
    return Question(asks, answer, command)


def _texts(given: Given, needed: tuple[str, ...], where: str, others: tuple[str, ...] = ()) -> list[str]:
    _check_keys(given, (*needed, *others), where)
    return [
        *(" ".join(_needed(given, key, str, where).split()) for key in needed),
        *(_taken(given, key, str, where, "") for key in others),
    ]


def _tables(given: Given, key: str, where: str) -> list[Given]:
    found = _taken(given, key, list, where, [])
    if not all(isinstance(each, dict) for each in found):
        raise UserError(f"`{key}` in {where} must be {WORDS[list]}: write [[{key}]].")
    return list(found)


def _count(given: Given, where: str, default: int) -> int:
    count = _taken(given, "seeds", int, where, default)
    if "seeds" in given and count < 1:
        raise UserError(f"`seeds` in {where} must be at least 1, not {count}.")
    return int(count)


def _check_keys(given: Given, known: tuple[str, ...] | list[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise UnknownName("key", key, known, f"It stands in {where}.")


def _needed(given: Given, key: str, kind: type, where: str) -> Any:
    if key not in given:
        raise UserError(f"{where[0].upper()}{where[1:]} lacks `{key}`.")
    return _taken(given, key, kind, where, None)


def _taken(given: Given, key: str, kind: type, where: str, default: Any) -> Any:
    value = given.get(key, default)
    if key in given and type(value) is not kind:
        raise UserError(f"`{key}` in {where} must be {WORDS[kind]}, not {value!r}.")
    return value
