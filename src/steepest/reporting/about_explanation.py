"""The part of a report that tells what the network looks at, where the run was taken apart."""

from ..run_folder import BEST
from ..runs import Run
from ..storage import sha256
from .commands import verb_command
from .explanation_summary import FOLDER, PAGE, RECORD, Summary
from .image_cards import card, mosaic
from .markup import Html, element, joined
from .wording import counted

TITLE = "What the network looks at"
READING = (
    "Red speaks for the predicted class: covered there, it loses probability. Blue speaks against it. Saliency is "
    "bright where a small change of a pixel counts most. Hints where to look, no proofs."
)


def looks_at(run: Run) -> Html | None:
    """Return what the explanation in the run's folder shows; None where there is none.

    One that was made with other weights than the run has now is left out, and the part says so.
    """
    path = run.path / FOLDER / RECORD
    if not path.is_file():
        return None
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


def _left_out(run: Run, said: str) -> Html:
    command = element("code", verb_command("explain", run))
    return element("p", said, " Make them again with ", command, class_="note", role="note")


def _shown(run: Run, summary: Summary) -> Html:
    known = run.environment["data"]["notes"]  # they stand at the report's top
    notes = [each for each in summary.notes if each not in known]
    link = element("a", f"{FOLDER}/{PAGE}", href=f"{FOLDER}/{PAGE}")
    more = f"{counted(summary.left_out, 'more image')} and every" if summary.left_out else "Every"
    return joined(
        [
            element("p", f"The weights in {BEST}, taken apart. {READING}", class_="quiet"),
            *(element("p", each, class_="note", role="note") for each in notes),
            *(card(each) for each in summary.asked),
            element("p", summary.missed),
            *(card(each) for each in summary.wrong),
            mosaic(summary.weights) if summary.weights else None,
            element("p", f"{more} layer: ", link),
        ]
    )
