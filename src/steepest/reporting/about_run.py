"""The parts of a report that tell of the run: what it was asked, how it trained, and with what."""

from collections.abc import Iterable

from ..config import NONE, Config
from ..errors import SteepestError
from ..history import best_epoch
from ..models import layer_table
from ..runs import Run
from ..specification import is_file_class
from .commands import changed, exact_command, train_command, verb_command
from .curves import curves
from .markup import Html, element, joined, table
from .wording import counted, duration, number, percent


def configuration(run: Run) -> Html:
    """Return what differs from the defaults, and every value behind a fold."""
    config, described = run.config, help_texts()
    differing = {"model": config.model, "data": config.data, **changed(config)}
    headings = ("setting", "value", "meaning")
    every = [(key, spelled(value), described[key]) for key, value in config.to_dict().items()]
    first = [(key, spelled(value), described[key]) for key, value in differing.items()]
    return joined(
        [
            element("p", "Model, data, and every setting that differs from its default."),
            table(
                headings, first, caption="Settings that differ from the defaults", text_columns=3
            ),
            fold(
                f"All {len(every)} settings",
                table(headings, every, caption="All settings", text_columns=3),
            ),
        ]
    )


def help_texts() -> dict[str, str]:
    """Return what each setting means, by name."""
    return {name: each.metadata["help"] for name, each in Config.__dataclass_fields__.items()}


def spelled(value: object) -> str:
    """Return a setting's value as a config file spells it.

    >>> spelled(None), spelled(True), spelled(0.001), spelled("")
    ('none', 'true', '0.001', '""')
    """
    if value is None:
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'


def fold(title: str, *children: Html) -> Html:
    """Return what is read only when asked for."""
    return element("details", element("summary", title), *children)


def training(run: Run) -> Html:
    """Return the curves, and the numbers behind them behind a fold."""
    rows = run.metrics
    if not rows:
        return element("p", "No epoch is done yet.")
    best = best_epoch(rows)
    names = {"train": "training", "val": "validation", "lr": "learning rate"}
    headings = [" ".join(names.get(w, w) for w in key.split("_")) for key in rows[0]]
    cells = [[epoch_cell(key, value) for key, value in row.items()] for row in rows]
    numbers = table(headings, cells, caption="The numbers of every epoch")
    return joined(
        [
            curves(rows, best),
            element("p", _kept(rows, best), class_="quiet"),
            fold("Every epoch", numbers),
        ]
    )


def _kept(rows: list[dict[str, float]], best: int) -> str:
    said = f"The weights of epoch {best} were kept: "
    if "val_accuracy" not in rows[-1]:
        return said + "the last, since there was no validation split."
    return said + "the most accurate on the validation split."


def epoch_cell(key: str, value: float) -> str:
    """Return one number of an epoch's row, spelled by what it is.

    >>> epoch_cell("epoch", 3.0), epoch_cell("val_accuracy", 0.5), epoch_cell("lr", 0.001)
    ('3', '50.00%', '0.001')
    """
    if key.endswith("accuracy"):
        return percent(value)
    if key.endswith("loss"):
        return number(value)
    return f"{value:.1f}" if key == "seconds" else f"{value:.6g}"


def network(run: Run) -> Html:
    """Return the table of layers; of a user's own class, the table of its tensors."""
    data = run.environment["data"]
    if is_file_class(run.config.model):
        return _tensors(run)
    channels, height, width = data["shape"]
    layers = layer_table(run.config.model, (channels, height, width), len(data["classes"]))
    rows: list[Iterable[object]] = [
        (
            row.name,
            row.kind,
            element("code", row.token),
            _by(row.output_shape),
            f"{row.parameters:,}",
            f"{row.multiply_adds:,}",
            _by(row.receptive_field),
        )
        for row in layers.rows
    ]
    totals = ("total", "", "", "", f"{layers.parameters:,}", f"{layers.multiply_adds:,}", "")
    headings = ("layer", "kind", "notation", "output", "parameters", "multiply-adds", "sees")
    said = element(
        "p",
        "Notation ",
        element("code", layers.notation),
        f", on images {_by(layers.input_shape)}.",
    )
    return joined(
        [said, table(headings, [*rows, totals], caption="Layers", text_columns=3, class_="total")]
    )


def _tensors(run: Run) -> Html:
    try:
        tensors = run.weights()
    except SteepestError as error:
        return element("p", str(error))
    rows = [(name, _by(tensor.shape), f"{tensor.numel():,}") for name, tensor in tensors.items()]
    said = element("p", "A class of the user's own: ", element("code", run.config.model), ".")
    return joined([said, table(("tensor", "shape", "numbers"), rows, caption="Tensors")])


def _by(shape: Iterable[int]) -> str:
    return " × ".join(f"{side:,}" for side in shape)


def environment(run: Run) -> Html:
    """Return versions, processor, plan and data hashes."""
    record = run.environment
    packages = [(name, version or "missing") for name, version in record["packages"].items()]
    plan = ", ".join(f"{key} {spelled(value)}" for key, value in record["plan"].items())
    machine = [
        ("python", record["python"]),
        (
            "processor",
            f"{record['processor']}, {counted(record['cores'], 'core')}, {record['cpu_capability']}",
        ),
        ("system", record["platform"]),
        ("plan", plan),
        ("trained by", counted(run.processes, "process", "processes")),
    ]
    hashes = [
        (f"{kind} images", element("code", value))
        for kind, value in record["data"]["hashes"].items()
    ]
    return joined(
        [
            table(
                ("what", "which"),
                [*machine, *packages],
                caption="Machine and versions",
                text_columns=2,
            ),
            element("p", "SHA-256 of the data, pixels and labels together:"),
            table(("split", "SHA-256"), hashes, caption="Data hashes", text_columns=2),
        ]
    )


def again(run: Run, split: str | None) -> Html:
    """Return the commands that make the run, its numbers and its report again.

    Args:
        run: whose commands.
        split: which split the report is on; None where none was measured.
    """
    measured = [] if split is None else [verb_command("evaluate", run, f"--split {split}")]
    by_hand = joined([train_command(run.config), *measured], "\n")
    said = "With the same torch, the same processor capability and the same plan, this gives the same bytes:"
    return joined(
        [
            element("pre", by_hand, tabindex=0, role="region", aria_label="Commands"),
            element("p", said),
            element(
                "pre", exact_command(run), tabindex=0, role="region", aria_label="Exact command"
            ),
        ]
    )


def time_taken(run: Run) -> str:
    """Return how long the epochs took together."""
    return duration(sum(row.get("seconds", 0.0) for row in run.metrics))
