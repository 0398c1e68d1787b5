"""One file from one address: never beyond its size, and checked before it gets its name."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import IntegrityError

CONNECT_SECONDS = 10  # a mirror that takes longer to answer is passed over for the next
READ_SECONDS = 60  # of silence in the middle of a file
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Download:
    """One file to bring.

    Args:
        remote: its name after a mirror's address.
        path: where it is to lie.
        limit: how many bytes it may have.
        accept: checks what was brought and puts it in its place; raises IntegrityError.
        beginning: only the first ``limit`` bytes are wanted of a longer file.
    """

    remote: str
    path: Path
    limit: int
    accept: Callable[[Path], None]
    beginning: bool = False


def bring(address: str, download: Download) -> str | None:
    """Bring a file from one mirror, and return what went wrong, if anything did."""
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
