"""What leaves for a terminal: no command of a stranger's in it, and no character that it cannot show.

Either stream may be closed, full or without a reader. Words for people then end no work; an answer does.
"""

import _thread
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ..errors import printable

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# What is ours goes through: breaks of lines, and the colours of the help; a bar goes back to its line, or up one.
OURS = {"stdout": r"\x1b\[[0-9;]*m", "stderr": r"\x1b\[(?:[0-9;]*m|A)|\r"}
OTHERS = r"[^\n\t -~]"


class Plain:
    """A stream through which no control character passes: whatever else a name holds is written out."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._sought = stream, re.compile(f"(?P<ours>{OURS[name]})|{OTHERS}")
        self._needed, self.failed = name == "stdout", False

    def write(self, text: str) -> int:
        """Write text; return how many characters of it."""
        with self._failing():
            self._stream.write(text if text.isprintable() else self._sought.sub(_written_out, text))
        return len(text)

    def flush(self) -> None:
        """Flush what was written."""
        with self._failing():
            self._stream.flush()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError):
            self.failed = True
            if self._needed:
                raise

    def writelines(self, lines: Any) -> None:
        """Write each of the texts."""
        for line in lines:
            self.write(line)

    def __iter__(self) -> Any:
        return iter(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _written_out(found: re.Match[str]) -> str:
    return found[0] if found["ours"] else printable(found[0])


def make_plain() -> None:
    """Let standard output and standard error write out control characters, and what they cannot encode."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # one of the first three was closed: the next file would be taken for the terminal
    os.close(handle)
    for name in OURS:
        stream = getattr(sys, name)
        if isinstance(stream, Plain):
            continue
        if stream is None:
            stream = open(os.devnull, "w")  # noqa: PTH123, SIM115  (as long as the process)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, Plain(stream, name))


def hush() -> bool:
    """Let what is not yet written of standard output vanish if it cannot be written; say whether all could.

    The interpreter flushes it at its end, and would complain with an exit code of its own.
    """
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return not getattr(sys.stdout, "failed", False)


def hear_in_vain(unraisable: "UnraisableHookArgs") -> None:
    """Raise a Ctrl-C once more that came where none can be raised, such as in a destructor."""
    if unraisable.exc_type is KeyboardInterrupt:
        _thread.interrupt_main()
    elif not issubclass(unraisable.exc_type, OSError):
        sys.__unraisablehook__(unraisable)
