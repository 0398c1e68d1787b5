"""Compressed files, read in memory and never beyond the size that is expected of them."""

import gzip
import tarfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import DataError, IntegrityError, refuse_trouble

GZIP_MAGIC = b"\x1f\x8b"
# An archive holds a read-me, a list of names and the headers of its members beside what is wanted:
# together far below a mebibyte. Compression that fails makes a file longer by much less, too.
SLACK = 1 << 20


def read_whole(path: Path, limit: int) -> bytes:
    """Return a file's bytes.

    Raises:
        IntegrityError: it has more than ``limit`` bytes.
        DataError: it cannot be read.
    """
    try:
        found = path.stat().st_size
        if found > limit:
            raise IntegrityError(f"{path} has {found:,} bytes; at most {limit:,} were expected.")
        return path.read_bytes()
    except OSError as error:
        refuse_trouble(error)
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def unpack(packed: bytes, limit: int, where: Path) -> bytes:
    """Return the content of gzip bytes; bytes that are not gzip are their own content.

    Raises:
        IntegrityError: the compression is damaged or cut off, or more than ``limit`` bytes come out.
    """
    if packed[:2] != GZIP_MAGIC:
        return packed
    try:
        with gzip.GzipFile(fileobj=BytesIO(packed)) as stream:
            content = stream.read(limit + 1)
            # what follows the wanted bytes is touched as well: the checksum stands at the end
            rest = stream.read(1) if len(content) <= limit else b"more"
    except EOFError as error:
        raise IntegrityError(f"{where} is cut off: its gzip data end too early.") from error
    except (OSError, zlib.error) as error:
        refuse_trouble(error)
        raise IntegrityError(f"{where} is damaged: its gzip data cannot be unpacked.") from error
    if rest:
        raise IntegrityError(f"{where} unpacks to more than the {limit:,} bytes expected of it.")
    return content


def read_archive(path: Path, folder: str, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """Return the content of an archive's members, in the order asked; nothing is written to disk.

    Args:
        folder: the folder inside the archive that holds the members.
        sizes: the members wanted, by name, and how many bytes each has.

    Raises:
        IntegrityError: the archive is damaged, lacks a member, has one twice, or one that is no regular
            file or has another size; or it unpacks to far more than its members.
        DataError: it cannot be opened.
    """
    wanted = {f"{folder}/{name}": name for name in sizes}
    found: dict[str, bytes] = {}
    try:
        with path.open("rb") as packed, gzip.GzipFile(fileobj=packed) as stream:
            limited = cast(BinaryIO, _Limited(stream, sum(sizes.values()) + SLACK, path))
            with tarfile.open(fileobj=limited, mode="r|") as archive:
                for member in archive:
                    name = wanted.get(member.name)
                    if name is not None:
                        _check_member(member, sizes[name], name in found, path)
                        found[name] = _content(archive, member)
    except (EOFError, zlib.error, tarfile.TarError, gzip.BadGzipFile) as error:
        raise IntegrityError(f"{path} is damaged or cut off: it cannot be unpacked.") from error
    except OSError as error:
        refuse_trouble(error)
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    missing = [name for name in sizes if name not in found]
    if missing:
        raise IntegrityError(f"{path} lacks {folder}/{missing[0]}.")
    return {name: found[name] for name in sizes}


def _check_member(member: tarfile.TarInfo, size: int, twice: bool, path: Path) -> None:
    if not member.isreg():
        raise IntegrityError(f"{path} holds {member.name} as a link or folder; a file was expected.")
    if twice:
        raise IntegrityError(f"{path} holds {member.name} twice.")
    if member.size != size:
        raise IntegrityError(f"{path} holds {member.name} with {member.size:,} bytes; {size:,} were expected.")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None  # only a regular file comes here
    with file:
        return file.read()


class _Limited:
    """A stream that refuses to give more bytes than the archive can need."""

    def __init__(self, stream: gzip.GzipFile, limit: int, path: Path) -> None:
        self._stream, self._left, self._path = stream, limit, path

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise IntegrityError(f"{self._path} unpacks to more than what is expected of it.")
        return content
