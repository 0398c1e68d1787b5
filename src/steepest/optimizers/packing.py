"""An optimizer's state taken apart into named tensors and a JSON record, and put together again exactly.

    state -> pack -> (tensors, skeleton) -> file -> unpack -> state

A skeleton is plain JSON: scalars stand for themselves, everything else is an object with one key that says
what it is: ``{"tensor": name}``, ``{"dict": [[key, value], ...]}``, ``{"list": [...]}``, ``{"tuple": [...]}``,
``{"deque": [length limit, [...]]}``, and ``{"float": "nan"}``, which JSON has no number for.
"""

from collections import deque
from math import isfinite
from typing import Any

from torch import Tensor

from ..errors import UserError

Skeleton = Any  # what json.dumps takes


def pack(state: Any) -> tuple[dict[str, Tensor], Skeleton]:
    """Return the tensors of a state by the path that leads to them, and the nest around them.

    A tensor that occurs twice is named once, and is one tensor again after ``unpack``.

    Raises:
        UserError: the state holds something that a checkpoint cannot keep; the line says where.

    >>> import torch
    >>> tensors, skeleton = pack({"step": 3, "mean": torch.zeros(2)})
    >>> tensors
    {'mean': tensor([0., 0.])}
    >>> skeleton
    {'dict': [['step', 3], ['mean', {'tensor': 'mean'}]]}
    """
    tensors: dict[str, Tensor] = {}
    names: dict[int, str] = {}
    return tensors, _pack(state, "", tensors, names)


def unpack(tensors: dict[str, Tensor], skeleton: Skeleton) -> Any:
    """Return the state that ``pack`` took apart; it owns the tensors given.

    >>> unpack(*pack({0: (1.5, None), "b": [True, float("inf")]}))
    {0: (1.5, None), 'b': [True, inf]}
    """
    if not isinstance(skeleton, dict):
        return skeleton
    ((kind, content),) = skeleton.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "float":
        return float(content)
    if kind == "dict":
        return {key: unpack(tensors, value) for key, value in content}
    if kind == "deque":
        limit, items = content
        return deque((unpack(tensors, each) for each in items), maxlen=limit)
    items = [unpack(tensors, each) for each in content]
    return tuple(items) if kind == "tuple" else items


def _pack(value: Any, path: str, tensors: dict[str, Tensor], names: dict[int, str]) -> Skeleton:
    if isinstance(value, Tensor):
        return {"tensor": _named(value, path or "state", tensors, names)}
    if isinstance(value, float) and not isfinite(value):
        return {"float": repr(value)}
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is dict:
        return {"dict": [_pair(pair, path, tensors, names) for pair in value.items()]}
    if type(value) in (list, tuple, deque):
        items = [_pack(each, _joined(path, number), tensors, names) for number, each in enumerate(value)]
        return {type(value).__name__: [value.maxlen, items] if type(value) is deque else items}
    raise UserError(
        f"The optimizer's state holds a {type(value).__name__} at `{path or 'its top'}`. A checkpoint keeps "
        "tensors, numbers, text, true, false and None, in dicts, lists, tuples and deques."
    )


def _pair(pair: tuple[Any, Any], path: str, tensors: dict[str, Tensor], names: dict[int, str]) -> Skeleton:
    key, value = pair
    if type(key) not in (str, int):
        raise UserError(
            f"The optimizer's state has the key {key!r} at `{path or 'its top'}`. "
            "A checkpoint keeps dicts whose keys are text or whole numbers."
        )
    return [key, _pack(value, _joined(path, key), tensors, names)]


def _named(value: Tensor, path: str, tensors: dict[str, Tensor], names: dict[int, str]) -> str:
    if id(value) not in names:
        while path in tensors:  # the keys 0 and "0" lead to paths that read alike
            path += "'"
        names[id(value)] = path
        tensors[path] = value
    return names[id(value)]


def _joined(path: str, key: object) -> str:
    return f"{path}/{key}" if path else str(key)
