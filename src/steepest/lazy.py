"""Public names that are loaded when they are first used, so that importing a package costs nothing."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's ``__getattr__`` for the names of a table.

    Args:
        package: the package's ``__name__``.
        homes: the module inside the package that each name lives in.
    """

    def load(name: str) -> Any:
        if name not in homes:
            known = ", ".join(sorted(homes))
            raise AttributeError(f"module {package!r} has no attribute {name!r}; it has {known}")
        return getattr(import_module(f".{homes[name]}", package), name)

    return load
