"""Image files opened by Pillow within bounds: how much a file may weigh, claim and cost, whatever it holds.

A picture takes at most ``BUDGET`` bytes beside what the program has, its file included, and all pictures that
threads decode at a time share that. Nothing of it depends on what the program has set in Pillow.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import IO, TYPE_CHECKING, Any

from ..errors import DataError, refuse_trouble

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MEGABYTE = 1 << 20
BUDGET = 224 * MEGABYTE
# What cameras, scanners and drawing programs write, and how many bytes a pixel takes until it lies in a tensor:
# Pillow has 4, the tensor 3, the decoder its own. Fewer decoders are fewer ways in for a hostile file.
COSTS = {"PNG": 9, "JPEG": 7.5, "GIF": 9, "BMP": 9, "WEBP": 16, "TIFF": 8, "PPM": 9}
FORMATS = tuple(COSTS)
MOST_BYTES = 96 * MEGABYTE  # of a file
ALONE = 8 * MEGABYTE  # from here on a file's header too is read while nothing else is decoded
# What may stand before the pixels: colour profiles, previews, notes. Each question for more counts as well, since
# Pillow asks for a few bytes at a time.
HEADER, QUESTION = 16 * MEGABYTE, 4096
MOST_QUESTIONS = 300_000  # for the pixels themselves
MOST_EXIF = 256 << 10
LONGEST = 65_535  # pixels of a side
LARGEST_JPEG = 128_000_000  # pixels: reading them at an eighth takes little memory, but its time
MOST_SCANS = 64  # of a JPEG; each goes over the whole picture, and a progressive one has some ten
MOST_MARKERS = 10_000
# a JPEG's marker: no byte of the data (FF00), no filling (FFFF), none that stands without a length
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
SLOW = ("ppm_plain", "ppm", "bmp_rle")  # Pillow's decoders that are written in Python
MOST_SLOW, MOST_COMMENTS = 1_000_000, 1000
MOST_ENTRIES, MOST_STRIPS = 1000, 100_000  # of a TIFF's first page
OFFSETS = 273, 324  # its tags for where strips and tiles lie
TILE_SIDES = 322, 323
BYTES = 1, 2, 6, 7  # the types of its tags that stay bytes
# the compressions that unpack within what they give; zstd and LZMA may ask for gigabytes
UNPACKED = {"raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "jpeg", "tiff_ccitt"} | {
    "group3",
    "group4",
}
ANEW = "save it anew with another program"


class Shared:
    """A number of bytes that threads share: who finds too few left waits until another gives back."""

    def __init__(self, most: float) -> None:
        self.most, self._taken, self._changed = most, 0.0, Condition()

    @contextmanager
    def taking(self, cost: float) -> Iterator[None]:
        """Hold so many bytes, at most all of them."""
        cost = min(cost, self.most)
        with self._changed:
            self._changed.wait_for(lambda: self._taken + cost <= self.most)
            self._taken += cost
        try:
            yield
        finally:
            with self._changed:
                self._taken -= cost
                self._changed.notify_all()


_shared = Shared(BUDGET)


class _Bounded:
    """A file that answers only so many questions; it hides its number, so that no decoder maps or rereads it.

    Args:
        most: bytes that may be read until ``now_load``.
    """

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._left, self._loading = file, most, False
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int = -1) -> bytes:
        came = self._file.read(size if 0 <= size <= MOST_BYTES else MOST_BYTES)
        self._left -= len(came) + QUESTION
        self.check()
        # asked to by LOAD_TRUNCATED_IMAGES, which is the whole program's, Pillow would make up the rest
        if self._loading and size and not came:
            raise DataError("is damaged (it breaks off)")
        return came

    def check(self) -> None:
        """Refuse the file if too much of it was asked for; decoders swallow errors while they look around."""
        if self._left < 0:
            what = "its pixels lie in too many pieces" if self._loading else "too much stands before its pixels"
            raise DataError(f"cannot be decoded: {what}; {ANEW}")

    def now_load(self, size: int) -> None:
        """Let the pixels be read: all of a file's bytes, twice for what is looked up in between."""
        self._loading, self._left = True, 2 * size + MOST_QUESTIONS * QUESTION


