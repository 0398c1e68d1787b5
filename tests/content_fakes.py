"""One content of each kind, with plain names, and a reproduction made of them."""

from pathlib import Path

import numpy as np

from steepest.byhand.backpropagation import backprop, drawn_network
from steepest.byhand.dense import DEFAULT
from steepest.content.content import Contours, Curves, Images, Line, Matrix, Panels, Table, Text
from steepest.experiments.experiment import Experiment, Fault, Question
from steepest.experiments.reproduction import Reproduction, Section

CURVES = Curves(
    "Loss",
    "epoch",
    "loss (nats)",
    (
        Line("sgd", (1.0, 2.0, 3.0, 4.0), (0.9, 0.5, float("nan"), float("inf"))),
        Line("<b>adam</b>", (1.0, 2.0, 3.0), (0.8, 0.4, 0.3)),
    ),
    note="A note.",
)
ACCURACY = Curves("Accuracy", "epoch", "accuracy", (Line("adam", (1.0, 2.0), (0.5, 0.9)),))
TABLE = Table("Rows", ("name", "size", "words"), (("a", 1234, "x"), ("b", 0.5, None)), marked=frozenset({(1, 1)}))
GREY = np.linspace(0, 1, 6).reshape(2, 3)
CONTENTS = (
    TABLE,
    CURVES,
    Panels("Both", (CURVES, ACCURACY), "Means."),
    Contours(
        "Hill",
        "x",
        "y",
        np.arange(3.0),
        np.arange(4.0),
        np.random.rand(4, 3),
        (Line("way", (0.0, 1.0), (0.0, 2.0)),),
    ),
    Images("Pictures", (GREY, np.zeros((4, 4, 3))), ("one", "")),
    Matrix("Confusion", np.array([[5, 0], [2, 7]]), ("cat", "dog")),
    drawn_network(DEFAULT, backprop(DEFAULT).rows[0], "Drawn"),
    Text("Words", ("See `steepest compare`.",)),
)


def reproduction(*contents, figures=(), **how) -> Reproduction:
    """An experiment's result with these contents and figures."""
    experiment = Experiment(
        name="mine",
        title="Mine <i>",
        source="a notebook",
        about="One\nparagraph.\n\nAnother.",
        seeds=3,
        quick_seeds=1,
        cases=(),
        parts=(),
        faults=(Fault("It is wrong.", "It is right."),),
        questions=(Question("Why?", "Because.", "steepest compare"),),
        path=Path("mine.toml"),
    )
    sections = (Section("Shown", contents),) if contents else ()
    made = {"date": "2026-01-02", "steepest": "1.0"}
    return Reproduction(
        **{
            **{"experiment": experiment, "quick": False, "seeds": 3, "figures": tuple(figures)},
            **{"sections": sections, "notes": (), "seconds": 1.0, "made": made},
            "command": "steepest reproduce mine.toml",
            **how,
        }
    )
