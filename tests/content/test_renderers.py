"""Every kind of content through every renderer, with names that want to break out."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from steepest.content.content import (
    KINDS,
    Content,
    Figure,
    Group,
    Images,
    Item,
    Items,
    Matrix,
    Share,
    Table,
    Text,
    Words,
    record_of,
)
from steepest.content.html import content_html
from steepest.content.plots import (
    Contours,
    Curves,
    Dot,
    Edge,
    Field,
    Intervals,
    Line,
    Network,
    Neuron,
    Panels,
    Row,
)
from steepest.content.png import png_of
from steepest.content.svg import svg_of
from steepest.content.text import content_text, csv_of, printable

HOSTILE = (
    "price $x^$",
    "<b>bold</b>",
    "a\nb",
    "\u202egnp.exe",
    "قطة كبيرة",
    "👩\u200d🔬 lab",
    "long " * 40,
    "=cmd()",
    "\x1b[2Jcleared",
    "_low",
    'a" onload="alert(1)',
)
DRAWN = {Curves, Intervals, Panels, Network}
PAINTED = {Curves, Intervals, Panels, Contours, Images, Matrix}
GREY = np.linspace(0, 1, 6).reshape(2, 3)


def contents(name: str) -> tuple[Content, ...]:
    """One content of each kind, with the name wherever a name can stand."""
    lines = (Line(name, (1.0, 2.0), (0.5, 0.9)), Line("sgd", (1.0, 2.0), (0.4, float("nan"))))
    dots = (Dot(1.0, 0.6, name, "trial"),)
    fields = (Field((1.0, 2.0), (0.0, 0.3), "bar", name),)
    curves = Curves(name, name, name, lines, name, marks=((1.0, name),), fields=fields, dots=dots)
    rows = (Row(name, 0.1, (-1.0, float("inf")), "better", name, ((0.2, name),)),)
    intervals = Intervals(name, name, rows, margin=0.2, note=name)
    table = Table(name, (name, "n"), ((name, 5), (Words(name, "agrees", name), Share(0.5))), name)
    plane = np.arange(3.0)
    neurons = (Neuron((name, "1"), name),)
    network = Network(name, name, (neurons, neurons), (Edge(0, 0, 0, (name, name)),), {name: 1.0})
    return (
        Figure(name, 0.5, (0.4, 0.6), why=name),
        table,
        curves,
        intervals,
        Panels(name, (curves, intervals), name),
        Contours(name, name, name, plane, plane, np.add.outer(plane, plane), lines[:1], name),
        Images(name, (GREY, GREY), (name, ""), note=name, details=((name,), ())),
        Matrix(name, np.array([[5, 0], [2, 7]]), (name, "b"), name),
        network,
        Text(name, (name,)),
        Items(name, (Item(name, name, name),)),
        Group(name, (table, Text(name, (name,), "note")), folded=True, detail=name),
    )


def test_the_table_below_has_every_kind() -> None:
    assert tuple(type(each) for each in contents("a")) == KINDS


CASES = [
    pytest.param(name, place, id=f"{KINDS[place].kind}-{number}")
    for number, name in enumerate(HOSTILE)
    for place in range(len(KINDS))
]


class Reader(HTMLParser):
    """The elements, the attributes and the text that a browser makes of markup."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {key for key, _ in attrs}
        self.text += "".join(value or "" for _, value in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def _harmless(text: str) -> bool:
    """Say whether a terminal shows the text as it is: no control character, and nothing that turns it round."""
    return all(unicodedata.category(each) not in {"Cc", "Cf"} or each in "\n\u200c\u200d" for each in text)


@pytest.mark.parametrize(("name", "place"), CASES)
def test_html_has_the_same_elements_whatever_the_name(name: str, place: int) -> None:
    shown = Reader(content_html(contents(name)[place]))
    plain = Reader(content_html(contents("plain")[place]))
    assert (shown.tags, shown.attributes) == (plain.tags, plain.attributes)
    assert printable(name)[:20] in shown.text
    assert _harmless(shown.text)


@pytest.mark.parametrize(("name", "place"), CASES)
def test_svg_is_well_formed_and_holds_the_name_as_text(name: str, place: int) -> None:
    content = contents(name)[place]
    drawn = svg_of(content)
    assert (drawn is not None) == (type(content) in DRAWN)
    if drawn is not None:
        tree, plain = ElementTree.fromstring(drawn), svg_of(contents("plain")[place])
        tags = [each.tag for each in tree.iter()]
        assert tags == [each.tag for each in ElementTree.fromstring(str(plain)).iter()]
        assert printable(name)[:20] in "".join(tree.itertext())


@pytest.mark.parametrize(("name", "place"), CASES)
def test_a_png_can_be_opened_and_names_no_program(name: str, place: int) -> None:
    content = contents(name)[place]
    made = png_of(content)
    assert (made is not None) == (type(content) in PAINTED)
    if made is not None:
        with Image.open(io.BytesIO(made)) as picture:
            picture.load()
            assert set(picture.info) <= {"dpi"}
            assert min(picture.size) > 100


@pytest.mark.parametrize(("name", "place"), CASES)
def test_text_holds_the_name_and_nothing_raw(name: str, place: int) -> None:
    said = content_text(contents(name)[place], 100)
    assert printable(name)[:15] in said
    assert _harmless(said)


@pytest.mark.parametrize(("name", "place"), CASES)
def test_json_spells_the_name_and_its_kind(name: str, place: int) -> None:
    content = contents(name)[place]
    record = json.loads(json.dumps(record_of(content), allow_nan=False))
    assert record["kind"] == content.kind
    assert name in _strings(record)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from (each for part in value.values() for each in _strings(part))
    elif isinstance(value, list):
        yield from (each for part in value for each in _strings(part))


@pytest.mark.parametrize("name", [*HOSTILE, "+1", "-1e3", "-x", "@sum", "\tx", "\r=x"])
@pytest.mark.parametrize("kind", [Table, Matrix])
def test_a_csv_cell_is_no_formula_and_holds_nothing_raw(name: str, kind: type) -> None:
    (content,) = (each for each in contents(name) if isinstance(each, kind))
    text = csv_of(content)
    assert _harmless(text)
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any(printable(name) in cell for cell in cells)
    assert [cell for cell in cells if cell.startswith(("=", "@", "-x")) or cell == "\t"] == []
    assert any(cell == name for cell in cells) == (
        (name in printable(name) and name[0] not in "=@-+") or name == "-1e3"
    )


PROGRAM = """
import hashlib, sys
sys.path[:0] = sys.argv[1:]
from content.test_renderers import contents
from steepest.content.png import png_of
print([hashlib.sha256(made).hexdigest() for each in contents("cat") if (made := png_of(each))])
"""


def test_the_same_content_gives_the_same_bytes_in_another_process() -> None:
    here = [hashlib.sha256(made).hexdigest() for e in contents("cat") if (made := png_of(e))]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *sys.path], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(here)
    assert len(here) == len(PAINTED)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_large_matrix_and_many_panels_are_drawn(name: str) -> None:
    matrix = Matrix(name, np.eye(60, dtype=int), (name,) * 60)
    with Image.open(io.BytesIO(png_of(matrix) or b"")) as picture:
        assert max(picture.size) <= 2600
    assert "dense" in content_html(matrix)
