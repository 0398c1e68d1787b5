"""Published files brought from the network: mirror after mirror, checked before they get their name."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shlex import quote as quote_for_shell
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from ..errors import DataError, IntegrityError, MissingDataset
from ..storage import locked
from .archives import SLACK
from .publishers import read_contents
from .quickdraw import LONGEST_HEADER, PIXELS, keep_drawings, read_drawings
from .source import PublishedFile, Source, folder_of, is_complete, locate, writing

CONNECT_SECONDS = 10  # a mirror that takes longer to answer is passed over for the next
READ_SECONDS = 60  # of silence in the middle of a file
CHUNK_BYTES = 1 << 16
NOT_FOUND = ("answered 404", "answered 403")  # a public bucket may say either of a file it lacks

Report = Callable[[str], None]


@dataclass(frozen=True)
class Download:
    """One file to bring.

    Args:
        remote: its name after a mirror's address.
        accept: checks what was brought and puts it in its place; raises IntegrityError.
        beginning: only the first ``limit`` bytes are wanted of a longer file.
    """

    remote: str
    path: Path
    limit: int
    accept: Callable[[Path], None]
    beginning: bool = False


def bring(address: str, download: Download) -> str | None:
    """Bring a file from one mirror, never beyond its size, and return what went wrong, if anything did."""
    import requests
    from pooch import HTTPDownloader

    headers = {"Range": f"bytes=0-{download.limit - 1}"} if download.beginning else {}
    download_to = HTTPDownloader(
        progressbar=sys.stderr.isatty(),
        chunk_size=CHUNK_BYTES,
        headers=headers,
        timeout=(CONNECT_SECONDS, READ_SECONDS),
    )
    with tempfile.TemporaryDirectory(dir=download.path.parent, prefix=".fetching.") as folder:
        brought = Path(folder) / "part"
        try:
            with brought.open("wb") as file:
                download_to(address, _Limited(file, download.limit, download.beginning), None)
        except _EnoughError:
            pass
        except requests.HTTPError as error:
            return f"answered {error.response.status_code if error.response is not None else error}"
        except requests.Timeout:
            return "did not answer in time"
        except requests.RequestException:
            return "cannot be reached"
        except IntegrityError:
            return "sent more bytes than the file has"
        try:
            download.accept(brought)
        except IntegrityError:
            return "sent other bytes than the published ones"
    return None


class _EnoughError(Exception):
    """What was wanted of the file is there."""


class _Limited:
    """A file that takes no more bytes than it should."""

    def __init__(self, file: BinaryIO, limit: int, beginning: bool) -> None:
        self._file, self._left, self._beginning = file, limit, beginning

    def write(self, content: bytes) -> None:
        self._file.write(content[: self._left])
        self._left -= len(content)
        if self._left < 0:
            raise _EnoughError if self._beginning else IntegrityError("too long")

    def flush(self) -> None:
        self._file.flush()


def fetch(source: Source, directory: Path, report: Report = lambda line: None) -> tuple[Path, ...]:
    """Bring what a dataset lacks, and return the files brought; none where all are there and right.

    Two processes that fetch the same dataset do not both download it: the second waits for the first.

    Args:
        report: is told, a line at a time, what is being brought from where.

    Raises:
        MissingDataset: no mirror has it; says the ways out.
        DataError: the folder cannot be written.
    """
    folder = folder_of(source, directory)
    if not any(_lacking(source, folder)):  # so that a folder that is only read needs no lock in it
        return ()
    with writing(folder), locked(folder / ".fetching.lock", f"is fetching into {folder}", wait=report):
        wanted = list(_lacking(source, folder))
        for download in wanted:
            _bring(source, download, directory, report)
    return tuple(download.path for download in wanted)


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
    return Download(quote(file.name), path, limit, partial(_accept_doodle, file, path), beginning=True)


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
