"""Where datasets lie on this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from platformdirs import user_cache_path

from ..errors import DataError

VARIABLE = "STEEPEST_DATA"


def data_directory(chosen: Path | str | None = None) -> Path:
    """Return the folder of datasets: the one chosen, else ``STEEPEST_DATA``, else the platform's cache.

    >>> data_directory("/data").as_posix()
    '/data'
    """
    path = chosen or os.environ.get(VARIABLE)
    return Path(path).expanduser() if path else _platform_directory()


def cache_places(directory: Path, name: str) -> tuple[Path, ...]:
    """Return where a decoded dataset may lie: in its folder of data, or for a folder that cannot be written
    in the platform's cache, under that folder's own key.
    """
    own = directory / "decoded" / f"{name}.safetensors"
    if directory.resolve() == _platform_directory().resolve():
        return (own,)
    key = blake2b(str(directory.resolve()).encode(), digest_size=8).hexdigest()
    return own, _platform_directory() / "decoded" / key / f"{name}.safetensors"


def _platform_directory() -> Path:
    return user_cache_path("steepest", appauthor=False)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Make a folder, and explain what is wrong where it cannot be written.

    Raises:
        DataError: names the folder and the way to choose another.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written: {error.strerror or error}. Choose another folder with "
            f"--data-dir or {VARIABLE}."
        ) from error
