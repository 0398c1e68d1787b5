"""Where runs lie: the names of their files, and new folders that never take an old one's place."""

from itertools import count
from pathlib import Path

from .config import Config
from .errors import UserError

CONFIG, ENVIRONMENT, METRICS = "config.toml", "environment.json", "metrics.csv"
LAST, BEST = "last.safetensors", "best.safetensors"
DEFAULT_FOLDER = Path("runs")


def make_folder(path: Path) -> Path:
    """Make the folder of a new run, and return it.

    Raises:
        UserError: there is something at the path, and not just what a run leaves that was killed as it began.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        taken = [each for each in path.iterdir() if not _is_leftover(each)]
    except (FileExistsError, NotADirectoryError):
        raise UserError(
            f"{path} cannot be a folder: there is a file. Give another --out."
        ) from None
    except FileNotFoundError:  # every missing folder above was made: this place takes none
        raise UserError(f"{path} cannot be made a folder there. Give another --out.") from None
    if taken:
        raise UserError(
            f"{path} exists already, and a new run never overwrites. Give another --out."
        )
    return path


def _is_leftover(path: Path) -> bool:
    return path.name == ENVIRONMENT or (path.name.startswith(".") and path.suffix == ".part")


def make_free_folder(folder: Path, config: Config) -> Path:
    """Make the folder of the next free name, and return it; two processes never get the same."""
    while True:
        path = free_path(folder, config)
        try:
            path.mkdir(parents=True)
        except FileExistsError:  # another process was quicker
            continue
        return path


def free_path(folder: Path, config: Config) -> Path:
    """Return ``folder/data-model-optimizer-N`` with the first N that no run has."""
    rule = _class_name(config.optimizer).partition(":")[0]
    parts = (Path(config.data).stem, _class_name(config.model), rule)
    short = "-".join("".join(c if c.isalnum() else "-" for c in part)[:24] for part in parts)
    names = (folder / f"{short.lower()}-{n}" for n in count(1))
    return next(path for path in names if not (path.exists() or path.is_symlink()))


def _class_name(text: str) -> str:
    """Return what stands behind a file in ``path/to/file.py:Class:...``, or the text as it is."""
    return text.rpartition(".py:")[2]
