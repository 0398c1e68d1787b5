import subprocess
import sys

import pytest
import torch

from steepest.data.cache import Decoded, fingerprint, read, remembered, write
from steepest.errors import IntegrityError

DECODED = Decoded(
    {
        "train images": torch.arange(48, dtype=torch.uint8).view(3, 1, 4, 4),
        "train labels": torch.tensor([0, 1, 2], dtype=torch.uint8),
    },
    ("unverified training copy: it says so",),
)


def same(one: Decoded, two: Decoded) -> bool:
    tensors = all(torch.equal(one.tensors[name], two.tensors[name]) for name in one.tensors)
    return one.tensors.keys() == two.tensors.keys() and tensors and one.notes == two.notes


@pytest.fixture
def place(tmp_path):
    return tmp_path / "decoded" / "tiny.safetensors"


@pytest.fixture
def raw(tmp_path):
    path = tmp_path / "raw"
    path.write_text("as published")
    return path


def never():
    raise AssertionError("decoded again")


def test_what_was_written_is_read_with_its_notes_and_its_origin(place):
    write(place, DECODED, "origin")
    decoded, origin = read(place)
    assert same(decoded, DECODED)
    assert origin == "origin"


def test_no_flipped_bit_goes_unseen(place):
    write(place, DECODED, "origin")
    content = place.read_bytes()
    header = int.from_bytes(content[:8], "little")
    # the padding after the header's text is the one part that means nothing
    text = len(content[8 : 8 + header].rstrip(b" "))
    meaningful = [*range(8 + text), *range(8 + header, len(content))]
    for position in meaningful:
        damaged = bytearray(content)
        damaged[position] ^= 1
        place.write_bytes(damaged)
        try:
            decoded, origin = read(place)
        except IntegrityError:
            continue
        # a bit of a key of the header that nothing reads may flip, as long as all that is read is right
        assert same(decoded, DECODED), position
        assert origin == "origin", position


@pytest.mark.parametrize("content", [b"", b"short", bytes(100)])
def test_a_file_that_is_no_cache_is_refused_with_what_to_do(place, content):
    place.parent.mkdir()
    place.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"tiny\.safetensors is damaged\. Remove it and ask again"):
        read(place)


def test_a_cut_off_file_is_refused(place):
    write(place, DECODED, "origin")
    place.write_bytes(place.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match="is damaged"):
        read(place)


def test_the_second_time_nothing_is_decoded(place, raw):
    first, _ = remembered([place], lambda: [raw], lambda: DECODED)
    second, replaced = remembered([place], lambda: [raw], never)
    assert same(first, second)
    assert not replaced


def test_without_the_publishers_files_the_cache_is_enough(place, raw):
    remembered([place], lambda: [raw], lambda: DECODED)
    decoded, _ = remembered([place], list, never)
    assert same(decoded, DECODED)


def test_changed_files_are_decoded_again(place, raw):
    remembered([place], lambda: [raw], lambda: DECODED)
    raw.write_text("changed since then")
    other = Decoded({"train labels": torch.tensor([9], dtype=torch.uint8)})
    assert same(remembered([place], lambda: [raw], lambda: other)[0], other)
    assert same(remembered([place], lambda: [raw], never)[0], other)


def test_a_damaged_cache_is_made_anew_where_the_files_are_there(place, raw):
    remembered([place], lambda: [raw], lambda: DECODED)
    place.write_bytes(place.read_bytes()[:-1] + b"?")
    decoded, replaced = remembered([place], lambda: [raw], lambda: DECODED)
    assert replaced
    assert same(decoded, DECODED)
    assert not remembered([place], lambda: [raw], never)[1]


def test_a_damaged_cache_is_an_error_where_they_are_not(place, raw):
    remembered([place], lambda: [raw], lambda: DECODED)
    place.write_bytes(place.read_bytes()[:-1] + b"?")
    with pytest.raises(IntegrityError, match="is damaged"):
        remembered([place], list, never)


def test_a_folder_that_cannot_be_written_passes_the_cache_on_to_the_next(place, raw, tmp_path):
    blocked = tmp_path / "raw" / "decoded" / "tiny.safetensors"  # below a file, so it cannot be made
    remembered([blocked, place], lambda: [raw], lambda: DECODED)
    assert same(read(place)[0], DECODED)
    assert same(remembered([blocked, place], lambda: [raw], never)[0], DECODED)


def test_where_nothing_can_be_written_the_dataset_still_loads(raw):
    blocked = raw / "decoded" / "tiny.safetensors"
    assert same(remembered([blocked], lambda: [raw], lambda: DECODED)[0], DECODED)


def test_the_fingerprint_knows_names_and_does_not_depend_on_their_order(tmp_path, raw):
    other = tmp_path / "other"
    other.write_text("x")
    assert fingerprint([raw, other]) == fingerprint([other, raw]) != fingerprint([raw])


DECODING = """
import sys, time, torch
from pathlib import Path
from steepest.data.cache import Decoded, remembered
place, raw, marks = map(Path, sys.argv[1:])
def make():
    (marks / str(time.time_ns())).touch()
    time.sleep(0.3)
    return Decoded({"train labels": torch.tensor([1], dtype=torch.uint8)})
remembered([place], lambda: [raw], make)
"""


def test_two_processes_decode_once_and_who_waits_says_so(place, raw, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    command = [sys.executable, "-c", DECODING, str(place), str(raw), str(marks)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = "".join(each.communicate(timeout=60)[1] for each in both)
    assert [each.returncode for each in both] == [0, 0]
    assert len(list(marks.iterdir())) == 1
    assert said == "" or f"Another process is decoding {place.stem} right now (process " in said
