"""The user's own files: read once with what they import from beside them, hashed, and run as they were read.

    code = read("my_rule.py")     the file, and each module that it imports from its own folder, as bytes
    code.hashes                   path -> SHA-256 of exactly these bytes
    load("my_rule.py:Mine")       runs exactly these bytes; for a text that a file gave only if they are confirmed

What this machine recorded is confirmed, and what the user allowed: see ``confirmed``. See ``docs/security.md``.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..specification import Foreign, Specification, expanded, files_of
from .confirmed import confirmed_hashes
from .confirmed import keep as keep
from .confirmed import trust as trust
from .reading import PREFIX
from .reading import Code as Code
from .reading import hashes_of as hashes_of
from .reading import placed as placed
from .reading import read as read
from .running import Stray as Stray
from .running import latest, run, with_hashes

_KEPT: ContextVar[bool] = ContextVar("kept", default=False)
CODE = ("model", "optimizer")  # the settings that may name code


def hashes_run(paths: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of the bytes that this process ran last, where it ran a file, else of those there are."""
    return {p: digest for each in paths for p, digest in (latest(each) or read(each)).hashes.items()}


def foreign(settings: Mapping[str, Any], where: Path | str) -> dict[str, Any]:
    """Return a config's settings that stand in a file, with the texts that name code marked as foreign."""
    return {
        key: Foreign(value, str(where))
        if key in CODE and isinstance(value, str) and not isinstance(value, Foreign)
        else value
        for key, value in settings.items()
    }


def allow(
    paths: Iterable[Path | str],
    note: Callable[[str], None] = lambda line: None,
    compared: Mapping[str, str] | None = None,
) -> None:
    """Confirm files as they are now, with what they import from beside them: the user asked for it.

    Args:
        note: takes a line for each file.
        compared: SHA-256 by path that files had a moment ago, and must have still.

    Raises:
        UserError: there is no such file, or it was exchanged meanwhile.
    """
    for each in paths:
        code = read(each)
        if code.ours:
            continue
        if other := [path for path, digest in code.hashes.items() if (compared or {}).get(path, digest) != digest]:
            raise UserError(
                f"{', '.join(other)} was exchanged while its hash was compared. Nothing of it was run."
            )
        for path, digest in code.hashes.items():
            note(f"allowed: {path} (SHA-256 {digest[:16]})")
        keep(code.hashes, note)


def allow_foreign(settings: Mapping[str, Any], note: Callable[[str], None] = lambda line: None) -> None:
    """Confirm the files that a config's foreign texts name, as ``allow`` does."""
    texts = (settings[key] for key in CODE)
    allow((path for text in texts if isinstance(text, Foreign) for path in files_of(text)), note)


def require(
    paths: Iterable[Path | str],
    where: Path | str,
    *,
    allow_code: bool = False,
    note: Callable[[str], None] = lambda line: None,
    compared: Mapping[str, str] | None = None,
) -> None:
    """Refuse files that are not confirmed as they are now.

    Args:
        where: what names them.
        allow_code: confirm them instead; ``note`` takes a line for each, and ``compared`` is as of ``allow``.

    Raises:
        UserError: names the files and the way out, or says that one is missing.
    """
    if allow_code:
        allow(paths, note, compared)
        return
    for each in paths:
        _check(read(each), Foreign("", str(where)))


def _check(code: Code, asked: Foreign) -> None:
    """Refuse code that a file names, unless each of its hashes is confirmed."""
    if code.ours:
        return
    known, hashes = confirmed_hashes(), code.hashes
    strange = [path for path, digest in hashes.items() if digest not in known]
    changed = [path for path in strange if asked.recorded.get(path, hashes[path]) != hashes[path]]
    if not strange:
        return
    told = ", ".join(f"{path} (SHA-256 {hashes[path][:16]})" for path in strange)
    way = "--allow-code, in Python allow_code=True, runs it as it is now, with all your rights. Read it first."
    if changed:
        raise UserError(f"{', '.join(changed)} was changed since {asked.where} was written. {way}")
    raise UserError(f"{asked.where} names code that was never run or confirmed on this machine: {told}. {way}")


@contextmanager
def kept() -> Iterator[None]:
    """Let a process that ran the files of a run go on to run them as they were, whatever became of them since."""
    token = _KEPT.set(True)
    try:
        yield
    finally:
        _KEPT.reset(token)


def load(name: str) -> Any:
    """Run ``path/to/file.py:Class`` and return the class; a file of the package is its module.

    Raises:
        UserError: the file or the name in it is missing, it fails as it is imported, or it is not confirmed.
    """
    path = Specification.parse(name).file
    assert path is not None  # whoever calls has seen to that
    attribute = name.rpartition(":")[2]
    recorded = name.recorded if isinstance(name, Foreign) else {}
    try:
        code = (with_hashes(expanded(path), recorded) if _KEPT.get() else None) or read(path)
    except UserError as error:
        raise UserError(f"{str(error).rstrip('.')}, asked for by `{name}`.") from error
    if isinstance(name, Foreign):
        _check(code, name)
    module = run(code)
    if not hasattr(module, attribute):
        public = [each for each in vars(module) if not each.startswith("_")]
        raise UserError(f"{path} has no `{attribute}`. It has: {', '.join(public)}.")
    found = getattr(module, attribute)
    if isinstance(name, Foreign):
        _refuse_borrowed(found, name, code)
    return found


def is_users(value: Any) -> bool:
    """Say whether a class or function is defined in a user's file."""
    return str(getattr(value, "__module__", "")).startswith(PREFIX)


def _refuse_borrowed(found: Any, name: Foreign, code: Code) -> None:
    """Refuse a function of ours, or one that a confirmed file merely imports: a stranger says what it gets."""
    own = getattr(found, "__module__", None)
    if inspect.isclass(found) or (not code.ours and str(own).startswith(code.name)):
        return
    raise UserError(f"`{name}` in {name.where} is no class: it is {found!r:.60}. Name a class of that file.")
