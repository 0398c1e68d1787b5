"""Published files brought from the network: mirror after mirror, checked before they get their name."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shlex import quote as quote_for_shell
from urllib.parse import quote, urlsplit

from ..errors import DataError, IntegrityError, MissingDataset
from .archives import SLACK
from .downloading import Download, bring
from .location import writing
from .presence import folder_of, is_complete, locate
from .publishers import read_contents
from .quickdraw import LONGEST_HEADER, PIXELS, keep_drawings, read_drawings
from .source import PublishedFile, Source

Report = Callable[[str], None]

NOT_FOUND = ("answered 404", "answered 403")  # a public bucket may say either of a file it lacks


def fetch(source: Source, directory: Path, report: Report = lambda line: None) -> tuple[Path, ...]:
    """Bring what a dataset lacks, and return the files brought; none where all are there and right.

    Two processes that fetch the same dataset do not both download it: the second waits for the first.

    Args:
        directory: the folder of data.
        report: is told, a line at a time, what is being brought from where.

    Raises:
        MissingDataset: no mirror has it; says the ways out.
        DataError: the folder cannot be written.
    """
    folder = folder_of(source, directory)
    if not any(_lacking(source, folder)):  # so that a folder that is only read needs no lock in it
        return ()
    with writing(folder), _alone(folder, report):
        wanted = list(_lacking(source, folder))
        for download in wanted:
            _bring(source, download, directory, report)
    return tuple(download.path for download in wanted)


@contextmanager
def _alone(folder: Path, report: Report) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".fetching.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        report(f"Another process is fetching into {folder}; waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _lacking(source: Source, folder: Path) -> Iterator[Download]:
    located = locate(source, folder)
    if source.archive is not None:
        if not (is_complete(source, folder) and _is_right(source, located)):
            path = folder / source.archive.name
            limit = sum(file.size for file in source.files) + SLACK
            accept = partial(_accept_archive, source, path)
            yield Download(source.archive.name, path, limit, accept)
        return
    for file in source.files:
        if source.form == "bitmaps":
            if file.name not in located or not _is_drawn(file, located[file.name]):
                yield _doodle(file, folder)
        elif file.name not in located or not _is_right(source, {file.name: located[file.name]}):
            path = folder / f"{file.name}.gz"
            accept = partial(_accept_file, source, file, path)
            yield Download(path.name, path, file.size + SLACK, accept)


def _doodle(file: PublishedFile, folder: Path) -> Download:
    path = folder / file.name
    limit = LONGEST_HEADER + file.shape[0] * PIXELS
    return Download(
        quote(file.name), path, limit, partial(_accept_doodle, file, path), beginning=True
    )


def _is_right(source: Source, located: dict[str, Path]) -> bool:
    try:
        return not any(content.difference for content in read_contents(source, located))
    except (IntegrityError, DataError):
        return False


def _is_drawn(file: PublishedFile, path: Path) -> bool:
    try:
        read_drawings(path, file.shape[0])
    except (IntegrityError, DataError):
        return False
    return True


def _accept_archive(source: Source, path: Path, brought: Path) -> None:
    if not _is_right(source, {file.name: brought for file in source.files}):
        raise IntegrityError("not the published archive")
    brought.replace(path)


def _accept_file(source: Source, file: PublishedFile, path: Path, brought: Path) -> None:
    if not _is_right(source, {file.name: brought}):
        raise IntegrityError("not the published file")
    brought.replace(path)


def _accept_doodle(file: PublishedFile, path: Path, brought: Path) -> None:
    keep_drawings(path, read_drawings(brought, file.shape[0], beginning=True))


def _bring(source: Source, download: Download, directory: Path, report: Report) -> None:
    failures: list[str] = []
    for mirror in source.mirrors:
        host = urlsplit(mirror).netloc
        report(f"Fetching {download.path.name} from {host}.")
        failure = bring(mirror + download.remote, download)
        if failure is None:
            return
        failures.append(f"{host} {failure}")
    if source.form == "bitmaps" and failures and all(each.endswith(NOT_FOUND) for each in failures):
        label = download.path.stem
        raise DataError(f"quickdraw has no class `{label}`. Its names are at {source.homepage}.")
    raise missing(source, directory, failures)


def missing(source: Source, directory: Path, failures: Sequence[str] = ()) -> MissingDataset:
    """Return the error that says the three ways to a dataset that is not there."""
    name = quote_for_shell(source.name)  # a class's name may hold blanks
    tried = f" ({'; '.join(failures)})" if failures else ""
    return MissingDataset(
        f"The published {source.name} is not in {directory} and could not be fetched{tried}. Three ways "
        f"out: `steepest data fetch {name}` where there is internet; `steepest data add "
        f"{name} --from PATH` with the publisher's files; or the dataset mnist5k, which needs no "
        f"download."
    )
