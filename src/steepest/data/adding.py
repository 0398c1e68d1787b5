"""Published files taken from a disk or a stick, with the same checks as files from the network."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from ..specification import at_home
from ..storage import write_durably
from .archives import GZIP_MAGIC, SLACK, read_whole
from .publishers import decode, read_contents, refuse_unverified
from .quickdraw import keep_drawings, read_drawings
from .source import PublishedFile, Source, folder_of, locate, writing


@dataclass(frozen=True)
class Added:
    """What was taken over.

    Args:
        lacking: the names of those that are still needed.
        notes: how files differ from the published ones.
    """

    files: tuple[str, ...]
    lacking: tuple[str, ...]
    notes: tuple[str, ...]


def add(source: Source, origin: Path, directory: Path, *, unverified: bool = False) -> Added:
    """Copy a dataset's files into the folder of data, after checking them.

    Args:
        origin: a folder with the publisher's files, or one of them; compressed or not; an archive as it
            is published, or the files that were in it.
        unverified: take files that are not the published ones, as long as they can be read.

    Raises:
        DataError: nothing there belongs to the dataset, or the folder of data cannot be written.
        IntegrityError: a file is damaged, or is not the published one.
    """
    if source.form == "embedded":
        raise DataError(f"{source.name} comes with steepest itself; there is nothing to add.")
    located = find_files(source, at_home(origin))
    folder = folder_of(source, directory)
    if source.form == "bitmaps":
        notes = _copy_doodles(source, located, folder)
    else:
        notes = _copy_files(source, located, folder, unverified)
    there = locate(source, folder)
    lacking = tuple(file.name for file in source.files if file.name not in there)
    return Added(tuple(located), lacking, notes)


def find_files(source: Source, origin: Path) -> dict[str, Path]:
    """Return which of a dataset's files a path holds, and where.

    Raises:
        DataError: there is no such path, or it holds none of them.
    """
    if not origin.exists():
        raise DataError(f"There is no {origin} to add {source.name} from.")
    found = _from_file(source, origin) if origin.is_file() else _from_folder(source, origin)
    if not found:
        archive = f"{source.archive.name}, or " if source.archive else ""
        names = ", ".join(file.name for file in source.files[:6])
        raise DataError(f"{origin} holds no file of {source.name}. Expected: {archive}{names}.")
    return found


def _from_file(source: Source, path: Path) -> dict[str, Path]:
    for file in source.files:
        if path.name.removesuffix(".gz") == file.name:
            return {file.name: path}
    if source.archive is not None and path.name.endswith((".tar.gz", ".tgz")):
        return {file.name: path for file in source.files}
    return {}


def _from_folder(source: Source, folder: Path) -> dict[str, Path]:
    places = [folder, folder_of(source, folder)]  # as they were downloaded, or a folder of data
    if source.archive is not None and folder.name == source.archive.folder:
        places = [folder.parent]  # the archive, unpacked
    for place in places:
        found = locate(source, place)
        if found:
            return found
    return {}


def _copy_files(source: Source, located: dict[str, Path], folder: Path, unverified: bool) -> tuple[str, ...]:
    contents = read_contents(source, located)
    decoded = decode(source, contents)  # also refuses wrong headers, lengths and labels
    origin = contents[0].path.parent
    refuse_unverified(source, decoded.notes, origin, allowed=unverified)
    limit = SLACK + sum(file.size for file in source.files)
    targets = {each.path: _name_here(source, each.file, each.path) for each in contents}
    for path, name in targets.items():  # an archive holds all files, and is copied once
        with writing((folder / name).parent):
            write_durably(folder / name, read_whole(path, limit))
    return decoded.notes


def _name_here(source: Source, file: PublishedFile, path: Path) -> str:
    if source.archive is None:
        with path.open("rb") as opened:
            return f"{file.name}.gz" if opened.read(2) == GZIP_MAGIC else file.name
    if path.name != file.name:
        return source.archive.name
    return f"{source.archive.folder}/{file.name}"


def _copy_doodles(source: Source, located: dict[str, Path], folder: Path) -> tuple[str, ...]:
    wanted = {file.name: file.shape[0] for file in source.files}
    with writing(folder):
        for name, path in located.items():
            keep_drawings(folder / name, read_drawings(path, wanted[name]))
    return ()
