"""A state comes back from a checkpoint as it went in: every type, every bit."""

import json
from collections import deque

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steepest.errors import UserError
from steepest.optimizers import pack, unpack

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
keys = st.text(max_size=3) | st.integers(-3, 3)
nests = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.lists(inner, max_size=3).map(lambda items: deque(items, maxlen=4))
    ),
    max_leaves=12,
)


def through_json(state):
    tensors, skeleton = pack(state)
    return unpack({name: tensor.clone() for name, tensor in tensors.items()}, json.loads(json.dumps(skeleton)))


@given(nests)
def test_any_nest_of_plain_values_survives(state):
    # repr tells 1 from 1.0 and from True, -0.0 from 0.0, a list from a tuple, and shows NaN
    assert repr(through_json(state)) == repr(state)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor([1.0, float("nan"), -0.0]),
        torch.tensor(7),
        torch.zeros(0, 3),
        torch.tensor([True, False]),
        torch.randn(3, 4).t(),
        torch.tensor([1.5], dtype=torch.bfloat16),
    ],
)
def test_a_tensor_keeps_its_type_its_shape_and_its_bits(tensor):
    back = through_json({"deep": [(tensor,)]})["deep"][0][0]
    assert back.dtype == tensor.dtype
    assert back.shape == tensor.shape
    assert torch.equal(back.nan_to_num(7.0), tensor.nan_to_num(7.0))


def test_a_state_that_is_one_tensor_survives():
    assert torch.equal(through_json(torch.arange(3)), torch.arange(3))


def test_a_tensor_that_occurs_twice_is_one_tensor_again():
    shared = torch.zeros(2)
    tensors, skeleton = pack({"now": shared, "best": [shared]})
    back = unpack(tensors, skeleton)
    assert len(tensors) == 1
    assert back["now"] is back["best"][0]


def test_a_deque_keeps_its_limit():
    assert through_json(deque([1, 2], maxlen=2)).maxlen == 2


def test_keys_that_read_alike_keep_their_own_tensors():
    back = through_json({0: torch.tensor(1), "0": torch.tensor(2)})
    assert (int(back[0]), int(back["0"])) == (1, 2)


def test_what_a_checkpoint_cannot_keep_is_refused_with_its_place():
    with pytest.raises(UserError, match=r"holds a set at `inner/0`. A checkpoint keeps tensors"):
        pack({"inner": [set()]})
    with pytest.raises(UserError, match=r"has the key 1\.5 at `inner`"):
        pack({"inner": {1.5: 0}})
