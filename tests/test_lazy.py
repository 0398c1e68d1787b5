from dataclasses import dataclass

import numpy as np
import pytest

from steepest.lazy import brief, html_of, lazy_names, shows


@dataclass(frozen=True)
class Made:
    """A record with something large in it."""

    name: str
    values: np.ndarray
    parts: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return brief(self)


def test_large_fields_are_told_by_their_size() -> None:
    assert repr(Made("a", np.zeros((3, 4)), (1, 2))) == "<Made: name 'a', values [3, 4], parts of 2>"


def test_a_repr_never_fills_the_screen() -> None:
    wide = dataclass(type("Wide", (), {"__annotations__": {f"field{k}": str for k in range(99)}}))
    assert len(brief(wide(*("x" * 40,) * 99))) == 500
    assert brief(Made("n" * 1000, np.zeros(1))).startswith("<Made: name str,")


def test_a_value_shows_itself_as_its_kind_does() -> None:
    @shows(Made)
    def view(made: Made) -> str:
        return f"<b>{made.name}</b>"

    assert html_of(Made("x", np.zeros(1))) == "<b>x</b>"
    with pytest.raises(LookupError, match="No view is registered for object"):
        html_of(object())


def test_names_are_loaded_when_they_are_used() -> None:
    load = lazy_names("steepest", {"Config": "config"})
    assert load("Config").__name__ == "Config"
    with pytest.raises(AttributeError, match="has no attribute 'Confg'; it has Config"):
        load("Confg")
