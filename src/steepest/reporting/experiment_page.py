"""``report.html`` of an experiment: published beside ours, every table and picture, the faults and the answers."""

from collections.abc import Iterator

from ..experiments.agreement import Agreement
from ..experiments.content import Figure
from ..experiments.experiment import Fault, Question
from ..experiments.reproduction import Reproduction
from .document import links, page, sections
from .experiment_contents import content_html, prose
from .experiment_numbers import HEADINGS, SIGNS, figure_cells
from .experiment_text import summary_of
from .markup import Html, element, joined, scrolling
from .wording import duration

SHEETS = ("report.css", "charts.css", "experiment.css")
TABLE, FAULTS, QUESTIONS = "Published and ours", "Faults, and how they are mended", "Questions"
Part = tuple[str, Html]


def experiment_page(done: Reproduction) -> str:
    """Return the whole page."""
    parts = list(_parts(done))
    return page(done.experiment.title, _header(done), links(parts), sections(parts), SHEETS)


def _header(done: Reproduction) -> Html:
    experiment = done.experiment
    notes = [element("p", each, class_="note", role="note") for each in done.notes]
    about = [" ".join(each.split()) for each in experiment.about.split("\n\n") if each.strip()]
    source = f"Published in {experiment.source}." if experiment.source else None
    return element(
        "header",
        element("h1", experiment.title),
        element("p", source, class_="quiet") if source else None,
        _facts(done),
        *notes,
        *(element("p", prose(each)) for each in about),
        element("pre", done.command),
    )


def _facts(done: Reproduction) -> Html:
    agree, differ = done.counts
    compared = f"{agree} of {agree + differ}" if agree + differ else "none compared"
    facts = {"figures that agree": compared}
    if done.experiment.cases:
        facts |= {"training time": duration(done.seconds), "seeds": str(done.seeds)}
    facts |= {"made on": done.made.get("date", "")}
    pairs = (
        element("div", element("dt", said), element("dd", what)) for said, what in facts.items()
    )
    return element("dl", *pairs, class_="facts")


def _parts(done: Reproduction) -> Iterator[Part]:
    if done.figures:
        yield TABLE, _main_table(done)
    for section in done.sections:
        yield section.title, joined(map(content_html, section.contents))
    if done.experiment.faults:
        yield FAULTS, element("dl", *map(_fault, done.experiment.faults), class_="faults")
    if done.experiment.questions:
        yield QUESTIONS, joined(map(_question, done.experiment.questions))


def _main_table(done: Reproduction) -> Html:
    rows = [
        element("tr", *_row(figure, found))
        for figure, found in zip(done.figures, done.agreements, strict=True)
    ]
    numeric = (False, True, True, True, True, False, True)
    head = element(
        "tr",
        *(
            element("th", name, scope="col", class_="n" if number else None)
            for name, number in zip(HEADINGS, numeric, strict=True)
        ),
    )
    whole = element(
        "table",
        element("caption", TABLE, class_="unseen"),
        element("thead", head),
        element("tbody", *rows),
        class_="figures",
    )
    said = (
        f"{summary_of(done)}. Ours is the mean over n seeds, with its standard deviation. A published figure "
        "agrees if it lies within 3 sd × √(1 + 1/n) of our mean, within half a unit of its last printed digit, or "
        "within a tolerance that the experiment states."
    )
    return joined([element("p", said, class_="quiet"), scrolling(whole, TABLE)])


def _row(figure: Figure, found: Agreement) -> Iterator[Html]:
    name, published, ours, deviation, count, verdict, seconds = figure_cells(figure, found)
    yield element("th", name, scope="row")
    labelled = zip(HEADINGS[1:5], (published, ours, deviation, count), strict=True)
    for label, number in labelled:
        yield element("td", number, class_="n", data_label=label)
    sign = SIGNS.get(found.verdict, "")
    why = element("span", prose(found.why), class_="why") if found.why else None
    words = element("span", f"{sign} {verdict}".strip(), class_=f"verdict {_kind(found)}")
    yield element("td", words, why, class_="words")
    yield element("td", seconds, class_="n", data_label=HEADINGS[-1])


def _kind(found: Agreement) -> str:
    return found.verdict.partition(":")[0].replace(" ", "-")


def _fault(fault: Fault) -> Html:
    return joined([element("dt", prose(fault.what)), element("dd", prose(fault.mended))])


def _question(question: Question) -> Html:
    command = element("pre", question.command) if question.command else None
    return element(
        "div",
        element("h3", prose(question.asks)),
        element("p", prose(question.answer)),
        command,
        class_="content",
    )
