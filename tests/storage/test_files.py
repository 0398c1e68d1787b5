import errno
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from steepest.errors import IntegrityError
from steepest.storage import (
    json_hash,
    read_bytes,
    read_record,
    read_tensors,
    sealed,
    sha256,
    tensors_hash,
    unsealed,
    write_durably,
    write_tensors,
)
from steepest.storage.schema import record, whole

TENSORS = {
    "w": torch.arange(6.0).view(2, 3),
    "step": torch.tensor(7),
    "mask": torch.tensor([True, False]),
    "half": torch.ones(3, dtype=torch.bfloat16),
    "none": torch.empty(0),
}


def test_the_hash_is_the_standard_one() -> None:
    assert sha256(b"abc").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_a_write_replaces_the_content_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_durably(path, b"old")
    write_durably(path, "new")
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    write_durably(path, b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_the_bytes_are_synced_before_the_rename_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (order.append("sync"), sync(handle))[1])
    monkeypatch.setattr(Path, "replace", lambda self, target: (order.append("rename"), replace(self, target))[1])
    write_durably(tmp_path / "a", b"x")
    assert order == ["sync", "rename", "sync"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_tensors(tmp_path / "a.safetensors", TENSORS, {"epoch": 3, "loss": float("inf")})
    return tmp_path / "a.safetensors"


def test_tensors_and_record_come_back_as_they_were(path: Path) -> None:
    tensors, record = read_tensors(path)
    assert record == {"epoch": 3, "loss": float("inf")}
    assert set(tensors) == set(TENSORS)
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)


def test_the_same_content_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "b.safetensors"
    write_tensors(again, dict(reversed(TENSORS.items())), {"loss": float("inf"), "epoch": 3})
    assert again.read_bytes() == path.read_bytes()


def test_every_flipped_bit_and_every_truncation_is_refused(path: Path) -> None:
    content = path.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(bytes(damaged))
        with pytest.raises(IntegrityError, match=r"a\.safetensors is damaged"):
            read_tensors(path)
    for length in (0, 7, 8, 50, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(IntegrityError):
            read_tensors(path)


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"w": torch.ones(2)}, tmp_path / "foreign.safetensors")
    with pytest.raises(IntegrityError, match="no file of steepest"):
        read_tensors(tmp_path / "foreign.safetensors")


def test_the_hash_of_tensors_is_of_their_values_however_they_lie_in_memory() -> None:
    square = torch.arange(9.0).view(3, 3)
    names = {"b": square, "a": TENSORS["half"]}
    assert tensors_hash(names) == tensors_hash(dict(reversed(names.items())))
    assert tensors_hash({"w": square.T}) == tensors_hash({"w": square.T.contiguous()})
    every_other = square.view(9)[::2]
    assert tensors_hash({"w": every_other}) == tensors_hash({"w": every_other.clone()})
    assert tensors_hash({"w": square.clone().requires_grad_()}) == tensors_hash({"w": square})
    different = [{"v": square}, {"w": square.view(9)}, {"w": square.double()}, {"w": square + 1}]
    assert len({tensors_hash(each) for each in [{"w": square}, *different]}) == 5


def test_a_record_is_read_alone_and_a_damaged_head_is_told(path: Path) -> None:
    assert read_record(path) == {"epoch": 3, "loss": float("inf")}
    path.write_bytes(b"\xff" * 8 + path.read_bytes()[8:])
    with pytest.raises(IntegrityError, match="is damaged or no file of steepest"):
        read_record(path)


def test_the_hash_of_tensors_sees_name_type_shape_and_bytes_and_no_order() -> None:
    plain = {"a": torch.arange(6.0), "b": torch.ones(2)}
    assert tensors_hash(dict(reversed(plain.items()))) == tensors_hash(plain)
    others = [
        {"c": plain["a"], "b": plain["b"]},
        {**plain, "a": plain["a"].view(2, 3)},
        {**plain, "a": plain["a"].double()},
        {**plain, "b": torch.tensor([1.0, 1.5])},
    ]
    assert len({tensors_hash(each) for each in (plain, *others)}) == 5


def test_a_records_hash_does_not_depend_on_the_keys_order() -> None:
    assert json_hash({"a": 1, "b": [2]}) == json_hash({"b": [2], "a": 1})
    assert json_hash({"a": 1}) != json_hash({"a": 1.5})


def test_a_pipe_or_a_device_in_a_files_place_is_damage_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        for read in (read_bytes, unsealed, read_tensors, read_record):
            with pytest.raises(IntegrityError, match=f"{path} is a pipe or a device"):
                read(path)


def test_no_more_is_read_than_may_be_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole: no byte of it is on the disk
    with pytest.raises(IntegrityError, match=r"a\.json has 1,099,511,627,776 bytes"):
        unsealed(path)


def test_a_record_of_another_kind_is_damaged_though_its_seal_agrees(tmp_path: Path) -> None:
    path, kind = tmp_path / "a.json", record({"count": whole()})
    path.write_text(sealed({"count": 3}))
    assert unsealed(path, kind) == {"count": 3}
    path.write_text(sealed({"count": "3"}))
    with pytest.raises(IntegrityError, match=r"a\.json is damaged .*count is '3', and must be a whole number"):
        unsealed(path, kind)


def test_a_generation_is_kept_although_it_was_when_the_one_after_failed(tmp_path: Path, monkeypatch: Any) -> None:
    path, before = tmp_path / "last", tmp_path / "previous"
    write_durably(path, "1", before=before)
    write_durably(path, "2", before=before)
    real = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target == path:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing)
        with pytest.raises(OSError, match="Too many"):
            write_durably(path, "3", before=before)
    assert (path.read_text(), before.read_text()) == ("2", "2")
    write_durably(path, "3", before=before)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"last": "3", "previous": "2"}