@contextmanager
def opened(path: Path) -> Iterator["ImageFile"]:
    """Open an image file that can be decoded within bounds; turn whatever goes wrong with it into one sentence.

    Nothing is decoded yet. A JPEG of too many pixels will come at a half, a quarter or an eighth.

    Raises:
        DataError: a sentence without its subject.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise DataError("is a folder" if path.is_dir() else "is no ordinary file")
    try:
        size = _weighed(path)
        with path.open("rb") as file, _shared.taking(BUDGET if size > ALONE else 0):
            image, bounded, cost = _opened(file, size)
            with image, _shared.taking(0 if size > ALONE else cost):
                bounded.now_load(size)
                yield image
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError("does not exist") from error
    except PermissionError as error:
        raise DataError("may not be read") from error
    except OSError as error:
        refuse_trouble(error)
        if error.strerror:  # the system's, such as a link to itself; a decoder's has none
            raise DataError(f"cannot be read ({error.strerror})") from error
        raise _damaged(error) from error
    # a decoder meets damaged bytes with whatever its code runs into: OSError, SyntaxError, IndexError, ...
    except Exception as error:
        refuse_trouble(error)
        raise _damaged(error) from error


def _damaged(error: Exception) -> DataError:
    said = "".join(each if each.isprintable() else " " for each in str(error)[:100])
    return DataError(f"is damaged ({said or type(error).__name__})")


def _weighed(path: Path) -> int:
    if (size := path.stat().st_size) > MOST_BYTES:
        raise DataError(f"has {size:,} bytes; more than {MOST_BYTES:,} are not read. Save it smaller")
    return size


def _opened(file: IO[bytes], size: int) -> tuple["ImageFile", _Bounded, float]:
    """Return an image whose header was read and promises no more than it may, and how many bytes it will take.

    ``PIL.Image.open`` is not used, since the whole program's settings decide what that warns of and refuses.
    """
    from PIL import Image

    Image.init()
    first = file.read(16)
    if first[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        _check_tiff(file)
    for name in FORMATS:
        factory, accept = Image.OPEN[name]
        if accept is None or not accept(first):
            continue
        # a WebP's pixels are read with its header
        bounded = _Bounded(file, MOST_BYTES + HEADER if name == "WEBP" else HEADER)
        bounded.seek(0)
        try:
            image: Any = factory(bounded, "")  # type: ignore[arg-type]
        except (SyntaxError, IndexError, TypeError, struct.error):  # how Pillow says: not of this format
            bounded.check()
            continue
        bounded.check()
        place = file.tell()
        cost = _checked(name, image, file, size)
        file.seek(place)
        return image, bounded, cost
    raise DataError("is empty" if not first else f"is no image of a known format ({', '.join(FORMATS)})")


def _checked(name: str, image: Any, file: IO[bytes], size: int) -> float:
    """Return how many bytes an image and its file take until it lies in a tensor; refuse what takes too much."""
    width, height = image.size
    if max(width, height) > LONGEST:  # of lines a pixel long, each would take as much as many pixels
        raise DataError(f"is {width}x{height}; sides of more than {LONGEST:,} pixels are not decoded")
    exif = image.info.get("exif", b"")
    if len(exif) > MOST_EXIF:
        raise DataError(f"has {len(exif):,} bytes of EXIF; at most {MOST_EXIF:,} are read; {ANEW}")
    if any(each[0] in SLOW for each in image.tile):
        _check_slow(image, file, size)
    if name == "JPEG":
        return _at_scale(image, file, size)
    # a WebP and a packed TIFF are read whole, as a JPEG is
    held = size if name == "WEBP" or (name == "TIFF" and image._compression != "raw") else 0
    cost: float = held + width * height * COSTS[name]
    if cost > BUDGET:
        most = f"{int((BUDGET - held) / COSTS[name]):,}"
        raise DataError(
            f"is {width}x{height}; of such a {name} at most {most} pixels are decoded. Save it smaller, or as JPEG"
        )
    if name == "TIFF":
        _check_tiles(image)
    if name == "PNG":
        _check_png(file)
    return cost


def _check_slow(image: Any, file: IO[bytes], size: int) -> None:
    values = image.size[0] * image.size[1] * len(image.getbands())
    slow = max(values, size // 4) > MOST_SLOW
    if image.tile[0][0] == "ppm_plain" and not slow:
        file.seek(0)
        slow = file.read(size).count(b"#") > MOST_COMMENTS  # for each, Pillow copies all that follows it
    if slow:
        raise DataError(
            f"is {image.size[0]}x{image.size[1]} of a kind that is slow to decode; save it as PNG or JPEG"
        )


def _at_scale(image: Any, file: IO[bytes], size: int) -> float:
    """Have a JPEG decoded at the largest scale that fits; return how many bytes that takes."""
    width, height = image.size
    file.seek(0)
    scans = _scans(file.read(MOST_BYTES))
    if width * height > LARGEST_JPEG:
        raise DataError(f"is {width}x{height}; more than {LARGEST_JPEG:,} pixels are not decoded. Save it smaller")
    fixed: float = 2 * size  # as it was read just now, and as it will be
    if scans > 1 or image.info.get("progressive"):  # two bytes a value wait for the last scan
        widest, tallest = (max(each[axis] for each in image.layer) for axis in (1, 2))
        fixed += 2 * width * height * sum(h * v for _, h, v, _ in image.layer) / (widest * tallest)
    for scale in (1, 2, 4, 8):
        cost: float = fixed + width * height * COSTS["JPEG"] / scale**2
        if cost <= BUDGET:
            if scale > 1:
                image.draft(None, (max(1, width // scale), max(1, height // scale)))
            return cost
    raise DataError(
        f"is {width}x{height}, and too large to be decoded. Save it smaller, or not as a progressive JPEG"
    )


def _scans(content: bytes) -> int:
    """Return how many scans a JPEG has.

    Raises:
        DataError: they are too many to be gone over.
    """
    place, scans, markers = 2, 0, 0
    while (found := MARKER.search(content, place)) and content[found.end() - 1] != 0xD9:
        scans, markers = scans + (content[found.end() - 1] == 0xDA), markers + 1
        if scans > MOST_SCANS or markers > MOST_MARKERS:
            raise DataError(f"is a JPEG of more than {MOST_SCANS} scans or {MOST_MARKERS:,} parts; {ANEW}")
        place = found.end() + max(2, int.from_bytes(content[found.end() : found.end() + 2], "big"))
    return scans


def _check_png(file: IO[bytes]) -> None:
    """Refuse a PNG that holds fewer pixels than it says: Pillow takes the end of the packed data for their end."""
    file.seek(8)
    inflate, came, wanted, kinds = zlib.decompressobj(), 0, 1, 0
    while came < wanted and len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        kinds += 1
        if kinds > MOST_QUESTIONS:
            raise DataError(f"is a PNG in too many pieces; {ANEW}")
        if kind == b"IHDR":
            wanted = _inflated(*struct.unpack(">IIBBxxB", file.read(length)))
            length = 0
        elif kind == b"IDAT" and not inflate.eof:
            for start in range(0, length, MEGABYTE):
                piece = file.read(min(MEGABYTE, length - start))
                while piece and came < wanted:
                    came += len(inflate.decompress(piece, MEGABYTE))
                    piece = inflate.unconsumed_tail
            length = 0
        file.seek(length + 4, 1)
        if inflate.eof or kind == b"IEND":
            break
    if came < wanted:
        raise DataError("is damaged (it has fewer pixels than it says)")


def _inflated(width: int, height: int, depth: int, colours: int, interlaced: int) -> int:
    """Return how many bytes a PNG's pixels have once they are unpacked, each row with its filter."""
    bits = depth * {2: 3, 4: 2, 6: 4}.get(colours, 1)
    if not interlaced:
        passes = [(width, height)]
    else:
        starts = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
        passes = [(-((x - width) // dx), -((y - height) // dy)) for x, y, dx, dy in starts]
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in passes if columns > 0 and rows > 0)


def _check_tiff(file: IO[bytes]) -> None:
    """Refuse a first page whose lists are longer than any picture's; Pillow makes an object of each number."""
    file.seek(0)
    head = file.read(16)
    order, large = ("<" if head[:2] == b"II" else ">"), b"+" in head[2:4]
    start, count, entry = ("Q", "Q", "HHQ8x") if large else ("I", "H", "HHI4x")
    file.seek(struct.unpack_from(order + start, head, 8 if large else 4)[0])
    entries = struct.unpack(order + count, file.read(struct.calcsize(order + count)))[0]
    listed = file.read(min(entries, MOST_ENTRIES) * struct.calcsize(order + entry))
    listed = listed[: len(listed) - len(listed) % struct.calcsize(order + entry)]
    for tag, kind, many in struct.iter_unpack(order + entry, listed):
        if many > MOST_STRIPS and (tag in OFFSETS or kind not in BYTES):
            raise DataError(f"is a TIFF with a list of {many:,} numbers; at most {MOST_STRIPS:,} are read; {ANEW}")
    if entries > MOST_ENTRIES:
        raise DataError(f"is a TIFF of {entries:,} entries; at most {MOST_ENTRIES:,} are read; {ANEW}")


def _check_tiles(image: Any) -> None:
    width, height = (image.tag_v2.get(tag, 1) for tag in TILE_SIDES)
    if isinstance(width, int) and isinstance(height, int) and width * height * COSTS["TIFF"] > BUDGET / 2:
        raise DataError(f"is a TIFF in tiles of {width}x{height}; {ANEW}")
    if image._compression not in UNPACKED:
        raise DataError(f"is a TIFF packed with {image._compression}; save it with deflate or LZW, or as PNG")
