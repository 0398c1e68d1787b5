"""How a value shows itself in a notebook: as its page's parts, which take the notebook's colours."""

from typing import Any

from ..byhand.backpropagation import Backprop, drawn_network
from ..byhand.table import Table as WorkedTable
from ..comparison.comparison import Comparison
from ..comparison.tuned import Tuned
from ..content.content import Item, Items, Page, Table, Text
from ..content.html import fragment_html
from ..content.text import counted
from ..data.batches import spread
from ..data.dataset import Dataset
from ..evaluation import Evaluation
from ..experiments.reproduction import Reproduction
from ..explanation.findings import Explanation
from ..lazy import View, shows
from ..models.shapes import LayerTable
from ..randomness import generator
from ..runs.run import Run
from .byhand.page import worked
from .comparison.page import comparison_page
from .comparison.tuning import tuning_page
from .document import section, sheet
from .experiment import experiment_page
from .explanation.page import explanation_page
from .run.evaluation import evaluation_sections, facts, headline
from .run.page import layers, run_page

SAMPLES = 16  # images of a dataset that are shown


def _shows(kind: type, page: Any) -> View:
    return shows(kind)(lambda value: fragment_html(page(value)))


def run_fragment(run: Run) -> Page:
    """Return a run's name and how far it is, its curves, and the rest of its report."""
    config = run.config
    page, done = run_page(run), f"{run.epochs_done} of {counted(config.epochs, 'epoch')}"
    said = Text("", (f"run {run.name}: {config.optimizer}, {done}",))
    training, *others = page.sections
    shown = training.contents[:1] if run.metrics else ()
    return Page(page.title, page.heading, (said, *page.head[1:], *shown), tuple(others))


def evaluation_page(evaluation: Evaluation) -> Page:
    """Return an evaluation's headline, and its tables."""
    title = f"{evaluation.split} accuracy"
    notes = Text("", evaluation.notes, "note")
    head = (headline(evaluation), Items("", facts(evaluation), "facts"), notes)
    return Page(title, title, head, tuple(evaluation_sections(evaluation, None)))


def dataset_page(dataset: Dataset) -> Page:
    """Return a dataset's splits, and some of its images."""
    names = dataset.classes
    counts = tuple(Item(kind, counted(len(each), "image")) for kind, each in dataset.splits.items())
    classes = Text("", (f"{counted(len(names), 'class', 'classes')}: {', '.join(names[:20])}",))
    some = spread(dataset.train, min(SAMPLES, len(dataset.train)), generator(0, "sheet of samples"))
    head = (Items("", counts, "facts"), classes, Text("", dataset.notes, "note"), sheet(some, names, ""))
    return Page(dataset.name, dataset.name, head, ())


def layer_page(found: LayerTable) -> Page:
    """Return a network's notation and its layers."""
    return Page("Layers", "Layers", section("", *layers(found)).contents, ())


def worked_page(table: WorkedTable) -> Page:
    """Return every cell of a worked table with how it came about."""
    return Page("By hand", "Worked by hand", (worked(table.cells),), ())


def backprop_page(run: Backprop) -> Page:
    """Return the network of the first row, how it was worked, and the error of every step."""
    errors = tuple((number, row.values["E"]) for number, row in enumerate(run.rows, 1))
    head = (drawn_network(run.network, run.rows[0]), worked(run.rows[0].cells))
    title = f"{run.network}, lr {run.lr:g}; {counted(len(run.rows), 'step')}"
    return Page(title, title, head, (section("Error", Table("Error", ("step", "E"), errors)),))


_shows(Run, run_fragment)
_shows(Evaluation, evaluation_page)
_shows(Comparison, comparison_page)
_shows(Tuned, tuning_page)
_shows(Explanation, explanation_page)
_shows(Reproduction, experiment_page)
_shows(Dataset, dataset_page)
_shows(LayerTable, layer_page)
_shows(WorkedTable, worked_page)
_shows(Backprop, backprop_page)
