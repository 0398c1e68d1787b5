"""What a claim and ``asked.json`` may hold: each field's kind and bounds, and what must fit together."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from ..runs.kinds import PLAN
from ..storage.schema import Kind, Misfit, flag, maybe, number, one_of, plain, record, rows, table, text, whole
from .design import MOST_TRIALS, MOST_UNITS
from .design import TUNING_SEEDS_FROM as MOST_SEEDS
from .space import DIMENSIONS

MOST_SIDES = 256  # whose pairs are judged together


LARGEST = 1e40  # of a setting, a loss in nats, seconds: beyond any float32, and no cube of it overflows

NAME = text(10_000)
PATH = text(4_096)
DIGEST = text(64, "[0-9a-f]{64}", "a SHA-256 of 64 hexadecimal digits")
HASH = text(64, "(?:[0-9a-f]{64})?", "a SHA-256 of 64 hexadecimal digits, or empty")
SEED = whole(0, 2**63 - 1)
SHARE = number(0, 1)
SECONDS = number(0, LARGEST)
LOSS = maybe(number(-1e-3, LARGEST))  # a sum of floats may come out a shade below 0
COUNT = whole()
METRIC = one_of("accuracy", "loss", "steps", "passes", "seconds")
SETTING = plain(0, 10_000)  # ``Config`` says which of them it takes

DESIGN = record(
    {
        "tuned": flag,
        "units": whole(1, MOST_UNITS),
        "seeds_each": whole(1, MOST_SEEDS),
        "trials": whole(0, MOST_TRIALS),
        "first_seed": whole(0, MOST_SEEDS),
        "split_seed": SEED,
        "until_decided": flag,
        "budget": one_of("trials", "passes"),
    }
)
CRITERION = record({"metric": METRIC, "target": maybe(SHARE), "margin": number(0, LARGEST), "images": flag})
CONFIG = table(NAME, SETTING, 100)
SIDES = table(NAME, CONFIG, MOST_SIDES, 1)
QUESTION = record(
    {"vary": NAME, "candidate": maybe(NAME), "sides": SIDES, "design": DESIGN, "criterion": CRITERION}
)
# what else is told of a machine is compared as it is, and grows with what is found to matter
ENVIRONMENT = record({"plan": PLAN}, more=plain(3, 10_000))
CIRCUMSTANCES = record(
    {
        "classes": whole(1, 2**31),
        "train_images": whole(1, 2**31),
        "test_images": whole(1, 2**31),
        "hashes": table(NAME, table(NAME, DIGEST, 3, 1)),
        "environments": rows(ENVIRONMENT, 10_000, 1),
    }
)
SETTINGS = table(NAME, number(-LARGEST, LARGEST), DIMENSIONS)
COSTS = {"forwards": COUNT, "backwards": COUNT, "seconds": SECONDS}
MEASURED: dict[str, Kind] = {"accuracy": SHARE, "loss": LOSS, "diverged": flag, **COSTS}
TRIAL = record(
    {
        "side": NAME,
        "study": whole(0, MOST_UNITS),
        "number": whole(0, 4 * MOST_TRIALS),
        "widening": whole(0, 2),
        "settings": SETTINGS,
        **MEASURED,
    },
    {"key": NAME},
)
ARRIVAL = record({"steps": COUNT, "passes": COUNT, "seconds": SECONDS})
RESULT = record(
    {
        "side": NAME,
        "unit": whole(0, MOST_UNITS),
        "seed": whole(0, MOST_SEEDS),
        "settings": SETTINGS,
        **MEASURED,
        "steps": COUNT,
        "epochs": COUNT,
        "arrival": maybe(ARRIVAL),
    },
    {"weights": HASH, "key": NAME, "correct": text(2**31, "[A-Za-z0-9+/]*={0,2}", "base 64"), "made": COUNT},
)
DIMENSION = record(
    {
        "name": NAME,
        "low": number(-LARGEST, LARGEST),
        "high": number(-LARGEST, LARGEST),
        "scale": one_of("log", "linear", "complement"),
        "part": whole(0, 100),
    }
)
TUNING = record({"trials": whole(1, MOST_TRIALS), "space": rows(DIMENSION, DIMENSIONS, 1)})
PROGRAM = {"runs": DIGEST, "verdicts": DIGEST}
OTHER = plain(6, 10_000)  # newer entries may tell more
ENTRY = record(
    {
        "design": record({"tuned": flag, "units": COUNT, "first_seed": COUNT}, more=OTHER),
        "criterion": table(NAME, SETTING, 100),
        "kinds": rows(NAME, 100_000),
    },
    {"sides": SIDES, "candidate": maybe(NAME), "folder": PATH},
    more=OTHER,
)
"""Of ``asked.json``; older ones have neither sides nor candidate."""
COMMON: dict[str, Kind] = {
    "format": whole(0, 99),
    "made": text(64),
    "question": QUESTION,
    "files": table(PATH, DIGEST),
    "circumstances": CIRCUMSTANCES,
    "notes": rows(text(1_000_000)),
    "trials": rows(TRIAL),
    "results": rows(RESULT, least=1),
    "verdicts": rows(table(NAME, plain(0, 10_000), 100)),
    "earlier": rows(ENTRY),
    "sha256": DIGEST,
}
CLAIMS: dict[int, Kind] = {
    2: record({**COMMON, "program": DIGEST}),
    3: record({**COMMON, "program": record(PROGRAM, more=DIGEST)}),
    4: record({**COMMON, "program": record(PROGRAM, more=DIGEST), "tunings": table(NAME, TUNING, MOST_SIDES)}),
}
"""Of each format that can be read."""


def check_claim_kinds(claim: Any, where: str) -> None:
    """Refuse what is no claim: a field of another kind, or one that names what is not there.

    Raises:
        Misfit: names the field, what it is and what it must be.
    """
    record({"format": whole(0, 99)}, more=lambda *_: None)(claim, where)
    if claim["format"] in CLAIMS:  # of another one is told by whoever reads it
        CLAIMS[claim["format"]](claim, where)
        _check_places(claim)
        _check_tunings(claim)
        _check_images(claim)


def _check_places(claim: Mapping[str, Any]) -> None:
    """Refuse units that are not counted from 0 without a gap, and what a record names that is not there."""
    question, results, there = claim["question"], claim["results"], claim["circumstances"]
    if question["candidate"] not in (None, *question["sides"]):
        raise Misfit(f"question.candidate is {question['candidate']!r}, and no side is called so")
    units = {each["unit"] for each in results}
    for place, each in enumerate(results):
        if each["unit"] >= len(units):
            raise Misfit(
                f"results[{place}].unit is {each['unit']:,}, and the results have only {len(units):,} units, "
                "which are counted from 0"
            )
        if each.get("made", 0) >= len(there["environments"]):
            raise Misfit(f"results[{place}].made is {each['made']:,}, and there is no such environment")
        if f"{each['unit']} {each['side']}" not in there["hashes"]:
            raise Misfit(f"circumstances.hashes has none of results[{place}], unit {each['unit']} of its side")
    for place, each in enumerate(claim["trials"]):
        if each["study"] >= len(units):
            raise Misfit(
                f"trials[{place}].study is {each['study']:,}, and the results have only {len(units):,} units"
            )
    design = question["design"]
    if len(units) * design["seeds_each"] > len(results):
        raise Misfit(
            f"question.design.seeds_each is {design['seeds_each']:,}, which makes more than the {len(results):,} "
            f"results in {len(units):,} units"
        )


def _check_tunings(claim: Mapping[str, Any]) -> None:
    """Refuse a search space that is none, and one of another side than those asked."""
    if claim["format"] < 4:
        return
    question = claim["question"]
    wanted = set(question["sides"]) if question["design"]["tuned"] else set()
    if odd := sorted(wanted ^ set(claim["tunings"])):
        raise Misfit(f"tunings must be of the sides that are tuned, and {odd[0]!r} is not in both")
    for side, tuning in claim["tunings"].items():
        names = [each["name"] for each in tuning["space"]]
        if names[0] != "lr" or len(set(names)) < len(names):
            raise Misfit(f"tunings of {side!r}: its values must be lr and others, each once")
        for each in tuning["space"]:
            least = 0 if each["scale"] == "log" else -LARGEST
            most = 1 if each["scale"] == "complement" else LARGEST
            if not least < each["low"] < each["high"] < most:
                raise Misfit(
                    f"tunings of {side!r}: {each['name']!r} from {each['low']:g} to {each['high']:g} is no range "
                    f"on a {each['scale']} scale"
                )


def _check_images(claim: Mapping[str, Any]) -> None:
    """Refuse a list of right images that is not as long as there are images, and one that nobody asked for."""
    images = claim["circumstances"]["test_images"]
    wanted = 4 * ceil(ceil(images / 8) / 3) if claim["question"]["criterion"]["images"] else 0
    for place, each in enumerate(claim["results"]):
        length = len(each.get("correct", ""))
        if length != wanted:
            raise Misfit(
                f"results[{place}].correct has {length:,} characters, and {wanted:,} hold what was asked of "
                f"{images:,} test images"
            )
