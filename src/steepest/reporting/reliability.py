"""The reliability diagram as inline SVG: how often the network is right, against how sure it is."""

from ..evaluation import Evaluation, ReliabilityBin
from .axes import Axes
from .curves import short_percent
from .markup import Html, element, joined
from .wording import counted, percent

FIFTHS = (0, 0.2, 0.4, 0.6, 0.8, 1)


def reliability(evaluation: Evaluation) -> Html:
    """Return accuracy over confidence, and below it how many images have each confidence."""
    bins = evaluation.reliability
    upper = Axes((0, 1), (0, 1), bottom=240)
    lower = Axes((0, 1), (0, max(each.count for each in bins)), top=252, bottom=292)
    drawing = joined(
        [
            upper.levels(FIFTHS, short_percent),
            lower.marks(FIFTHS, short_percent, "probability of the predicted class"),
            element("text", "images", x=lower.left - 6, y=276, text_anchor="end"),
            *(_bin(upper, lower, each) for each in bins),
            element(
                "line", x1=upper.left, y1=upper.bottom, x2=upper.right, y2=upper.top, class_="ideal"
            ),
        ]
    )
    spoken = f"Reliability diagram, calibration error {percent(evaluation.calibration_error)}."
    return element(
        "svg", drawing, viewBox="0 0 400 334", role="img", aria_label=spoken, class_="chart"
    )


def _bin(upper: Axes, lower: Axes, each: ReliabilityBin) -> Html:
    left, width = upper.x(each.low), upper.x(each.high) - upper.x(each.low)
    right, sure, share = upper.y(each.accuracy), upper.y(each.confidence), lower.y(each.count)
    whole = Axes(upper.x_range, upper.y_range, bottom=lower.bottom)
    return element(
        "g",
        element("title", joined(_said(each), "\n")),
        whole.strip(left, width),
        _block(left, width, max(right, sure), upper.bottom, "bar"),
        _block(left, width, min(right, sure), max(right, sure), "gap"),
        element(
            "line", x1=left + 1, x2=round(left + width - 1, 1), y1=right, y2=right, class_="edge"
        ),
        _block(left, width, share, lower.bottom, "count"),
    )


def _said(each: ReliabilityBin) -> list[str]:
    ends = f"{percent(each.low, 0)} to {percent(each.high, 0)}"
    return [
        f"probability {ends}: {counted(each.count, 'image')}",
        f"mean probability {percent(each.confidence, 1)}, accuracy {percent(each.accuracy, 1)}",
    ]


def _block(left: float, width: float, top: float, bottom: float, class_: str) -> Html:
    height = round(bottom - top, 1)
    # a hair's breadth between neighbours
    return element(
        "rect", x=left + 1, width=round(width - 2, 1), y=top, height=height, class_=class_
    )
