"""Walk the imports and fail where a file imports sideways between rooms or from below."""

import ast
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "steepest"

# From the top of the house to its bottom. A file may import from lines above its own and from its own room.
# Files that share a line know nothing of each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "lazy"),
    ("storage", "specification", "randomness"),
    ("tensor_file", "layout"),
    ("objective",),
    ("data", "models", "optimizers", "schedules", "config"),
    ("plan", "losses", "scores", "stochastic"),
    ("evaluation", "environment", "ranks"),
    ("history", "preparation", "run_folder", "user_files"),
    ("training", "metrics_table", "checkpoint_file", "restoring"),
    ("classifier", "runs"),
    ("recording", "predicting", "diagnosis"),
    ("sweeping",),
    ("byhand", "explanation", "comparison"),
    ("experiments",),
    ("reporting",),
    ("cli",),
)
# a record shows itself in a notebook, and loads the drawing room only then
LAZY_EXCEPTIONS = {
    ("evaluation", "reporting"),
    ("runs", "reporting"),
    ("comparison", "reporting"),
}
FRONT_DOOR = "__init__"
ENTRIES = {"__init__", "__main__"}


def main() -> int:
    """Print every breach; return how many there are, at most 1."""
    breaches = [line for path in sorted(PACKAGE.rglob("*.py")) for line in breaches_of(path)]
    print(
        "\n".join(breaches)
        or f"layers: {len(list(PACKAGE.rglob('*.py')))} files import downwards only"
    )
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
        if target in (room, FRONT_DOOR) or (room, target) in LAZY_EXCEPTIONS:
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
    found: list[tuple[int, str]] = []
    depth = len(path.relative_to(package).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = (
                [node.module.split(".")[0]] if node.module else [each.name for each in node.names]
            )
            found += [(node.lineno, name) for name in names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("steepest"):
            found.append(
                (
                    node.lineno,
                    (node.module or "").split(".")[1:2][0]
                    if "." in (node.module or "")
                    else FRONT_DOOR,
                )
            )
        elif isinstance(node, ast.Import):
            found += [
                (node.lineno, each.name.split(".")[1])
                for each in node.names
                if each.name.startswith("steepest.")
            ]
    return found


if __name__ == "__main__":
    sys.exit(main())
