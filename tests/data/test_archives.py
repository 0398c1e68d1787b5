import gzip
import tarfile
from pathlib import Path

import pytest

from steepest.data import archives
from steepest.data.archives import read_archive, read_whole, unpack
from steepest.errors import DataError, IntegrityError

WHERE = Path("file.gz")
CONTENT = bytes(range(200)) * 50


@pytest.mark.parametrize("level", [0, 1, 9])
def test_any_compression_gives_the_same_content(level):
    assert unpack(gzip.compress(CONTENT, level), len(CONTENT), WHERE) == CONTENT


def test_what_is_not_compressed_is_its_own_content():
    assert unpack(CONTENT, len(CONTENT), WHERE) == CONTENT


def test_more_content_than_expected_is_refused_before_it_fills_the_memory():
    bomb = gzip.compress(bytes(50_000_000))
    with pytest.raises(IntegrityError, match=r"file\.gz unpacks to more than the 1,000 bytes expected"):
        unpack(bomb, 1_000, WHERE)


def test_cut_off_compression_is_refused():
    with pytest.raises(IntegrityError, match=r"file\.gz is cut off: its gzip data end too early"):
        unpack(gzip.compress(CONTENT)[:-9], len(CONTENT), WHERE)


@pytest.mark.parametrize("position", [2, 40, -6])
def test_a_flipped_bit_in_the_compression_is_refused(position):
    packed = bytearray(gzip.compress(CONTENT))
    packed[position] ^= 0x80
    with pytest.raises(IntegrityError, match=r"file\.gz is (damaged|cut off)"):
        unpack(bytes(packed), len(CONTENT), WHERE)


def test_bytes_after_the_compressed_end_are_refused():
    with pytest.raises(IntegrityError, match="is damaged"):
        unpack(gzip.compress(CONTENT) + b"more", len(CONTENT), WHERE)


def test_a_file_larger_than_expected_is_not_even_read(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(bytes(11))
    with pytest.raises(IntegrityError, match="has 11 bytes; at most 10 were expected"):
        read_whole(path, 10)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="gone cannot be read: No such file or directory"):
        read_whole(tmp_path / "gone", 10)


SIZES = {"two": 3, "one": 5}
GOOD = {"readme.html": b"hello", "in/one": b"11111", "in/two": b"222"}


def test_an_archive_gives_the_members_in_the_order_asked(tmp_path, pack):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(pack(GOOD))
    assert list(read_archive(path, "in", SIZES).items()) == [("two", b"222"), ("one", b"11111")]
    assert list(tmp_path.iterdir()) == [path]


def link(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"in/one": b"11111"}, r"a\.tar\.gz lacks in/two"),
        ({**GOOD, "in/two": b"2222"}, "holds in/two with 4 bytes; 3 were expected"),
        ({**GOOD, "in/two": link("in/two", "/etc/passwd")}, "holds in/two as a link or folder"),
        ({"../in/one": b"11111", "in/two": b"222"}, "lacks in/one"),
        ({"large": bytes(3_000_000), **GOOD}, "unpacks to more than what is expected"),
    ],
)
def test_an_archive_with_other_members_is_refused(tmp_path, pack, members, message):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(pack(members))
    with pytest.raises(IntegrityError, match=message):
        read_archive(path, "in", SIZES)


def test_an_archive_with_a_member_twice_is_refused(tmp_path, pack):
    path = tmp_path / "a.tar.gz"
    first = gzip.decompress(pack({"in/one": b"11111"})).rstrip(b"\0")
    first += bytes(-len(first) % 512)
    path.write_bytes(gzip.compress(first + gzip.decompress(pack(GOOD))))
    with pytest.raises(IntegrityError, match="holds in/one twice"):
        read_archive(path, "in", SIZES)


def test_a_header_that_claims_a_huge_name_does_not_fill_the_memory(tmp_path, pack, monkeypatch):
    monkeypatch.setattr(archives, "SLACK", 100_000)
    info = tarfile.TarInfo("in/one")
    info.pax_headers = {"comment": "x" * 1_000_000}
    path = tmp_path / "a.tar.gz"
    path.write_bytes(pack({"first": info, **GOOD}))
    with pytest.raises(IntegrityError, match="unpacks to more than what is expected"):
        read_archive(path, "in", SIZES)


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b"no tar" * 200)],
    ids=["empty", "no archive", "packed, but no archive"],
)
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"a\.tar\.gz (is damaged or cut off|lacks)"):
        read_archive(path, "in", SIZES)


def test_a_cut_off_archive_is_refused(tmp_path, pack):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(pack(GOOD)[:-20])
    with pytest.raises(IntegrityError, match="is damaged or cut off"):
        read_archive(path, "in", SIZES)


def test_an_archive_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_archive(tmp_path / "gone.tar.gz", "in", SIZES)
