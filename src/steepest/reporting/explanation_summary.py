"""What the report shows of an explanation, and its place on disk: the report is written again without the images.

``RUN/explanation/explanation.json`` holds every number of the explanation, the SHA-256 of the weights it was made
with, and under ``report`` the sentences and pictures that the report shows.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from ..explanation.findings import Explanation
from .explanation_cards import asked_card, weights_view, wrong_card
from .explanation_words import missed
from .image_cards import ImageCard, View

FOLDER, PAGE, RECORD = "explanation", "explanation.html", "explanation.json"
ASKED, WRONG = 4, 6  # images in the report; the explanation's own page has all of them
# units of the first layer in the report: kernels are few pixels, a dense unit has as many as an image
UNITS = {"kernels": 32, "weights": 16}
SIGNS = "red adds, blue takes away"


@dataclass(frozen=True)
class Summary:
    """What the report shows of an explanation.

    Args:
        weights_sha256: of the file of weights that it was made with.
        split: which images.
        notes: sentences that must stand beside it.
        asked: images asked for, at most 4 of them.
        wrong: the surest wrong ones, at most 6 of them.
        left_out: how many of both the explanation has besides.
        missed: how many images of the split are wrong.
        weights: of the first layer that has any.
    """

    weights_sha256: str
    split: str
    notes: tuple[str, ...]
    asked: tuple[ImageCard, ...]
    wrong: tuple[ImageCard, ...]
    left_out: int
    missed: str
    weights: View | None

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
            record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["report"]
            parts = {key: tuple(map(ImageCard.of, record[key])) for key in ("asked", "wrong")}
            weights = record["weights"] and View(**record["weights"])
            return cls(**{**record, **parts, "weights": weights, "notes": tuple(record["notes"])})
        except (KeyError, TypeError, AttributeError) as error:
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
