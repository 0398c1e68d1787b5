"""The sides of a comparison: one config each, alike but for what is compared.

adam momentum sgd                            values of the optimizer, the usual thing to compare
constant cosine          --vary schedule     values of another setting
momentum@lr=0.05@batch_size=32               a value, and further settings of this side alone
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, get_args, get_type_hints

from ..config import Config
from ..errors import UnknownName, UserError
from ..specification import read_value, with_short_files

OVERRIDE = re.compile(r"@(?=[a-z_]+=)")  # an @ in a path is followed by no setting's name
# These decide which images a side is measured on, what pairs it with the others, or how it is executed.
NOT_COMPARED = {
    "seed": "seeds are what pairs the sides",
    "split_seed": "the draw of the validation images is part of what pairs the sides",
    "data": "its sides would be measured on different images",
    "image_size": "its sides would be measured on different images",
    "unverified": "its sides would be measured on different images",
    "threads": "every run of a comparison has one thread",
    "device": "it changes where a run is computed, and not what",
}


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Args:
        name: as the user wrote it; a file's folders are left out.
        config: all but the seeds and what tuning will choose.
    """

    name: str
    config: Config


def read_sides(texts: Sequence[str], base: Config, vary: str = "optimizer") -> tuple[Side, ...]:
    """Return the sides that texts name.

    Args:
        texts: ``VALUE`` or ``VALUE@setting=value@setting=value``.

    Raises:
        UnknownName: no setting is called so.
        UserError: a setting cannot be compared, or two sides are the same.

    >>> [side.config.lr for side in read_sides(["sgd@lr=0.5", "adam"], Config(lr=0.1))]
    [0.5, 0.1]
    """
    check_comparable(vary)
    sides = tuple(_side(text.strip(), base, vary) for text in texts)
    for place, side in enumerate(sides):
        for other in sides[:place]:
            if side.config == other.config or side.name == other.name:
                raise UserError(f"`{other.name}` and `{side.name}` are the same side. Each is compared once.")
    return sides


def check_comparable(setting: str) -> None:
    """Refuse a setting that cannot differ between sides.

    Raises:
        UnknownName: it is no setting.
        UserError: it cannot be compared, and the line says why.
    """
    known = [each.name for each in fields(Config)]
    if setting not in known:
        raise UnknownName("setting", setting, known)
    if setting in NOT_COMPARED:
        raise UserError(f"The sides cannot differ in {setting}: {NOT_COMPARED[setting]}.")


def _side(text: str, base: Config, vary: str) -> Side:
    value, *overrides = OVERRIDE.split(text)
    if not value:
        raise UserError(f"`{text}` has no value of {vary} before its @.")
    settings, told = {vary: _typed(vary, value)}, [with_short_files(value)]
    for override in overrides:
        key, _, given = override.partition("=")
        check_comparable(key)
        if key in settings:
            raise UserError(f"`{text}` gives {key} twice.")
        settings[key] = _typed(key, given)
        told.append(f"{key}={with_short_files(given) if given else given}")
    return Side("@".join(told), Config.of({**base.to_dict(), **settings}, f"the side `{text}`"))


def _typed(key: str, text: str) -> Any:
    """Return a setting's value: text stays text where the setting holds text, such as `1` for a model."""
    hint = get_type_hints(Config)[key]
    return text if str in (get_args(hint) or (hint,)) else read_value(text)


def pairs_of(sides: Sequence[Side], candidate: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return the pairs to judge, by name: (candidate, reference).

    Args:
        sides: in the order given.
        candidate: the one that the claim is about; None pairs each side with each later one.

    >>> sides = read_sides(["a", "b", "c"], Config())
    >>> pairs_of(sides)
    (('a', 'b'), ('a', 'c'), ('b', 'c'))
    >>> pairs_of(sides, "b")
    (('b', 'a'), ('b', 'c'))
    """
    names = [side.name for side in sides]
    if candidate is not None:
        return tuple((candidate, name) for name in names if name != candidate)
    return tuple((a, b) for place, a in enumerate(names) for b in names[place + 1 :])
