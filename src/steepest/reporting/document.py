"""``report.html``: one file that asks the network for nothing."""

import re
from collections.abc import Sequence
from importlib.resources import files

from ..data.dataset import Split
from ..environment import package_version
from ..evaluation import Evaluation
from ..runs import Run
from . import about_evaluation, about_run
from .about_explanation import TITLE, looks_at
from .headline import headline
from .markup import Html, element, joined

# nothing is fetched and nothing is run: not by us, and not by what a file's name may smuggle in
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
# where a report tells of the run's explanation, which comes and goes without the rest; no name can spell these,
# since whatever is put into an element is escaped
START, END = "<!--explanation-->", "<!--/explanation-->"
PLACE = re.compile(f"{START}.*?{END}", re.DOTALL)

Part = tuple[str, Html]  # title, content


def document(run: Run, evaluation: Evaluation | None, split: Split | None) -> str:
    """Return the whole report.

    Args:
        run: what was trained.
        evaluation: of one split; None where none was measured.
        split: its images, for the pictures of the wrong ones.
    """
    first, last = _measured(run, evaluation, split), _around(run, evaluation)
    looked = _looked_at(run)
    return page(
        f"{run.config.model} on {run.config.data}",
        headline(run, evaluation),
        joined([links(first), _kept_apart(links(looked)), links(last)]),
        joined([sections(first), _kept_apart(sections(looked)), sections(last)]),
        ("report.css", "charts.css", "explanation.css"),
    )


def with_explanation(text: str, run: Run) -> str | None:
    """Return a report with the run's present explanation in it, all else as it was.

    Args:
        text: a report of this run.
        run: whose explanation.

    Returns:
        None where the report has no place for one.
    """
    pieces, looked = PLACE.split(text), _looked_at(run)
    if len(pieces) != 3:  # around two places: of the link and of the section
        return None
    before, between, after = map(Html, pieces)
    link, section = _kept_apart(links(looked)), _kept_apart(sections(looked))
    return joined([before, link, between, section, after])


def _looked_at(run: Run) -> list[Part]:
    content = looks_at(run)
    return [] if content is None else [(TITLE, content)]


def _kept_apart(content: Html) -> Html:
    return Html(f"{START}{content}{END}")


def page(
    title: str, header: Html, navigation: Html | None, content: Html, sheets: Sequence[str]
) -> str:
    """Return a whole HTML file.

    Args:
        title: of the window.
        header: stands first.
        navigation: links to the parts; None leaves them out.
        content: the parts.
        sheets: names of style sheets of this room.
    """
    nav = element("nav", navigation, aria_label="Parts") if navigation else None
    footer = f"Made by steepest {package_version('steepest') or ''}".rstrip()
    body = element(
        "body",
        element("main", header, nav, content),
        element("footer", footer, "."),
        class_="steepest",
    )
    return "<!doctype html>\n" + element("html", _head(title, sheets), body, lang="en") + "\n"


def _head(title: str, sheets: Sequence[str]) -> Html:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", *map(styles, sheets)),
    )


def links(parts: Sequence[Part]) -> Html:
    """Return a link to each part."""
    return joined(element("a", title, href=f"#{anchor(title)}") for title, _ in parts)


def sections(parts: Sequence[Part]) -> Html:
    """Return each part under its title."""
    return joined(
        element("section", element("h2", title), content, id=anchor(title))
        for title, content in parts
    )


def anchor(title: str) -> str:
    """Return what a link to a part calls it.

    >>> anchor("Confusion matrix")
    'confusion-matrix'
    """
    return title.lower().replace(" ", "-")


def styles(name: str) -> Html:
    """Return a style sheet of this room."""
    return Html(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _measured(run: Run, evaluation: Evaluation | None, split: Split | None) -> list[Part]:
    """Return the parts that show how well it did, in the order in which a reader asks."""
    curves = ("Training", about_run.training(run))
    if evaluation is None:
        return [curves]
    return [
        curves,
        ("Classes", about_evaluation.per_class(evaluation)),
        ("Confusion matrix", about_evaluation.confusion(evaluation)),
        ("Most confused", about_evaluation.confused_pairs(evaluation)),
        ("Surest wrong images", about_evaluation.wrong_images(evaluation, split)),
        ("Calibration", about_evaluation.calibration(evaluation)),
    ]


def _around(run: Run, evaluation: Evaluation | None) -> list[Part]:
    """Return the parts that show what was done and how to do it again."""
    split = None if evaluation is None else evaluation.split
    return [
        ("Configuration", about_run.configuration(run)),
        ("Network", about_run.network(run)),
        ("Environment", about_run.environment(run)),
        ("Make it again", about_run.again(run, split)),
    ]
