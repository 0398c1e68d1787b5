"""What is loaded when it is first used: public names, and how a value shows itself in a notebook and in Python."""

from collections.abc import Callable, Mapping, Sized
from dataclasses import fields
from importlib import import_module
from typing import Any

LONGEST = 500  # characters of a value as Python shows it
View = Callable[[Any], str]
VIEW_HOMES: list[str] = []  # modules that register views as they are imported; the front door names them
_VIEWS: dict[type, View] = {}


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's ``__getattr__`` for the names of a table.

    Args:
        package: the package's ``__name__``.
        homes: the module inside the package that each name lives in, and after a colon its name there, if
            it has another.
    """

    def load(name: str) -> Any:
        if name not in homes:
            known = ", ".join(sorted(homes))
            raise AttributeError(f"module {package!r} has no attribute {name!r}; it has {known}")
        home, _, own = homes[name].partition(":")
        return getattr(import_module(f".{home}", package), own or name)

    return load


def shows(kind: type) -> Callable[[View], View]:
    """Register a function as the way in which values of a kind show themselves in a notebook.

    Args:
        kind: the type; its subclasses show themselves so too, unless they have a view of their own.
    """

    def register(view: View) -> View:
        _VIEWS[kind] = view
        return view

    return register


def html_of(value: Any) -> str:
    """Return a value as a notebook shows it, for its ``_repr_html_``: no room below knows a page.

    Raises:
        LookupError: no view was registered for its type.
    """
    for home in VIEW_HOMES:
        import_module(home)
    for kind in type(value).__mro__:
        if kind in _VIEWS:
            return _VIEWS[kind](value)
    raise LookupError(f"No view is registered for {type(value).__name__}.")


def brief(value: Any) -> str:
    """Return a record as Python shows it: its type and its fields, large ones by their size.

    What holds arrays would fill a screen otherwise. Classes take it as their ``__repr__``.

    Returns:
        at most 500 characters.
    """
    told = ", ".join(f"{each.name} {_size(getattr(value, each.name))}" for each in fields(value))
    said = f"<{type(value).__name__}: {told}>"
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 4]}...>"


def _size(value: Any) -> str:
    if hasattr(value, "shape"):
        return str(list(value.shape))
    if isinstance(value, Sized) and not isinstance(value, str):
        return f"of {len(value)}"
    said = repr(value) if value is None or isinstance(value, str | int | float) else str(value)
    return said if len(said) <= 60 else type(value).__name__
