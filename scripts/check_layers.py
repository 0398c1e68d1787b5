"""Walk the imports and fail where a file imports sideways between rooms or from below."""

import sys
from pathlib import Path

from imports import FRONT_DOOR, imports_in

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "steepest"

# From the top of the house to its bottom. A file may import from lines above its own and from its own room.
# Files that share a line know nothing of each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "lazy"),
    ("storage", "specification", "randomness", "layout", "portable"),
    ("usercode",),
    ("objective", "judge"),
    ("data", "models", "optimizers", "config", "content"),
    ("plan",),
    ("evaluation",),
    ("training",),
    ("runs",),
    ("classifier",),
    ("sweeping",),
    ("byhand", "explanation", "comparison"),
    ("verification", "experiments"),
    ("pages",),
    ("verbs",),
    ("cli",),
)
ENTRIES = {"__init__", "__main__"}


def main() -> int:
    """Print every breach; return how many there are, at most 1."""
    breaches = [line for path in sorted(PACKAGE.rglob("*.py")) for line in breaches_of(path)]
    print("\n".join(breaches) or f"layers: {len(list(PACKAGE.rglob('*.py')))} files import downwards only")
    return bool(breaches)


def breaches_of(path: Path, package: Path = PACKAGE) -> list[str]:
    """Return a line for each import of a file that the house does not allow."""
    room = room_of(path, package)
    if room in ENTRIES:
        return []
    if level(room) is None:
        return [f"{path}: the room `{room}` is in no layer"]
    found = []
    for line, target in imports_of(path, package):
        if target in (room, FRONT_DOOR):
            continue
        above, own = level(target), level(room)
        if above is None or own is None or above >= own:
            found.append(f"{path}:{line}: `{room}` imports `{target}`, which does not lie above it")
    return found


def room_of(path: Path, package: Path = PACKAGE) -> str:
    """Return the room a file lies in: its folder in the package, or its own name."""
    return path.relative_to(package).parts[0].removesuffix(".py")


def level(room: str) -> int | None:
    """Return the number of a room's layer, counted from the top."""
    return next((number for number, layer in enumerate(LAYERS) if room in layer), None)


def imports_of(path: Path, package: Path = PACKAGE) -> list[tuple[int, str]]:
    """Return line and room of every import of steepest in a file, also those inside functions."""
    return [
        (each.line, each.module[0] if each.module else each.name or FRONT_DOOR)
        for each in imports_in(path, package)
    ]


if __name__ == "__main__":
    sys.exit(main())
