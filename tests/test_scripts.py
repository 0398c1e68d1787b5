"""What stands beside the package finds there what it asks for: type checkers do not look behind a front door."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    each
    for folder in ("scripts", "benchmarks", "calibration", "torture")
    for each in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_name_that_a_script_imports_from_the_package_is_there(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "steepest":
            home = import_module(node.module or "")
            for each in node.names:
                assert hasattr(home, each.name) or import_module(f"{node.module}.{each.name}")
        elif isinstance(node, ast.Import):
            for each in node.names:
                if each.name.partition(".")[0] == "steepest":
                    import_module(each.name)
