"""Texts, bytes and JSON, changed at random: near enough to what is right to get past a parser's first look."""

import json
from collections.abc import Sequence
from copy import deepcopy
from random import Random
from typing import Any

ODD_TEXTS = (
    *("", " ", "\0", "\n", "\x1b[31m", "\x1b]0;x\x07", "\u202e", "é", "٣", "²", "①", "𝟡", "\ud800", "\ufeff"),
    *(
        "-1",
        "0",
        "1",
        "00",
        "1e9",
        "1e308",
        "1e309",
        "-0.0",
        "nan",
        "inf",
        "-inf",
        "9" * 30,
        "9" * 5000,
        "0x10",
        "1_0",
    ),
    *(
        "true",
        "none",
        "null",
        ":",
        "=",
        ",",
        ";",
        "|",
        "@",
        "-",
        "--",
        "+",
        "/",
        "..",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
    ),
    *("'", '"', "%s", "{0}", "~", "*", "#", "a" * 300, "(" * 60, "[" * 60, ")x9", ".py:", "of ", " of sam"),
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, -0.0, 10**30, 1e308, float("nan"), float("inf"), "", "x", "\x1b[31m"),
    *([], {}, [[]], [1, "a"], {"a": 1}, "9" * 400, 2**63, "../../x", "\ud800"),
)
DEEP = 3000


def mutated(text: str, others: Sequence[str], draw: Random) -> str:
    """Return a text with one to four changes: pieces taken away, doubled, swapped, or put in from elsewhere."""
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        start, end = sorted(draw.randint(0, len(text)) for _ in range(2))
        end = min(end, start + 12)
        kind = draw.randrange(7)
        if kind == 0:
            text = text[:start] + text[end:]
        elif kind == 1:
            text = text[:end] + text[start:end] * draw.choice((1, 1, 2, 40)) + text[end:]
        elif kind == 2:
            text = text[:start] + draw.choice(ODD_TEXTS) + text[start:]
        elif kind == 3:
            text = text[:start] + draw.choice(ODD_TEXTS) + text[end:]
        elif kind == 4:
            other = draw.choice(others)
            cut = draw.randint(0, len(other))
            text = text[:start] + other[cut : cut + 12] + text[start:]
        elif kind == 5:
            text = text[:start] + chr(draw.choice((draw.randrange(128), draw.randrange(0x3000)))) + text[end:]
        else:
            text = text[:start] + str(draw.randint(-3, 300)) + text[end:]
    return text


def mutated_bytes(content: bytes, draw: Random) -> bytes:
    """Return bytes with one to six changes: bits, extremes, pieces taken away or doubled, the end cut off."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 6)):
        if not data:
            break
        start = draw.randrange(len(data)) if draw.random() < 0.5 else draw.randrange(min(len(data), 64))
        end = start + draw.randint(1, 8)
        kind = draw.randrange(6)
        if kind == 0:
            data[start] ^= 1 << draw.randrange(8)
        elif kind == 1:
            data[start] = draw.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind == 2:
            del data[start:end]
        elif kind == 3:
            data[start:start] = data[start:end] * draw.choice((1, 2, 100))
        elif kind == 4:
            data[start : start + 4] = draw.choice(
                (b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x80")
            )
        else:
            del data[start:]
    return bytes(data)


def mutated_json(value: Any, draw: Random) -> str:
    """Return JSON of a value with one to three parts replaced, taken away or copied; or damaged as text."""
    value = deepcopy(value)
    for _ in range(draw.randint(1, 3)):
        places = _places(value)
        if not places:
            break
        holder, key = draw.choice(places)
        kind = draw.randrange(6)
        if kind <= 2:
            holder[key] = deepcopy(draw.choice(ODD_VALUES))
        elif kind == 3:
            del holder[key]
        elif kind == 4 and isinstance(holder, dict):
            holder[draw.choice(("", "x", "\x1b[31m", f"{key}x"))] = holder.pop(key)
        else:
            other_holder, other_key = draw.choice(places)
            if other_key in other_holder if isinstance(other_holder, dict) else other_key < len(other_holder):
                holder[key] = deepcopy(other_holder[other_key])
    text = json.dumps(value)
    if draw.random() < 0.2:
        text = mutated(text, ['{"a":', "[1,2]", '"x"'], draw)
    if draw.random() < 0.01:
        text = "[" * DEEP + "]" * DEEP
    return text


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return (holder, key or index) of everything in a nest of tables and lists."""
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(value, key), *_places(value[key])]]
