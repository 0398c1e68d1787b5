"""What the report shows of an explanation, and its place on disk: the report is written again without the images.

``RUN/explanation/explanation.json`` holds every number of the explanation, the SHA-256 of the weights it was made
with, and under ``report`` the sentences and pictures that the report shows.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...content.content import PNG, Content, Group, Images, Section, Text
from ...content.png import picture_file
from ...content.text import counted, percent
from ...errors import IntegrityError
from ...explanation.activations import WeightMaps
from ...explanation.findings import Explanation, ImageExplanation
from ...runs.run import BEST, Run
from ...storage import read_bytes, sha256
from ...storage.schema import maybe, record, rows, text, whole
from ..commands import verb_command
from ..document import section
from .tiles import image_picture, occlusion_picture, saliency_picture, weights_picture
from .words import answer, missed, reasons, verdict, weights_caption

FOLDER, PAGE, RECORD = "explanation", "explanation.html", "explanation.json"
ASKED, WRONG = 4, 6  # images in the report; the explanation's own page has all of them
# units of the first layer in the report: kernels are few pixels, a dense unit has as many as an image
UNITS = {"kernels": 32, "weights": 16}
SIGNS = "red adds, blue takes away"
TITLE = "What the network looks at"
READING = (
    "Red speaks for the predicted class: covered there, it loses probability. Blue speaks against it. Saliency is "
    "bright where a small change of a pixel counts most. Hints where to look, no proofs."
)
PICTURE = "data:image/png;base64,"  # how every picture begins: nothing else is ever put into a page


LARGEST = 256 << 20  # bytes of the record
WORDS = text(100_000)
VIEW = record({"caption": WORDS, "uri": text(LARGEST)})
CARD = record({"said": WORDS, "details": WORDS, "views": rows(VIEW, 100), "reasons": rows(WORDS, 100)})
KIND = record(
    {
        "weights_sha256": WORDS,
        "split": WORDS,
        "notes": rows(WORDS),
        "asked": rows(CARD, ASKED),
        "wrong": rows(CARD, WRONG),
        "left_out": whole(),
        "missed": WORDS,
        "weights": maybe(VIEW),
    }
)


@dataclass(frozen=True)
class View:
    """A picture, a PNG file's bytes as a ``data:`` URI, with its words."""

    caption: str
    uri: str

    def __post_init__(self) -> None:
        if not (self.uri.startswith(PICTURE) and self.file.startswith(PNG)):
            raise ValueError(f"a picture begins with {PICTURE}, not with {self.uri[:40]}")

    @classmethod
    def of(cls, caption: str, pixels: NDArray[np.uint8], *, small: bool = False) -> Self:
        """Return pixels with their words; as a thumbnail, where it shall be small."""
        return cls(caption, PICTURE + b64encode(picture_file(pixels, small=small)).decode())

    @property
    def file(self) -> bytes:
        """The PNG file's bytes."""
        return b64decode(self.uri.removeprefix(PICTURE), validate=True)

    def shown(self, style: str) -> Images:
        """Return the picture as content."""
        return Images("", (self.file,), (self.caption,), style=style)


@dataclass(frozen=True)
class ImageCard:
    """What is said and shown of one image."""

    said: str  # what it is and what it was taken for
    details: str  # its name, and more about the answer
    views: tuple[View, ...]  # itself and its maps
    reasons: tuple[str, ...]  # why the network says so, a sentence each

    @classmethod
    def of(cls, record: dict[str, Any]) -> Self:
        """Return the card that ``dataclasses.asdict`` made a record of.

        Raises:
            KeyError, TypeError, ValueError: it was made of something else.
        """
        views = tuple(View(**each) for each in record["views"])
        return cls(record["said"], record["details"], views, tuple(record["reasons"]))

    def shown(self, *more: Content) -> Group:
        """Return the card as content: its pictures, what comes between, and the reasons."""
        captions = tuple(each.caption for each in self.views)
        views = Images("", tuple(each.file for each in self.views), captions, style="views")
        return Group(self.said, (views, Text("", self.reasons, "list"), *more), detail=self.details)


def asked_card(image: ImageExplanation) -> ImageCard:
    """Return an image that was asked for: itself and its maps."""
    return ImageCard(_said(image), image.subject.name, _cut(views(image)), tuple(reasons(image)))


def wrong_card(image: ImageExplanation) -> ImageCard:
    """Return a wrong image: itself, its maps, and the nearest of the two classes it lies between."""
    details = f"{image.subject.name}: {answer(image)}"
    twins = [
        (f"nearest {each.label}: {each.name}, cosine {each.cosine:.2f}", image_picture(each.image))
        for each in (image.alike_predicted, image.alike_true)
        if each is not None
    ]
    shown = _cut([*views(image), *twins])
    return ImageCard(_said(image), details, shown, tuple(reasons(image)))


def weights_view(maps: WeightMaps) -> View:
    """Return a layer's weights, at full size: a thumbnail would blur its blocks."""
    return View.of(weights_caption(maps), weights_picture(maps))


