from pathlib import Path

import pytest
import torch

from steepest.errors import IntegrityError
from steepest.tensor_file import read_tensors, write_tensors

TENSORS = {
    "w": torch.arange(6.0).view(2, 3),
    "step": torch.tensor(7),
    "mask": torch.tensor([True, False]),
    "half": torch.ones(3, dtype=torch.bfloat16),
    "none": torch.empty(0),
}


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
