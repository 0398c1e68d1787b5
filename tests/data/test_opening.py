"""A hostile image file takes no more memory and time than an honest one: refused in a sentence, or decoded."""

import io
import re
import struct
import subprocess
import sys
import threading
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile

from steepest.data.decoding import decode, size_of
from steepest.data.folder_scan import visible
from steepest.data.opening import MOST_BYTES, Shared
from steepest.errors import DataError

GREY = (np.add.outer(np.arange(40) * 5, np.arange(60) * 3) % 256).astype(np.uint8)
RGB = np.stack([GREY, GREY.T.reshape(40, 60), 255 - GREY], axis=-1)


def png(*chunks):
    body = b"".join(struct.pack(">I", len(b)) + t + b + struct.pack(">I", zlib.crc32(t + b)) for t, b in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def header(width, height, colours=0, interlaced=0):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, interlaced)


END = (b"IEND", b"")
ROWS = b"".join(b"\0" + row.tobytes() for row in GREY)
DATA = (b"IDAT", zlib.compress(ROWS))


def saved(form, image=None, **options):
    buffer = io.BytesIO()
    (Image.fromarray(RGB) if image is None else image).save(buffer, form, **options)
    return buffer.getvalue()


def tiff(*entries, more=0):
    base = [(256, 4, 1, 60), (257, 4, 1, 40), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    packed = [struct.pack("<HHII", *each) for each in (*base, *entries)]
    return b"II*\0" + struct.pack("<IH", 8, len(packed) + more) + b"".join(packed) + bytes(5000)


def rle(width, height, body):
    start = 14 + 40 + 1024
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + bytes(1024) + body


def segment(marker, body):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(*segments, end=b""):
    plain = saved("JPEG")
    return plain[:2] + b"".join(segments) + plain[2:-2] + end + plain[-2:]


def gif_with(block):
    plain = saved("GIF")
    return plain[:781] + block + plain[781:]


def last_scan():
    content = saved("JPEG", progressive=True)
    return content[content.rindex(b"\xff\xda") : -2]


HOSTILE = {
    "a header of 80 bytes": (lambda: png(header(60_000, 60_000), END), "60000x60000; of such a PNG at most"),
    "a flat WebP": (lambda: saved("WEBP", Image.new("L", (4000, 4000)), lossless=True, method=0), "at most"),
    "a header of a PPM": (lambda: b"P6 40000 40000 255\n" + bytes(30), "at most"),
    "one long line": (lambda: png(header(9_000_000, 1), END), "sides of more than 65,535"),
    "text that unpacks": (
        lambda: png(header(60, 40), (b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8))), DATA, END),
        "damaged",
    ),
    "text without end": (
        lambda: png(header(60, 40), *[(b"tEXt", b"a\0b")] * 9000, DATA, END),
        "before its pixels",
    ),
    "pieces without end": (lambda: png(header(60, 40), *[(b"IDAT", b"")] * 310_000, DATA, END), "too many pieces"),
    "pieces behind": (lambda: png(header(60, 40), DATA, *[(b"tEXt", b"a\0b")] * 310_000, END), "too many pieces"),
    "few rows": (
        lambda: png(header(60, 40), (b"IDAT", zlib.compress(ROWS[:610])), END),
        "fewer pixels than it says",
    ),
    "few rows of seven": (
        lambda: png(header(60, 40, 0, 1), (b"IDAT", zlib.compress(bytes(2400))), END),
        "fewer pixels than it says",
    ),
    "scans": (
        lambda: saved("JPEG", progressive=True)[:-2] + last_scan() * 100 + b"\xff\xd9",
        "more than 64 scans",
    ),
    "parts": (lambda: jpeg_with(end=segment(0xFE, b"") * 20_000), "10,000 parts"),
    "notes": (lambda: jpeg_with(segment(0xE5, b"x") * 20_000), "before its pixels"),
    "EXIF": (lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + bytes(60_000)) * 20), "bytes of EXIF"),
    "comments": (lambda: gif_with(b"\x21\xfe" + (b"\xff" + b"c" * 255) * 20_000 + b"\0"), "before its pixels"),
    "strips": (lambda: tiff((273, 1, 8_000_000, 100), (278, 4, 1, 1)), "a list of 8,000,000 numbers"),
    "entries": (lambda: tiff(more=50_000), "entries; at most 1,000"),
    "tiles": (lambda: tiff((322, 4, 1, 65_535), (323, 4, 1, 32_000), (324, 4, 1, 99)), "in tiles of 65535x32000"),
    "zstd": (lambda: saved("TIFF", compression="zstd"), "save it with deflate or LZW, or as PNG"),
    "numbers as text": (lambda: b"P2 2000 2000 255\n", "slow to decode"),
    "comments in text": (lambda: b"P2 60 40 255\n" + b"#\n" * 5000, "slow to decode"),
    "a comment before": (lambda: b"P5\n#" + b"x" * 100_000 + b"\n60 40 255\n", "before its pixels"),
    "runs": (lambda: rle(9000, 9000, b"\xff\1" * 99), "slow to decode"),
    "runs of nothing": (lambda: rle(900, 900, b"\0\0" * 310_000), "too many pieces"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_take_memory_or_time_is_refused_in_a_sentence(tmp_path, name):
    make, said = HOSTILE[name]
    path = tmp_path / "picture"
    path.write_bytes(make())
    with pytest.raises(DataError, match=re.escape(said)) as caught:
        decode(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_a_file_of_ten_gigabytes_is_not_read(tmp_path):
    path = tmp_path / "picture.png"
    with path.open("wb") as file:
        file.write(png(header(60, 40), DATA, END))
        file.truncate(10 << 30)  # holes: it takes no room
    with pytest.raises(DataError, match=f"more than {MOST_BYTES:,} are not read"):
        decode(path)


def test_every_part_of_an_interlaced_picture_counts(tmp_path):
    starts = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = [b"\0" + row.tobytes() for x, y, dx, dy in starts for row in GREY[y::dy, x::dx]]
    path = tmp_path / "picture.png"
    path.write_bytes(png(header(60, 40, 0, 1), (b"IDAT", zlib.compress(b"".join(rows))), END))
    assert torch.equal(decode(path)[0], torch.from_numpy(GREY))


FORMS = {
    "PNG": {},
    "JPEG": {},
    "progressive JPEG": {"progressive": True},
    "GIF": {},
    "BMP": {},
    "WEBP": {},
    "TIFF": {},
    "packed TIFF": {"compression": "tiff_adobe_deflate"},
    "PPM": {},
}


@pytest.mark.parametrize("allowed", [False, True])  # what a program may have asked Pillow for, for all of it
@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_breaks_off_is_refused_or_whole(tmp_path, monkeypatch, form, allowed):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", allowed)
    content = saved(form.split()[-1], **FORMS[form])
    path = tmp_path / "picture"
    path.write_bytes(content)
    whole = decode(path)
    for kept in np.unique(np.linspace(0, len(content) - 1, 60).astype(int)):
        path.write_bytes(content[:kept])
        try:
            assert torch.equal(decode(path), whole), f"{kept} of {len(content)} bytes"
        except DataError:
            continue


def test_what_a_program_has_set_in_pillow_changes_nothing(tmp_path, monkeypatch, recwarn):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)
    path = tmp_path / "picture.png"
    path.write_bytes(saved("PNG"))
    assert decode(path).shape == (3, 40, 60)
    assert not recwarn.list


def test_a_large_photograph_comes_at_half_its_size(tmp_path):
    path = tmp_path / "picture.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (8000, 5000), (200, 100, 50)).save(path, exif=exif)
    assert size_of(path) == (4000, 2500)
    picture = decode(path)
    assert picture.shape == (3, 4000, 2500)
    assert (picture[:, 2000, 1000] - torch.tensor([200, 100, 50])).abs().max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_tiff_says_the_size_that_it_comes_with(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "picture.tif"
    Image.fromarray(RGB).save(path, exif=exif)
    assert size_of(path) == tuple(decode(path).shape[1:])


def test_threads_never_hold_more_than_they_share():
    shared, held, most = Shared(100), [], []
    lock = threading.Lock()

    def work(cost):
        for _ in range(20):
            with shared.taking(cost):
                with lock:
                    held.append(min(cost, 100))
                    most.append(sum(held))
                with lock:
                    held.remove(min(cost, 100))

    threads = [threading.Thread(target=work, args=(cost,)) for cost in (30, 45, 60, 99, 100, 500)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=20)
    assert len(most) == 120  # and none waits for ever
    assert max(most) <= 100


PEAK = """
import sys
from pathlib import Path
from steepest.data.decoding import as_seen, decode, read_picture

def kilobytes(of):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(of))

small, *large = map(Path, sys.argv[1:])
as_seen(read_picture(small), shape=(1, 28, 28), style="digit")
before = kilobytes("VmRSS")
for path in large:
    as_seen(read_picture(path), shape=(1, 28, 28), style="digit" if path.stem == "digit" else "picture")
print(kilobytes("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_the_largest_pictures_take_at_most_256_megabytes(tmp_path):
    grey = Image.new("L", (5100, 5100), 90)  # just below what is decoded, as all of them are
    grey.paste(200, (900, 900, 3000, 1500))
    grey.resize((51, 51)).save(tmp_path / "small.png")
    grey.convert("RGB").save(tmp_path / "digit.png", compress_level=1)
    Image.new("RGB", (5900, 4400), (9, 8, 7)).save(tmp_path / "scans.jpg", progressive=True, subsampling=0)
    grey.resize((3700, 3700)).save(tmp_path / "flat.webp", lossless=True, method=0)
    names = ("small.png", "digit.png", "scans.jpg", "flat.webp")
    command = [sys.executable, "-c", PEAK, *(str(tmp_path / name) for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr
    assert int(done.stdout) < 256 * 1024


@pytest.mark.skipif(sys.platform == "win32", reason="it has no limit of open files")
def test_a_machine_without_open_files_is_no_damaged_picture(tmp_path):
    """A folder would be read without the picture, and nobody would know."""
    import resource

    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").shape == (1, 4, 4)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            decode(tmp_path / "a.png")
        with pytest.raises(OSError, match="Too many open files"):
            visible(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