def views(image: ImageExplanation) -> list[tuple[str, NDArray[np.uint8]]]:
    """Return an image and its occlusion and saliency maps, each with its words."""
    pixels = image.subject.image
    shown = [("the image", image_picture(pixels))]
    if image.occlusion is not None:
        caption = f"occlusion: what speaks for {image.predicted}"
        shown.append((caption, occlusion_picture(pixels, image.occlusion)))
    if image.saliency is not None:
        shown.append(("saliency", saliency_picture(image.saliency)))
    return shown


def _said(image: ImageExplanation) -> str:
    return f"{verdict(image)}, {percent(image.ranking[0][1], 1)}"


def _cut(shown: Iterable[tuple[str, NDArray[np.uint8]]]) -> tuple[View, ...]:
    return tuple(View.of(caption, pixels, small=True) for caption, pixels in shown)


@dataclass(frozen=True)
class Summary:
    """What the report shows of an explanation."""

    weights_sha256: str  # of the file of weights that it was made with
    split: str  # which images
    notes: tuple[str, ...]  # sentences that must stand beside it
    asked: tuple[ImageCard, ...]  # images asked for, at most 4 of them
    wrong: tuple[ImageCard, ...]  # the surest wrong ones, at most 6 of them
    left_out: int  # how many of both the explanation has besides
    missed: str  # how many images of the split are wrong
    weights: View | None  # of the first layer that has any

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        """Return what the report shows of an explanation."""
        asked, wrong = explanation.images[:ASKED], explanation.wrong[:WRONG]
        return cls(
            weights_sha256=explanation.weights_sha256,
            split=explanation.split,
            notes=explanation.notes,
            asked=tuple(map(asked_card, asked)),
            wrong=tuple(map(wrong_card, wrong)),
            left_out=len(explanation.images + explanation.wrong) - len(asked + wrong),
            missed=missed(replace(explanation, wrong=wrong)),
            weights=_first_weights(explanation),
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return what was written.

        Raises:
            OSError: there is no such file.
            ValueError: it is not as it was written.
        """
        try:
            record: dict[str, Any] = json.loads(read_bytes(path, LARGEST))["report"]
            KIND(record, "report")
            parts = {key: tuple(map(ImageCard.of, record[key])) for key in ("asked", "wrong")}
            weights = record["weights"] and View(**record["weights"])
            return cls(**{**record, **parts, "weights": weights, "notes": tuple(record["notes"])})
        except (KeyError, TypeError, AttributeError, RecursionError, IntegrityError) as error:
            raise ValueError(f"{path} is not as it was written: {error}") from error


def explanation_json(explanation: Explanation) -> str:
    """Return every number of an explanation, and what the report shows of it."""
    record = {**explanation.to_dict(), "report": asdict(Summary.of(explanation))}
    return json.dumps(record, indent=1) + "\n"


def _first_weights(explanation: Explanation) -> View | None:
    if not explanation.weights:
        return None
    first = explanation.weights[0]
    units, channels = first.values.shape[:2]
    most = UNITS.get(first.kind, units)
    shown = weights_view(replace(first, values=first.values[:most]))
    said = [shown.caption]
    said += [f"the first of {units}"] if units > most else []
    said += [SIGNS] if channels != 3 else []  # three channels are drawn in their own colours
    return replace(shown, caption="; ".join(said))


def looks_at(run: Run) -> Section:
    """Return what the explanation in the run's folder shows; nothing where there is none.

    One that was made with other weights than the run has now is left out, and the part says so.
    """
    return replace(section(TITLE, *_contents(run)), slot=True)


def _contents(run: Run) -> list[Content | str]:
    path = run.path / FOLDER / RECORD
    if not path.is_file():
        return []
    try:
        summary = Summary.read(path)
    except (OSError, ValueError):
        return _left_out(run, f"{FOLDER}/{RECORD} cannot be read, so its pictures are left out.")
    if summary.weights_sha256 != weights_sha256(run):
        said = f"The pictures in {FOLDER}/ were made with other weights than {BEST} holds now, and are left out."
        return _left_out(run, said)
    return _shown(run, summary)


def weights_sha256(run: Run) -> str | None:
    """Return the SHA-256 of the kept weights' file; None where there is none."""
    path = run.path / BEST
    return sha256(path.read_bytes()) if path.is_file() else None


def _left_out(run: Run, said: str) -> list[Content | str]:
    command = verb_command("explain", run)
    return [Text("", (f"{said} Make them again with `{command}`",), "note")]


def _shown(run: Run, summary: Summary) -> list[Content | str]:
    known = run.environment["data"]["notes"]  # they stand at the report's top
    notes = tuple(each for each in summary.notes if each not in known)
    more = f"{counted(summary.left_out, 'more image')} and every" if summary.left_out else "Every"
    return [
        Text("", (f"The weights in {BEST}, taken apart. {READING}",), "quiet"),
        Text("", notes, "note"),
        *(each.shown() for each in summary.asked),
        summary.missed,
        *(each.shown() for each in summary.wrong),
        *([summary.weights.shown("mosaic")] if summary.weights else []),
        Text("", (f"{more} layer: ", f"{FOLDER}/{PAGE}"), "link"),
    ]
